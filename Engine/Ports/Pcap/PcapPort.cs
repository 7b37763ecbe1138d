using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Ports.Pcap;

/// <summary>A network interface opened with libpcap: <c>pcap:eth0</c>.</summary>
/// <remarks>
/// <para>Receives what comes in and passes the filter, and injects what is sent, one call a frame. libpcap tells
/// nothing of checksums: one that is the sum of its pseudo-header and does not add up is finished, and a TCP packet
/// that does not fit the interface's MTU is taken for a super-frame with full segments.</para>
/// <para>Needs libpcap, which is looked for when the first such port is opened, and CAP_NET_RAW.</para>
/// </remarks>
public sealed class PcapPort : ILivePort
{
    private readonly string _device;
    private readonly PcapPortOptions _options;
    private readonly LinkState _link;
    private readonly OffloadIntake _intake = new();
    private PcapDevice? _pcap;
    private PortStatistics _statistics;
    private uint _nextPacketId;
    private bool _hasFailed;

    private PcapPort(string device, PcapPortOptions options)
    {
        _device = device;
        _options = options;
        _link = new LinkState($"pcap:{device}");
    }

    /// <inheritdoc/>
    public string Name => _link.Port;

    /// <inheritdoc/>
    public string Interface => _device;

    /// <inheritdoc/>
    public bool IsHeardByHost => true;

    /// <inheritdoc/>
    public PortState State => _link.State;

    /// <inheritdoc/>
    public string? Fault => _link.Fault;

    /// <inheritdoc/>
    public int Mtu => _options.Mtu;

    /// <inheritdoc/>
    public int PollDescriptor => _pcap?.Descriptor ?? -1;

    /// <inheritdoc/>
    public bool HasUnsent => false;

    /// <inheritdoc/>
    public PortStatistics Statistics => _statistics with
    {
        SuperFrames = _intake.SuperFrames,
        Unusable = _statistics.Unusable + _intake.Unusable,
        Failures = _link.Failures,
    };

    /// <summary>Opens the port.</summary>
    /// <param name="device">Name of the interface, as libpcap knows it.</param>
    /// <param name="options">How it is used.</param>
    /// <exception cref="PortOpenException">No library, no such interface, no permission, or a bad filter.</exception>
    public static PcapPort Open(string device, PcapPortOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        var port = new PcapPort(device, options ?? new PcapPortOptions());
        port.Adopt(PcapDevice.Open(port.Name, device, port._options));
        return port;
    }

    /// <inheritdoc/>
    public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int count = _intake.Resume(pool, burst);
        while (count < burst.Length && _pcap is not null && !_hasFailed)
        {
            int result = _pcap.TryNext(out ReadOnlySpan<byte> bytes, out int length, out long timeNs);
            if (result <= 0)
            {
                _hasFailed = result < 0;
                break;
            }

            int copied = Math.Min(bytes.Length, pool.FrameCapacity);
            if (!pool.TryRent(copied, out FrameDescriptor frame))
            {
                _statistics.Unusable++;
                continue;
            }

            bytes[..copied].CopyTo(pool.Frame(frame));
            frame.TimeNs = timeNs;
            frame.PacketId = _nextPacketId++;
            if (copied < length)
            {
                frame.Flags = FrameFlags.TooLong;
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
        if (_pcap is null || State != PortState.Up)
        {
            return 0;
        }

        for (int i = 0; i < burst.Length; i++)
        {
            if (_pcap.TrySend(pool.Frame(burst[i])))
            {
                _statistics.Sent++;
            }
            else
            {
                _statistics.Unsent++;
            }

            pool.Return(burst[i]);
        }

        return burst.Length;
    }

    /// <inheritdoc/>
    public bool Maintain()
    {
        if (_pcap is not null && !_hasFailed)
        {
            _statistics.DroppedByKernel = _pcap.ReadDrops();
            return false;
        }

        if (_pcap is not null)
        {
            _link.Lose(PortState.Failed, $"{Name}: {_pcap.ErrorText()}.");
            _pcap.Dispose();
            _pcap = null;
        }

        try
        {
            Adopt(PcapDevice.Open(Name, _device, _options));
            return true;
        }
        catch (PortOpenException e)
        {
            _link.Lose(PortState.Failed, e.Message);
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pcap?.Dispose();
        _pcap = null;
    }

    private void Adopt(PcapDevice pcap)
    {
        _pcap = pcap;
        _hasFailed = false;
        _link.Up();
    }
}
