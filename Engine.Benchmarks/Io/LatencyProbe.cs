using System.Buffers.Binary;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Tests.Live;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>
/// How long frames of a <see cref="FrameLoad"/> with a time take from the tenant's system call to the peer's VXLAN
/// device.
/// </summary>
/// <remarks>The peer's kernel notes when they arrive, so whoever reads them need not hurry.</remarks>
internal sealed class LatencyProbe
{
    private readonly Thread _thread;
    private readonly List<double> _microseconds = [];
    private volatile bool _isStopping;
    private volatile bool _isListening;
    private Exception? _failure;

    /// <summary>Begins to listen.</summary>
    public LatencyProbe(IoRig rig)
    {
        _thread = new Thread(() =>
        {
            try
            {
                NetworkNamespace.Run(rig.Peer, Listen);
            }
            catch (InvalidOperationException e)
            {
                _failure = e;
            }
        });
        _thread.Start();
        while (!_isListening && _thread.IsAlive)
        {
            Thread.Sleep(1);
        }
    }

    /// <summary>Ends.</summary>
    /// <returns>Microseconds of each frame that arrived.</returns>
    /// <exception cref="Comparison.ComparisonException">It could not listen.</exception>
    public IReadOnlyList<double> Stop()
    {
        _isStopping = true;
        _thread.Join();
        return _failure is null
            ? _microseconds
            : throw new Comparison.ComparisonException($"The peer's probe: {_failure.Message}", _failure);
    }

    private bool Listen()
    {
        using var pool = new PacketPool(256, 2048);
        using RawPort port = RawPort.Open(IoRig.Overlay);
        var burst = new FrameDescriptor[128];
        _isListening = true;
        while (true)
        {
            int count = port.Receive(pool, burst);
            foreach (ref readonly FrameDescriptor frame in burst.AsSpan(0, count))
            {
                Note(pool.Frame(frame), frame.TimeNs);
                pool.Return(frame);
            }

            if (count > 0)
            {
                continue;
            }

            if (_isStopping)
            {
                return true;
            }

            Thread.Sleep(1);
        }
    }

    private void Note(ReadOnlySpan<byte> bytes, long timeNs)
    {
        bool isProbe = PacketParser.ParseFrame(bytes, 0, out ParsedFrame packet) == DropReason.None
            && packet is { Protocol: IpProtocol.Udp, HasTransport: true, DestinationPort: FrameLoad.ProbePort };
        if (isProbe)
        {
            long sentNs = BinaryPrimitives.ReadInt64BigEndian(bytes[FrameLoad.TimeOffset..]);
            _microseconds.Add((timeNs - sentNs) / 1000.0);
        }
    }
}
