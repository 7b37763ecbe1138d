using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>The ICMP errors that senders of dropped packets are told by.</content>
internal sealed partial class PacketProcessor
{
    /// <summary>Tells the sender of a packet why it was dropped, where a router would.</summary>
    private void TellSender(Verdict verdict)
    {
        ref readonly ParsedFrame packet = ref _c.Original;
        BoundPort? port = _snapshot.Port(_c.Frame.Port);
        if (port is null || !TryDescribe(verdict, packet, out IcmpHeader error))
        {
            return;
        }

        BoundNetwork? network = port.Network ?? NetworkCameFrom();
        if (network is null || !IcmpErrors.MayAnswer(packet, network.Network.Subnets))
        {
            return;
        }

        if (!_c.IsTunnelled)
        {
            SendError(port, network, null, error);
        }
        else if (_c.MiddleFamily == IpFamily.None
            && IsSourceAllowed(network)
            && _snapshot.Tunnel(
                network.Network.Vni,
                _c.Outer.Destination,
                _c.Outer.Source,
                network.Network.Tunnel,
                FlowNumber(),
                _neighbors,
                _c.NowNs,
                out _) is TunnelTemplate { IsUnresolved: false } tunnel)
        {
            SendError(port, network, tunnel, error);
        }
    }

    /// <summary>Says in ICMP what was wrong with a packet.</summary>
    /// <returns>False for what senders are not told.</returns>
    private bool TryDescribe(Verdict verdict, in ParsedFrame packet, out IcmpHeader error)
    {
        error = default;
        if (verdict.Kind != VerdictKind.Drop || !packet.IsIp)
        {
            return false;
        }

        if (verdict.Drop == DropReason.TtlExpired)
        {
            error = IcmpErrors.HopsExceeded(packet.Family);
            return true;
        }

        // Who already sends as little as that cannot do better; who lets routers fragment is not to.
        error = IcmpErrors.TooBig(packet.Family, _fittingSize);
        return verdict.Drop == DropReason.MtuExceeded
            && _fittingSize >= Ipv4Fragmenter.MinMtu
            && (packet.Family == IpFamily.V6 || packet.DontFragment)
            && packet.L3End - packet.L3Offset > error.RestOfHeader;
    }

    private void SendError(BoundPort port, BoundNetwork network, TunnelTemplate? tunnel, IcmpHeader error)
    {
        ref readonly ParsedFrame packet = ref _c.Original;
        bool keepsTags = tunnel is null || network.Network.InnerVlan == InnerVlan.Keep;
        int tunnelled = tunnel is null
            ? 0
            : OverlayMtu.Overhead(tunnel.Remote.Family) + (packet.VlanCount * VlanTag.Length);
        int most = Math.Max(LargestPacket(port, tunnel) - tunnelled, Ipv4Fragmenter.MinMtu);
        int length = IcmpErrors.LengthFor(packet, keepsTags, most);
        if (!_state.Limiter(port.Index).Errors.TryTake(_c.NowNs))
        {
            Counters(port.Index).ErrorsSuppressed++;
            return;
        }

        if (!_pool.TryRent(length, out FrameDescriptor answer))
        {
            CountUnsentAnswer(DropReason.PoolExhausted);
            return;
        }

        (IpAddress from, MacAddress mac) = RouterFor(network, packet);
        IcmpErrors.Write(Bytes, packet, error, from, mac, keepsTags, _pool.Frame(answer));
        if (tunnel is not null)
        {
            DropReason reason = PacketParser.ParseFrame(_pool.Frame(answer), 0, out ParsedFrame inner);
            ushort identification = VxlanEncapsulation.MayFragment(tunnel, inner) ? TakeIdentification() : (ushort)0;
            reason = reason != DropReason.None
                ? reason
                : VxlanEncapsulation.Push(_pool, ref answer, tunnel, inner, _state.Limits.HashKey, identification);
            if (reason != DropReason.None)
            {
                _pool.Return(answer);
                CountUnsentAnswer(reason);
                return;
            }
        }

        SendAnswer(port, answer);
    }

    /// <summary>Who tells the sender: the gateway, or without one who the packet was sent to.</summary>
    private static (IpAddress Address, MacAddress Mac) RouterFor(BoundNetwork network, in ParsedFrame packet)
    {
        if (network.Network.Gateway is not Gateway gateway)
        {
            return (packet.Destination, packet.DestinationMac);
        }

        IpAddress best = packet.Destination;
        bool isFound = false;
        foreach (IpAddress address in gateway.Addresses)
        {
            if (address.Family == packet.Family && (!isFound || IsOnLinkOf(network, address, packet.Source)))
            {
                (best, isFound) = (address, true);
            }
        }

        return (best, isFound ? gateway.Mac : packet.DestinationMac);
    }

    private static bool IsOnLinkOf(BoundNetwork network, IpAddress address, IpAddress other)
    {
        foreach (IpPrefix subnet in network.Network.Subnets)
        {
            if (subnet.Contains(address))
            {
                return subnet.Contains(other);
            }
        }

        return false;
    }
}
