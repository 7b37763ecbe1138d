using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>Where stations are, as their frames tell, and how much a port may ask of the switch.</content>
internal sealed partial class PacketProcessor
{
    /// <summary>Learns where a frame's sender is, in a network that learns, unless the policy says it.</summary>
    /// <remarks>As bridges do, whatever becomes of the frame once the guards let it pass (IEEE 802.1Q §8.7).</remarks>
    private void LearnStation(BoundNetwork network, StationPlace place)
    {
        MacAddress mac = _c.Original.SourceMac;
        if (_state.Stations.Of(network.Index) is not StationTable table
            || mac.IsZero
            || mac.IsMulticast
            || !_snapshot.MayLearn(network, mac, place))
        {
            return;
        }

        _report.Station = table.Learn(mac, place, _c.NowNs);
        _c.IsUnique |= _report.Station == StationNews.Refused;
    }

    /// <summary>Finds who has a MAC address: the policy's word, then what was learnt.</summary>
    private bool TryFindStation(BoundNetwork network, MacAddress mac, out Mapping mapping)
    {
        if (network.Space.TryFindMac(mac, out mapping))
        {
            return true;
        }

        if (_state.Stations.Of(network.Index) is not StationTable table || !table.TryFind(mac, out StationPlace place))
        {
            return false;
        }

        MappingKind kind = place.Port < 0 ? MappingKind.Remote : MappingKind.Local;
        mapping = new Mapping(kind, mac, place.Port, place.Vtep, network.Network.Vni);
        return true;
    }

    /// <summary>
    /// True when a unicast frame from a tunnel may be for a station that an unguarded port has, and that is not known.
    /// </summary>
    private bool MayBeBehindPort(BoundNetwork network, MacAddress mac) =>
        _state.Stations.Of(network.Index) is not null
        && network.Space.HasUnguardedPort
        && mac != network.Space.RouterMac
        && !TryFindStation(network, mac, out _);

    /// <summary>The VTEP that an answer goes back to: that of the flow, unless its station was seen to move.</summary>
    private IpAddress ReturnVtep(BoundNetwork? network) =>
        network is not null
        && _state.Stations.Of(network.Index) is StationTable table
        && table.TryFind(_c.Facts.Packet.DestinationMac, out StationPlace place)
        && place.Port < 0
            ? place.Vtep
            : _c.ReturnVtep;

    /// <summary>Holds a port to the rates of what it asks of the switch itself.</summary>
    /// <param name="port">The port.</param>
    /// <param name="frame">The frame's own headers.</param>
    /// <param name="reason">Why the frame must be dropped, or none.</param>
    private bool TryPassRates(BoundPort port, in ParsedFrame frame, out DropReason reason)
    {
        reason = DropReason.None;
        if (port.Port.Rates == PortRates.None)
        {
            return true;
        }

        PortLimiter limiter = _state.Limiter(port.Index);
        if (frame.IsArp || frame.IsNeighborDiscovery)
        {
            reason = limiter.Neighbors.TryTake(_c.NowNs) ? DropReason.None : DropReason.NeighborRate;
        }
        else if (frame.IsIp && frame.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6)
        {
            reason = limiter.Icmp.TryTake(_c.NowNs) ? DropReason.None : DropReason.IcmpRate;
        }

        return reason == DropReason.None;
    }
}
