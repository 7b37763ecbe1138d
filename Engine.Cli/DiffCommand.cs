using System.CommandLine;
using VxlanEngine.Policy;
using VxlanEngine.Replay;

namespace VxlanEngine.Cli;

/// <summary><c>vxe diff</c>: what a change of policy would change for the packets of captures.</summary>
internal sealed class DiffCommand
{
    private const string StandardInput = "-";

    private readonly CommandIo _io;
    private readonly Option<string[]> _policies = new("--policy")
    {
        Description = "A policy, a JSON file: first the one as it is, then the one as it would be.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string[]> _read = new("--read", "-r")
    {
        Description = "A capture whose frames enter at a port; - is standard input. Give one for each capture.",
        HelpName = "PORT=FILE[#INTERFACE]",
        Required = true,
    };

    private readonly Option<string[]> _ignore = new("--ignore")
    {
        Description = "What does not count: ports that NAT chooses, and what follows from them.",
    };

    private readonly Option<long?> _count = new("--count", "-c")
    {
        Description = "Stop after so many packets.",
        HelpName = "N",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print one JSON object.",
    };

    private DiffCommand(CommandIo io)
    {
        _io = io;
        _ignore.AcceptOnlyFromAmong("ports");
    }

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandIo io)
    {
        var diff = new DiffCommand(io);
        var command = new Command(
            "diff",
            "Tell which packets fare differently under two policies, how, and by which rules. "
            + "Returns 0 when none does, 1 when some do, 2 when it could not compare.")
        {
            diff._policies,
            diff._read,
            diff._ignore,
            diff._count,
            diff._json,
        };
        command.SetAction(diff.Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        var inputs = new List<(string Port, string File, string? Interface)>();
        string[] files = result.GetRequiredValue(_policies);
        if (files.Length != 2)
        {
            _io.Error.WriteLine($"vxe: diff compares two policies, --policy A --policy B; there are {files.Length}.");
            return ExitCode.Usage;
        }

        if (result.GetValue(_count) < 0)
        {
            _io.Error.WriteLine($"vxe: -c {result.GetValue(_count)}: expected a number of packets.");
            return ExitCode.Usage;
        }

        if (!ReplayArguments.ParseAll(result, _read, "-r", ReplayArguments.TryParseInput, inputs, _io))
        {
            return ExitCode.Usage;
        }

        if (files.Concat(inputs.Select(i => i.File)).Count(file => file == StandardInput) > 1)
        {
            _io.Error.WriteLine("vxe: standard input can be read only once.");
            return ExitCode.Usage;
        }

        SwitchPolicy? before = PolicyCommand.Load(files[0], _io);
        SwitchPolicy? after = PolicyCommand.Load(files[1], _io);
        if (before is null || after is null)
        {
            return ExitCode.NotCompared;
        }

        string[] unknown =
            [.. inputs.Select(i => i.Port).Where(port => !HasPort(before, port) && !HasPort(after, port))];
        foreach (string port in unknown)
        {
            string known = string.Join(", ", before.Ports.Select(p => p.Name));
            _io.Error.WriteLine($"vxe: neither policy has a port '{port}'; the first has {known}.");
        }

        return unknown.Length > 0 ? ExitCode.Usage : Compare(result, before, after, inputs);
    }

    private static bool HasPort(SwitchPolicy policy, string port) =>
        policy.Ports.Any(p => string.Equals(p.Name, port, StringComparison.Ordinal));

    private int Compare(
        ParseResult result,
        SwitchPolicy before,
        SwitchPolicy after,
        List<(string Port, string File, string? Interface)> inputs)
    {
        List<ReplayInput>? captures = CaptureFiles.OpenAll(inputs, _io);
        if (captures is null)
        {
            return ExitCode.NotCompared;
        }

        // The comparison disposes of the captures.
        var options = new ComparisonOptions
        {
            Before = before,
            After = after,
            Inputs = captures,
            IgnorePorts = result.GetValue(_ignore)?.Length > 0,
            MaximumPackets = result.GetValue(_count),
        };
        ComparisonResult compared = CaptureFiles.RunWithProgress(
            _io,
            "comparing",
            CaptureFiles.Length(inputs.Select(i => i.File)),
            progress => ReplayComparison.Run(options with { Progress = progress }));
        return Report(compared, result.GetValue(_json));
    }

    private int Report(ComparisonResult compared, bool asJson)
    {
        if (asJson)
        {
            DiffView.WriteJson(compared, _io.Output);
        }
        else
        {
            DiffView.WriteText(compared, _io.Output);
        }

        CaptureFiles.WriteNotes(compared.LinkTypes, compared.Faults, compared.Unfound, _io);
        return compared.Faults.Count > 0 || compared.Unfound.Count > 0 ? ExitCode.NotCompared
            : compared.Different > 0 ? ExitCode.Different
            : ExitCode.Done;
    }
}
