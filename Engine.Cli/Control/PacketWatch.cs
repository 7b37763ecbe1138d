using System.Threading.Channels;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Tracing;

namespace VxlanEngine.Cli.Control;

/// <summary>One client's view of the packets of a running switch: those it wants, as the bytes it gets.</summary>
/// <remarks>The switch never waits for a client: packets that it is too slow for are left out, and counted.</remarks>
internal abstract class PacketWatch(ControlRequest request, TracePattern? flow)
{
    private const int Waiting = 1024;

    private readonly Channel<ReadOnlyMemory<byte>> _ready = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(Waiting) { SingleReader = true, SingleWriter = true });

    /// <summary>What is ready for the client, in order.</summary>
    public ChannelReader<ReadOnlyMemory<byte>> Ready => _ready.Reader;

    /// <summary>Packets left out since the last one that was not.</summary>
    protected long Missed { get; private set; }

    /// <summary>Is told of a packet. Thread: the switch's.</summary>
    public void OnPacket(PacketReport report, ReadOnlySpan<byte> frame, Func<int, string> portName)
    {
        if (!Wants(report, portName))
        {
            return;
        }

        if (_ready.Reader.Count >= Waiting)
        {
            Missed++;
            return;
        }

        _ready.Writer.TryWrite(Write(report, frame, portName));
        Missed = 0;
    }

    /// <summary>Nothing more will come.</summary>
    public void End() => _ready.Writer.TryComplete();

    /// <summary>Puts what comes before all packets.</summary>
    protected void Begin(byte[] bytes) => _ready.Writer.TryWrite(bytes);

    /// <summary>The bytes that tell of a packet.</summary>
    protected abstract byte[] Write(PacketReport report, ReadOnlySpan<byte> frame, Func<int, string> portName);

    private bool Wants(PacketReport report, Func<int, string> portName) =>
        (request.Vni is null || report.TunnelVni?.Value == request.Vni)
        && (flow is null || flow.Matches(report.Inner))
        && (request.Verdict is null
            || string.Equals(request.Verdict, report.Verdict.Kind.ToString(), StringComparison.OrdinalIgnoreCase)
            || (report.Verdict.Kind == VerdictKind.Drop && request.Verdict == report.Verdict.Drop.Name()))
        && (request.Port is null
            || request.Port == portName(report.Ingress)
            || (report.Egress >= 0 && request.Port == portName(report.Egress)));
}
