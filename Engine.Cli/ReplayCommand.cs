using System.CommandLine;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;

namespace VxlanEngine.Cli;

/// <summary><c>vxe replay</c>: takes captures through a policy.</summary>
internal sealed class ReplayCommand
{
    private const string StandardStream = "-";

    private readonly CommandIo _io;
    private readonly ReplayInputOptions _input;
    private readonly Option<string?> _write = new("--write", "-w")
    {
        Description = "Write frames that leave: pcapng with a comment on each, or pcap when the name ends in .pcap; "
            + "- is standard output.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _out = new("--out")
    {
        Description = "Send frames that leave at a port out of an interface, such as uplink=raw:eth0 or "
            + "uplink=xdp:eth0.",
        HelpName = "PORT=KIND:ARGUMENT",
    };

    private readonly Option<string?> _drops = new("--drops")
    {
        Description = "Write frames that are dropped, as they came, with the reason.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _expect = new("--expect")
    {
        Description = "Compare the frames that leave with this capture: interface (the port's name), bytes, time and "
            + "order; without the interface where it is classic pcap. Returns 1 when they differ.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _expectComments = new("--expect-comments")
    {
        Description = "With --expect: compare comments too.",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print the summary as one JSON object.",
    };

    private readonly Option<bool> _noComments = new("--no-comments")
    {
        Description = "Write frames without comments.",
    };

    private readonly Option<bool> _bench = new("--bench")
    {
        Description = "Loop the captures through the policy from memory, write nothing, and print how fast that was.",
    };

    private readonly Option<double> _seconds = new("--seconds")
    {
        Description = "How long --bench counts, after a second of warm-up.",
        HelpName = "N",
        DefaultValueFactory = _ => 3,
    };

    private ReplayCommand(CommandIo io)
    {
        _io = io;
        _input = new ReplayInputOptions(io);
    }

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandIo io)
    {
        var replay = new ReplayCommand(io);
        var command = new Command("replay", "Take captures through a policy: what leaves, what is dropped, and why.");
        replay._input.AddTo(command);
        command.Options.Add(replay._write);
        command.Options.Add(replay._out);
        command.Options.Add(replay._drops);
        command.Options.Add(replay._expect);
        command.Options.Add(replay._expectComments);
        command.Options.Add(replay._noComments);
        command.Options.Add(replay._json);
        command.Options.Add(replay._bench);
        command.Options.Add(replay._seconds);
        command.SetAction(replay.Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        if (Conflict(result) is string conflict)
        {
            _io.Error.WriteLine($"vxe: {conflict}");
            return ExitCode.Usage;
        }

        int code = _input.TryOpen(result, out ReplayInputs inputs);
        if (code != ExitCode.Done)
        {
            return code;
        }

        using (inputs)
        {
            return result.GetValue(_bench) ? Bench(result, inputs) : Replay(result, inputs);
        }
    }

    /// <summary>Says which file would be read or written by two at once; null when none would.</summary>
    private string? Conflict(ParseResult result)
    {
        string? file = result.GetValue(_write) ?? result.GetValue(_drops) ?? result.GetValue(_expect);
        if (result.GetValue(_bench) && file is not null)
        {
            return "--bench writes and compares nothing.";
        }

        if (result.GetValue(_seconds) is not (> 0 and <= 86_400))
        {
            return "--seconds takes a number above 0, a day at most.";
        }

        string[] read = [.. _input.FilesToRead(result), .. new[] { result.GetValue(_expect) }.OfType<string>()];
        string[] written = [.. new[] { result.GetValue(_write), result.GetValue(_drops) }.OfType<string>()];
        if (read.Count(r => r == StandardStream) > 1)
        {
            return "standard input can be read only once.";
        }

        if (written.Length == 2 && IsSame(written[0], written[1]))
        {
            return "-w and --drops need a file each.";
        }

        string? both = written.FirstOrDefault(w => w != StandardStream && read.Any(r => IsSame(r, w)));
        return both is null ? null : $"{both} is read, so it cannot be written.";
    }

    private static bool IsSame(string file, string other) =>
        string.Equals(Path.GetFullPath(file), Path.GetFullPath(other), StringComparison.Ordinal);

    private int Replay(ParseResult result, ReplayInputs inputs)
    {
        var texts = new List<(string Port, string Device)>();
        if (!ReplayArguments.ParseAll(result, _out, "--out", RunCommand.TryParsePort, texts, _io)
            || !_input.HasPorts(inputs.Policy, texts.Select(text => text.Port)))
        {
            return ExitCode.Usage;
        }

        var live = new List<KeyValuePair<string, ILivePort>>();
        try
        {
            texts.ForEach(text => live.Add(KeyValuePair.Create(text.Port, LivePorts.Open(text.Device))));
            using CaptureReader? reader = OpenExpected(result.GetValue(_expect));
            ExpectedCapture? expected =
                reader is null ? null : new ExpectedCapture(reader, result.GetValue(_expectComments));
            using CaptureWriter? output = OpenWriter(result.GetValue(_write));
            using CaptureWriter? drops = OpenWriter(result.GetValue(_drops));
            var options = new ReplayOptions
            {
                Policy = inputs.Policy,
                Inputs = inputs.Captures,
                Output = output,
                Drops = drops,
                LiveOutputs = live,
                Expected = expected,
                Comments = !result.GetValue(_noComments),
                Changes = inputs.Changes,
            };
            ReplayResult replayed = CaptureFiles.RunWithProgress(
                _io,
                "replaying",
                inputs.Length,
                progress => CaptureReplay.Run(options with { Progress = progress }));
            output?.Flush();
            drops?.Flush();
            return Math.Max(Report(replayed, result), ReportExpected(expected));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PolicyException)
        {
            _io.Error.WriteLine($"vxe: {e.Message}");
            return ExitCode.Failed;
        }
        catch (FormatException e)
        {
            _io.Error.WriteLine($"vxe: {e.Message}");
            return ExitCode.Usage;
        }
        finally
        {
            live.ForEach(port => port.Value.Dispose());
        }
    }

    private int Bench(ParseResult result, ReplayInputs inputs)
    {
        try
        {
            var options = new ReplayOptions { Policy = inputs.Policy, Inputs = inputs.Captures };
            var duration = TimeSpan.FromSeconds(result.GetValue(_seconds));
            BenchSummary.Write(ReplayBenchmark.Run(options, duration), result.GetValue(_json), _io.Output);
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            _io.Error.WriteLine($"vxe: {e.Message}");
            return ExitCode.Failed;
        }
    }

    private CaptureReader? OpenExpected(string? file) => file is null ? null : CaptureFiles.Open(file, _io);

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

        CaptureFiles.WriteNotes(replayed.LinkTypes, replayed.Faults, replayed.Unfound, _io);
        bool isWhole = replayed.Faults.Count == 0 && replayed.Unfound.Count == 0 && replayed.Counters.AddsUp;
        return isWhole ? ExitCode.Done : ExitCode.Failed;
    }

    private int ReportExpected(ExpectedCapture? expected)
    {
        if (expected is null)
        {
            return ExitCode.Done;
        }

        foreach (FrameMismatch mismatch in expected.Mismatches)
        {
            _io.Error.WriteLine($"vxe: {expected.Name}: {mismatch}");
        }

        if (expected.Mismatched > 0)
        {
            _io.Error.WriteLine(
                $"vxe: {expected.Name}: {expected.Matched} as expected, {expected.Mismatched} not");
        }

        if (expected.Fault is not null)
        {
            _io.Error.WriteLine($"vxe: {expected.Fault.Message}");
        }

        return expected.Fault is not null ? ExitCode.Failed
            : expected.Mismatched > 0 ? ExitCode.Different
            : ExitCode.Done;
    }
}
