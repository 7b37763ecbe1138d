using System.CommandLine;
using System.Security.Cryptography;
using VxlanEngine.Cli.Control;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Policy.Json;
using VxlanEngine.Ports;

namespace VxlanEngine.Cli;

/// <summary><c>vxe run</c>: the live switch.</summary>
internal sealed class RunCommand
{
    private readonly CommandIo _io;
    private readonly Option<string> _policy = new("--policy")
    {
        Description = "The policy, a JSON file; it is loaded again when it changes, and on SIGHUP.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string[]> _port = new("--port")
    {
        Description = $"What a port of the policy stands on: {LivePorts.Grammar}. Give one for each port.",
        HelpName = "PORT=KIND:ARGUMENT",
        Required = true,
    };

    private readonly Option<string?> _duration = new("--duration")
    {
        Description = "How long to run, such as 30s; until SIGINT or SIGTERM without.",
        HelpName = "TIME",
    };

    private readonly Option<bool> _busy = new("--busy")
    {
        Description = "Never sleep: the least delay, for a whole core.",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print the summary as one JSON object.",
    };

    private readonly Option<string?> _control = new("--control")
    {
        Description = "A Unix socket to make, for vxe show, top, trace and capture; only its owner may use it.",
        HelpName = "SOCKET",
    };

    private RunCommand(CommandIo io) => _io = io;

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandIo io)
    {
        var run = new RunCommand(io);
        var command = new Command("run", "Run a policy between interfaces of this machine until told to stop.");
        command.Options.Add(run._policy);
        command.Options.Add(run._port);
        command.Options.Add(run._duration);
        command.Options.Add(run._busy);
        command.Options.Add(run._control);
        command.Options.Add(run._json);
        command.SetAction(run.Run);
        return command;
    }

    /// <summary>Splits <c>PORT=KIND:ARGUMENT</c>.</summary>
    internal static bool TryParsePort(string text, out (string Port, string Device) port)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        port = (text[..Math.Max(equals, 0)], text[(equals + 1)..]);
        return equals > 0 && port.Device.Length > 0;
    }

    private int Run(ParseResult result)
    {
        var devices = new List<(string Port, string Device)>();
        if (!ReplayArguments.ParseAll(result, _port, "--port", TryParsePort, devices, _io))
        {
            return ExitCode.Usage;
        }

        TimeSpan? duration = null;
        if (result.GetValue(_duration) is string text)
        {
            if (!Durations.TryParse(text, out TimeSpan parsed))
            {
                _io.Error.WriteLine($"vxe: --duration {text}: expected a time such as 30s or 5m.");
                return ExitCode.Usage;
            }

            duration = parsed;
        }

        string file = result.GetRequiredValue(_policy);
        if (PolicyCommand.Load(file, _io) is not { } policy)
        {
            return ExitCode.Failed;
        }

        if (!new ReplayInputOptions(_io).HasPorts(policy, devices.Select(device => device.Port)))
        {
            return ExitCode.Usage;
        }

        var ports = new List<(string Port, ILivePort Adapter)>();
        try
        {
            foreach ((string port, string device) in devices)
            {
                Port model = policy.Ports.First(p => p.Name == port);
                ports.Add((port, LivePorts.Open(device, new PortDefaults(model.Mac, model.Mtu, model.Vlan))));
            }

            return Run(policy, file, ports, duration, result);
        }
        catch (Exception e) when (e is PortOpenException or IOException or FormatException or ArgumentException)
        {
            _io.Error.WriteLine($"vxe: {e.Message}");
            return e is PortOpenException or IOException ? ExitCode.Failed : ExitCode.Usage;
        }
        finally
        {
            ports.ForEach(port => port.Adapter.Dispose());
        }
    }

    private int Run(
        SwitchPolicy policy,
        string file,
        List<(string Port, ILivePort Adapter)> ports,
        TimeSpan? duration,
        ParseResult result)
    {
        // Nobody outside may choose flows that collide.
        ulong key = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        using var vswitch = new VirtualSwitch(policy, new VirtualSwitchOptions
        {
            BufferCount = 2048,
            FrameCapacity = 64 * 1024,
            Limits = new SwitchLimits { HashKey = key },
        });
        foreach ((string port, ILivePort adapter) in ports)
        {
            vswitch.Attach(port, adapter);
        }

        var session = new RunSession(vswitch, file, ports, _io) { IsBusy = result.GetValue(_busy) };
        using (result.GetValue(_control) is string path ? ControlServer.Open(path, session) : null)
        {
            session.Run(duration);
        }

        SwitchCounters counters = vswitch.ReadCounters();
        if (result.GetValue(_json))
        {
            ReplaySummary.WriteJson(counters, _io.Output);
        }
        else
        {
            session.WriteDevices();
            ReplaySummary.WriteTables(counters, _io);
        }

        return counters.AddsUp ? ExitCode.Done : ExitCode.Failed;
    }
}
