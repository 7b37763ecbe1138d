using System.CommandLine;
using Spectre.Console;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;

namespace VxlanEngine.Cli;

/// <summary><c>vxe replay</c>: takes captures through a policy.</summary>
internal sealed class ReplayCommand
{
    private const string StandardStream = "-";
    private const long LongInputLength = 16 * 1024 * 1024;

    private readonly CommandIo _io;
    private readonly Option<string> _policy = new("--policy")
    {
        Description = "The policy, a JSON file.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string[]> _read = new("--read", "-r")
    {
        Description = "A capture whose frames enter at a port; - is standard input. Give one for each capture.",
        HelpName = "PORT=FILE[#INTERFACE]",
        Required = true,
    };

    private readonly Option<string?> _write = new("--write", "-w")
    {
        Description = "Write frames that leave: pcapng with a comment on each, or pcap when the name ends in .pcap; "
            + "- is standard output.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _drops = new("--drops")
    {
        Description = "Write frames that are dropped, as they came, with the reason.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print the summary as one JSON object.",
    };

    private readonly Option<bool> _noComments = new("--no-comments")
    {
        Description = "Write frames without comments.",
    };

    private readonly Option<string[]> _checksum = new("--checksum")
    {
        Description = "Whether checksums of frames that enter at a port are verified; default is what the policy says.",
        HelpName = "PORT=trust|verify",
    };

    private readonly Option<string[]> _policyAt = new("--policy-at")
    {
        Description = "Another policy from some time after the first frame on, such as 1.5s=other.json.",
        HelpName = "OFFSET=FILE",
    };

    private ReplayCommand(CommandIo io) => _io = io;

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandIo io)
    {
        var replay = new ReplayCommand(io);
        var command = new Command("replay", "Take captures through a policy: what leaves, what is dropped, and why.")
        {
            replay._policy,
            replay._read,
            replay._write,
            replay._drops,
            replay._json,
            replay._noComments,
            replay._checksum,
            replay._policyAt,
        };
        command.SetAction(replay.Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        var inputs = new List<(string Port, string File, string? Interface)>();
        var changes = new List<(TimeSpan After, string File)>();
        var checksums = new List<(string Port, ChecksumMode Mode)>();
        bool understood =
            ParseAll(result, _read, "-r", ReplayArguments.TryParseInput, inputs)
            & ParseAll(result, _policyAt, "--policy-at", ReplayArguments.TryParsePolicyAt, changes)
            & ParseAll(result, _checksum, "--checksum", ReplayArguments.TryParseChecksum, checksums);
        if (!understood)
        {
            return ExitCode.Usage;
        }

        if (Conflict(result, inputs.Select(i => i.File).Concat(changes.Select(c => c.File))) is string conflict)
        {
            _io.Error.WriteLine($"vxe: {conflict}");
            return ExitCode.Usage;
        }

        if (PolicyCommand.Load(result.GetRequiredValue(_policy), _io) is not SwitchPolicy policy)
        {
            return ExitCode.Failed;
        }

        foreach (string port in inputs.Select(i => i.Port).Concat(checksums.Select(c => c.Port)))
        {
            if (!policy.Ports.Any(p => string.Equals(p.Name, port, StringComparison.Ordinal)))
            {
                string known = string.Join(", ", policy.Ports.Select(p => p.Name));
                _io.Error.WriteLine($"vxe: the policy has no port '{port}'; it has {known}.");
                return ExitCode.Usage;
            }
        }

        var later = new List<PolicyChange>();
        foreach ((TimeSpan after, string file) in changes.OrderBy(c => c.After))
        {
            if (PolicyCommand.Load(file, _io) is not SwitchPolicy change)
            {
                return ExitCode.Failed;
            }

            later.Add(new PolicyChange(after, WithChecksums(change, checksums)));
        }

        return Replay(result, WithChecksums(policy, checksums), later, inputs);
    }

    private delegate bool TryParse<T>(string text, out T value);

    private bool ParseAll<T>(
        ParseResult result, Option<string[]> option, string name, TryParse<T> tryParse, List<T> values)
    {
        bool understood = true;
        foreach (string text in result.GetValue(option) ?? [])
        {
            if (tryParse(text, out T value))
            {
                values.Add(value);
            }
            else
            {
                _io.Error.WriteLine($"vxe: {name} {text}: expected {option.HelpName}.");
                understood = false;
            }
        }

        return understood;
    }

    /// <summary>Says which file would be read or written by two at once; null when none would.</summary>
    private string? Conflict(ParseResult result, IEnumerable<string> files)
    {
        string[] read = [result.GetRequiredValue(_policy), .. files];
        string[] written = [.. new[] { result.GetValue(_write), result.GetValue(_drops) }.OfType<string>()];
        if (read.Count(file => file == StandardStream) > 1)
        {
            return "standard input can be read only once.";
        }

        if (written.Length == 2 && IsSame(written[0], written[1]))
        {
            return "-w and --drops need a file each.";
        }

        string? both = written.FirstOrDefault(file => file != StandardStream && read.Any(r => IsSame(r, file)));
        return both is null ? null : $"{both} is read, so it cannot be written.";
    }

    private static bool IsSame(string file, string other) =>
        string.Equals(Path.GetFullPath(file), Path.GetFullPath(other), StringComparison.Ordinal);

    private static SwitchPolicy WithChecksums(
        SwitchPolicy policy, List<(string Port, ChecksumMode Mode)> checksums)
    {
        foreach ((string name, ChecksumMode mode) in checksums)
        {
            policy = policy with
            {
                Ports = policy.Ports
                    .Select(p => string.Equals(p.Name, name, StringComparison.Ordinal) ? p with { Checksum = mode } : p)
                    .ToValueArray(),
            };
        }

        return policy;
    }

    private int Replay(
        ParseResult result,
        SwitchPolicy policy,
        List<PolicyChange> changes,
        List<(string Port, string File, string? Interface)> inputs)
    {
        var readers = new List<ReplayInput>();
        try
        {
            foreach ((string port, string file, string? filter) in inputs)
            {
                readers.Add(new ReplayInput(port, OpenReader(file), filter));
            }

            using CaptureWriter? output = OpenWriter(result.GetValue(_write));
            using CaptureWriter? drops = OpenWriter(result.GetValue(_drops));
            var options = new ReplayOptions
            {
                Policy = policy,
                Inputs = readers,
                Output = output,
                Drops = drops,
                Comments = !result.GetValue(_noComments),
                Changes = changes,
            };
            ReplayResult replayed = RunWithProgress(options, inputs);
            output?.Flush();
            drops?.Flush();
            return Report(replayed, result);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PolicyException)
        {
            _io.Error.WriteLine($"vxe: {e.Message}");
            return ExitCode.Failed;
        }
        finally
        {
            readers.ForEach(r => r.Reader.Dispose());
        }
    }

    private CaptureReader OpenReader(string file) => file == StandardStream
        ? CaptureReader.Open(_io.OpenInput(), "standard input")
        : CaptureReader.Open(file);

    private CaptureWriter? OpenWriter(string? file)
    {
        if (file is null)
        {
            return null;
        }

        if (file == StandardStream)
        {
            return CaptureWriter.Create(_io.OpenOutput(), CaptureFormat.Pcapng);
        }

        CaptureFormat format = file.EndsWith(".pcap", StringComparison.OrdinalIgnoreCase)
            ? CaptureFormat.PcapNanoseconds
            : CaptureFormat.Pcapng;
        CaptureWriter writer = CaptureWriter.Create(file, format);
        if (format != CaptureFormat.Pcapng)
        {
            writer.AddInterface("all", LinkType.Ethernet);
        }

        return writer;
    }

    private ReplayResult RunWithProgress(
        ReplayOptions options, List<(string Port, string File, string? Interface)> inputs)
    {
        long length = inputs.Sum(i => File.Exists(i.File) ? new FileInfo(i.File).Length : 0);
        if (!_io.IsErrorTerminal || length < LongInputLength)
        {
            return CaptureReplay.Run(options);
        }

        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_io.Error) });
        return console.Progress().AutoClear(true).Start(context =>
        {
            ProgressTask task = context.AddTask("replaying", maxValue: length);
            return CaptureReplay.Run(options with { Progress = bytes => task.Value = bytes });
        });
    }

    private int Report(ReplayResult replayed, ParseResult result)
    {
        // Standard output belongs to the capture when that goes there.
        bool outputTaken = result.GetValue(_write) == StandardStream || result.GetValue(_drops) == StandardStream;
        CommandIo io = outputTaken ? _io with { Output = _io.Error, IsTerminal = _io.IsErrorTerminal } : _io;
        if (result.GetValue(_json))
        {
            ReplaySummary.WriteJson(replayed.Counters, io.Output);
        }
        else
        {
            ReplaySummary.WriteTables(replayed.Counters, io);
        }

        foreach (ForeignInterface foreign in replayed.LinkTypes)
        {
            CaptureInterface source = foreign.Interface;
            string name = source.Name is null ? string.Empty : $" ({source.Name})";
            _io.Error.WriteLine(
                $"vxe: {foreign.Capture}: interface {source.Index}{name} has link type {source.LinkType}, "
                + "not Ethernet; its frames were dropped.");
        }

        foreach (CaptureFault fault in replayed.Faults)
        {
            _io.Error.WriteLine($"vxe: {fault.Error.Message}");
        }

        foreach (ReplayInput input in replayed.Unfound)
        {
            string known = string.Join(", ", input.Reader.Interfaces);
            _io.Error.WriteLine($"vxe: {input.Reader.Name}: no interface '{input.Interface}'; it has {known}.");
        }

        bool isWhole = replayed.Faults.Count == 0 && replayed.Unfound.Count == 0 && replayed.Counters.AddsUp;
        return isWhole ? ExitCode.Done : ExitCode.Failed;
    }
}
