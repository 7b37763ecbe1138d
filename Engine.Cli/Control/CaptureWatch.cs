using VxlanEngine.Pipeline;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;
using VxlanEngine.Tracing;

namespace VxlanEngine.Cli.Control;

/// <summary>Writes each packet into a pcapng stream, with what became of it as its comment.</summary>
internal sealed class CaptureWatch : PacketWatch, IDisposable
{
    private readonly MemoryStream _written = new();
    private readonly CaptureWriter _writer;
    private readonly Dictionary<int, int> _interfaces = [];

    public CaptureWatch(ControlRequest request, TracePattern? flow)
        : base(request, flow)
    {
        _writer = CaptureWriter.Create(_written, CaptureFormat.Pcapng);
        Begin(Take());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        _written.Dispose();
    }

    /// <inheritdoc/>
    protected override byte[] Write(PacketReport report, ReadOnlySpan<byte> frame, Func<int, string> portName)
    {
        bool leaves = report.Egress >= 0;
        int port = leaves ? report.Egress : report.Ingress;
        if (!_interfaces.TryGetValue(port, out int number))
        {
            number = _writer.AddInterface(portName(port), LinkType.Ethernet);
            _interfaces.Add(port, number);
        }

        Span<byte> comment = stackalloc byte[2048];
        var annotations = new PacketAnnotations
        {
            Comment = comment[..ReportText.Write(comment, report, portName)],
            Direction = leaves ? PacketDirection.Outbound : PacketDirection.Inbound,
        };
        TimeSpan now = TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch;
        _writer.Write(number, now.Ticks * TimeSpan.NanosecondsPerTick, frame, frame.Length, annotations);
        return Take();
    }

    private byte[] Take()
    {
        _writer.Flush();
        byte[] bytes = _written.ToArray();
        _written.SetLength(0);
        return bytes;
    }
}
