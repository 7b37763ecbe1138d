using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>A network interface of this machine: <c>raw:eth0</c>.</summary>
/// <remarks>
/// <para>Receives every frame that comes in at the interface, and sends frames out of it; the machine's own stack sees
/// received frames too, and what it sends itself is not received here. VLAN tags that the kernel took out are put back,
/// partial checksums finished. TCP super-frames come and go whole; in a tunnel they are cut when sent. Those of UDP are
/// cut when they come, because they may hold tunnel packets, and go whole; several datagrams go as one with
/// <see cref="RawPortOptions.UdpSegmentation"/>.</para>
/// <para>Received frames are read from a ring shared with the kernel (TPACKET_V3), sent ones go by
/// <c>sendmmsg</c>, which took half as many frames of 1450 bytes again as a transmit ring on a virtual wire of a busy
/// machine. A frame waits in the kernel for a millisecond at most. Needs CAP_NET_RAW.</para>
/// </remarks>
public sealed class RawPort : ILivePort, IFrameDevice, IMulticastPort
{
    private readonly string _device;
    private readonly RawPortOptions _options;
    private readonly LinkState _link;
    private readonly OffloadIntake _intake = new();
    private readonly FrameSender _sender;
    private readonly GroupFilter _groups = new();
    private PacketSocket? _socket;
    private PortStatistics _statistics;
    private uint _nextPacketId;

    private RawPort(string device, RawPortOptions options)
    {
        _device = device;
        _options = options;
        _sender = options.UdpSegmentation
            ? new FrameSender(this, OffloadMessage.GatheringVectors, OffloadMessage.GatheringScratch, groupsFlows: true)
            : new FrameSender(this, OffloadMessage.Vectors, OffloadMessage.Scratch, groupsFlows: false);
        _link = new LinkState($"raw:{device}");
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
    public int Mtu { get; private set; }

    /// <inheritdoc/>
    public int PollDescriptor => _socket?.Handle.Number ?? -1;

    /// <inheritdoc/>
    public bool HasUnsent => _sender.HasUnsent;

    /// <inheritdoc/>
    public bool TakesSuperFrames => true;

    /// <inheritdoc/>
    public PortStatistics Statistics
    {
        get
        {
            PortStatistics statistics = _statistics;
            statistics.SuperFrames = _intake.SuperFrames;
            statistics.Unusable += _intake.Unusable;
            statistics.Sent = _sender.Sent;
            statistics.Unsent = _sender.Unsent;
            statistics.Failures = _link.Failures;
            return statistics;
        }
    }

    /// <summary>Opens the port.</summary>
    /// <param name="device">Name of the interface; it may be down.</param>
    /// <param name="options">How it is used.</param>
    /// <exception cref="PortOpenException">There is no such interface, or no permission.</exception>
    public static RawPort Open(string device, RawPortOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        options ??= new RawPortOptions();
        LinuxPlatform.Require($"raw:{device}");
        LinuxPlatform.RequireUdpSegmentation($"raw:{device}", options.UdpSegmentation);
        if (options is { UdpSegmentation: true, BypassQueueing: true })
        {
            throw new PortOpenException(
                $"raw:{device}: 'uso' and 'bypass' exclude each other: what passes the queueing discipline by is not "
                + "cut.");
        }

        PacketSocket socket = PacketSocket.Open($"raw:{device}", device, options);
        var port = new RawPort(device, options);
        port.Adopt(socket);
        return port;
    }

    /// <inheritdoc/>
    public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int count = _intake.Resume(pool, burst);
        while (count < burst.Length && _socket is not null && _socket.TryNext(out RingFrame ring))
        {
            if (TryCopy(pool, ring, out FrameDescriptor frame))
            {
                OffloadHeader offload = ring.Offload;
                offload.ChecksumStart += (ushort)(frame.Length - ring.Bytes.Length);
                count += frame.Flags == FrameFlags.None
                    ? _intake.Take(pool, ref frame, offload, burst[count..])
                    : Hand(frame, burst[count..]);
            }
            else
            {
                _statistics.Unusable++;
            }
        }

        _statistics.Received += count;
        return count;
    }

    /// <inheritdoc/>
    public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst) =>
        State == PortState.Up ? _sender.Take(pool, burst) : 0;

    /// <inheritdoc/>
    public void Flush(PacketPool pool) => _sender.Flush(pool);

    /// <inheritdoc/>
    public bool Maintain()
    {
        if (_socket is not null)
        {
            _statistics.DroppedByKernel += _socket.TakeDrops();
            _socket.TakeError();
            if (NetworkDevice.IndexOf(_socket.Handle, _device) == _socket.Index)
            {
                ReadLink(_socket);
                return false;
            }

            _socket.Dispose();
            _socket = null;
            _link.Gone();
        }

        try
        {
            Adopt(PacketSocket.Open(Name, _device, _options));
            return true;
        }
        catch (PortOpenException e)
        {
            _link.Lose(PortState.Failed, e.Message);
            return false;
        }
    }

    /// <inheritdoc/>
    public bool SaysMemberships => false;

    /// <inheritdoc/>
    public void SetGroups(IReadOnlyCollection<IpAddress> groups) =>
        _groups.Set(groups, _socket?.Handle, _socket?.Index ?? 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
        _sender.Dispose();
    }

    private static int Hand(in FrameDescriptor frame, Span<FrameDescriptor> burst)
    {
        burst[0] = frame;
        return 1;
    }

    private void Adopt(PacketSocket socket)
    {
        _socket = socket;
        _groups.Renew(socket.Handle, socket.Index);
        ReadLink(socket);
    }

    private void ReadLink(PacketSocket socket)
    {
        Mtu = NetworkDevice.MtuOf(socket.Handle, _device);
        (bool isUp, bool hasCarrier) = NetworkDevice.LinkOf(socket.Handle, _device);
        _link.Follow(isUp, hasCarrier);
    }

    private bool TryCopy(PacketPool pool, in RingFrame ring, out FrameDescriptor frame)
    {
        int tag = ring.HasTag ? VlanTag.Length : 0;
        int length = Math.Min(ring.Bytes.Length + tag, pool.FrameCapacity);
        int macs = 2 * MacAddress.Length;
        if (ring.Bytes.Length < macs || !pool.TryRent(length, out frame))
        {
            frame = default;
            return false;
        }

        Span<byte> bytes = pool.Frame(frame);
        if (ring.HasTag)
        {
            ring.Bytes[..macs].CopyTo(bytes);
            MemoryMarshal.Write<UInt16BE>(bytes[macs..], ring.TagType);
            MemoryMarshal.Write<UInt16BE>(bytes[(macs + UInt16BE.Length)..], ring.TagControl);
            ring.Bytes[macs..(length - tag)].CopyTo(bytes[(macs + tag)..]);
        }
        else
        {
            ring.Bytes[..length].CopyTo(bytes);
        }

        frame.Flags = length < ring.Length + tag ? FrameFlags.TooLong : FrameFlags.None;
        frame.TimeNs = ring.TimeNs;
        frame.PacketId = _nextPacketId++;
        return true;
    }

    QueuePosition IFrameDevice.Fill(PacketPool pool, TransmitQueue queue, QueuePosition at, MessageBatch batch) =>
        OffloadMessage.Fill(pool, queue, at, batch, new OffloadAbilities
        {
            HeaderLength = OffloadHeader.Length,
            TakesUdp = LinuxPlatform.TakesUdpSuperFrames,
            GathersUdp = _options.UdpSegmentation,
            LongestFrame = Mtu + EthernetHeader.Length,
        });

    int IFrameDevice.Send(MessageBatch batch, out int error)
    {
        error = LinuxError.NetworkDown;
        return _socket is null ? 0 : batch.Send(_socket.Handle, 0, batch.Count, out error);
    }

    void IFrameDevice.OnLost(int error) => _link.Lose(PortState.Down, $"{Name}: {LinuxError.Text(error)}.");
}
