using System.Runtime.InteropServices;
using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>What does not fit: sizes, fragments, and the segments that TCP may announce.</content>
internal sealed partial class PacketProcessor
{
    private const int MaxIpLength = 65535;

    /// <summary>Largest packet of the sender's that would have fitted; 0 where there is none, or it did fit.</summary>
    private int _fittingSize;

    private DropReason CheckSize(BoundPort egress, in HeaderTransposition transposition)
    {
        DropReason reason = FrameTransposer.CheckHeadroom(_c.Frame, transposition);
        if (reason != DropReason.None)
        {
            return reason;
        }

        if (FrameTransposer.LengthAfter(_c.Frame, transposition) > _pool.FrameCapacity + PacketPool.Headroom)
        {
            return DropReason.FrameTooLong;
        }

        if (transposition.Push is null && !transposition.To.IsIp)
        {
            return DropReason.None;
        }

        int packet = transposition.To.L3End - transposition.To.L3Offset;
        int length = transposition.Push is not null
            ? FrameTransposer.LengthAfter(_c.Frame, transposition) - transposition.Push.LinkLength
            : packet;
        if (length > MaxIpLength && _c.Frame.SegmentSize != 0 && transposition.PushFirst is null)
        {
            return DropReason.MtuExceeded;
        }

        // Of a super-frame, the segments must fit; it is cut when it is sent.
        int limit = LargestPacket(egress, transposition.Push);
        if (length - BytesBeyondSegment() <= limit)
        {
            return DropReason.None;
        }

        _fittingSize = limit - OverheadOf(transposition);
        return DropReason.MtuExceeded;
    }

    private int BytesBeyondSegment()
    {
        if (_c.Frame.SegmentSize == 0)
        {
            return 0;
        }

        int payload = _c.Facts.Packet.L3End - _c.Facts.Packet.PayloadOffset;
        return Math.Max(0, payload - _c.Frame.SegmentSize);
    }

    /// <summary>The largest IP packet that leaves through a port, tunnel headers included.</summary>
    private int LargestPacket(BoundPort egress, TunnelTemplate? tunnel)
    {
        int mtu = MtuOf(egress);
        return tunnel is null ? mtu : _state.PathMtus.Limit(tunnel.Remote, mtu, _c.NowNs);
    }

    private static int MtuOf(BoundPort port) => port.Port.Mtu == 0 ? MaxIpLength : port.Port.Mtu;

    /// <summary>Bytes that the underlay must take besides an inner packet: headers, and the tags that stay.</summary>
    private static int OverheadOf(in HeaderTransposition t) => t.Push is null
        ? 0
        : t.Push.Header.Length - t.Push.LinkLength
            + FrameTransposer.LengthOfFirst(t)
            + (t.From.L3Offset - t.From.L2Offset)
            + ((t.PushVlans - t.PopVlans) * VlanTag.Length);

    /// <summary>
    /// The options that hold for what leaves: the tunnel's, of two the first one's, else the network's on either side.
    /// </summary>
    private TunnelOptions? OptionsFor(BoundPort egress, TunnelTemplate? tunnel)
    {
        if (tunnel is not null)
        {
            return (_c.First ?? tunnel).Options;
        }

        return (egress.Network ?? NetworkCameFrom())?.Network.Tunnel;
    }

    /// <summary>The network of the tunnel that the packet in hand came through; null for none.</summary>
    private BoundNetwork? NetworkCameFrom() =>
        _c.IsTunnelled && _report.TunnelVni is Vni vni ? _snapshot.Network(vni.Value) : null;

    /// <summary>The largest segment that the sender of a SYN may announce; 0 where it does not announce more.</summary>
    private ushort MaxSegment(BoundPort egress, TunnelTemplate? tunnel)
    {
        ref readonly ParsedFrame packet = ref _c.Original;
        if (!MssClamp.Concerns(packet)
            || _c.Frame.SegmentSize != 0
            || OptionsFor(egress, tunnel) is not { ClampMss: true })
        {
            return 0;
        }

        // What is announced here bounds what comes back, so both ends of the way count.
        int tags = _c.Facts.Packet.VlanCount * VlanTag.Length;
        int there = tunnel is null
            ? MtuOf(egress)
            : LargestPacket(egress, tunnel) - OverlayMtu.Overhead(tunnel.Remote.Family) - OverheadOfFirst() - tags;
        BoundPort ingress = _snapshot.Port(_c.Frame.Port)!;
        int here = MtuOf(ingress);
        if (_c.IsTunnelled)
        {
            here = _state.PathMtus.Limit(_c.Outer.Source, here, _c.NowNs)
                - OverlayMtu.Overhead(_c.Outer.Family)
                - (_c.MiddleFamily == IpFamily.None ? 0 : OverlayMtu.Overhead(_c.MiddleFamily))
                - (packet.VlanCount * VlanTag.Length);
        }

        int mtu = Math.Min(here, there);
        ushort segment = mtu >= MaxIpLength ? (ushort)0 : MssClamp.SegmentFor(mtu, packet.Family);
        return segment != 0 && MssClamp.Exceeds(Bytes, packet, segment) ? segment : (ushort)0;
    }

    private int OverheadOfFirst() => _c.First is null ? 0 : OverlayMtu.Overhead(_c.First.Remote.Family);

    private bool MayFragment(BoundPort egress, in HeaderTransposition transposition) =>
        transposition.To is { Family: IpFamily.V4, DontFragment: false }
        && _fittingSize >= Ipv4Fragmenter.MinMtu
        && _c.Frame.SegmentSize == 0
        && OptionsFor(egress, transposition.Push) is { Oversize: OversizeMode.Fragment };

    /// <summary>Lets a packet leave in fragments, each in a tunnel of its own where there is one.</summary>
    /// <remarks>Without what the frame has behind the packet: one that fits so leaves whole.</remarks>
    private Verdict SendFragments(BoundPort egress, in HeaderTransposition transposition)
    {
        _c.IsUnique = true;
        if (!TryCopy(out FrameDescriptor whole))
        {
            return DropReason.PoolExhausted;
        }

        FrameTransposer.Apply(_pool, ref whole, transposition with { Push = null }, _state.Limits.HashKey, 0);
        ref readonly ParsedFrame to = ref transposition.To;
        int link = to.L3Offset - to.L2Offset
            + ((transposition.PushVlans - transposition.PopVlans) * VlanTag.Length);
        ReadOnlySpan<byte> frame = _pool.Frame(whole)[..(link + to.L3End - to.L3Offset)];
        int header = MemoryMarshal.AsRef<Ipv4Header>(frame[link..]).HeaderLength;
        int payload = frame.Length - link - header;
        int most = header + payload <= _fittingSize ? payload : Ipv4Fragmenter.PayloadFor(_fittingSize, header);
        int start = 0;
        PortCounters counters = Counters(_c.Frame.Port);
        do
        {
            _report.Origin = start > 0 ? FrameOrigin.Fragment
                : _copiesSent > 0 ? FrameOrigin.Replica
                : FrameOrigin.Received;
            counters.Generated += start > 0 ? 1 : 0;
            DropReason reason = SendFragment(egress, transposition, frame, link, start, most, header);
            if (reason != DropReason.None)
            {
                counters.Drop(reason);
                _report.Verdict = reason;
                _report.Egress = -1;
                _sink.Retire(_pool, _c.Frame, _report);
            }

            start += most;
        }
        while (start < payload);

        _pool.Return(whole);
        return Verdict.Forwarded;
    }

    private DropReason SendFragment(
        BoundPort egress,
        in HeaderTransposition transposition,
        ReadOnlySpan<byte> frame,
        int link,
        int start,
        int most,
        int header)
    {
        if (!_pool.TryRent(Math.Min(frame.Length - start, link + header + most), out FrameDescriptor fragment))
        {
            return DropReason.PoolExhausted;
        }

        (int buffer, int offset) = (fragment.Buffer, fragment.Offset);
        int length = Ipv4Fragmenter.Write(frame, link, start, most, _pool.Frame(fragment));
        fragment = _c.Frame with { Buffer = buffer, Offset = offset, Length = length };
        if (transposition.Push is not null)
        {
            DropReason reason = FrameTransposer.Push(
                _pool, ref fragment, transposition, _state.Limits.HashKey, Identification(transposition));
            if (reason != DropReason.None)
            {
                _pool.Return(fragment);
                return reason;
            }
        }

        return Transmit(egress, fragment, isOriginal: false) ? DropReason.None : DropReason.EgressFull;
    }
}
