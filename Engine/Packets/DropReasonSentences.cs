namespace VxlanEngine.Packets;

/// <summary>
/// What <see cref="DropReason"/>'s documentation says, for programs to print; a test holds the two together.
/// </summary>
internal static class DropReasonSentences
{
    private static readonly Dictionary<DropReason, string> Sentences = new()
    {
        [DropReason.None] = "Not dropped.",
        [DropReason.FrameCut] =
            "The capture holds fewer bytes of the frame than were on the wire, so it cannot be forwarded whole.",
        [DropReason.FrameTruncated] = "The frame is shorter than an Ethernet header.",
        [DropReason.FrameTooLong] = "The frame is longer than the largest buffer.",
        [DropReason.LinkTypeUnsupported] = "The capture's link type is not Ethernet.",
        [DropReason.VlanTruncated] = "A VLAN tag is not wholly in the frame.",
        [DropReason.VlanTooDeep] = "The frame carries more VLAN tags than the engine follows.",
        [DropReason.ArpMalformed] = "An ARP packet is cut short, or is not for Ethernet and IPv4.",
        [DropReason.Ipv4Truncated] = "An IPv4 header or its payload reaches beyond the frame.",
        [DropReason.Ipv4Malformed] =
            "An IPv4 header has a wrong version or length, or options that its destination must refuse.",
        [DropReason.Ipv4BadChecksum] = "The outer IPv4 header checksum is wrong.",
        [DropReason.Ipv6Truncated] = "An IPv6 header, an extension header or the payload reaches beyond the frame.",
        [DropReason.Ipv6Malformed] =
            "An IPv6 header has a wrong version, or its extension headers break RFC 8200 or are too many.",
        [DropReason.FragmentMalformed] =
            "A fragment's offset or length is impossible, or the first one lacks its transport header "
            + "(RFC 1858, RFC 7112).",
        [DropReason.TcpMalformed] = "A TCP header is cut short or states an impossible length.",
        [DropReason.UdpMalformed] = "A UDP header is cut short or its length disagrees with the IP packet.",
        [DropReason.UdpBadChecksum] =
            "The outer UDP checksum is wrong, or is zero over IPv6 where that is not allowed.",
        [DropReason.SctpMalformed] = "An SCTP header is cut short.",
        [DropReason.IcmpMalformed] = "An ICMP header is cut short, or the packet quoted in an error does not parse.",
        [DropReason.NeighborDiscoveryMalformed] =
            "A neighbour discovery message is cut short, or one of its options has an impossible length (RFC 4861).",
        [DropReason.OuterFragment] = "A tunnel packet came as a fragment; VTEPs do not reassemble (RFC 7348 §4.3).",
        [DropReason.VxlanTruncated] = "A VXLAN packet is shorter than its header.",
        [DropReason.VxlanInvalidHeader] =
            "The VXLAN header lacks the I flag, or has reserved bits set where the port rejects them (RFC 7348 §5); or "
            + "VXLAN-GPE's has a version other than 0.",
        [DropReason.GeneveTruncated] = "A Geneve packet is shorter than its header and options (RFC 8926 §3.4).",
        [DropReason.GeneveInvalidHeader] = "The Geneve header has a version other than 0 (RFC 8926 §3.4).",
        [DropReason.GeneveCriticalOption] =
            "The Geneve header announces options that whoever does not know them must not skip (RFC 8926 §3.4).",
        [DropReason.TunnelControlPacket] =
            "A tunnel header's O bit says that its payload is for the tunnel's ends, not for tenants (RFC 8926 §3.4).",
        [DropReason.TunnelPayloadUnsupported] =
            "A Geneve or VXLAN-GPE packet carries something other than an Ethernet frame.",
        [DropReason.InnerFrameTruncated] = "The inner frame of a tunnel packet is shorter than an Ethernet header.",
        [DropReason.InnerSourceMacInvalid] =
            "The inner source MAC address is zero, a group address, or that of an endpoint here.",
        [DropReason.InnerVlan] =
            "The inner frame carries a VLAN tag where the network does not expect one (RFC 7348 §6.1).",
        [DropReason.EcnInvalid] =
            "Outer congestion-experienced over an inner packet that is not ECN-capable (RFC 6040 §4.2).",
        [DropReason.BfdInvalid] =
            "The packet on the management VNI is no BFD control packet with hop limit 255, or one to discard by "
            + "RFC 5880 §6.8.6.",
        [DropReason.BfdAuthenticated] =
            "The BFD packet is authenticated, which its session is not (RFC 5880 §6.8.6).",
        [DropReason.BfdNotAuthenticated] =
            "The BFD packet is not authenticated, which its session is (RFC 5880 §6.8.6).",
        [DropReason.BfdAuthenticationFailed] =
            "The BFD packet has another type of authentication than its session, no key of its, or a wrong password "
                + "or digest (RFC 5880 §6.7).",
        [DropReason.BfdSequenceInvalid] =
            "The sequence number of the BFD packet was had before, or is too far ahead (RFC 5880 §6.7.3, §6.7.4).",
        [DropReason.RuleBlock] = "A rule with the action block decided.",
        [DropReason.LayerDefaultBlock] = "No rule matched in a layer whose default is block.",
        [DropReason.DecapNotAllowed] = "No rule with the action decap authorised the removal of the tunnel headers.",
        [DropReason.RateLimit] = "A rate limit was exceeded.",
        [DropReason.FloodRate] = "More frames to replicate came from the port than it may send a second.",
        [DropReason.IcmpRate] = "More ICMP packets came from the port than it may send a second.",
        [DropReason.NeighborRate] =
            "More ARP and neighbour discovery packets came from the port than it may send a second.",
        [DropReason.NewFlowRate] =
            "More packets that belong to no known flow came from the port than it may send a second.",
        [DropReason.SourceMacSpoofed] = "The source MAC address is not the port's own.",
        [DropReason.SourceAddressSpoofed] = "The source address is not one of the port's own.",
        [DropReason.NeighborSpoofed] =
            "A sender or target address in an ARP packet or neighbour advertisement is not one of the port's own.",
        [DropReason.RoleSpoofed] =
            "A router advertisement or a DHCP server's answer came from a port that is no router or server.",
        [DropReason.NotForUs] = "The frame is not for this uplink's MAC address.",
        [DropReason.OuterVlan] = "The frame is not in this uplink's VLAN.",
        [DropReason.NotVxlan] =
            "The packet on the uplink is in no tunnel to one of its addresses and ports, and there is no host port.",
        [DropReason.GroupNotJoined] =
            "The tunnel packet is for a multicast group that the uplink has not joined, or that is another network's.",
        [DropReason.VxlanVniNotFound] = "No network has the tunnel packet's network identifier.",
        [DropReason.VtepUnknown] = "The outer source address is not a VTEP of the network.",
        [DropReason.BfdSessionUnknown] =
            "No BFD session is with the VTEP that the packet came from, or none has its discriminator.",
        [DropReason.DestinationUnknown] =
            "No port and no mapping has the destination, and the network drops unknown unicast.",
        [DropReason.FloodNotAllowed] =
            "The network does not flood frames of this kind, or has nobody to flood them to.",
        [DropReason.EgressUnknown] = "Layers allowed the packet, but none gave it a way out.",
        [DropReason.EgressIsIngress] = "The packet would leave through the port it came from.",
        [DropReason.RedirectLoop] = "A hairpin or redirect went round too often.",
        [DropReason.EncapTooDeep] = "Layers would put the packet into a third tunnel.",
        [DropReason.TtlExpired] = "The TTL or hop limit ran out on the way through the router.",
        [DropReason.MtuExceeded] = "The packet does not fit the egress port's MTU, or that of the path to the VTEP.",
        [DropReason.FragmentWithoutFirst] = "A later fragment came without the first one of its datagram.",
        [DropReason.NatUnsupported] =
            "An address or port translation does not apply to this packet's protocol or family.",
        [DropReason.PortNotReady] = "The port is not ready: its policy is incomplete.",
        [DropReason.UplinkUnknown] = "No uplink has an address of the tunnel's family.",
        [DropReason.RouteUnknown] = "No route of an uplink leads to the remote VTEP.",
        [DropReason.NeighborUnresolved] = "The link-layer address of the next hop is not known.",
        [DropReason.NatExhausted] = "A NAT pool has no free address and port for the flow.",
        [DropReason.BackendUnavailable] = "A load balancer has no backend.",
        [DropReason.FlowCollision] = "Answers to the flow could not be told from packets of another one.",
        [DropReason.FlowTableFull] = "The flow table is full.",
        [DropReason.FragmentTableFull] = "The table of fragmented datagrams is full.",
        [DropReason.HeadroomExhausted] = "The buffer has no room in front of the frame for the headers to push.",
        [DropReason.PoolExhausted] = "No packet buffer is free.",
        [DropReason.EgressFull] = "The egress port did not take the frame.",
        [DropReason.HandoverFull] = "The ring to the worker that the flow belongs to is full.",
    };

    public static string Of(DropReason reason) => Sentences.GetValueOrDefault(reason, string.Empty);
}
