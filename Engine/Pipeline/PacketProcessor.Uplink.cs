using System.Diagnostics.CodeAnalysis;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>
/// Frames from the underlay: tunnel packets to be opened, questions to the VTEP itself, and the rest.
/// </content>
internal sealed partial class PacketProcessor
{
    private Verdict FromUplink(BoundPort port)
    {
        ref ParsedFrame frame = ref _c.Outer;
        bool isForUs = port.Port.Promiscuous
            || frame.DestinationMac == port.Port.Mac
            || frame.DestinationMac.IsMulticast;
        if (!isForUs)
        {
            return DropReason.NotForUs;
        }

        if (!IsInVlan(port, Bytes, frame))
        {
            return FromUnderlay(port);
        }

        if (!TryPassRates(port, frame, out DropReason reason))
        {
            return reason;
        }

        bool isHeard = TryHearNeighbor(port) || TryHearMembership(port);
        if (TryAnswerForVtep(port) || (isHeard && _snapshot.Host is null))
        {
            return Verdict.Consumed;
        }

        if (TryFindTunnel(port, frame, out ITunnelProtocol? protocol))
        {
            return FromTunnel(port, protocol);
        }

        // The host's stack wants to hear it too: it may send from the same address.
        return TryLearnPathMtu(port) && _snapshot.Host is null ? Verdict.Consumed : FromUnderlay(port);
    }

    /// <summary>
    /// True when a frame has the one tag of the VLAN that its uplink is in; always where the uplink is in none.
    /// </summary>
    public static bool IsInVlan(BoundPort port, ReadOnlySpan<byte> bytes, in ParsedFrame frame) =>
        port.Port.Vlan == 0
        || (frame.VlanCount == 1
            && frame.VlanId == port.Port.Vlan
            && new PacketReader(bytes, frame.L2Offset).TryRead(out EthernetHeader ethernet)
            && ethernet.EtherType == EtherType.Vlan);

    /// <summary>True when an uplink's frame is a tunnel packet to it.</summary>
    public static bool TryFindTunnel(
        BoundPort port, in ParsedFrame frame, [NotNullWhen(true)] out ITunnelProtocol? protocol)
    {
        protocol = null;
        return frame.IsIp
            && frame.HasTransport
            && frame.Protocol == IpProtocol.Udp
            && port.Tunnels.TryGetValue(frame.DestinationPort, out protocol)
            && (port.Port.Promiscuous || IsReceiver(port, frame.Destination));
    }

    private static bool IsVtep(BoundPort port, IpAddress address) =>
        port.Port.Addresses.AsSpan().Contains(address);

    /// <summary>True for the uplink's own addresses, and for the groups that it is a member of.</summary>
    private static bool IsReceiver(BoundPort port, IpAddress address) =>
        IsVtep(port, address) || (address.IsMulticast && port.Groups.AsSpan().Contains(address));

    private bool TryAnswerForVtep(BoundPort port)
    {
        if (_snapshot.Host is not null)
        {
            return false; // The host's stack owns the addresses and answers for them.
        }

        if (NeighborProxy.TryReadQuestion(Bytes, _c.Outer, out IpAddress target) && IsVtep(port, target))
        {
            AnswerQuestion(port, port.Port.Mac, isRouter: false);
            return true;
        }

        if (EchoResponder.IsRequest(_c.Outer) && IsVtep(port, _c.Outer.Destination))
        {
            AnswerEcho(port);
            return true;
        }

        return false;
    }

    private Verdict FromTunnel(BoundPort port, ITunnelProtocol protocol)
    {
        DropReason reason = VxlanDecapsulation.Open(
            Bytes, _c.Outer, port.Port, _c.Frame.Checksum, protocol, out TunnelHeader header, out ParsedFrame inner);
        if (reason != DropReason.None)
        {
            return reason;
        }

        reason = Reveal(_c.Outer, header, inner);
        if (reason != DropReason.None)
        {
            return reason;
        }

        if (header.Kind == TunnelKind.Vxlan && port.Port.Bfd?.Vni == header.Vni)
        {
            return FromPeer();
        }

        reason = Uncover(_c.Outer, header);
        return reason == DropReason.None ? FromOpenedTunnel(port) : reason;
    }

    /// <summary>Makes the frame in a tunnel the one that is looked at.</summary>
    private DropReason Reveal(in ParsedFrame outer, in TunnelHeader header, in ParsedFrame inner)
    {
        Look(inner);
        _report.Tunnel = header;
        _report.TunnelSource = outer.Source;
        return inner.SourceMac.IsZero || inner.SourceMac.IsMulticast
            ? DropReason.InnerSourceMacInvalid
            : DropReason.None;
    }

    /// <summary>Takes what a tunnel's headers say over into what rules see of the frame in it.</summary>
    private DropReason Uncover(in ParsedFrame outer, in TunnelHeader header)
    {
        ref readonly ParsedFrame inner = ref _c.Original;
        _c.IsTunnelled = true;
        _c.Facts.HasVni = true;
        _c.Facts.Vni = header.Vni.Value;
        _c.Facts.Policy = header.Policy;
        _c.Facts.OuterSource = outer.Source;
        _c.Facts.OuterDestination = outer.Destination;
        if (inner.IsIp)
        {
            if (!Ecn.TryDecapsulate(inner.TrafficClass, outer.TrafficClass, out byte ecn))
            {
                return DropReason.EcnInvalid;
            }

            _c.Facts.Packet.TrafficClass = (byte)((inner.TrafficClass & ~Ecn.Mask) | ecn);
        }

        return DropReason.None;
    }

    /// <summary>Takes the frame of a tunnel through the layers of the uplink, and on.</summary>
    private Verdict FromOpenedTunnel(BoundPort port)
    {
        bool isAuthorised = false;
        if (port.HasLayers)
        {
            DropReason reason = _layers.Cross(_snapshot, port, Direction.In, _c);
            if (reason != DropReason.None)
            {
                return reason;
            }

            if (HasOwnWay())
            {
                return LeaveUplinkLayers(port);
            }

            isAuthorised = _c.DecapAllowed;
        }

        if (_c.MiddleFamily == IpFamily.None
            && TryFindTunnelWithin(port, _c.Original, out ITunnelProtocol? within))
        {
            return FromSecondTunnel(port, within, isAuthorised);
        }

        BoundNetwork? network = _snapshot.Network(_c.Facts.Vni);
        return network is null ? DropReason.VxlanVniNotFound : IntoNetwork(port, network, isAuthorised);
    }

    private bool HasOwnWay() => _c.DecapPort is not null || _c.Redirect is not null || _c.Encap is not null;

    /// <summary>Goes the way that a rule of the uplink itself names.</summary>
    private Verdict LeaveUplinkLayers(BoundPort port)
    {
        if (_c.DecapPort is not null)
        {
            return DeliverTo(_snapshot.Port(_c.DecapPort));
        }

        if (_c.IsTunnelled && !_c.DecapAllowed)
        {
            // Redirected or encapsulated as it came, outer headers and all; the next one from the same ports may be
            // for another network.
            _c.IsUnique = true;
            _c.IsTunnelled = false;
            Look(_c.Outer);
        }

        return FollowLayers(port, null);
    }

    private Verdict IntoNetwork(BoundPort port, BoundNetwork network, bool isAuthorised)
    {
        IpAddress to = _c.Facts.OuterDestination;
        if (to.IsMulticast && !port.Port.Promiscuous && network.Group?.Address != to)
        {
            return DropReason.GroupNotJoined;
        }

        // What was sent to a group must not come back to who sent it.
        if (!IsSourceAllowed(network) || (to.IsMulticast && IsVtep(port, _c.Facts.OuterSource)))
        {
            return DropReason.VtepUnknown;
        }

        // A station that is here sends nothing through a tunnel to here: a loop, or a lie.
        bool isOurs = network.Network.SourceVtep != SourceVtepCheck.Off
            && network.Space.TryFindMac(_c.Original.SourceMac, out Mapping source)
            && source.Kind == MappingKind.Local;
        if (isOurs)
        {
            return DropReason.InnerSourceMacInvalid;
        }

        if (_c.Original.VlanCount > 0 && network.Network.InnerVlan == InnerVlan.Drop)
        {
            return DropReason.InnerVlan;
        }

        if (!_report.Tunnel.DontLearn)
        {
            LearnStation(network, StationPlace.Behind(_c.Facts.OuterSource));
        }

        StripVlans(network);
        var passage = new Passage(MayEncap: false, IsFiltered: !IsLinkControl(_c.Original));
        ref ParsedFrame packet = ref _c.Facts.Packet;
        if (packet.DestinationMac.IsMulticast)
        {
            return Flood(port, network, passage, isAuthorised);
        }

        BoundPort? target = FindLocal(network, out DropReason reason);
        if (target is null)
        {
            return reason == DropReason.DestinationUnknown && MayBeBehindPort(network, packet.DestinationMac)
                ? Flood(port, network, passage, isAuthorised)
                : reason;
        }

        return passage.IsFiltered ? DeliverDecapsulated(target, isAuthorised) : Send(target, null);
    }

    private bool IsSourceAllowed(BoundNetwork network)
    {
        switch (network.Network.SourceVtep)
        {
            case SourceVtepCheck.Off:
                return true;
            case SourceVtepCheck.Loose:
                return network.Space.HasVtep(_c.Facts.OuterSource);
            default:
                ref readonly ParsedFrame inner = ref _c.Original;
                return (inner.IsIp && network.Space.IsBehind(inner.Source, _c.Facts.OuterSource))
                    || (network.Space.TryFindMac(inner.SourceMac, out Mapping byMac)
                        && byMac.Vtep == _c.Facts.OuterSource);
        }
    }

    /// <summary>Finds the endpoint of this switch that a unicast frame from a tunnel is for.</summary>
    private BoundPort? FindLocal(BoundNetwork network, out DropReason reason)
    {
        ref ParsedFrame packet = ref _c.Facts.Packet;
        reason = DropReason.DestinationUnknown;
        if (TryFindStation(network, packet.DestinationMac, out Mapping mapping))
        {
            return mapping.Kind == MappingKind.Local ? _snapshot.Port(mapping.Port) : null;
        }

        if (network.Space.RouterMac != packet.DestinationMac || !packet.IsIp)
        {
            return null;
        }

        BoundPort? target = null;
        if (network.Space.TryFindAddress(packet.Destination, FlowNumber(), out mapping)
            && mapping.Kind == MappingKind.Local)
        {
            target = _snapshot.Port(mapping.Port);
        }
        else
        {
            target = FindTranslated(network);
        }

        if (target is null)
        {
            return null;
        }

        if (!Route(network))
        {
            reason = DropReason.TtlExpired;
            return null;
        }

        packet.DestinationMac = target.Port.Mac;
        return target;
    }

    /// <summary>
    /// Takes a packet from a tunnel through the layers of an endpoint; one of them must authorise the decapsulation.
    /// </summary>
    private Verdict DeliverDecapsulated(BoundPort target, bool isAuthorised)
    {
        DropReason reason = _layers.Cross(_snapshot, target, Direction.In, _c);
        if (reason != DropReason.None)
        {
            return reason;
        }

        if (!isAuthorised && !_c.DecapAllowed)
        {
            return DropReason.DecapNotAllowed;
        }

        return _c.Redirect is null ? Send(target, null) : FollowLayers(target, null);
    }

    private Verdict FromUnderlay(BoundPort port)
    {
        if (port.HasLayers)
        {
            DropReason reason = _layers.Cross(_snapshot, port, Direction.In, _c);
            if (reason != DropReason.None)
            {
                return reason;
            }

            if (HasOwnWay())
            {
                return LeaveUplinkLayers(port);
            }
        }

        if (_snapshot.Host is not null)
        {
            return DeliverTo(_snapshot.Host);
        }

        if (!IsInVlan(port, Bytes, _c.Outer))
        {
            return DropReason.OuterVlan;
        }

        // A later fragment to a VTEP may well be VXLAN; nobody can tell, and VTEPs do not reassemble.
        bool isTunnelFragment = _c.Outer is { Fragment: FragmentKind.Later, Protocol: IpProtocol.Udp }
            && IsReceiver(port, _c.Outer.Destination);
        return isTunnelFragment ? DropReason.OuterFragment
            : IsTunnelToGroup(port) ? DropReason.GroupNotJoined
            : DropReason.NotVxlan;
    }

    private bool IsTunnelToGroup(BoundPort port) =>
        _c.Outer is { HasTransport: true, Protocol: IpProtocol.Udp }
        && _c.Outer.Destination.IsMulticast
        && port.Tunnels.ContainsKey(_c.Outer.DestinationPort);
}
