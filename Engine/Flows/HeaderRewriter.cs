using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>
/// Writes changed fields into a frame and keeps its checksums as right, or as wrong, as they were (RFC 1624).
/// </summary>
public static class HeaderRewriter
{
    /// <summary>Writes the differences between two views of a frame.</summary>
    /// <param name="bytes">The bytes that <paramref name="from"/> was parsed from.</param>
    /// <param name="from">The frame's fields now.</param>
    /// <param name="to">The fields it shall have. VLAN tags are not this method's.</param>
    public static void Apply(Span<byte> bytes, in ParsedFrame from, in ParsedFrame to)
    {
        ref EthernetHeader ethernet = ref Header<EthernetHeader>(bytes, from.L2Offset);
        ethernet.Destination = to.DestinationMac;
        ethernet.Source = to.SourceMac;
        if (!from.IsIp || from.IsArp)
        {
            return;
        }

        ApplyIp(bytes, from, to);
        uint addresses = AddressDelta(from, to.Source, to.Destination);
        ApplyTransport(bytes, from, FlowTuple.Of(to), addresses);
    }

    /// <summary>
    /// Rewrites the packet that an ICMP error quotes, and the error's own checksum with it (RFC 5508 §4.2).
    /// </summary>
    /// <param name="bytes">The bytes of the frame.</param>
    /// <param name="error">The ICMP error.</param>
    /// <param name="quoted">The quoted packet's fields now.</param>
    /// <param name="to">The tuple it shall have.</param>
    public static void ApplyQuoted(
        Span<byte> bytes, in ParsedFrame error, in ParsedFrame quoted, in FlowTuple to)
    {
        Span<byte> region = bytes[error.PayloadOffset..error.L3End];
        uint before = Checksum.Sum(region);
        ParsedFrame changed = quoted;
        to.ApplyTo(ref changed);
        ApplyIp(bytes, quoted, changed);
        ApplyTransport(bytes, quoted, to, AddressDelta(quoted, to.Source, to.Destination));
        uint after = Checksum.Sum(region);

        ref IcmpHeader icmp = ref Header<IcmpHeader>(bytes, error.L4Offset);
        icmp.Checksum = Checksum.Update(icmp.Checksum, (ushort)before, (ushort)after);
    }

    private static void ApplyIp(Span<byte> bytes, in ParsedFrame from, in ParsedFrame to)
    {
        if (from.Family == IpFamily.V4)
        {
            ref Ipv4Header ip = ref Header<Ipv4Header>(bytes, from.L3Offset);
            if (from.Source != to.Source)
            {
                ip.ReplaceSource(to.Source.V4);
            }

            if (from.Destination != to.Destination)
            {
                ip.ReplaceDestination(to.Destination.V4);
            }

            if (from.TrafficClass != to.TrafficClass)
            {
                ip.ReplaceTrafficClass(to.TrafficClass);
            }

            for (int ttl = from.Ttl; ttl > to.Ttl; ttl--)
            {
                ip.DecrementTtl();
            }

            return;
        }

        ref Ipv6Header ipv6 = ref Header<Ipv6Header>(bytes, from.L3Offset);
        ipv6.Source = to.Source.V6;
        ipv6.Destination = to.Destination.V6;
        ipv6.TrafficClass = to.TrafficClass;
        ipv6.HopLimit = to.Ttl;
    }

    private static uint AddressDelta(in ParsedFrame from, IpAddress source, IpAddress destination) =>
        Sum(Checksum.Difference(from.Source, source), Checksum.Difference(from.Destination, destination));

    private static void ApplyTransport(Span<byte> bytes, in ParsedFrame from, in FlowTuple to, uint addresses)
    {
        // Adding no difference is not always none: it turns 0xFFFF, the checksum of a message of zeros, into 0.
        if (!from.HasTransport || FlowTuple.Of(from) == to)
        {
            return;
        }

        uint ports = Sum(
            Checksum.Difference(from.SourcePort, to.SourcePort),
            Checksum.Difference(from.DestinationPort, to.DestinationPort));
        int room = from.L3End - from.L4Offset;
        switch (from.Protocol)
        {
            case IpProtocol.Tcp:
                WritePorts(bytes, from, to);
                if (room >= TcpHeader.Length)
                {
                    ref TcpHeader tcp = ref Header<TcpHeader>(bytes, from.L4Offset);
                    tcp.Checksum = Checksum.Apply(tcp.Checksum, Sum(addresses, ports));
                }

                break;
            case IpProtocol.Udp:
                WritePorts(bytes, from, to);
                if (room >= UdpHeader.Length)
                {
                    ref UdpHeader udp = ref Header<UdpHeader>(bytes, from.L4Offset);
                    udp.Checksum = Checksum.ApplyUdp(udp.Checksum, Sum(addresses, ports));
                }

                break;
            case IpProtocol.Icmp or IpProtocol.Icmpv6 when room >= IcmpHeader.Length:
                ref IcmpHeader icmp = ref Header<IcmpHeader>(bytes, from.L4Offset);
                uint delta = from.Protocol == IpProtocol.Icmpv6 ? addresses : NoChange;
                if (icmp.IsEcho(from.Protocol))
                {
                    delta = Sum(delta, Checksum.Difference(icmp.Identifier, to.SourcePort));
                    icmp.Identifier = to.SourcePort;
                }

                icmp.Checksum = Checksum.Apply(icmp.Checksum, delta);
                break;
        }
    }

    // A delta of −0: adding it in one's complement changes nothing, not even the sign of zero.
    private const uint NoChange = 0xFFFF;

    private static uint Sum(uint left, uint right)
    {
        uint sum = left + right;
        return (sum & 0xFFFF) + (sum >> 16);
    }

    private static void WritePorts(Span<byte> bytes, in ParsedFrame from, in FlowTuple to)
    {
        ref TransportPorts ports = ref Header<TransportPorts>(bytes, from.L4Offset);
        ports.Source = to.SourcePort;
        ports.Destination = to.DestinationPort;
    }

    private static ref T Header<T>(Span<byte> bytes, int offset)
        where T : struct =>
        ref MemoryMarshal.AsRef<T>(bytes[offset..]);
}
