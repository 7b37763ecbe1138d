using System.Buffers.Binary;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Offloads;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Mutation;

/// <summary>Takes what the pipeline made of a damaged frame and checks what holds whatever the bytes were.</summary>
internal sealed class OutcomeCheck(Random random, bool wantsReports) : IFrameSink
{
    private readonly byte[] _piece = new byte[PacketPool.Headroom + MutationCommand.FrameCapacity];
    private byte[] _received = [];
    private int _length;
    private bool _isSuperFrame;

    /// <summary>Frames that left.</summary>
    public long Forwarded { get; private set; }

    /// <summary>Frames that did not.</summary>
    public long Retired { get; private set; }

    /// <inheritdoc/>
    public bool WantsReports => wantsReports;

    /// <summary>Takes note of the bytes of the next frame.</summary>
    public void Expect(ReadOnlySpan<byte> frame, bool isSuperFrame)
    {
        if (_received.Length < frame.Length)
        {
            _received = new byte[frame.Length * 2];
        }

        frame.CopyTo(_received);
        (_length, _isSuperFrame) = (frame.Length, isSuperFrame);
    }

    /// <inheritdoc/>
    public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
        if (random.Next(64) == 0)
        {
            return false; // A full ring.
        }

        Forwarded++;
        ReadOnlySpan<byte> bytes = pool.Frame(frame);
        Require(bytes.Length is >= EthernetHeader.Length, "a frame without an Ethernet header left");
        DropReason reason = PacketParser.ParseFrame(bytes, 0, out ParsedFrame outer);
        Require(reason, "a frame left that does not parse");
        if (report.Origin == FrameOrigin.Answer)
        {
            Require(PlainChecksums.IsHeaderRight(bytes) != false || !IsReceivedRight(0), "an answer's IPv4 checksum");
            Require(PlainChecksums.IsTransportRight(bytes) != false || !IsReceivedRight(0), "an answer's checksum");
        }
        else if (report.Origin == FrameOrigin.Bfd)
        {
            ReadOnlySpan<byte> inner = OpenTunnel(bytes, outer, report.Transposition.Push!);
            Require(PlainChecksums.IsHeaderRight(inner) != false, "a control packet's IPv4 checksum");
            Require(PlainChecksums.IsTransportRight(inner) == true, "a control packet's checksum");
        }
        else
        {
            CheckTransposition(bytes, outer, report.Transposition);
        }

        if (frame.SegmentSize != 0)
        {
            CheckSegments(bytes, frame);
        }

        pool.Return(frame);
        return true;
    }

    /// <inheritdoc/>
    public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress)
    {
        int taken = random.Next(64) == 0 ? random.Next(frames.Length) : frames.Length;
        foreach (ref readonly FrameDescriptor frame in frames[..taken])
        {
            Forwarded++;
            Require(PacketParser.ParseFrame(pool.Frame(frame), 0, out _), "a repeated frame left that does not parse");
        }

        pool.Return(frames[..taken]);
        return taken;
    }

    /// <inheritdoc/>
    public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
        Retired++;
        bool isUntouched = report.Verdict.Drop == DropReason.EgressFull
            || pool.Frame(frame).SequenceEqual(_received.AsSpan(0, _length));
        Require(isUntouched, "a frame that did not leave was written to");
    }

    /// <summary>Cuts what leaves as a super-frame, as a port does; its pieces are whole packets.</summary>
    private void CheckSegments(ReadOnlySpan<byte> bytes, in FrameDescriptor frame)
    {
        if (!SegmentPlan.TryCreate(bytes, frame.Segment, frame.SegmentSize, -1, out SegmentPlan plan))
        {
            return;
        }

        for (int start = 0; start < plan.PayloadLength; start += plan.SegmentSize)
        {
            int length = Math.Min(plan.SegmentSize, plan.PayloadLength - start);
            plan.WriteHeaders(bytes, start, length, _piece, partial: false);
            bytes.Slice(plan.HeadersLength + start, length).CopyTo(_piece.AsSpan(plan.HeadersLength));
            ReadOnlySpan<byte> piece = _piece.AsSpan(0, plan.HeadersLength + length);
            Require(PacketParser.ParseFrame(piece, 0, out ParsedFrame packet), "a segment that does not parse");
            Require(packet.FrameEnd == piece.Length, "a segment's length");
            Require(PlainChecksums.IsHeaderRight(piece) != false, "a segment's IPv4 checksum");
            Require(PlainChecksums.IsTransportRight(piece) != false, "a segment's checksum");
        }
    }

    private bool IsReceivedRight(int start)
    {
        ReadOnlySpan<byte> received = _received.AsSpan(start, _length - start);
        return PlainChecksums.IsHeaderRight(received) != false && PlainChecksums.IsTransportRight(received) != false;
    }

    private void CheckTransposition(ReadOnlySpan<byte> bytes, in ParsedFrame outer, in HeaderTransposition t)
    {
        ReadOnlySpan<byte> inner = t.Push is null ? bytes : OpenTunnel(bytes, outer, t.Push);
        if (t.PushFirst is not null)
        {
            Require(PacketParser.ParseFrame(inner, 0, out ParsedFrame middle), "a middle frame that does not parse");
            inner = OpenTunnel(inner, middle, t.PushFirst);
        }

        int start = t.PopOuter ? t.From.L2Offset : 0;
        int end = t.PopOuter ? t.From.FrameEnd : _length;
        ReadOnlySpan<byte> received = _received.AsSpan(start, end - start);
        int tags = t.PushVlans - t.PopVlans;
        int whole = received.Length + (tags * VlanTag.Length);

        // What enters two tunnels is cut before it does, by whatever protocol it is, and so is a super-frame of a
        // tenant's own tunnel.
        bool mayBeCut = t.PushFirst is not null
            || (_isSuperFrame && t.Push is not null && t.To.Protocol == IpProtocol.Udp);
        if (IsFragment(inner, whole) || (mayBeCut && inner.Length < whole))
        {
            return;
        }

        Require(inner.Length == whole, "the inner frame has another length");
        bool isChanged = t.From.Source != t.To.Source || t.From.Destination != t.To.Destination
            || t.From.SourcePort != t.To.SourcePort || t.From.DestinationPort != t.To.DestinationPort
            || t.From.SourceMac != t.To.SourceMac || t.From.DestinationMac != t.To.DestinationMac
            || t.From.TrafficClass != t.To.TrafficClass || t.From.Ttl != t.To.Ttl
            || t.HasQuoted || t.PopVlans > 0 || t.PushVlans > 0 || t.MaxSegment != 0;
        Require(isChanged || inner.SequenceEqual(received), "the inner frame changed without a reason");
        if (PlainChecksums.IsHeaderRight(received) == true)
        {
            Require(PlainChecksums.IsHeaderRight(inner) == true, "a right IPv4 checksum became wrong");
        }

        if (PlainChecksums.IsTransportRight(received) == true)
        {
            Require(PlainChecksums.IsTransportRight(inner) == true, "a right transport checksum became wrong");
        }
    }

    /// <summary>True for a fragment of a frame that was too big, or a packet that fits without its padding.</summary>
    private static bool IsFragment(ReadOnlySpan<byte> frame, int whole)
    {
        Require(PacketParser.ParseFrame(frame, 0, out ParsedFrame packet), "an inner frame that does not parse");
        return frame.Length < whole
            && packet is { Family: IpFamily.V4, DontFragment: false }
            && packet.L3End == packet.FrameEnd;
    }

    /// <summary>Reads the tunnel headers byte by byte and finds the inner frame.</summary>
    private static ReadOnlySpan<byte> OpenTunnel(
        ReadOnlySpan<byte> bytes, scoped in ParsedFrame outer, TunnelTemplate tunnel)
    {
        bool isV4 = bytes[14] == 0x45;
        int udp = isV4 ? 34 : 54;
        Require(isV4 || bytes[14] >> 4 == 6, "the outer header is neither IPv4 nor IPv6");
        Require(bytes.Length > udp + 16, "the tunnel headers are cut");
        int ipLength = isV4 ? Word(bytes, 16) : Word(bytes, 18) + 40;
        Require(ipLength == bytes.Length - 14, "the outer IP length");
        Require(Word(bytes, udp + 4) == bytes.Length - udp, "the outer UDP length");
        (int flags, int protocol) = tunnel.Options.Kind switch
        {
            TunnelKind.Geneve => (0, 0x6558),
            TunnelKind.VxlanGpe => (0x0C00, 3),
            _ => (0x0800, 0),
        };
        bool isHeader = Word(bytes, udp + 8) == flags && Word(bytes, udp + 10) == protocol && bytes[udp + 15] == 0;
        Require(isHeader, "the tunnel header's bits");
        Require(Word(bytes, udp + 12) << 8 == (int)(tunnel.Vni.Value & 0xFFFF00), "the VNI");
        Require(bytes[udp + 14] == (byte)tunnel.Vni.Value, "the VNI");
        Require(PlainChecksums.IsHeaderRight(bytes) != false, "the outer IPv4 checksum");
        Require(PlainChecksums.IsTransportRight(bytes) != false, "the outer UDP checksum");
        bool isComputed = tunnel.Options.UdpChecksum == UdpChecksumMode.Compute;
        Require(!isComputed || Word(bytes, udp + 6) != 0, "no outer UDP checksum");
        ITunnelProtocol spoken = TunnelProtocols.Of(tunnel.Options.Kind)!;
        bool isSeen = outer.Tunnel == tunnel.Options.Kind || tunnel.Options.UdpPort != spoken.UdpPort;
        Require(isSeen, "the parser sees no tunnel");
        DropReason reason = PacketParser.ParseTunnel(bytes, outer, spoken, out _, out ParsedFrame inner);
        Require(reason, "the inner frame does not parse");
        Require(inner.L2Offset == udp + 16 && inner.FrameEnd == bytes.Length, "the inner frame's place");
        return bytes[(udp + 16)..];
    }

    private static int Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    private static void Require(DropReason reason, string finding)
    {
        if (reason != DropReason.None)
        {
            throw new InvalidOperationException($"{finding}: {reason}");
        }
    }

    private static void Require(bool condition, string finding)
    {
        if (!condition)
        {
            throw new InvalidOperationException(finding);
        }
    }
}
