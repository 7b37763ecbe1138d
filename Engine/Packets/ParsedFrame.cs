using VxlanEngine.Wire;

namespace VxlanEngine.Packets;

/// <summary>
/// What the parser found in one Ethernet frame: where each header starts and the values policy looks at.
/// </summary>
/// <remarks>
/// Offsets count from the first byte of the buffer that was parsed, so an inner frame's offsets stay valid beside the
/// outer frame's. Values are in host order. A field whose header is absent holds its default. Everything is checked:
/// <c>L2Offset ≤ L3Offset ≤ L4Offset ≤ PayloadOffset ≤ L3End ≤ FrameEnd</c>, each inside the buffer.
/// </remarks>
public struct ParsedFrame
{
    /// <summary>Offset of the destination MAC address.</summary>
    public int L2Offset;

    /// <summary>
    /// Offset behind the link header and tags: the network header, or the LLC header of an 802.3 frame.
    /// </summary>
    public int L3Offset;

    /// <summary>
    /// Offset of the transport header behind IPv4 options or IPv6 extension headers; of the payload in a later
    /// fragment.
    /// </summary>
    public int L4Offset;

    /// <summary>Offset behind the transport header; equal to <see cref="L4Offset"/> where none is known.</summary>
    public int PayloadOffset;

    /// <summary>
    /// Offset behind the IP packet by its own length field; equal to <see cref="FrameEnd"/> when not IP.
    /// </summary>
    public int L3End;

    /// <summary>Offset behind the frame's last byte, padding included.</summary>
    public int FrameEnd;

    /// <summary>Offset of the IPv6 fragment header; 0 without one.</summary>
    public int FragmentHeaderOffset;

    /// <summary>Destination MAC address.</summary>
    public MacAddress DestinationMac;

    /// <summary>Source MAC address.</summary>
    public MacAddress SourceMac;

    /// <summary>Number of VLAN tags, 0 to <see cref="PacketParser.MaxVlanTags"/>.</summary>
    public byte VlanCount;

    /// <summary>Tag control information of the outermost tag (priority, DEI, 12-bit VLAN id); 0 without one.</summary>
    public ushort VlanTci;

    /// <summary>What follows the last tag; <see cref="EtherType.None"/> for an 802.3 length.</summary>
    public EtherType EtherType;

    /// <summary>IPv4, IPv6, or none: then no field below is set but ARP's.</summary>
    public IpFamily Family;

    /// <summary>IP source; the sender's protocol address in ARP.</summary>
    public IpAddress Source;

    /// <summary>IP destination; the target's protocol address in ARP.</summary>
    public IpAddress Destination;

    /// <summary>The transport protocol: the last next-header value for IPv6.</summary>
    public IpProtocol Protocol;

    /// <summary>
    /// IPv4 TOS or IPv6 traffic class: DSCP in the high six bits, ECN in the low two (RFC 2474, RFC 3168).
    /// </summary>
    public byte TrafficClass;

    /// <summary>IPv4 time to live or IPv6 hop limit.</summary>
    public byte Ttl;

    /// <summary>IPv4 don't-fragment bit; false for IPv6.</summary>
    public bool DontFragment;

    /// <summary>Which part of a datagram this is.</summary>
    public FragmentKind Fragment;

    /// <summary>The datagram's identification (16 bits in IPv4, 32 in IPv6), set in fragments only.</summary>
    public uint FragmentId;

    /// <summary>Where in the datagram this fragment's payload starts, in bytes; 0 for a whole datagram.</summary>
    public int FragmentOffset;

    /// <summary>
    /// True when ports, or ICMP type and code, were read: the packet holds a transport header the parser knows.
    /// </summary>
    public bool HasTransport;

    /// <summary>TCP, UDP or SCTP source port; the identifier of an ICMP echo, which stands in for both ports.</summary>
    public ushort SourcePort;

    /// <summary>
    /// TCP, UDP or SCTP destination port; the identifier of an ICMP echo, which stands in for both ports.
    /// </summary>
    public ushort DestinationPort;

    /// <summary>ICMPv4 or ICMPv6 type.</summary>
    public byte IcmpType;

    /// <summary>ICMPv4 or ICMPv6 code.</summary>
    public byte IcmpCode;

    /// <summary>The flags of a TCP header.</summary>
    public TcpFlags TcpFlags;

    /// <summary>The encapsulation that the transport header announces; it has not been opened.</summary>
    public TunnelKind Tunnel;

    /// <summary>True for IPv4 and IPv6.</summary>
    public readonly bool IsIp => Family != IpFamily.None;

    /// <summary>True for an ARP packet whose fields were read (Ethernet and IPv4).</summary>
    public readonly bool IsArp => EtherType == EtherType.Arp;

    /// <summary>The 12-bit id of the outermost VLAN tag; 0 without one and in a priority tag.</summary>
    public readonly ushort VlanId => (ushort)(VlanTci & 0xFFF);

    /// <summary>The differentiated services code point, 0–63 (RFC 2474).</summary>
    public readonly byte Dscp => (byte)(TrafficClass >> 2);

    /// <summary>True for ICMPv4 and ICMPv6 error messages, which quote the packet they are about.</summary>
    public readonly bool IsIcmpError => HasTransport && Protocol switch
    {
        IpProtocol.Icmp => IcmpType is 3 or 4 or 5 or 11 or 12,
        IpProtocol.Icmpv6 => IcmpType < 128,
        _ => false,
    };

    /// <summary>True for the ICMPv6 messages of neighbour discovery (RFC 4861): types 133 to 137.</summary>
    public readonly bool IsNeighborDiscovery =>
        HasTransport && Protocol == IpProtocol.Icmpv6 && IcmpType is >= 133 and <= 137;
}
