using System.Runtime.InteropServices;
using Spectre.Console;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;

namespace VxlanEngine.Cli;

/// <summary>The captures that a command reads: opening them, and what there is to say of them.</summary>
internal static class CaptureFiles
{
    private const string StandardInput = "-";
    private const long LongInputLength = 16 * 1024 * 1024;

    // A registration that nobody holds is undone.
    private static readonly List<PosixSignalRegistration> Signals = [];

    /// <summary>Opens a capture; <c>-</c> is standard input.</summary>
    /// <exception cref="IOException">It cannot be read, or is no capture.</exception>
    public static CaptureReader Open(string file, CommandIo io) => file == StandardInput
        ? CaptureReader.Open(io.OpenInput(), "standard input")
        : CaptureReader.Open(file);

    /// <summary>Listens at a live port until the time is over, or the program is told to stop.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static CaptureReader Listen(string text, CommandIo io, TimeSpan? duration)
    {
        ILivePort port = LivePorts.Open(text);
        var capture = new PortCapture(port, duration);
        if (port.Notice is string notice)
        {
            io.Error.WriteLine($"vxe: {notice}");
        }

        Signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, capture)));
        Signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, capture)));
        return CaptureReader.Open(capture, text);
    }

    private static void End(PosixSignalContext context, PortCapture capture)
    {
        context.Cancel = true;
        capture.End();
    }

    /// <summary>Opens the captures of <c>-r</c>, or says what is wrong and returns null.</summary>
    public static List<ReplayInput>? OpenAll(
        List<(string Port, string File, string? Interface)> files, CommandIo io, TimeSpan? duration = null)
    {
        var captures = new List<ReplayInput>();
        try
        {
            foreach ((string port, string file, string? filter) in files)
            {
                bool isLive = LivePorts.IsLivePort(file) && !File.Exists(file);
                captures.Add(new ReplayInput(port, isLive ? Listen(file, io, duration) : Open(file, io), filter));
            }

            return captures;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            io.Error.WriteLine($"vxe: {e.Message}");
            captures.ForEach(c => c.Reader.Dispose());
            return null;
        }
    }

    /// <summary>Bytes of files; standard input has none.</summary>
    public static long Length(IEnumerable<string> files) =>
        files.Sum(file => File.Exists(file) ? new FileInfo(file).Length : 0);

    /// <summary>Does long work under a progress bar, where somebody watches.</summary>
    /// <param name="io">Where to draw.</param>
    /// <param name="what">What is done: <c>replaying</c>.</param>
    /// <param name="length">Bytes of the captures.</param>
    /// <param name="work">The work; it tells how many bytes it has read.</param>
    public static T RunWithProgress<T>(CommandIo io, string what, long length, Func<Action<long>?, T> work)
    {
        if (!io.IsErrorTerminal || length < LongInputLength)
        {
            return work(null);
        }

        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(io.Error) });
        return console.Progress().AutoClear(true).Start(context =>
        {
            ProgressTask task = context.AddTask(what, maxValue: length);
            return work(bytes => task.Value = bytes);
        });
    }

    /// <summary>Says which interfaces are not Ethernet or not there, and which captures are damaged.</summary>
    public static void WriteNotes(
        IReadOnlyList<ForeignInterface> linkTypes,
        IReadOnlyList<CaptureFault> faults,
        IReadOnlyList<ReplayInput> unfound,
        CommandIo io)
    {
        foreach (ForeignInterface foreign in linkTypes)
        {
            CaptureInterface source = foreign.Interface;
            string name = source.Name is null ? string.Empty : $" ({source.Name})";
            io.Error.WriteLine(
                $"vxe: {foreign.Capture}: interface {source.Index}{name} has link type {source.LinkType}, "
                + "not Ethernet; its frames were dropped.");
        }

        foreach (CaptureFault fault in faults)
        {
            io.Error.WriteLine($"vxe: {fault.Error.Message}");
        }

        foreach (ReplayInput input in unfound)
        {
            string known = string.Join(", ", input.Reader.Interfaces);
            io.Error.WriteLine($"vxe: {input.Reader.Name}: no interface '{input.Interface}'; it has {known}.");
        }
    }
}
