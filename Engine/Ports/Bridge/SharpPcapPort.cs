using SharpPcap;
using SharpPcap.LibPcap;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Ports.Bridge;

/// <summary>
/// A device that a program has opened with SharpPcap; only in builds with <c>-p:WithSharpPcap=true</c>.
/// </summary>
/// <remarks>
/// <para>Receives by the device's <see cref="ICaptureDevice.OnPacketArrival"/>, whose bytes are copied at once, and
/// injects by <see cref="IInjectionDevice.SendPacket"/>, one call a frame. SharpPcap tells nothing of checksums: they
/// are treated as those of <c>pcap:</c>. It hands on what the device itself has sent, too, unless the device's filter
/// says <c>inbound</c>.</para>
/// <para>The device stays its opener's. Its capture is started if it was not, and then stopped by
/// <see cref="Dispose"/>.</para>
/// <para>SharpPcap allocates a header for each packet that it captures; nothing is allocated here. Thread: the one that
/// polls the switch; frames arrive on SharpPcap's.</para>
/// </remarks>
public sealed class SharpPcapPort : IPacketPort
{
    private readonly ILiveDevice _device;
    private readonly SharpPcapPortOptions _options;
    private readonly OffloadIntake _intake = new();
    private readonly ArrivalRing _arrivals;
    private readonly bool _startedCapture;
    private PortStatistics _statistics;
    private uint _nextPacketId;

    /// <summary>Takes a device, and begins to capture where that is still to be done.</summary>
    /// <param name="device">An open device of Ethernet.</param>
    /// <param name="options">Sizes.</param>
    /// <exception cref="PortOpenException">The device is not Ethernet.</exception>
    /// <exception cref="PcapException">It is not open, or refuses to capture.</exception>
    public SharpPcapPort(ILiveDevice device, SharpPcapPortOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.LinkType != PacketDotNet.LinkLayers.Ethernet)
        {
            throw new PortOpenException($"{device.Name}: the device is not Ethernet.");
        }

        _device = device;
        _options = options ?? new SharpPcapPortOptions();
        _arrivals = new ArrivalRing(_options.Frames, _options.Bytes);
        device.OnPacketArrival += Arrive;
        if (device.Started)
        {
            return;
        }

        try
        {
            device.StartCapture();
            _startedCapture = true;
        }
        catch
        {
            device.OnPacketArrival -= Arrive;
            throw;
        }
    }

    /// <summary>Frames that were lost because the switch did not take them in time.</summary>
    public long Overflows => _arrivals.Overflows;

    /// <summary>What the port counted; what the device's kernel lost, the device says.</summary>
    public PortStatistics Statistics => _statistics with
    {
        SuperFrames = _intake.SuperFrames,
        Unusable = _intake.Unusable,
    };

    /// <inheritdoc/>
    public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int count = _intake.Resume(pool, burst);
        while (count < burst.Length && _arrivals.TryTake(pool, out FrameDescriptor frame))
        {
            frame.PacketId = _nextPacketId++;
            if (frame.Flags != FrameFlags.None)
            {
                burst[count++] = frame;
                continue;
            }

            OffloadHeader header = UnannouncedOffloads.Finish(pool.Frame(frame), _options.Mtu);
            count += _intake.Take(pool, ref frame, header, burst[count..]);
        }

        _statistics.Received += count;
        return count;
    }

    /// <inheritdoc/>
    public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        foreach (ref readonly FrameDescriptor frame in burst)
        {
            if (TrySend(pool.Frame(frame)))
            {
                _statistics.Sent++;
            }
            else
            {
                _statistics.Unsent++;
            }

            pool.Return(frame);
        }

        return burst.Length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _device.OnPacketArrival -= Arrive;
        if (_startedCapture && _device.Started)
        {
            _device.StopCapture();
        }
    }

    // A device that is closed, or gone, says so by an exception.
    private bool TrySend(ReadOnlySpan<byte> frame)
    {
        try
        {
            _device.SendPacket(frame);
            return true;
        }
        catch (PcapException)
        {
            return false;
        }
    }

    // Thread: SharpPcap's.
    private void Arrive(object sender, PacketCapture capture)
    {
        int wireLength = capture.Header is PcapHeader header ? (int)header.PacketLength : capture.Data.Length;
        long timeNs = (long)(capture.Header.Timeval.Value * 1_000_000_000);
        _arrivals.TryPut(capture.Data, wireLength, timeNs);
    }
}
