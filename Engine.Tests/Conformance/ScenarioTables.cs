using static VxlanEngine.Tests.Conformance.ScenarioTable;

namespace VxlanEngine.Tests.Conformance;

/// <summary>The scenarios: what RFCs ask for, and what the tests of Linux, Open vSwitch and VPP hold.</summary>
internal static class ScenarioTables
{
    public static IReadOnlyList<ScenarioTable> All { get; } =
    [
        Encapsulation,
        Decapsulation,
        EcnDscpDf,
        MtuIcmp,
        BridgingFlooding,
        ArpNeighbourDiscovery,
        MalformedInput,
    ];

    private static ScenarioTable Encapsulation => new(
        "Encapsulation",
        [
            Row(
                "VE01",
                "An ARP request in VNI 123 is Open vSwitch's 92 bytes: identification 0, DF, TTL 64, no UDP checksum"),
            Row("VE02", "The same with UDP checksum 1354"),
            Row("VE03", "A neighbour solicitation is Open vSwitch's 136 bytes, UDP checksum e106"),
            Row(
                "VE04",
                "Over IPv6: 70 bytes, a UDP checksum that is never 0, payload length, hop limit",
                "UDP checksum 0 where the policy asks for it (RFC 6935)."),
            Row("VE05", "VNIs 0, 1 and ffffff are sent, 1000000 is refused"),
            Row("VE06", "Another destination port, changed at run time and back"),
            Row("VE07", "The source port is stable for a flow, differs between flows, and lies in its range"),
            Row("VE08", "Entropy for what is not IP; all fragments of a datagram share a port"),
            Row("VE09", "Flows spread over transmit queues", "One queue for each worker, and one for one worker."),
            Row(
                "VE10",
                "A fixed TTL",
                "The inner TTL is not inherited: the hops of the underlay are not the tenant's."),
            Row("VE11", "DSCP is carried where asked for; 0 in front of what is not IP"),
            Row(
                "VE12",
                "A tunnel for each flow: four VNIs at four VTEPs, inner frames unchanged",
                "A packet has one tunnel, or two by two layers, one in the other; flooding makes copies."),
            Row("VE13", "From tunnel to tunnel by rule; a flood from a tunnel enters none"),
            Row(
                "VE14",
                "A tunnel without local address or next hop drops and counts",
                "A source that is no uplink's is refused with the policy."),
            Row(
                "VE15",
                "One ARP request for an unresolved next hop, then hold",
                "Where the uplink is told to ask; by one worker, not by several."),
            Row("VE16", "A next hop whose MAC changes is used from the next frame on"),
            Row("VE17", "Headroom of exactly the headers is enough; one byte less is a counted drop"),
            Row("VE18", "An outer packet of more than 65535 bytes is dropped"),
            Row("VE19", "VXLAN in VXLAN has right lengths and checksums at both levels"),
            Row("VE20", "Frames of 14 and 60 bytes are neither padded nor cut"),
            Row("VE21", "Bursts of 0 to 257 frames come out as the same frames one by one"),
            Row(
                "VE22",
                "Bytes are counted per tunnel",
                "Not done: counters are per port and rule, in packets; meters count bytes, without tunnel headers."),
            Row("VE23", "VXLAN-GPE"),
            Row(
                "VE24",
                "Two layers put a packet into two tunnels, whose headers, lengths and traffic classes are right; never "
                    + "into three"),
            Row("VE25", "Flows choose among a route's next hops; one that comes or goes moves its own flows alone"),
        ]);

    private static ScenarioTable Decapsulation => new(
        "Decapsulation",
        [
            Row("VD01", "UDP checksum 0 and a right one are opened: Open vSwitch's 92 bytes give 42"),
            Row("VD02", "A wrong UDP checksum is dropped and counted"),
            Row("VD03", "A wrong outer IP checksum is dropped and counted"),
            Row(
                "VD04",
                "What the adapter knows of checksums: nothing, good, partial",
                "No adapter says \"bad\": such a frame is verified like any other."),
            Row("VD05", "Without the I flag: dropped"),
            Row("VD06", "Each of the 39 reserved bits alone, ignored or rejected, as a mask says"),
            Row("VD07", "Unknown VNI; known VNI from an unknown VTEP"),
            Row("VD08", "Two VNIs between the same VTEPs, packets alternating"),
            Row(
                "VD09",
                "One VNI, several remotes and ports, alternating",
                "There is one underlay, so no VRFs."),
            Row("VD10", "Another UDP port is not opened"),
            Row("VD11", "Another destination address is not opened"),
            Row("VD12", "Lengths that contradict each other, and every truncation, are drops"),
            Row("VD13", "Padding of the outer frame is no part of the inner one"),
            Row("VD14", "Inner frames of 0 to 13 bytes are dropped"),
            Row("VD15", "Outer IPv4 headers of 6 to 15 words are stepped over"),
            Row("VD16", "Outer fragments are never taken for VXLAN"),
            Row(
                "VD17",
                "Outer VLAN tags",
                "Of an uplink in a VLAN that tag alone, sent and received; else stepped over."),
            Row("VD18", "Inner VLAN tags are dropped, stripped or kept as the network says"),
            Row("VD19", "Inner source MAC that is multicast, zero or one's own"),
            Row("VD20", "Outer multicast destination: joined groups, and known senders, alone"),
            Row("VD21", "IPv6 extension headers of the outer packet"),
            Row("VD22", "UDP checksum 0 over IPv6 only where allowed"),
            Row(
                "VD23",
                "VXLAN-GPE's O bit, version and payloads; its bits on a VXLAN port",
                "On a VXLAN port they are reserved bits like any other. Of payloads only Ethernet is taken."),
            Row("VD24", "Group policy bits", "Reserved bits unless the uplink reads groups."),
            Row("VD25", "Equal inner flows in two VNIs are two"),
            Row("VD26", "The flow's hash is that of the inner packet"),
            Row("VD27", "Between endpoints here nothing enters a tunnel; what comes back from one is a loop"),
            Row("VD28", "A network that goes while packets arrive; a port that several networks share"),
            Row("VD29", "What comes in two tunnels to this switch is opened twice, and both are checked"),
        ]);

    private static ScenarioTable EcnDscpDf => new(
        "ECN, DSCP and DF",
        [
            Row("EC01", "Opening Not-ECT behind Not-ECT gives Not-ECT"),
            Row("EC02", "Opening Not-ECT behind ECT(1) gives Not-ECT"),
            Row("EC03", "Opening Not-ECT behind ECT(0) gives Not-ECT"),
            Row("EC04", "Opening Not-ECT behind CE drops"),
            Row("EC05", "Opening ECT(1) behind Not-ECT gives ECT(1)"),
            Row("EC06", "Opening ECT(1) behind ECT(1) gives ECT(1)"),
            Row("EC07", "Opening ECT(1) behind ECT(0) gives ECT(1)"),
            Row("EC08", "Opening ECT(1) behind CE gives CE"),
            Row("EC09", "Opening ECT(0) behind Not-ECT gives ECT(0)"),
            Row("EC10", "Opening ECT(0) behind ECT(1) gives ECT(1)"),
            Row("EC11", "Opening ECT(0) behind ECT(0) gives ECT(0)"),
            Row("EC12", "Opening ECT(0) behind CE gives CE"),
            Row("EC13", "Opening CE behind Not-ECT gives CE"),
            Row("EC14", "Opening CE behind ECT(1) gives CE"),
            Row("EC15", "Opening CE behind ECT(0) gives CE"),
            Row("EC16", "Opening CE behind CE gives CE"),
            Row("EC17", "Not-ECT enters as Not-ECT"),
            Row("EC18", "ECT(1) enters as ECT(1)"),
            Row("EC19", "ECT(0) enters as ECT(0)"),
            Row(
                "EC20",
                "CE enters as CE",
                "No compatibility mode, and no ECT(0) as Linux sends (RFC 6040 §4.1)."),
            Row("EC21", "The same over and in IPv6, whose traffic class straddles bytes"),
            Row("EC22", "Outer CE in front of what is not IP is no reason to drop"),
            Row("EC23", "DF set, copied or clear; set for what has no such bit"),
            Row("EC24", "Not-ECT behind CE is counted with its reason"),
        ]);

    private static ScenarioTable MtuIcmp => new(
        "MTU and ICMP",
        [
            Row("MT01", "What fills the MTU passes; one byte more is acted on"),
            Row("MT02", "ICMPv4 fragmentation needed: MTU, quote, checksum, rate limit"),
            Row("MT03", "ICMPv6 packet too big: at most 1280 bytes, MTU at least 1280"),
            Row("MT04", "IPv4 without DF is fragmented inside the tunnel"),
            Row("MT05", "No ICMP error about errors, groups, later fragments, or from nobody"),
            Row(
                "MT06",
                "Outer fragmentation where asked for",
                "Not done: \"VTEPs MUST NOT fragment\" (RFC 7348 §4.3); what is inside is fragmented (MT04)."),
            Row("MT07", "TCP MSS is clamped"),
            Row("MT08", "Packet too big from the underlay lowers the path MTU for a while"),
            Row("MT09", "Path MTUs are kept per remote"),
            Row("MT10", "Frames of 9000 bytes"),
            Row("MT11", "TTL that runs out: time exceeded"),
        ]);

    private static ScenarioTable BridgingFlooding => new(
        "Bridging and flooding",
        [
            Row("FD01", "Unknown unicast goes to all remotes and local ports once each, none back"),
            Row("FD02", "A VTEP that is named several times gets one copy"),
            Row("FD03", "A learnt address ends the flooding"),
            Row("FD04", "Learnt addresses age", "A quarter of the age later at most."),
            Row("FD05", "Learning can be switched off", "A network's own setting; off by default."),
            Row("FD06", "An address that moves"),
            Row("FD07", "A full table of addresses"),
            Row("FD08", "Static addresses survive a flush"),
            Row("FD09", "Addresses in hundreds"),
            Row("FD10", "One MAC in two VNIs"),
            Row("FD11", "Unknown VNIs are dropped; a VNI belongs to one network; remotes are the network's"),
            Row("FD12", "Multicast in the underlay: the group's MAC address; a group of many networks is joined once"),
            Row("FD13", "Split horizon: what came from a tunnel enters none"),
            Row("FD14", "A multicast source address is nobody's", "From tunnels dropped; nothing is learnt."),
            Row("FD15", "Unknown unicast is dropped and counted where flooding is off"),
        ]);

    private static ScenarioTable ArpNeighbourDiscovery => new(
        "ARP and neighbour discovery",
        [
            Row("AR01", "The steps of Linux's test of neighbour suppression, for ARP and solicitations"),
            Row("AR02", "A unicast request is delivered"),
            Row("AR03", "Advertisements: R, S and O flags, target option, hop limit 255, checksum"),
            Row("AR04", "ARP replies to the byte"),
            Row("AR05", "Suppression is each network's own"),
            Row(
                "AR06",
                "Not answered: announcements, probes for one's own, impossible targets; malformed is dropped"),
            Row(
                "AR07",
                "A gratuitous ARP updates a binding and is told once",
                "A MAC address's VTEP is learnt; the answer for an address is the policy's."),
            Row("AR08", "Answers follow a mapping that changes or goes"),
            Row("AR09", "Solicitations with impossible options are dropped"),
            Row("AR10", "Duplicate address detection is answered to all nodes"),
        ]);

    private static ScenarioTable MalformedInput => new(
        "Malformed input",
        [
            Row("MF01", "Every prefix of every frame, in memory that faults when touched behind the frame"),
            Row("MF02", "Frames of 1 to 63 bytes in buffers of their size"),
            Row("MF03", "IPv4 header lengths 0 to 4, wrong versions, total length below the header"),
            Row("MF04", "IPv6 payload length beyond the frame, or 0"),
            Row(
                "MF05",
                "IPv6 extension headers: length 255, long chains, options past the end, unknown options"),
            Row("MF06", "A key is wholly written whatever memory held before"),
            Row("MF07", "Zero to four VLAN tags, cut ones, priority tags"),
            Row("MF08", "802.3 lengths and LLC"),
            Row("MF09", "MPLS stacks"),
            Row("MF10", "Hashing of damaged frames agrees with parsing"),
            Row("MF11", "VXLAN nested in VXLAN, eight levels"),
            Row("MF12", "Damaged capture files"),
            Row(
                "MF13",
                "Ring entries of the kernel's that are out of range",
                "What the rings compare, for AF_XDP and packet sockets; no test can make the kernel break them."),
            Row("MF14", "A VLAN tag that the kernel took out is put back"),
            Row("MF15", "Links that go down, full rings: no buffer is lost"),
            Row(
                "MF16",
                "A soak of 10⁹ packets",
                "Millions in the test; the benchmarks' --soak runs as long as told, and --flows counts collections "
                    + "over 10⁸."),
        ]);
}
