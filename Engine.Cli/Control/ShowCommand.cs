using System.CommandLine;
using System.Text.Json;

namespace VxlanEngine.Cli.Control;

/// <summary><c>vxe show</c>: what a running switch is doing.</summary>
internal sealed class ShowCommand
{
    private const int DefaultRows = 1000;

    private readonly CommandIo _io;
    private readonly ControlOption _control = new();
    private readonly Argument<string> _what = new("what") { Description = "What to show." };
    private readonly Option<int> _limit = new("--limit")
    {
        Description = "The most flows or stations to show.",
        HelpName = "N",
        DefaultValueFactory = _ => DefaultRows,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    private ShowCommand(CommandIo io)
    {
        _io = io;
        _what.AcceptOnlyFromAmong(
            "ports", "workers", "flows", "stations", "learning", "bfd", "host-tables", "drops", "rules", "counters");
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
        var request = new ControlRequest
        {
            Command = what switch
            {
                "flows" => ControlRequest.Flows,
                "stations" => ControlRequest.Stations,
                _ => ControlRequest.Status,
            },
            Limit = result.GetValue(_limit),
        };
        try
        {
            ControlAnswer answer = ControlClient.AskOnce(result.GetRequiredValue(_control), request);
            if (result.GetValue(_json))
            {
                _io.Output.WriteLine(JsonSerializer.Serialize(answer, ControlJson.Lines.ControlAnswer));
            }
            else
            {
                TableOf(what, answer).Write(_io, indent: 0);
                WriteSummaries(what, answer);
            }

            return ExitCode.Done;
        }
        catch (IOException e)
        {
            _io.Error.WriteLine($"vxe: {e.Message}");
            return ExitCode.Failed;
        }
    }

    private static TextTable TableOf(string what, ControlAnswer answer) => what switch
    {
        "flows" => StatusView.Flows(answer.Flows!),
        "stations" => StatusView.Stations(answer.Stations!),
        "ports" => StatusView.Ports(answer.Status!),
        "workers" => StatusView.Workers(answer.Status!),
        "bfd" => StatusView.Bfd(answer.Status!),
        "host-tables" => StatusView.HostTables(answer.Status!),
        "learning" => StatusView.Learning(answer.Status!),
        "drops" => StatusView.Counts("dropped", answer.Status!.Dropped),
        "rules" => StatusView.Counts("rule", answer.Status!.Rules),
        _ => StatusView.Totals(answer.Status!),
    };

    // Behind the table, as at the end of the run: they are sentences, too long for a column.
    private void WriteSummaries(string what, ControlAnswer answer)
    {
        foreach (PortStatus port in what == "ports" ? answer.Status!.Ports : [])
        {
            if (port.Summary is not null)
            {
                _io.Output.WriteLine($"{port.Name}: {port.Summary}");
            }
        }
    }
}
