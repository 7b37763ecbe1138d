using System.Buffers.Binary;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;
using VxlanEngine.Ports.Pcap;
using VxlanEngine.Tests.Live;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>
/// How long frames of a <see cref="FrameLoad"/> with a time take from the tenant's system call to the peer's end of
/// the wire.
/// </summary>
/// <remarks>
/// The peer's kernel notes when they arrive, so whoever reads them need not hurry; it does not look at other frames.
/// </remarks>
internal sealed class LatencyProbe
{
    // The destination port inside of the tunnel: behind 8 bytes of UDP, 8 of VXLAN, 14 of Ethernet, 20 of IP and 2.
    private static readonly string Filter = $"udp dst port 4789 and udp[52:2] = {FrameLoad.ProbePort}";

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
        using PcapPort port = PcapPort.Open(
            IoRig.Underlay, new PcapPortOptions { Filter = Filter, Promiscuous = true });
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
        if (PacketParser.ParseFrame(bytes, 0, out ParsedFrame outer) == DropReason.None
            && OffloadIntake.TryParseTunnelled(bytes, outer, out ParsedFrame packet))
        {
            long sentNs = BinaryPrimitives.ReadInt64BigEndian(bytes[packet.PayloadOffset..]);
            _microseconds.Add((timeNs - sentNs) / 1000.0);
        }
    }
}
