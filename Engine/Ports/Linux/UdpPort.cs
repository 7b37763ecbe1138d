using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>An underlay that is a UDP socket of this machine: <c>udp:172.31.0.1</c>.</summary>
/// <remarks>
/// <para>For an uplink. The machine's own stack routes, resolves neighbours, and owns the address. The port puts outer
/// Ethernet, IP and UDP headers in front of what it receives, and takes off those of what it sends: the destination,
/// the traffic class and, among a few, the source port remain. DF is always set, TTL and identification are the
/// kernel's, and so is the UDP checksum, which is always there.</para>
/// <para>Multicast groups are joined by the machine's own stack, each with a socket of its own; what is sent to one has
/// the TTL that the switch wrote, and leaves by the address's interface.</para>
/// <para>Bursts come as one datagram (UDP_GRO) and go as one (UDP_SEGMENT), segments of a super-frame, too. Needs no
/// privileges for port 4789.</para>
/// </remarks>
public sealed class UdpPort : ILivePort, IFrameDevice, IMulticastPort
{
    private const int ReceiveLength = 16;
    private const int MaxSegments = 44;
    private const int MaxPayload = OffloadMessage.MaxPayload;
    private const int ScratchEach = MaxSegments * OffloadMessage.SegmentHeaders;
    private const byte Ttl = 64;
    private const long SingleForMs = 10_000;

    private readonly IpAddress _local;
    private readonly UdpPortOptions _options;
    private readonly LinkState _link;
    private readonly OffloadIntake _intake = new(takesUdp: true);
    private readonly FrameSender _sender;
    private readonly ReceiveBatch _received = new(ReceiveLength);
    private readonly byte[] _name = new byte[SocketName.MaxLength];
    private readonly int _headersLength;
    private UdpSockets? _sockets;
    private PortStatistics _statistics;
    private int _message;
    private int _offset;
    private int _maxSegments = MaxSegments;
    private long _singleSince;
    private uint _nextPacketId;
    private IReadOnlyCollection<IpAddress> _groups = [];
    private IpAddress _to;
    private int _receiver;

    private UdpPort(IpAddress local, UdpPortOptions options)
    {
        _local = local;
        _options = options;
        _sender = new FrameSender(this, 2 * MaxSegments, ScratchEach, groupsFlows: true);
        _to = local;
        _headersLength = EthernetHeader.Length + UdpHeader.Length
            + (local.Family == IpFamily.V4 ? Ipv4Header.Length : Ipv6Header.Length);
        _link = new LinkState(NameOf(local, options));
    }

    /// <inheritdoc/>
    public string Name => _link.Port;

    /// <inheritdoc/>
    public PortState State => _link.State;

    /// <inheritdoc/>
    public string? Fault => _link.Fault;

    /// <inheritdoc/>
    public string? Notice => _sockets?.GroupFault;

    /// <inheritdoc/>
    public int Mtu => 0;

    /// <inheritdoc/>
    public int PollDescriptor => _sockets?.Waitable.Number ?? -1;

    /// <inheritdoc/>
    public bool HasUnsent => _sender.HasUnsent;

    /// <inheritdoc/>
    public bool TakesSuperFrames => true;

    /// <inheritdoc/>
    public PortStatistics Statistics => _statistics with
    {
        SuperFrames = _intake.SuperFrames,
        Unusable = _statistics.Unusable + _intake.Unusable,
        Sent = _sender.Sent,
        Unsent = _sender.Unsent,
    };

    /// <summary>Opens the port.</summary>
    /// <param name="local">An address of this machine, or the unspecified one.</param>
    /// <param name="options">Ports and addresses.</param>
    /// <exception cref="PortOpenException">The address is not this machine's, or the port is taken.</exception>
    public static UdpPort Open(IpAddress local, UdpPortOptions? options = null)
    {
        options ??= new UdpPortOptions();
        string name = NameOf(local, options);
        LinuxPlatform.Require(name);
        if (!local.HasValue || options.SourcePorts is < 1 or > 256)
        {
            throw new PortOpenException($"{name}: expected an address, and 1 to 256 source ports.");
        }

        var port = new UdpPort(local, options);
        try
        {
            port.Adopt(UdpSockets.Open(name, local, options));
            return port;
        }
        catch
        {
            port.Dispose();
            throw;
        }
    }

    /// <summary>Most segments of an MTU's length that fit one datagram which the kernel cuts.</summary>
    internal static int SegmentsOfOneDatagram(int mtu) =>
        Math.Clamp(MaxPayload / (VxlanHeader.Length + EthernetHeader.Length + Math.Max(mtu, 1)), 1, MaxSegments);

    /// <inheritdoc/>
    public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int count = _intake.Resume(pool, burst);
        long timeNs = 0;
        while (count < burst.Length && _sockets is not null)
        {
            if (_message == _received.Count)
            {
                (_message, _offset) = (0, 0);
                if (!TryReceive(_sockets.Receivers))
                {
                    break;
                }
            }

            timeNs = timeNs == 0 ? WallClock.NowNs() : timeNs;
            count += Take(pool, timeNs, burst[count..]);
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
        // A path whose MTU shrinks says the same once as one that never cuts: time tells.
        if (Environment.TickCount64 - _singleSince > SingleForMs)
        {
            _maxSegments = MaxSegments;
        }

        if (_sockets is not null)
        {
            int before = PollDescriptor;
            if (_sockets.GroupFault is not null)
            {
                _sockets.SetGroups(_groups);
            }

            return PollDescriptor != before;
        }

        try
        {
            Adopt(UdpSockets.Open(Name, _local, _options));
            return true;
        }
        catch (PortOpenException e)
        {
            _link.Lose(PortState.Failed, e.Message);
            return false;
        }
    }

    /// <inheritdoc/>
    public bool SaysMemberships => true;

    /// <inheritdoc/>
    public void SetGroups(IReadOnlyCollection<IpAddress> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        _groups = groups;
        _sockets?.SetGroups(groups);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sockets?.Dispose();
        _sockets = null;
        _sender.Dispose();
        _received.Dispose();
    }

    QueuePosition IFrameDevice.Fill(PacketPool pool, TransmitQueue queue, QueuePosition at, MessageBatch batch)
    {
        ref readonly FrameDescriptor frame = ref queue[at.Frame];
        var next = new QueuePosition(at.Frame + 1, 0);
        ReadOnlySpan<byte> bytes = pool.Frame(frame);
        if (!TryReadOuter(bytes, out ParsedFrame outer))
        {
            return next;
        }

        if (frame.SegmentSize != 0)
        {
            return SegmentPlan.TryCreate(bytes, frame.Segment, frame.SegmentSize, -1, out SegmentPlan plan)
                && plan.IsTunnelled
                ? FillSuperFrame(pool, frame, plan, outer, at, batch)
                : next;
        }

        Begin(batch, outer);
        int start = outer.L4Offset + UdpHeader.Length;
        int length = outer.L3End - start;
        batch.Add(pool, frame, start, length);

        // Frames behind it with the same way and length go as segments of one datagram; the last may be shorter.
        int last = length;
        int total = length;
        int segments = 1;
        for (; next.Frame < queue.Count && segments < _maxSegments && last == length; segments++)
        {
            ref readonly FrameDescriptor other = ref queue[next.Frame];
            if (other.SegmentSize != 0
                || !TryReadOuter(pool.Frame(other), out ParsedFrame otherOuter)
                || !IsSameWay(outer, otherOuter))
            {
                break;
            }

            last = otherOuter.L3End - start;
            total += last;
            if (otherOuter.L4Offset != outer.L4Offset || last > length || total > MaxPayload)
            {
                break;
            }

            batch.Add(pool, other, start, last);
            next = next with { Frame = next.Frame + 1 };
        }

        if (segments > 1)
        {
            batch.AddControl(Native.IpProtoUdp, Native.UdpSegment, (ushort)length);
        }

        return next;
    }

    int IFrameDevice.Send(MessageBatch batch, out int error)
    {
        error = LinuxError.NetworkDown;
        int sent = 0;
        while (_sockets is not null && sent < batch.Count)
        {
            // A call sends from one socket; messages of one flow follow each other.
            int tag = batch.Tag(sent);
            int end = sent + 1;
            while (end < batch.Count && batch.Tag(end) == tag)
            {
                end++;
            }

            int count = batch.Send(_sockets.Sender(tag), sent, end - sent, out error);
            sent += count;
            if (sent < end)
            {
                break;
            }
        }

        if (sent == 0 && _maxSegments > 1 && error is LinuxError.Invalid or LinuxError.InputOutput)
        {
            // The way out cannot cut datagrams, or not such long ones: for a while every frame is one.
            _maxSegments = 1;
            _singleSince = Environment.TickCount64;
            error = LinuxError.TryAgain;
        }

        return sent;
    }

    void IFrameDevice.OnLost(int error) => _statistics.Failures++;

    private static string NameOf(IpAddress local, UdpPortOptions options) => options.Port == VxlanHeader.UdpPort
        ? $"udp:{local}"
        : local.Family == IpFamily.V6 ? $"udp:[{local}]:{options.Port}" : $"udp:{local}:{options.Port}";

    private static bool IsSameWay(in ParsedFrame left, in ParsedFrame right) =>
        left.Destination == right.Destination
        && left.DestinationPort == right.DestinationPort
        && left.SourcePort == right.SourcePort
        && left.TrafficClass == right.TrafficClass
        && (left.Ttl == right.Ttl || !left.Destination.IsMulticast);

    private void Adopt(UdpSockets sockets)
    {
        _sockets = sockets;
        sockets.SetGroups(_groups);
        _link.Up();
    }

    private bool TryReadOuter(ReadOnlySpan<byte> bytes, out ParsedFrame outer) =>
        PacketParser.ParseFrame(bytes, 0, out outer) == DropReason.None
        && outer is { Protocol: IpProtocol.Udp, HasTransport: true, Fragment: FragmentKind.None }
        && outer.Family == _local.Family;

    private void Begin(MessageBatch batch, in ParsedFrame outer)
    {
        batch.Begin();
        int length = SocketName.Write(_name, outer.Destination, outer.DestinationPort);
        batch.SetName(_name.AsSpan(0, length));
        batch.SetTag(outer.SourcePort % _options.SourcePorts);
        bool isV4 = outer.Family == IpFamily.V4;
        int level = isV4 ? Native.IpProtoIp : Native.IpProtoIpv6;
        if (outer.TrafficClass != 0)
        {
            batch.AddControl(level, isV4 ? Native.IpTos : Native.Ipv6Tclass, (int)outer.TrafficClass);
        }

        if (outer.Destination.IsMulticast)
        {
            batch.AddControl(level, isV4 ? Native.IpTtl : Native.Ipv6HopLimit, (int)outer.Ttl);
        }
    }

    /// <summary>Makes one datagram of as many segments as it takes; the kernel cuts it.</summary>
    private QueuePosition FillSuperFrame(
        PacketPool pool,
        in FrameDescriptor frame,
        in SegmentPlan plan,
        in ParsedFrame outer,
        QueuePosition at,
        MessageBatch batch)
    {
        Begin(batch, outer);
        int start = at.Start;
        int tunnelled = plan.HeadersLength - plan.TunnelPayloadOffset;
        int each = tunnelled + plan.SegmentSize;
        int most = Math.Clamp(Math.Min(MaxPayload / each, ScratchEach / tunnelled), 1, _maxSegments);
        start = OffloadMessage.AddSegments(pool, frame, plan, start, most, batch);
        if (start - at.Start > plan.SegmentSize)
        {
            batch.AddControl(Native.IpProtoUdp, Native.UdpSegment, (ushort)each);
        }

        return start < plan.PayloadLength ? at with { Start = start } : new QueuePosition(at.Frame + 1, 0);
    }

    /// <summary>Receives from the first socket that has something, beginning behind the one that had it last.</summary>
    private bool TryReceive(IReadOnlyList<UdpReceiver> receivers)
    {
        for (int i = 0; i < receivers.Count; i++)
        {
            _receiver = (_receiver + 1) % receivers.Count;
            UdpReceiver receiver = receivers[_receiver];
            if (_received.Receive(receiver.Socket) == 0 && _received.Count > 0)
            {
                _to = receiver.Address;
                CountDrops(receiver);
                return true;
            }
        }

        return false;
    }

    private void CountDrops(UdpReceiver receiver)
    {
        if (_received.TryGetControl(_received.Count - 1, Native.SolSocket, Native.SoRxqOvfl, out uint drops))
        {
            _statistics.DroppedByKernel += drops - receiver.Drops;
            receiver.Drops = drops;
        }
    }

    /// <summary>Takes the next datagram out of what was received.</summary>
    /// <returns>The number of frames it became; 0 when nothing can be made of it.</returns>
    private int Take(PacketPool pool, long timeNs, Span<FrameDescriptor> burst)
    {
        int message = _message;
        ReadOnlySpan<byte> payload = _received.Payload(message)[_offset..];
        _received.TryGetControl(message, Native.IpProtoUdp, Native.UdpGro, out int segment);
        bool isSuper = IsSuperFrame(payload, ref segment);
        int length = segment > 0 && !isSuper ? Math.Min(segment, payload.Length) : payload.Length;
        _offset += length;
        if (length == payload.Length)
        {
            _message++;
            _offset = 0;
        }

        if (!pool.TryRent(_headersLength + length, out FrameDescriptor frame))
        {
            _statistics.Unusable++;
            return 0;
        }

        WriteOuter(pool.Frame(frame), message, payload[..length]);
        frame.TimeNs = timeNs;
        frame.PacketId = _nextPacketId++;
        frame.Checksum = ChecksumStatus.Good;
        OffloadHeader header = Finish(pool.Frame(frame), isSuper ? segment : 0);
        return _intake.Take(pool, ref frame, header, burst);
    }

    /// <summary>
    /// True for one VXLAN packet around a super-frame, which a kernel sends over a virtual wire as it is.
    /// </summary>
    /// <remarks>
    /// Its segment size is the inner one, where the kernel tells it; datagrams that were put together have it between
    /// them. Where it tells none, the underlay's MTU says what is too long to be one frame.
    /// </remarks>
    private bool IsSuperFrame(ReadOnlySpan<byte> payload, ref int segment)
    {
        int start = TunnelProtocols.LengthAt(_options.Port, payload);
        int excess = _headersLength - EthernetHeader.Length + payload.Length - _options.Mtu;
        if (segment == 0 && excess <= 0)
        {
            return false;
        }

        bool isWhole =
            PacketParser.ParseFrame(payload, Math.Min(start, payload.Length), out ParsedFrame inner) == DropReason.None
            && inner.IsIp
            && inner.L3End == payload.Length;
        if (!isWhole || segment > 0)
        {
            return isWhole;
        }

        int room = inner.L3End - inner.PayloadOffset - excess;
        if (inner.Protocol != IpProtocol.Tcp || room <= 0)
        {
            return false;
        }

        segment = room;
        return true;
    }

    private void WriteOuter(Span<byte> frame, int message, ReadOnlySpan<byte> payload)
    {
        (IpAddress source, ushort port) = SocketName.Read(_received.Name(message));
        bool isV4 = _local.Family == IpFamily.V4;
        MacAddress mac = _to.IsMulticast ? MacAddress.ForMulticast(_to)
            : _options.Mac.IsZero ? MacAddress.Broadcast
            : _options.Mac;
        var writer = new PacketWriter(frame);
        writer.TryWrite(new EthernetHeader(
            mac, new MacAddress(0x0200_0000_0000), isV4 ? EtherType.Ipv4 : EtherType.Ipv6));
        int length = UdpHeader.Length + payload.Length;
        _received.TryGetControl(
            message,
            isV4 ? Native.IpProtoIp : Native.IpProtoIpv6,
            isV4 ? Native.IpTos : Native.Ipv6Tclass,
            out byte trafficClass);
        if (isV4)
        {
            writer.TryWrite(new Ipv4Header(
                source.V4,
                _to.V4,
                IpProtocol.Udp,
                (ushort)(Ipv4Header.Length + length),
                Ttl,
                trafficClass,
                dontFragment: true));
        }
        else
        {
            writer.TryWrite(new Ipv6Header(
                source.V6, _to.V6, IpProtocol.Udp, (ushort)length, Ttl, trafficClass));
        }

        // The kernel has checked it; over IPv6 there must be one.
        ushort checksum = isV4 ? (ushort)0 : ushort.MaxValue;
        writer.TryWrite(new UdpHeader(port, _options.Port, (ushort)length, checksum));
        payload.CopyTo(frame[_headersLength..]);
    }

    /// <summary>Says of a super-frame what the kernel would have said, and finishes other frames' checksums.</summary>
    private OffloadHeader Finish(Span<byte> bytes, int segmentSize)
    {
        OffloadHeader header = default;
        int start = _headersLength + TunnelProtocols.LengthAt(_options.Port, bytes[_headersLength..]);
        if (start >= bytes.Length || PacketParser.ParseFrame(bytes, start, out ParsedFrame inner) != DropReason.None)
        {
            return header;
        }

        if (segmentSize > 0 && inner.L3End - inner.PayloadOffset > segmentSize)
        {
            header.Flags = OffloadHeader.NeedsChecksum;
            header.SegmentSize = (ushort)segmentSize;
            header.ChecksumStart = (ushort)inner.L4Offset;
            header.Kind = (inner.Protocol, inner.Family) switch
            {
                (IpProtocol.Tcp, IpFamily.V4) => OffloadHeader.TcpIpv4,
                (IpProtocol.Tcp, IpFamily.V6) => OffloadHeader.TcpIpv6,
                _ => OffloadHeader.Udp,
            };
            return header;
        }

        OffloadIntake.FinishUnannounced(bytes, inner);
        return header;
    }
}
