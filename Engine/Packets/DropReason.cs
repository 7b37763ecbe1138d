namespace VxlanEngine.Packets;

/// <summary>Why a packet was dropped: the one list that feeds counters, comments, traces and documentation.</summary>
/// <remarks>
/// Three families stand in this order: what was wrong with the packet, what policy decided, what the engine lacked.
/// The name in kebab case (<c>vxlan-truncated</c>) is the counter's name everywhere.
/// </remarks>
public enum DropReason : byte
{
    /// <summary>Not dropped.</summary>
    None = 0,

    // The packet.

    /// <summary>
    /// The capture holds fewer bytes of the frame than were on the wire, so it cannot be forwarded whole.
    /// </summary>
    FrameCut,

    /// <summary>The frame is shorter than an Ethernet header.</summary>
    FrameTruncated,

    /// <summary>The frame is longer than the largest buffer.</summary>
    FrameTooLong,

    /// <summary>The capture's link type is not Ethernet.</summary>
    LinkTypeUnsupported,

    /// <summary>A VLAN tag is not wholly in the frame.</summary>
    VlanTruncated,

    /// <summary>The frame carries more VLAN tags than the engine follows.</summary>
    VlanTooDeep,

    /// <summary>An ARP packet is cut short, or is not for Ethernet and IPv4.</summary>
    ArpMalformed,

    /// <summary>An IPv4 header or its payload reaches beyond the frame.</summary>
    Ipv4Truncated,

    /// <summary>An IPv4 header has a wrong version or length, or options that its destination must refuse.</summary>
    Ipv4Malformed,

    /// <summary>The outer IPv4 header checksum is wrong.</summary>
    Ipv4BadChecksum,

    /// <summary>An IPv6 header, an extension header or the payload reaches beyond the frame.</summary>
    Ipv6Truncated,

    /// <summary>An IPv6 header has a wrong version, or its extension headers break RFC 8200 or are too many.</summary>
    Ipv6Malformed,

    /// <summary>
    /// A fragment's offset or length is impossible, or the first one lacks its transport header (RFC 1858, RFC 7112).
    /// </summary>
    FragmentMalformed,

    /// <summary>A TCP header is cut short or states an impossible length.</summary>
    TcpMalformed,

    /// <summary>A UDP header is cut short or its length disagrees with the IP packet.</summary>
    UdpMalformed,

    /// <summary>The outer UDP checksum is wrong, or is zero over IPv6 where that is not allowed.</summary>
    UdpBadChecksum,

    /// <summary>An SCTP header is cut short.</summary>
    SctpMalformed,

    /// <summary>An ICMP header is cut short, or the packet quoted in an error does not parse.</summary>
    IcmpMalformed,

    /// <summary>
    /// A neighbour discovery message is cut short, or one of its options has an impossible length (RFC 4861).
    /// </summary>
    NeighborDiscoveryMalformed,

    /// <summary>A tunnel packet came as a fragment; VTEPs do not reassemble (RFC 7348 §4.3).</summary>
    OuterFragment,

    /// <summary>A VXLAN packet is shorter than its header.</summary>
    VxlanTruncated,

    /// <summary>
    /// The VXLAN header lacks the I flag, or has reserved bits set where the port rejects them (RFC 7348 §5); or
    /// VXLAN-GPE's has a version other than 0.
    /// </summary>
    VxlanInvalidHeader,

    /// <summary>A Geneve packet is shorter than its header and options (RFC 8926 §3.4).</summary>
    GeneveTruncated,

    /// <summary>The Geneve header has a version other than 0 (RFC 8926 §3.4).</summary>
    GeneveInvalidHeader,

    /// <summary>
    /// The Geneve header announces options that whoever does not know them must not skip (RFC 8926 §3.4).
    /// </summary>
    GeneveCriticalOption,

    /// <summary>
    /// A tunnel header's O bit says that its payload is for the tunnel's ends, not for tenants (RFC 8926 §3.4).
    /// </summary>
    TunnelControlPacket,

    /// <summary>A Geneve or VXLAN-GPE packet carries something other than an Ethernet frame.</summary>
    TunnelPayloadUnsupported,

    /// <summary>The inner frame of a tunnel packet is shorter than an Ethernet header.</summary>
    InnerFrameTruncated,

    /// <summary>The inner source MAC address is zero, a group address, or that of an endpoint here.</summary>
    InnerSourceMacInvalid,

    /// <summary>The inner frame carries a VLAN tag where the network does not expect one (RFC 7348 §6.1).</summary>
    InnerVlan,

    /// <summary>Outer congestion-experienced over an inner packet that is not ECN-capable (RFC 6040 §4.2).</summary>
    EcnInvalid,

    /// <summary>
    /// The packet on the management VNI is no BFD control packet with hop limit 255, or one to discard by RFC 5880
    /// §6.8.6.
    /// </summary>
    BfdInvalid,

    /// <summary>The BFD packet is authenticated, which its session is not (RFC 5880 §6.8.6).</summary>
    BfdAuthenticated,

    /// <summary>The BFD packet is not authenticated, which its session is (RFC 5880 §6.8.6).</summary>
    BfdNotAuthenticated,

    /// <summary>
    /// The BFD packet has another type of authentication than its session, no key of its, or a wrong password or digest
    /// (RFC 5880 §6.7).
    /// </summary>
    BfdAuthenticationFailed,

    /// <summary>
    /// The sequence number of the BFD packet was had before, or is too far ahead (RFC 5880 §6.7.3, §6.7.4).
    /// </summary>
    BfdSequenceInvalid,

    // Policy.

    /// <summary>A rule with the action block decided.</summary>
    RuleBlock,

    /// <summary>No rule matched in a layer whose default is block.</summary>
    LayerDefaultBlock,

    /// <summary>No rule with the action decap authorised the removal of the tunnel headers.</summary>
    DecapNotAllowed,

    /// <summary>A rate limit was exceeded.</summary>
    RateLimit,

    /// <summary>More frames to replicate came from the port than it may send a second.</summary>
    FloodRate,

    /// <summary>More ICMP packets came from the port than it may send a second.</summary>
    IcmpRate,

    /// <summary>More ARP and neighbour discovery packets came from the port than it may send a second.</summary>
    NeighborRate,

    /// <summary>More packets that belong to no known flow came from the port than it may send a second.</summary>
    NewFlowRate,

    /// <summary>The source MAC address is not the port's own.</summary>
    SourceMacSpoofed,

    /// <summary>The source address is not one of the port's own.</summary>
    SourceAddressSpoofed,

    /// <summary>
    /// A sender or target address in an ARP packet or neighbour advertisement is not one of the port's own.
    /// </summary>
    NeighborSpoofed,

    /// <summary>
    /// A router advertisement or a DHCP server's answer came from a port that is no router or server.
    /// </summary>
    RoleSpoofed,

    /// <summary>The frame is not for this uplink's MAC address.</summary>
    NotForUs,

    /// <summary>The frame is not in this uplink's VLAN.</summary>
    OuterVlan,

    /// <summary>
    /// The packet on the uplink is in no tunnel to one of its addresses and ports, and there is no host port.
    /// </summary>
    NotVxlan,

    /// <summary>
    /// The tunnel packet is for a multicast group that the uplink has not joined, or that is another network's.
    /// </summary>
    GroupNotJoined,

    /// <summary>No network has the tunnel packet's network identifier.</summary>
    VxlanVniNotFound,

    /// <summary>The outer source address is not a VTEP of the network.</summary>
    VtepUnknown,

    /// <summary>No BFD session is with the VTEP that the packet came from, or none has its discriminator.</summary>
    BfdSessionUnknown,

    /// <summary>No port and no mapping has the destination, and the network drops unknown unicast.</summary>
    DestinationUnknown,

    /// <summary>The network does not flood frames of this kind, or has nobody to flood them to.</summary>
    FloodNotAllowed,

    /// <summary>Layers allowed the packet, but none gave it a way out.</summary>
    EgressUnknown,

    /// <summary>The packet would leave through the port it came from.</summary>
    EgressIsIngress,

    /// <summary>A hairpin or redirect went round too often.</summary>
    RedirectLoop,

    /// <summary>Layers would put the packet into a third tunnel.</summary>
    EncapTooDeep,

    /// <summary>The TTL or hop limit ran out on the way through the router.</summary>
    TtlExpired,

    /// <summary>The packet does not fit the egress port's MTU, or that of the path to the VTEP.</summary>
    MtuExceeded,

    /// <summary>A later fragment came without the first one of its datagram.</summary>
    FragmentWithoutFirst,

    /// <summary>An address or port translation does not apply to this packet's protocol or family.</summary>
    NatUnsupported,

    /// <summary>The port is not ready: its policy is incomplete.</summary>
    PortNotReady,

    // Resources.

    /// <summary>No uplink has an address of the tunnel's family.</summary>
    UplinkUnknown,

    /// <summary>No route of an uplink leads to the remote VTEP.</summary>
    RouteUnknown,

    /// <summary>The link-layer address of the next hop is not known.</summary>
    NeighborUnresolved,

    /// <summary>A NAT pool has no free address and port for the flow.</summary>
    NatExhausted,

    /// <summary>A load balancer has no backend.</summary>
    BackendUnavailable,

    /// <summary>Answers to the flow could not be told from packets of another one.</summary>
    FlowCollision,

    /// <summary>The flow table is full.</summary>
    FlowTableFull,

    /// <summary>The table of fragmented datagrams is full.</summary>
    FragmentTableFull,

    /// <summary>The buffer has no room in front of the frame for the headers to push.</summary>
    HeadroomExhausted,

    /// <summary>No packet buffer is free.</summary>
    PoolExhausted,

    /// <summary>The egress port did not take the frame.</summary>
    EgressFull,

    /// <summary>The ring to the worker that the flow belongs to is full.</summary>
    HandoverFull,
}
