using System.Buffers.Binary;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>Hashes frames by the flow that the data path will look them up by: the innermost one.</summary>
/// <remarks>
/// <code>
/// whole packet of TCP, UDP, SCTP, echo   addresses, protocol, ports or identifier; inside the tunnel on an uplink
/// ICMP error                             the flow of the packet that it quotes
/// fragment                               its datagram first (lowest bit set), then the flow of the datagram
/// other IP                               addresses and protocol
/// not IP                                 the two stations and the EtherType: nothing is kept for them
/// cannot be read                         the ingress port: any worker will drop it
/// </code>
/// Both directions of a flow agree. Thread: the worker's.
/// </remarks>
internal sealed partial class Steering(FlowShards shards, PacketPool pool)
{
    private readonly ulong _key = shards.Key;
    private SteeredPort[] _ports = [];
    private PolicySnapshot _snapshot = null!;

    /// <summary>True for the hash of a datagram, all of whose fragments have it.</summary>
    public static bool IsDatagram(ulong hash) => (hash & 1) != 0;

    /// <summary>Follows another policy: ports may be others.</summary>
    public void Adopt(PolicySnapshot snapshot)
    {
        _snapshot = snapshot;
        _ports = new SteeredPort[snapshot.PortCount];
        for (int i = 0; i < _ports.Length; i++)
        {
            _ports[i] = SteeredPort.Of(snapshot.Port(i));
        }
    }

    /// <summary>Finds the flow of a fragment by what is known of its datagram, or adds to that.</summary>
    /// <param name="frame">The fragment.</param>
    /// <param name="datagram">Its hash.</param>
    /// <param name="datagrams">What is known.</param>
    /// <param name="nowNs">The time.</param>
    /// <returns>The flow's hash; for a fragment whose first one is missing, any: it will be dropped.</returns>
    public ulong FlowOf(in FrameDescriptor frame, ulong datagram, FragmentDirectory datagrams, long nowNs)
    {
        if (!TryParse(frame, out ParsedFrame packet, out _))
        {
            return datagram & ~1UL;
        }

        if (packet.Fragment == FragmentKind.First)
        {
            return datagrams.Begin(datagram, FlowOf(pool.Frame(frame), packet), nowNs);
        }

        return datagrams.TryFind(datagram, nowNs, out ulong flow) ? flow : datagram & ~1UL;
    }

    /// <summary>Hashes a frame by way of the parser, which knows all kinds.</summary>
    public ulong Parse(in FrameDescriptor frame)
    {
        if (!TryParse(frame, out ParsedFrame packet, out uint network))
        {
            return FlowHash.Mix(_key, frame.Port) & ~1UL;
        }

        if (!packet.IsIp)
        {
            return FlowHash.Entropy(packet, symmetric: true, _key) & ~1UL;
        }

        return packet.Fragment == FragmentKind.None
            ? FlowOf(pool.Frame(frame), packet)
            : DatagramOf(packet, frame.Port, network);
    }

    /// <summary>Reads the packet that the data path will look at first.</summary>
    private bool TryParse(in FrameDescriptor frame, out ParsedFrame packet, out uint network)
    {
        network = 0;
        packet = default;
        ReadOnlySpan<byte> bytes = pool.Frame(frame);
        if (frame.Flags != FrameFlags.None || PacketParser.ParseFrame(bytes, 0, out packet) != DropReason.None)
        {
            return false;
        }

        if (_snapshot.Port(frame.Port) is not { Port.Kind: PortKind.Uplink } port
            || !PacketProcessor.IsInVlan(port, bytes, packet)
            || !PacketProcessor.TryFindTunnel(port, packet, out ITunnelProtocol? protocol)
            || packet.Fragment != FragmentKind.None)
        {
            return true;
        }

        ParsedFrame outer = packet;
        if (PacketParser.ParseTunnel(bytes, outer, protocol, out TunnelHeader header, out packet) != DropReason.None)
        {
            return false;
        }

        network = header.Vni.Value + 1;
        return !PacketProcessor.TryFindTunnelWithin(port, packet, out ITunnelProtocol? within)
            || TryOpenSecond(bytes, within, ref packet, ref network);
    }

    private static bool TryOpenSecond(
        ReadOnlySpan<byte> bytes, ITunnelProtocol protocol, ref ParsedFrame packet, ref uint network)
    {
        ParsedFrame middle = packet;
        if (PacketParser.ParseTunnel(bytes, middle, protocol, out TunnelHeader header, out packet) != DropReason.None)
        {
            return false;
        }

        network = header.Vni.Value + 1;
        return true;
    }

    private ulong FlowOf(ReadOnlySpan<byte> bytes, in ParsedFrame packet) =>
        packet.IsIcmpError
            && PacketParser.ParseQuotedPacket(
                bytes, packet.PayloadOffset, packet.L3End, packet.Family, out ParsedFrame quoted) == DropReason.None
                ? shards.Hash(FlowTuple.Of(quoted))
                : shards.Hash(FlowTuple.Of(packet));

    private ulong DatagramOf(in ParsedFrame fragment, int port, uint network)
    {
        // RFC 791 §3.2 counts the protocol to a datagram's name, RFC 8200 §4.5 does not.
        IpProtocol protocol = fragment.Family == IpFamily.V4 ? fragment.Protocol : default;
        ulong hash = shards.Hash(new FlowTuple(fragment.Source, fragment.Destination, protocol, 0, 0, 0));
        hash = FlowHash.Mix(hash, ((ulong)network << 16) | (uint)port);
        return FlowHash.Mix(FlowHash.Mix(hash, fragment.FragmentId), _key) | 1;
    }

    /// <summary>What reading a port's frames needs; UDP ports and address as they stand in frames.</summary>
    /// <param name="IsPlain">Whether the short way knows all its UDP ports.</param>
    /// <param name="OpensTunnels">
    /// Whether tunnel packets without a tag are for it; to an uplink in a VLAN they are somebody else's.
    /// </param>
    /// <param name="IsPromiscuous">Whether it takes packets to any address.</param>
    /// <param name="HasOtherTunnels">Whether it takes tunnel packets of other kinds.</param>
    /// <param name="Vtep">Its first IPv4 address.</param>
    /// <param name="VxlanPort">A UDP port of VXLAN's; 0 for none.</param>
    /// <param name="OtherVxlanPort">Another one.</param>
    /// <param name="Mac">Its MAC address, which another tunnel's packet in a tunnel is for.</param>
    private readonly record struct SteeredPort(
        bool IsPlain,
        bool OpensTunnels,
        bool IsPromiscuous,
        bool HasOtherTunnels,
        uint Vtep,
        ushort VxlanPort,
        ushort OtherVxlanPort,
        MacAddress Mac)
    {
        public static SteeredPort Of(BoundPort? port)
        {
            if (port is null)
            {
                return default;
            }

            ushort[] ports = [.. port.VxlanPorts];
            IpAddress vtep = port.Port.Addresses.FirstOrDefault(a => a.Family == IpFamily.V4);
            return new SteeredPort(
                IsPlain: ports.Length <= 2,
                OpensTunnels: port.Port is { Kind: PortKind.Uplink, Vlan: 0 },
                port.Port.Promiscuous,
                HasOtherTunnels: port.Tunnels.Count > ports.Length,
                BinaryPrimitives.ReverseEndianness((uint)vtep.Low),
                BinaryPrimitives.ReverseEndianness(ports.ElementAtOrDefault(0)),
                BinaryPrimitives.ReverseEndianness(ports.ElementAtOrDefault(1)),
                port.Port.Mac);
        }
    }
}
