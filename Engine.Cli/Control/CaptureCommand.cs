using System.CommandLine;
using System.Runtime.InteropServices;
using VxlanEngine.Policy.Json;

namespace VxlanEngine.Cli.Control;

/// <summary><c>vxe capture</c>: packets of a running switch as a capture that says what became of each.</summary>
internal sealed class CaptureCommand
{
    private readonly CommandIo _io;
    private readonly ControlOption _control = new();
    private readonly PacketFilterOptions _filter;
    private readonly Option<string> _write = new("--write", "-w")
    {
        Description = "The capture to write, pcapng; - is standard output.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string?> _duration = new("--duration")
    {
        Description = "How long to listen, such as 10s; until SIGINT without.",
        HelpName = "TIME",
    };

    private readonly Option<string?> _port = new("--port")
    {
        Description = "Only packets that came or left at this port.",
        HelpName = "PORT",
    };

    private CaptureCommand(CommandIo io)
    {
        _io = io;
        _filter = new PacketFilterOptions(io);
    }

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandIo io)
    {
        var capture = new CaptureCommand(io);
        var command = new Command(
            "capture",
            "Capture packets of a running switch: as they leave, or as they came when they did not, with the reason.");
        command.Options.Add(capture._control);
        command.Options.Add(capture._write);
        command.Options.Add(capture._duration);
        capture._filter.AddTo(command);
        command.Options.Add(capture._port);
        command.SetAction(capture.Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        TimeSpan duration = Timeout.InfiniteTimeSpan;
        if (result.GetValue(_duration) is string text && !Durations.TryParse(text, out duration))
        {
            _io.Error.WriteLine($"vxe: --duration {text}: expected a time such as 10s or 5m.");
            return ExitCode.Usage;
        }

        if (!_filter.TryRead(result, out PacketFilter filter))
        {
            return ExitCode.Usage;
        }

        var request = new ControlRequest
        {
            Command = ControlRequest.Capture,
            Flow = filter.FlowText,
            Vni = filter.Vni,
            Verdict = filter.Verdict,
            Port = result.GetValue(_port),
        };
        try
        {
            Copy(result.GetRequiredValue(_control), request, result.GetRequiredValue(_write), duration);
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _io.Error.WriteLine($"vxe: {e.Message}");
            return ExitCode.Failed;
        }
    }

    private void Copy(string path, ControlRequest request, string file, TimeSpan duration)
    {
        using ControlClient client = ControlClient.Ask(path, request, out _);
        using Stream output = file == "-" ? _io.OpenOutput() : File.Create(file);
        using var timer = new Timer(_ => client.Finish(), null, duration, Timeout.InfiniteTimeSpan);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        client.Stream.CopyTo(output);

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            client.Finish();
        }
    }
}
