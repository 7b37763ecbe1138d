using System.Diagnostics.CodeAnalysis;
using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Offloads;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>Packets in two tunnels: those that layers put into a second one, and those that come in two.</content>
/// <remarks>
/// <code>
/// |-- second tunnel's headers --|-- middle frame: first tunnel's headers --|-- innermost frame --|
/// </code>
/// The fast path knows one tunnel, so that none of these packets is repeated.
/// </remarks>
internal sealed partial class PacketProcessor
{
    /// <summary>Puts a packet that is ready to leave through a tunnel into another one, and sends it there.</summary>
    private Verdict SendThroughAnother(TunnelTemplate first, RuleAction.Encap around)
    {
        _c.IsUnique = true;
        RuleAction.Encap? third = _c.NextEncap;
        _c.NextEncap = null;
        if (_c.First is not null || third is not null)
        {
            return DropReason.EncapTooDeep;
        }

        if (!TryFindSecond(first, around, out TunnelEnd end, out DropReason reason))
        {
            return reason;
        }

        // Whoever asks for the first tunnel's next hop asks on the underlay; the frame would not wait for the answer
        // there, but in the second tunnel.
        _c.MiddleMac = end.Mac;
        if (end.Mac.IsZero && first.IsUnresolved)
        {
            return DropReason.NeighborUnresolved;
        }

        _c.First = first;
        return SendThrough(end.Vni, end.Source, end.Vtep, end.Options);
    }

    /// <summary>
    /// Finds the second tunnel: the one that the rule names, or the one that leads to the first one's far end.
    /// </summary>
    private bool TryFindSecond(TunnelTemplate first, RuleAction.Encap around, out TunnelEnd end, out DropReason reason)
    {
        reason = DropReason.None;
        if (around.Tunnel is ExplicitTunnel tunnel)
        {
            IpAddress vtep = MappingSpace.ChooseVtep(tunnel.Destinations, FlowNumber(), _snapshot.DownVteps);
            end = new TunnelEnd(tunnel.Vni, tunnel.Source, vtep, tunnel.RouterMac ?? default, tunnel.Options);
            return true;
        }

        BoundNetwork network = _snapshot.Network(around.Network!);
        bool isFound = network.Space.TryFindAddress(first.Remote, FlowNumber(), out Mapping mapping)
            && mapping.Kind != MappingKind.Local;
        end = new TunnelEnd(mapping.Vni, null, mapping.Vtep, mapping.Mac, network.Network.Tunnel);
        reason = isFound ? DropReason.None
            : first.Remote.IsMulticast ? DropReason.FloodNotAllowed
            : DropReason.DestinationUnknown;
        return isFound;
    }

    /// <summary>
    /// True for a super-frame that leaves in two tunnels, of which the inner one may be the tenant's own.
    /// </summary>
    private bool IsTwoTunnelsDeep(in HeaderTransposition transposition)
    {
        if (_c.Frame.SegmentSize == 0 || transposition.Push is null)
        {
            return false;
        }

        // The packet is the innermost one that was looked at: what is cut lies deeper.
        bool isInOwn = _c.Facts.Packet.Protocol == IpProtocol.Udp
            && (_c.Frame.Segment is SegmentKind.TcpIpv4 or SegmentKind.TcpIpv6
                || (_c.Frame.Segment == SegmentKind.UdpInTunnel && !transposition.PopOuter));
        return transposition.PushFirst is not null || isInOwn;
    }

    /// <summary>
    /// Lets a super-frame leave in segments, each in its tunnels: who sends cuts what is in one tunnel at most.
    /// </summary>
    private Verdict SendSegments(BoundPort egress, in HeaderTransposition transposition)
    {
        if (!TryCopy(out FrameDescriptor whole))
        {
            return DropReason.PoolExhausted;
        }

        HeaderTransposition inside = transposition with { Push = null, PushFirst = null };
        FrameTransposer.Apply(_pool, ref whole, inside, _state.Limits.HashKey, 0);
        if (!SegmentPlan.TryCreate(_pool.Frame(whole), whole.Segment, whole.SegmentSize, -1, out SegmentPlan plan))
        {
            // A tenant's own tunnel is the third; it is to send segments.
            _pool.Return(whole);
            return DropReason.MtuExceeded;
        }

        PortCounters counters = Counters(_c.Frame.Port);
        for (int start = 0; start < plan.PayloadLength; start += plan.SegmentSize)
        {
            _report.Origin = start > 0 ? FrameOrigin.Fragment
                : _copiesSent > 0 ? FrameOrigin.Replica
                : FrameOrigin.Received;
            counters.Generated += start > 0 ? 1 : 0;
            DropReason reason = SendSegment(egress, transposition, plan, _pool.Frame(whole), start);
            if (reason != DropReason.None)
            {
                counters.Drop(reason);
                _report.Verdict = reason;
                _report.Egress = -1;
                _sink.Retire(_pool, _c.Frame, _report);
            }
        }

        _pool.Return(whole);
        return Verdict.Forwarded;
    }

    private DropReason SendSegment(
        BoundPort egress,
        in HeaderTransposition transposition,
        in SegmentPlan plan,
        ReadOnlySpan<byte> whole,
        int start)
    {
        int length = Math.Min(plan.SegmentSize, plan.PayloadLength - start);
        if (!_pool.TryRent(plan.HeadersLength + length, out FrameDescriptor segment))
        {
            return DropReason.PoolExhausted;
        }

        segment = _c.Frame with
        {
            Buffer = segment.Buffer,
            Offset = segment.Offset,
            Length = segment.Length,
            Checksum = ChecksumStatus.Good,
            SegmentSize = 0,
            Segment = SegmentKind.None,
        };
        Span<byte> bytes = _pool.Frame(segment);
        plan.WriteHeaders(whole, start, length, bytes, partial: false);
        whole.Slice(plan.HeadersLength + start, length).CopyTo(bytes[plan.HeadersLength..]);
        DropReason reason = FrameTransposer.Push(
            _pool, ref segment, transposition, _state.Limits.HashKey, Identification(transposition));
        if (reason == DropReason.None && !Transmit(egress, segment, isOriginal: false))
        {
            return DropReason.EgressFull; // It has taken the buffer back.
        }

        if (reason != DropReason.None)
        {
            _pool.Return(segment);
        }

        return reason;
    }

    /// <summary>True when the frame in a tunnel is another tunnel's packet, to the uplink that it came to.</summary>
    /// <remarks>A tenant's own tunnel packets are for the MAC address of an endpoint.</remarks>
    public static bool TryFindTunnelWithin(
        BoundPort port, in ParsedFrame middle, [NotNullWhen(true)] out ITunnelProtocol? protocol)
    {
        protocol = null;
        return middle.VlanCount == 0
            && middle.DestinationMac == port.Port.Mac
            && middle.Fragment == FragmentKind.None
            && TryFindTunnel(port, middle, out protocol)
            && IsVtep(port, middle.Destination);
    }

    /// <summary>Opens the second tunnel of a packet whose first one has been, and goes on with what is in it.</summary>
    private Verdict FromSecondTunnel(BoundPort port, ITunnelProtocol protocol, bool isAuthorised)
    {
        _c.IsUnique = true;
        DropReason reason = CheckFirst(isAuthorised);
        if (reason != DropReason.None)
        {
            return reason;
        }

        // What the adapter knows of checksums it knows of the outermost ones.
        ParsedFrame middle = _c.Original;
        middle.TrafficClass = _c.Facts.Packet.TrafficClass;
        reason = VxlanDecapsulation.Open(
            Bytes,
            middle,
            port.Port,
            ChecksumStatus.Unknown,
            protocol,
            out TunnelHeader header,
            out ParsedFrame inner);
        if (reason != DropReason.None)
        {
            return reason;
        }

        _c.MiddleFamily = middle.Family;
        _report.OuterTunnel = _report.Tunnel;
        reason = Reveal(middle, header, inner);
        reason = reason == DropReason.None ? Uncover(middle, header) : reason;
        return reason == DropReason.None ? FromOpenedTunnel(port) : reason;
    }

    /// <summary>Asks whether a packet's outer tunnel may bring another tunnel's packets.</summary>
    private DropReason CheckFirst(bool isAuthorised)
    {
        if (_c.Facts.OuterDestination.IsMulticast)
        {
            return DropReason.GroupNotJoined;
        }

        return _snapshot.Network(_c.Facts.Vni) is BoundNetwork network
            ? IsSourceAllowed(network) ? DropReason.None : DropReason.VtepUnknown
            : isAuthorised ? DropReason.None : DropReason.VxlanVniNotFound;
    }

    /// <summary>The far end of a packet's second tunnel.</summary>
    /// <param name="Vni">The VNI.</param>
    /// <param name="Source">The local VTEP; null for the route's.</param>
    /// <param name="Vtep">The remote VTEP.</param>
    /// <param name="Mac">Destination MAC address of the frame between the tunnels; zero leaves it.</param>
    /// <param name="Options">How headers are written.</param>
    private readonly record struct TunnelEnd(
        Vni Vni, IpAddress? Source, IpAddress Vtep, MacAddress Mac, TunnelOptions Options);
}
