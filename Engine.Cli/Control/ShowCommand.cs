using System.CommandLine;
using System.Text.Json;

namespace VxlanEngine.Cli.Control;

/// <summary><c>vxe show</c>: what a running switch is doing.</summary>
internal sealed class ShowCommand
{
    private const int DefaultFlows = 1000;

    private readonly CommandIo _io;
    private readonly ControlOption _control = new();
    private readonly Argument<string> _what = new("what") { Description = "What to show." };
    private readonly Option<int> _limit = new("--limit")
    {
        Description = "The most flows to show.",
        HelpName = "N",
        DefaultValueFactory = _ => DefaultFlows,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    private ShowCommand(CommandIo io)
    {
        _io = io;
        _what.AcceptOnlyFromAmong("ports", "workers", "flows", "bfd", "drops", "rules", "counters");
    }

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandIo io)
    {
        var show = new ShowCommand(io);
        var command = new Command("show", "Show what a running switch is doing.");
        command.Arguments.Add(show._what);
        command.Options.Add(show._control);
        command.Options.Add(show._limit);
        command.Options.Add(show._json);
        command.SetAction(show.Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        string what = result.GetRequiredValue(_what);
        bool asksFlows = what == "flows";
        var request = new ControlRequest
        {
            Command = asksFlows ? ControlRequest.Flows : ControlRequest.Status,
            Limit = result.GetValue(_limit),
        };
        try
        {
            ControlAnswer answer = ControlClient.AskOnce(result.GetRequiredValue(_control), request);
            if (result.GetValue(_json))
            {
                _io.Output.WriteLine(JsonSerializer.Serialize(answer, ControlJson.Lines.ControlAnswer));
            }
            else if (asksFlows)
            {
                StatusView.Flows(answer.Flows!).Write(_io, indent: 0);
            }
            else
            {
                Write(what, answer.Status!);
            }

            return ExitCode.Done;
        }
        catch (IOException e)
        {
            _io.Error.WriteLine($"vxe: {e.Message}");
            return ExitCode.Failed;
        }
    }

    private void Write(string what, SwitchStatus status)
    {
        TextTable table = what switch
        {
            "ports" => StatusView.Ports(status),
            "workers" => StatusView.Workers(status),
            "bfd" => StatusView.Bfd(status),
            "drops" => StatusView.Counts("dropped", status.Dropped),
            "rules" => StatusView.Counts("rule", status.Rules),
            _ => StatusView.Totals(status),
        };
        table.Write(_io, indent: 0);
    }
}
