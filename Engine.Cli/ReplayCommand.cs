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
    private readonly ReplayInputOptions _input;
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
        command.Options.Add(replay._drops);
        command.Options.Add(replay._noComments);
        command.Options.Add(replay._json);
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
            return Replay(result, inputs);
        }
    }

    /// <summary>Says which file would be read or written by two at once; null when none would.</summary>
    private string? Conflict(ParseResult result)
    {
        string[] read = [.. _input.FilesToRead(result)];
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

    private int Replay(ParseResult result, ReplayInputs inputs)
    {
        try
        {
            using CaptureWriter? output = OpenWriter(result.GetValue(_write));
            using CaptureWriter? drops = OpenWriter(result.GetValue(_drops));
            var options = new ReplayOptions
            {
                Policy = inputs.Policy,
                Inputs = inputs.Captures,
                Output = output,
                Drops = drops,
                Comments = !result.GetValue(_noComments),
                Changes = inputs.Changes,
            };
            ReplayResult replayed = RunWithProgress(options, inputs.Length);
            output?.Flush();
            drops?.Flush();
            return Report(replayed, result);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PolicyException)
        {
            _io.Error.WriteLine($"vxe: {e.Message}");
            return ExitCode.Failed;
        }
    }

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

    private ReplayResult RunWithProgress(ReplayOptions options, long length)
    {
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
