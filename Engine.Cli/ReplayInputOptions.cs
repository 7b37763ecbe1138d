using System.CommandLine;
using VxlanEngine.Policy;
using VxlanEngine.Policy.Json;
using VxlanEngine.Replay;

namespace VxlanEngine.Cli;

/// <summary>The options that say which captures go through which policy, common to replay and trace.</summary>
internal sealed class ReplayInputOptions(CommandIo io, bool needsInputs = true)
{
    private readonly Option<string> _policy = new("--policy")
    {
        Description = "The policy, a JSON file.",
        HelpName = "FILE",
        Required = needsInputs,
    };

    private readonly Option<string[]> _read = new("--read", "-r")
    {
        Description = "A capture whose frames enter at a port; - is standard input, and raw:eth0 or xdp:eth0 listens "
            + "at an interface. Give one for each capture.",
        HelpName = "PORT=FILE[#INTERFACE]",
        Required = needsInputs,
    };

    private readonly Option<string?> _duration = new("--duration")
    {
        Description = "How long to listen where -r names a live port, such as 30s; until SIGINT without.",
        HelpName = "TIME",
    };

    private readonly Option<string[]> _checksum = new("--checksum")
    {
        Description = "Whether checksums of frames that enter at a port are verified; "
            + "default is what the policy says.",
        HelpName = "PORT=trust|verify",
    };

    private readonly Option<string[]> _policyAt = new("--policy-at")
    {
        Description = "Another policy from some time after the first frame on, such as 1.5s=other.json.",
        HelpName = "OFFSET=FILE",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_policy);
        command.Options.Add(_read);
        command.Options.Add(_duration);
        command.Options.Add(_checksum);
        command.Options.Add(_policyAt);
    }

    /// <summary>True when any of the options is on the command line.</summary>
    public bool IsGiven(ParseResult result) =>
        new Option[] { _policy, _read, _duration, _checksum, _policyAt }.Any(o => result.GetResult(o) is not null);

    /// <summary>Reads policies and opens captures, or says what is wrong.</summary>
    /// <returns>The exit code; the inputs are meaningful when it is <see cref="ExitCode.Done"/>.</returns>
    public int TryOpen(ParseResult result, out ReplayInputs inputs)
    {
        inputs = null!;
        var files = new List<(string Port, string File, string? Interface)>();
        var changes = new List<(TimeSpan After, string File)>();
        var checksums = new List<(string Port, ChecksumMode Mode)>();
        bool understood =
            ReplayArguments.ParseAll(result, _read, "-r", ReplayArguments.TryParseInput, files, io)
            & ReplayArguments.ParseAll(result, _policyAt, "--policy-at", ReplayArguments.TryParsePolicyAt, changes, io)
            & ReplayArguments.ParseAll(
                result, _checksum, "--checksum", ReplayArguments.TryParseChecksum, checksums, io);
        TimeSpan? duration = null;
        if (result.GetValue(_duration) is string text)
        {
            understood &= Durations.TryParse(text, out TimeSpan parsed);
            duration = parsed;
            if (!understood)
            {
                io.Error.WriteLine($"vxe: --duration {text}: expected a time such as 30s or 5m.");
            }
        }

        if (!understood)
        {
            return ExitCode.Usage;
        }

        if (result.GetValue(_policy) is not string policyFile)
        {
            io.Error.WriteLine("vxe: Option '--policy' is required.");
            return ExitCode.Usage;
        }

        if (PolicyCommand.Load(policyFile, io) is not SwitchPolicy policy)
        {
            return ExitCode.Failed;
        }

        if (!HasPorts(policy, files.Select(i => i.Port).Concat(checksums.Select(c => c.Port))))
        {
            return ExitCode.Usage;
        }

        var later = new List<PolicyChange>();
        foreach ((TimeSpan after, string file) in changes.OrderBy(c => c.After))
        {
            if (PolicyCommand.Load(file, io) is not SwitchPolicy change)
            {
                return ExitCode.Failed;
            }

            later.Add(new PolicyChange(after, WithChecksums(change, checksums)));
        }

        inputs = Open(WithChecksums(policy, checksums), later, files, duration)!;
        return inputs is null ? ExitCode.Failed : ExitCode.Done;
    }

    private ReplayInputs? Open(
        SwitchPolicy policy,
        List<PolicyChange> changes,
        List<(string Port, string File, string? Interface)> files,
        TimeSpan? duration)
    {
        List<ReplayInput>? captures = CaptureFiles.OpenAll(files, io, duration);
        return captures is null
            ? null
            : new ReplayInputs(policy, changes, captures, CaptureFiles.Length(files.Select(f => f.File)));
    }

    /// <summary>True when the policy has the ports; says which it has where not.</summary>
    public bool HasPorts(SwitchPolicy policy, IEnumerable<string> ports)
    {
        foreach (string port in ports)
        {
            if (!policy.Ports.Any(p => string.Equals(p.Name, port, StringComparison.Ordinal)))
            {
                string known = string.Join(", ", policy.Ports.Select(p => p.Name));
                io.Error.WriteLine($"vxe: the policy has no port '{port}'; it has {known}.");
                return false;
            }
        }

        return true;
    }

    /// <summary>Names of the files that will be read, as far as the arguments are understood.</summary>
    public IEnumerable<string> FilesToRead(ParseResult result)
    {
        yield return result.GetRequiredValue(_policy);
        foreach (string text in result.GetValue(_read) ?? [])
        {
            if (ReplayArguments.TryParseInput(text, out (string Port, string File, string? Interface) input))
            {
                yield return input.File;
            }
        }

        foreach (string text in result.GetValue(_policyAt) ?? [])
        {
            if (ReplayArguments.TryParsePolicyAt(text, out (TimeSpan After, string File) change))
            {
                yield return change.File;
            }
        }
    }

    private static SwitchPolicy WithChecksums(
        SwitchPolicy policy, List<(string Port, ChecksumMode Mode)> checksums)
    {
        foreach ((string name, ChecksumMode mode) in checksums)
        {
            policy = policy with
            {
                Ports = policy.Ports
                    .Select(p => string.Equals(p.Name, name, StringComparison.Ordinal)
                        ? p with { Checksum = mode }
                        : p)
                    .ToValueArray(),
            };
        }

        return policy;
    }
}
