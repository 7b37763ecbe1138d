using System.CommandLine;
using System.Globalization;
using VxlanEngine.Policy.Json;

namespace VxlanEngine.Cli.Control;

/// <summary><c>vxe top</c>: a running switch's rates, again and again.</summary>
internal sealed class TopCommand
{
    private const int BusiestRules = 10;
    private const string ClearScreen = "\e[H\e[2J";

    private readonly CommandIo _io;
    private readonly ControlOption _control = new();
    private readonly Option<string> _interval = new("--interval")
    {
        Description = "Time between two looks, such as 500ms.",
        HelpName = "TIME",
        DefaultValueFactory = _ => "1s",
    };

    private readonly Option<int?> _count = new("--count", "-c")
    {
        Description = "Look this often and stop; until SIGINT without.",
        HelpName = "N",
    };

    private TopCommand(CommandIo io) => _io = io;

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandIo io)
    {
        var top = new TopCommand(io);
        var command = new Command("top", "Watch the rates of a running switch: ports, drops, and the busiest rules.");
        command.Options.Add(top._control);
        command.Options.Add(top._interval);
        command.Options.Add(top._count);
        command.SetAction(top.Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        string text = result.GetRequiredValue(_interval);
        if (!Durations.TryParse(text, out TimeSpan interval) || interval <= TimeSpan.Zero)
        {
            _io.Error.WriteLine($"vxe: --interval {text}: expected a time such as 500ms or 2s.");
            return ExitCode.Usage;
        }

        string path = result.GetRequiredValue(_control);
        try
        {
            SwitchStatus before = Look(path);
            for (int left = result.GetValue(_count) ?? int.MaxValue; left > 0; left--)
            {
                Thread.Sleep(interval);
                SwitchStatus now = Look(path);
                _io.Output.Write(_io.IsTerminal ? ClearScreen : string.Empty);
                Write(before, now);
                before = now;
            }

            return ExitCode.Done;
        }
        catch (IOException e)
        {
            _io.Error.WriteLine($"vxe: {e.Message}");
            return ExitCode.Failed;
        }
    }

    private static SwitchStatus Look(string path) =>
        ControlClient.AskOnce(path, new ControlRequest { Command = ControlRequest.Status }).Status!;

    private void Write(SwitchStatus before, SwitchStatus now)
    {
        double seconds = Math.Max(now.UptimeSeconds - before.UptimeSeconds, 0.001);
        _io.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"up {now.UptimeSeconds:0} s, policy generation {now.Generation}, {now.Totals.FlowsActive} flows, ")
            + $"{Rate(now.Totals.FlowsCreated - before.Totals.FlowsCreated)} new flows/s");
        _io.Output.WriteLine();

        var ports = new TextTable("port", "state", "received/s", "dropped/s", "sent/s");
        foreach ((PortStatus port, PortStatus earlier) in now.Ports.Zip(before.Ports))
        {
            ports.Add(
                port.Name,
                port.State,
                Rate(port.Received - earlier.Received),
                Rate(port.Dropped - earlier.Dropped),
                Rate(port.Sent - earlier.Sent));
        }

        ports.Write(_io, indent: 0);
        _io.Output.WriteLine();
        StatusView.Workers(now).Write(_io, indent: 0);
        WriteRates("dropped", before.Dropped, now.Dropped, int.MaxValue);
        WriteRates("rule", before.Rules, now.Rules, BusiestRules);

        string Rate(long count) => StatusView.Text((long)Math.Round(count / seconds));

        void WriteRates(
            string title,
            IReadOnlyDictionary<string, long> earlier,
            IReadOnlyDictionary<string, long> later,
            int most)
        {
            var table = new TextTable(title, "packets/s");
            var rates = later
                .Select(l => (l.Key, Count: l.Value - earlier.GetValueOrDefault(l.Key)))
                .Where(r => r.Count > 0)
                .OrderByDescending(r => r.Count)
                .Take(most)
                .ToList();
            if (rates.Count == 0)
            {
                return;
            }

            rates.ForEach(r => table.Add(r.Key, Rate(r.Count)));
            _io.Output.WriteLine();
            table.Write(_io, indent: 0);
        }
    }
}
