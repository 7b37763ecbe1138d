namespace VxlanEngine.Tests.Corpus;

/// <summary>Packets of a capture that no policy forwards, and what is wrong with them.</summary>
/// <param name="Capture">The capture.</param>
/// <param name="Reason">The reason's name.</param>
/// <param name="Packets">The packets' places in the capture, from 1: <c>3,4,7</c>.</param>
/// <param name="Why">What is wrong.</param>
internal sealed record KnownDrop(string Capture, string Reason, string Packets, string Why)
{
    /// <summary>All but frames that are cut by a snapshot length or not Ethernet, which tshark tells apart.</summary>
    public static IReadOnlyList<KnownDrop> All { get; } =
    [
        new("OISF+suricata-verify/bug-6875-01__fuzz.pcap", "tcp-malformed", "1",
            "The TCP header states 0 bytes."),
        new("OISF+suricata-verify/bug-76__input.pcap", "ipv4-truncated", "8,22",
            "The total length exceeds the frame; tshark warns."),
        new("OISF+suricata-verify/bug-76__input.pcap", "tcp-malformed", "46",
            "The TCP header states 40 bytes, of which 32 are there."),
        new("OISF+suricata-verify/decode-too-small__test.pcap", "tcp-malformed", "1,5",
            "No TCP header is there."),
        new("OISF+suricata-verify/decode-too-small__test.pcap", "udp-malformed", "2,3,6,7",
            "No whole UDP header is there."),
        new("OISF+suricata-verify/drop-protocol-change__input.pcap", "fragment-without-first", "1",
            "The capture starts with the end of a datagram."),
        new("OISF+suricata-verify/drop-protocol-change__input.pcap", "tcp-malformed", "7",
            "The TCP header states 8 bytes."),
        new("OISF+suricata-verify/sctp-pkt-too-small__input.pcap", "sctp-malformed", "1",
            "No whole SCTP header is there."),
        new("OISF+suricata-verify/udp-len-invalid__input.pcap", "udp-malformed", "1",
            "The UDP length is 5."),
        new("cisco-system-traffic-generator+trex-core/bad_not_ip.pcap", "arp-malformed", "1",
            "No whole ARP packet is there."),
        new("cisco-system-traffic-generator+trex-core/hlt_4vlans.pcap", "vlan-too-deep",
            "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20",
            "Four VLAN tags; the engine follows three."),
        new("seladb+PcapPlusPlus/crash-81dba690a3f67ee41a41390a625db732fa1413a1", "udp-malformed", "11",
            "The UDP length exceeds the packet; tshark warns."),
        new("seladb+PcapPlusPlus/crash-8534c61cdf5987482365d7877ade12eef5aaf8b7", "frame-truncated", "2",
            "Shorter than an Ethernet header."),
        new("seladb+PcapPlusPlus/ipv4-malformed.pcap", "ipv4-malformed", "1,2",
            "A total length of 11; version 5."),
        new("seladb+PcapPlusPlus/tcp-malformed.pcap", "tcp-malformed", "1,2",
            "The TCP header states 28 bytes, of which 20 are there."),
        new("snabbco+snabb/broadcast.pcap", "ipv4-truncated", "2",
            "The total length exceeds the frame; tshark warns."),
        new("snabbco+snabb/broadcast.pcap", "fragment-malformed", "4",
            "21 bytes and more to follow: no multiple of 8 (RFC 791)."),
        new("snabbco+snabb/broadcast.pcap", "fragment-without-first", "5",
            "Its first fragment is packet 4."),
        new("the-tcpdump-group+tcpdump/bigtcp-ipv4-vxlan-ipv4.pcap", "ipv4-malformed", "1",
            "IP length 0: a super-frame that no port vouches for; tshark stops too."),
        new("the-tcpdump-group+tcpdump/bigtcp-ipv6-vxlan-ipv6.pcap", "udp-malformed", "1",
            "IP length 0: a super-frame that no port vouches for; tshark stops too."),
        new("the-tcpdump-group+tcpdump/ipv4_invalid_hdr_length.pcap", "ipv4-malformed", "1",
            "The header length is 16."),
        new("the-tcpdump-group+tcpdump/ipv4_invalid_length.pcap", "ipv4-truncated", "1",
            "19 bytes of an IPv4 header."),
        new("the-tcpdump-group+tcpdump/ipv4_invalid_total_length_2.pcap", "ipv4-malformed", "1",
            "The total length is 19."),
        new("the-tcpdump-group+tcpdump/ipv6_invalid_length.pcap", "ipv6-truncated", "1",
            "39 bytes of an IPv6 header."),
        new("the-tcpdump-group+tcpdump/pim_header_asan-2.pcap", "frame-truncated", "3",
            "No byte of a frame."),
        new("zeek+zeek/383379789-decrypt-crash.pcap", "ipv4-malformed", "1,3,4,7,9",
            "IP length 0: super-frames that no port vouches for."),
        new("zeek+zeek/383379789-decrypt-crash.pcap", "ipv6-malformed", "2,5",
            "Version 5."),
        new("zeek+zeek/383379789-decrypt-crash.pcap", "ipv4-truncated", "6,8",
            "The total length exceeds the frame; tshark warns."),
        new("zeek+zeek/fragmented-2.pcap", "fragment-malformed", "1,3",
            "18 bytes and more to follow: no multiple of 8 (RFC 791)."),
        new("zeek+zeek/fragmented-2.pcap", "fragment-without-first", "2",
            "Its first fragment is packet 1."),
        new("zeek+zeek/ipv4-truncated-broken-header.pcap", "ipv4-malformed", "1",
            "A header length of 60 in a total length of 20."),
        new("zeek+zeek/ipv6-mobility-dst-opts.pcap", "ipv6-malformed", "1,3",
            "An option reaches beyond its header."),
        new("zeek+zeek/ipv6-mobility-dst-opts.pcap", "ipv6-truncated", "2",
            "The destination options reach beyond the packet."),
    ];

    public override string ToString() => $"{Capture}: {Reason}: {Packets}";
}
