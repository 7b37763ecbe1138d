using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>Frames from endpoints, and the ways on that their layers choose.</content>
internal sealed partial class PacketProcessor
{
    private Verdict FromEndpoint(BoundPort port)
    {
        if (!port.HasLayers || port.Network is null)
        {
            return DropReason.PortNotReady;
        }

        DropReason reason = EndpointGuard.Check(Bytes, _c.Original, port.Port, port.Network.Space);
        if (reason != DropReason.None)
        {
            return reason;
        }

        if (!TryPassRates(port, _c.Original, out reason))
        {
            return reason;
        }

        if (!port.Port.SourceGuard)
        {
            LearnStation(port.Network, StationPlace.At(port.Index));
        }

        if (IsLinkControl(_c.Original))
        {
            return ForwardLinkControl(port, port.Network);
        }

        reason = _layers.Cross(_snapshot, port, Direction.Out, _c);
        return reason == DropReason.None ? FollowLayers(port, port.Network) : reason;
    }

    /// <summary>ARP, neighbour discovery and DHCP: what a link needs to work, which layers do not decide.</summary>
    private static bool IsLinkControl(in ParsedFrame frame) =>
        frame.IsArp || frame.IsNeighborDiscovery || EndpointGuard.IsDhcp(frame);

    private Verdict ForwardLinkControl(BoundPort port, BoundNetwork network)
    {
        _c.IsUnique = true;
        MacAddress destination = _c.Original.DestinationMac;
        bool toRouter = network.Space.RouterMac == destination;
        if (network.Network.NeighborProxy
            && (destination.IsMulticast || toRouter)
            && NeighborProxy.TryReadQuestion(Bytes, _c.Original, out IpAddress target)
            && network.Space.TryFindNeighbor(target, out MacAddress mac, out bool isRouter)
            && mac != port.Port.Mac)
        {
            return AnswerQuestion(port, mac, isRouter);
        }

        // Nothing else that is said to the router on the link needs an answer; a lease is renewed beyond it.
        bool isForRouter = toRouter
            && !(EndpointGuard.IsDhcp(_c.Original) && !network.Space.IsRouter(_c.Original.Destination));
        return isForRouter
            ? Verdict.Consumed
            : ForwardInNetwork(port, network, new Passage(MayEncap: true, IsFiltered: false));
    }

    private Verdict FollowLayers(BoundPort ingress, BoundNetwork? own)
    {
        if (_c.Redirect is RuleAction.Redirect redirect)
        {
            return redirect.Port is null ? Hairpin(ingress) : DeliverTo(_snapshot.Port(redirect.Port));
        }

        _c.NextEncap = _c.OuterEncap;
        _c.EncapPort = _c.Encap is null ? -1 : ingress.Index;
        if (_c.Encap is { Tunnel: ExplicitTunnel tunnel })
        {
            return SendThroughExplicit(tunnel, own);
        }

        if (_c.Encap is { Network: string name })
        {
            return ForwardInNetwork(ingress, _snapshot.Network(name), new Passage(true, true));
        }

        if (_c.ReturnsThroughTunnel)
        {
            BoundNetwork? network = _snapshot.Network(_c.ReturnVni);
            TunnelOptions options = network?.Network.Tunnel ?? TunnelOptions.Default;
            StripVlans(network ?? own);
            return SendThrough(new Vni(_c.ReturnVni), null, ReturnVtep(network), options);
        }

        return own is null
            ? DropReason.EgressUnknown
            : ForwardInNetwork(ingress, own, new Passage(MayEncap: false, IsFiltered: true));
    }

    private Verdict Hairpin(BoundPort ingress)
    {
        ref ParsedFrame packet = ref _c.Facts.Packet;
        (packet.SourceMac, packet.DestinationMac) = (packet.DestinationMac, packet.SourceMac);
        return Send(ingress, null);
    }

    /// <summary>Finds the way to a frame's destination in a network, and sends it there.</summary>
    private Verdict ForwardInNetwork(BoundPort ingress, BoundNetwork network, Passage passage)
    {
        ref ParsedFrame packet = ref _c.Facts.Packet;
        if (packet.DestinationMac.IsMulticast)
        {
            return Flood(ingress, network, passage);
        }

        bool isRouted = network.Space.RouterMac == packet.DestinationMac;
        Mapping mapping;
        if (packet.IsIp && (isRouted || _c.DestinationTranslated))
        {
            if (!TryFindDestination(network, out mapping))
            {
                return network.Network.UnknownUnicast == Flooding.Punt
                    ? PuntReason.UnknownUnicast
                    : DropReason.DestinationUnknown;
            }

            if (isRouted && !Route(network))
            {
                return DropReason.TtlExpired;
            }

            packet.DestinationMac = mapping.Mac;
        }
        else if (!TryFindStation(network, packet.DestinationMac, out mapping))
        {
            return isRouted ? DropReason.DestinationUnknown : Flood(ingress, network, passage);
        }

        if (mapping.Kind == MappingKind.Local)
        {
            return DeliverLocally(ingress, _snapshot.Port(mapping.Port)!, network, passage);
        }

        StripVlans(network);
        return passage.MayEncap
            ? SendThrough(mapping.Vni, null, mapping.Vtep, network.Network.Tunnel)
            : DropReason.EgressUnknown;
    }

    /// <summary>
    /// Finds who has a packet's destination address: an endpoint, then a flow translated to it, then a route.
    /// </summary>
    private bool TryFindDestination(BoundNetwork network, out Mapping mapping)
    {
        bool isMapped = network.Space.TryFindAddress(_c.Facts.Packet.Destination, FlowNumber(), out mapping);
        if (isMapped && mapping.Kind != MappingKind.Routed)
        {
            return true;
        }

        if (FindTranslated(network) is not BoundPort owner)
        {
            return isMapped;
        }

        mapping = new Mapping(MappingKind.Local, owner.Port.Mac, owner.Index, default, network.Network.Vni);
        return true;
    }

    /// <summary>The endpoint whose translated flow a packet answers: its address is the pool's.</summary>
    private BoundPort? FindTranslated(BoundNetwork network)
    {
        // Other flows come and go.
        _c.IsUnique |= _snapshot.Translates || _state.Flows.HasTranslations;

        // An ICMP error answers the packet it quotes, from anywhere on the way.
        FlowTuple answer = _c.HasQuoted ? _c.QuotedTuple.Reversed : FlowTuple.Of(_c.Facts.Packet);
        return _state.Flows.TryFindTranslated(network.Index, answer, _c.NowNs, out FlowPair pair)
            ? _snapshot.Port(pair.Forward.Port)
            : null;
    }

    /// <summary>
    /// Does to a packet what the distributed router does: one hop less, and the router's own source MAC address.
    /// </summary>
    private bool Route(BoundNetwork network)
    {
        ref ParsedFrame packet = ref _c.Facts.Packet;
        packet.SourceMac = network.Space.RouterMac ?? packet.SourceMac;
        return LayerTraversal.TryDecrementTtl(ref packet);
    }

    // RFC 7348 §6.1: a VTEP should not carry inner VLAN tags unless it was told to; no network, no such word.
    private void StripVlans(BoundNetwork? network)
    {
        if (network?.Network.InnerVlan != InnerVlan.Keep)
        {
            // Rules that come later must not pop a tag once more.
            _c.PopVlans = _c.Original.VlanCount;
            _c.PushVlans = 0;
            _c.PushedTcis = 0;
            _c.Facts.Packet.VlanCount = 0;
            _c.Facts.Packet.VlanTci = 0;
        }
    }

    private Verdict DeliverLocally(BoundPort ingress, BoundPort target, BoundNetwork network, Passage passage)
    {
        if (target.Index == ingress.Index && !_c.DestinationTranslated)
        {
            return DropReason.EgressIsIngress;
        }

        // From here on the packet is one of the network's, as if it had come through a tunnel to ourselves: there is
        // none that another one could be around.
        _c.NextEncap = null;
        _c.Facts.HasVni = true;
        _c.Facts.Vni = network.Network.Vni.Value;
        _c.Facts.Policy = null;
        return passage.IsFiltered ? DeliverTo(target) : Send(target, null);
    }

    private Verdict SendThroughExplicit(ExplicitTunnel tunnel, BoundNetwork? own)
    {
        StripVlans(_snapshot.Network(tunnel.Vni.Value) ?? own);
        IpAddress vtep = MappingSpace.ChooseVtep(tunnel.Destinations, FlowNumber(), _snapshot.DownVteps);
        _c.Facts.Packet.DestinationMac = tunnel.RouterMac ?? _c.Facts.Packet.DestinationMac;
        return SendThrough(tunnel.Vni, tunnel.Source, vtep, tunnel.Options);
    }

    private Verdict SendThrough(Vni vni, IpAddress? source, IpAddress vtep, TunnelOptions options)
    {
        TunnelTemplate? tunnel = _snapshot.Tunnel(
            vni, source, vtep, options, FlowNumber(), _neighbors, _c.NowNs, out DropReason missing);
        if (tunnel is null)
        {
            return missing;
        }

        if (_c.NextEncap is { } next)
        {
            _c.NextEncap = null;
            return SendThroughAnother(tunnel, next);
        }

        BoundPort uplink = _snapshot.Port(tunnel.Uplink)!;
        if (!uplink.HasLayers)
        {
            return Send(uplink, tunnel);
        }

        _c.Facts.HasVni = true;
        _c.Facts.Vni = vni.Value;
        _c.Facts.Policy = options.Policy;
        _c.Facts.OuterSource = tunnel.Local;
        _c.Facts.OuterDestination = tunnel.Remote;
        return CrossAndSend(uplink, tunnel);
    }

    /// <summary>Takes a packet with its tunnel headers through the layers of the port it leaves by.</summary>
    private Verdict CrossAndSend(BoundPort egress, TunnelTemplate tunnel)
    {
        while (egress.HasLayers)
        {
            Direction direction = egress.Port.Kind == PortKind.Uplink ? Direction.Out : Direction.In;
            DropReason reason = _layers.Cross(_snapshot, egress, direction, _c);
            if (reason != DropReason.None)
            {
                return reason;
            }

            if (_c.Redirect is not RuleAction.Redirect redirect)
            {
                if (_c.Encap is { } around && egress.Index != _c.EncapPort)
                {
                    _c.NextEncap = _c.OuterEncap;
                    _c.EncapPort = egress.Index;
                    return SendThroughAnother(tunnel, around);
                }

                break;
            }

            if (redirect.Port is null)
            {
                return Hairpin(_snapshot.Port(_c.Frame.Port)!);
            }

            // Redirected as it would have left, outer headers and all: what is a tenant's stays in its tunnel.
            if (++_hops > MaxHops)
            {
                return DropReason.RedirectLoop;
            }

            egress = _snapshot.Port(redirect.Port);
        }

        return Send(egress, tunnel);
    }

    /// <summary>What a frame may do on its way through a network.</summary>
    /// <param name="MayEncap">Whether it may leave through a tunnel.</param>
    /// <param name="IsFiltered">Whether the layers of the endpoint it reaches decide.</param>
    private readonly record struct Passage(bool MayEncap, bool IsFiltered);
}
