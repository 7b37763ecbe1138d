using System.Runtime.InteropServices;
using System.Text.Json;

namespace VxlanEngine.Cli.Control;

/// <summary><c>vxe trace --control</c>: tells of packets of a running switch as they come.</summary>
internal static class LiveTrace
{
    /// <summary>Tells until enough packets have come, SIGINT, or the switch's end.</summary>
    /// <param name="path">The switch's socket.</param>
    /// <param name="request">Which packets.</param>
    /// <param name="count">How many.</param>
    /// <param name="json">Whether to print the lines as they come.</param>
    /// <param name="io">Where to print.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string path, ControlRequest request, int count, bool json, CommandIo io)
    {
        try
        {
            using ControlClient client = ControlClient.Ask(path, request, out _);
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            for (int left = count; left > 0 && client.ReadLine() is string line; left--)
            {
                Tell(line, json, io);
            }

            return ExitCode.Done;

            void Stop(PosixSignalContext context)
            {
                context.Cancel = true;
                client.Finish();
            }
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            io.Error.WriteLine($"vxe: {e.Message}");
            return ExitCode.Failed;
        }
    }

    private static void Tell(string line, bool json, CommandIo io)
    {
        if (json)
        {
            io.Output.WriteLine(line);
            return;
        }

        TracedPacket packet = JsonSerializer.Deserialize(line, ControlJson.Lines.TracedPacket)!;
        if (packet.Missed > 0)
        {
            io.Error.WriteLine($"vxe: {packet.Missed} packets came faster than they could be told of");
        }

        string vni = packet.Vni is uint number ? $" vni {number}" : string.Empty;
        io.Output.WriteLine($"{packet.Time}  {packet.Port}  {packet.Packet}{vni}");
        io.Output.WriteLine($"  headers    {packet.Headers}");
        io.Output.WriteLine($"  story      {packet.Story}");
        io.Output.WriteLine($"  verdict    {packet.Verdict} {packet.Reason}".TrimEnd());
    }
}
