using System.Buffers.Binary;
using System.Diagnostics;
using VxlanEngine.Packets;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Live;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>Small UDP frames that a tenant sends: 64 bytes with their check sequence, of 64 flows.</summary>
/// <remarks>
/// Sent by a packet socket past the queueing discipline, on the first processor. Some carry the time at which they were
/// sent, for <see cref="LatencyProbe"/>.
/// </remarks>
internal sealed class FrameLoad : IPacketLoad
{
    /// <summary>The UDP port that frames with a time go to.</summary>
    public const int ProbePort = 7001;

    /// <summary>Bytes of a frame without its check sequence.</summary>
    public const int FrameLength = 60;

    /// <summary>Where the time stands in a frame: behind its headers.</summary>
    public const int TimeOffset = 42;

    /// <summary>Number of flows, a power of two.</summary>
    public const int Flows = 64;

    /// <summary>The first flow's source port.</summary>
    public const int FirstPort = 20_000;

    /// <summary>Where the source port stands in a frame.</summary>
    public const short PortOffset = 34;

    private const int DiscardPort = 9;
    private const int BurstLength = 32;

    private readonly Thread _thread;
    private volatile bool _isStopping;
    private Exception? _failure;
    private long _sent;

    /// <summary>Begins to send.</summary>
    /// <param name="rig">From whose tenant.</param>
    /// <param name="rate">Frames a second; null for as many as go.</param>
    /// <param name="probeRate">Frames with a time a second, beside them.</param>
    public FrameLoad(IoRig rig, double? rate, double probeRate = 0)
    {
        _thread = new Thread(() =>
        {
            try
            {
                NetworkNamespace.Run(rig.Tenant, () => Send(rate ?? double.PositiveInfinity, probeRate));
            }
            catch (InvalidOperationException e)
            {
                _failure = e;
            }
        });
        _thread.Start();
    }

    /// <inheritdoc/>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>A frame of each flow.</summary>
    public static byte[][] Frames() => [.. Enumerable.Range(0, Flows).Select(flow => Frame(flow, DiscardPort))];

    /// <inheritdoc/>
    public void Stop()
    {
        _isStopping = true;
        _thread.Join();
        if (_failure is not null)
        {
            throw new Comparison.ComparisonException($"The tenant's load: {_failure.Message}", _failure);
        }
    }

    private static byte[] Frame(int flow, int port) => FrameBuilder.Ethernet(IoRig.TenantMac, IoRig.PeerMac)
        .Ipv4(IoRig.TenantAddress, IoRig.PeerAddress)
        .Udp(FirstPort + flow, port, checksum: 0)
        .Payload(FrameLength - TimeOffset)
        .Build();

    private bool Send(double rate, double probeRate)
    {
        byte[][] frames = Frames();
        byte[] probe = Frame(Flows, ProbePort);
        using var pool = new PacketPool(4 * BurstLength, 2048);
        using RawPort port = RawPort.Open(
            IoRig.Device, new RawPortOptions { BypassQueueing = true, BlockCount = 2 });
        var clock = Stopwatch.StartNew();
        long frameCount = 0;
        long probeCount = 0;
        while (!_isStopping)
        {
            double seconds = clock.Elapsed.TotalSeconds;
            int due = (int)Math.Min(BurstLength, (seconds * rate) - frameCount);
            for (int i = 0; i < due; i++)
            {
                Queue(pool, port, frames[frameCount++ % Flows]);
            }

            port.Flush(pool);
            bool isProbeDue = seconds * probeRate > probeCount;
            if (isProbeDue)
            {
                probeCount++;
                BinaryPrimitives.WriteInt64BigEndian(probe.AsSpan(TimeOffset), WallClock.NowNs());
                Queue(pool, port, probe);
                port.Flush(pool);
            }

            Volatile.Write(ref _sent, port.Statistics.Sent);
            if (due < BurstLength && !isProbeDue)
            {
                Thread.Yield();
            }
        }

        return true;
    }

    private static void Queue(PacketPool pool, RawPort port, byte[] bytes)
    {
        if (!pool.TryRent(bytes.Length, out FrameDescriptor frame))
        {
            // The interface is full: what waits goes first.
            port.Flush(pool);
            return;
        }

        bytes.CopyTo(pool.Frame(frame));
        if (port.Transmit(pool, new ReadOnlySpan<FrameDescriptor>(in frame)) == 0)
        {
            pool.Return(frame);
        }
    }
}
