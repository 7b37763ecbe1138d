using System.Globalization;
using System.Text.Json;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Replay;
using VxlanEngine.Tracing;

namespace VxlanEngine.Cli.Control;

/// <summary>Tells of each packet in a line of JSON.</summary>
internal sealed class TraceWatch(ControlRequest request, TracePattern? flow) : PacketWatch(request, flow)
{
    /// <inheritdoc/>
    protected override byte[] Write(PacketReport report, ReadOnlySpan<byte> frame, Func<int, string> portName)
    {
        var packet = new TracedPacket
        {
            Time = TimeProvider.System.GetUtcNow().ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
            Port = portName(report.Ingress),
            Packet = FrameText.Name(report.Inner),
            Vni = report.TunnelVni?.Value,
            Verdict = report.Verdict.Kind.ToString().ToLowerInvariant(),
            Reason = report.Verdict.Kind == VerdictKind.Drop ? report.Verdict.Drop.Name() : null,
            Story = ReportText.Describe(report, portName),
            Headers = FrameText.Describe(frame),
            Missed = Missed,
        };
        return [.. JsonSerializer.SerializeToUtf8Bytes(packet, ControlJson.Lines.TracedPacket), (byte)'\n'];
    }
}
