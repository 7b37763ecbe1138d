using VxlanEngine.Ports.Captures;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Scenarios;

/// <content>Frames that are broken, or that somebody has broken: what a parser must not be led astray by.</content>
internal static partial class HandMadeFrames
{
    private static IEnumerable<HandMadeFrame> DamagedFramesFromATenant()
    {
        FrameBuilder Raw(ushort type, params byte[] bytes) =>
            FrameBuilder.Ethernet(WebMac, PeerMac, type).Payload(bytes);
        FrameBuilder Of(byte protocol) => FrameBuilder.Ethernet(WebMac, PeerMac).Ipv4(Web, Peer, protocol: protocol);

        yield return FromWeb("drop frame-truncated", FrameBuilder.Bare().Payload(13));
        yield return FromWeb("drop vlan-truncated", Raw(0x8100, 0, 7, 8));
        yield return FromWeb(
            "drop vlan-too-deep",
            FrameBuilder.Ethernet(WebMac, PeerMac).Vlan(1).Vlan(2).Vlan(3).Vlan(4).Ipv4(Web, Peer).Udp(1, 2));
        yield return FromWeb("drop arp-malformed", Raw(0x0806, new byte[27]));
        yield return FromWeb(
            "drop arp-malformed",
            FrameBuilder.Ethernet(WebMac, PeerMac).Arp(1, WebMac, Web, PeerMac, Peer, hardware: 6));
        yield return FromWeb("drop ipv4-truncated", Raw(0x0800, new byte[19]));
        yield return FromWeb(
            "drop ipv4-truncated", FrameBuilder.Ethernet(WebMac, PeerMac).Ipv4(Web, Peer, totalLength: 2000).Udp(1, 2));
        foreach ((int version, int words, int length) in new[] { (6, 5, 28), (4, 4, 28), (4, 5, 19), (4, 15, 28) })
        {
            yield return FromWeb(
                "drop ipv4-malformed",
                FrameBuilder.Ethernet(WebMac, PeerMac)
                    .Ipv4(Web, Peer, version: version, headerWords: words, totalLength: length)
                    .Udp(1, 2));
        }

        yield return FromWeb("drop tcp-malformed", Of(6).Payload(new byte[19]));
        yield return FromWeb("drop tcp-malformed", ToPeer().Tcp(40001, 80, headerWords: 4));
        yield return FromWeb("drop tcp-malformed", ToPeer().Tcp(40001, 80, headerWords: 15));
        yield return FromWeb("drop udp-malformed", Of(17).Payload(new byte[7]));
        yield return FromWeb("drop udp-malformed", ToPeer().Udp(40001, 53, length: 7));
        yield return FromWeb("drop udp-malformed", ToPeer().Udp(40001, 53, length: 9));
        yield return FromWeb("drop sctp-malformed", Of(132).Payload(new byte[11]));
        yield return FromWeb("drop icmp-malformed", Of(1).Payload([8, 0, 0xF7, 0xFF]));

        // What is none of IP's business, and what only looks wrong, is carried as it is.
        FrameBuilder padded = ToPeer().Udp(40001, 53).Payload("with padding").Padding(300);
        yield return FromWeb("uplink", padded, Pushed().Payload(padded.Build()));
        FrameBuilder foreign = Raw(0x88B5, 1, 2, 3);
        yield return FromWeb("uplink", foreign, Pushed().Payload(foreign.Build()));
        FrameBuilder llc = Raw(3, 0, 0, 3);
        yield return FromWeb("uplink", llc, Pushed().Payload(llc.Build()));
        FrameBuilder empty = ToPeer().Udp(40002, 53);
        yield return FromWeb("uplink", empty, Pushed().Payload(empty.Build()));
    }

    private static IEnumerable<HandMadeFrame> DamagedIpv6FromATenant()
    {
        const IpProtocol Options = IpProtocol.DestinationOptions;
        const IpProtocol HopByHop = IpProtocol.HopByHop;
        FrameBuilder Solicitation(params byte[] options) =>
            FrameBuilder.Ethernet(WebMac, "33:33:ff:00:00:06")
                .Ipv6("fd01::5", "ff02::1:ff00:6", hopLimit: 255)
                .Icmpv6(135)
                .Payload([0xFD, 1, .. new byte[13], 6, .. options]);
        FrameBuilder Chain(int headers) => Enumerable.Range(0, headers)
            .Aggregate(ToPeer6(), (packet, _) => packet.Extension(Options)).Udp(40001, 53);

        yield return FromWeb(
            "drop ipv6-truncated", FrameBuilder.Ethernet(WebMac, PeerMac, 0x86DD).Payload(new byte[39]));
        yield return FromWeb(
            "drop ipv6-truncated",
            FrameBuilder.Ethernet(WebMac, PeerMac).Ipv6("fd01::5", "fd01::6", payloadLength: 9).Udp(40001, 53));
        yield return FromWeb("drop ipv6-truncated", ToPeer6().Extension(HopByHop, length: 255).Udp(40001, 53));
        yield return FromWeb("drop ipv6-truncated", ToPeer6().Extension(Options, nextHeader: (byte)Options));
        yield return FromWeb(
            "drop ipv6-malformed",
            FrameBuilder.Ethernet(WebMac, PeerMac).Ipv6("fd01::5", "fd01::6", version: 4).Udp(40001, 53));
        yield return FromWeb(
            "drop ipv6-malformed",
            FrameBuilder.Ethernet(WebMac, PeerMac)
                .Ipv6("fd01::5", "fd01::6", payloadLength: 0)
                .Extension(HopByHop, [0xC2, 4, 0, 1, 0, 0])
                .Udp(40001, 53));
        yield return FromWeb("drop ipv6-malformed", ToPeer6().Extension(Options).Extension(HopByHop).Udp(40001, 53));
        yield return FromWeb("drop ipv6-malformed", ToPeer6().Extension(Options, [5, 5, 0, 0, 0, 0]).Udp(40001, 53));
        yield return FromWeb("drop ipv6-malformed", Chain(11));
        yield return FromWeb("uplink", Chain(10), Pushed().Payload(Chain(10).Build()));

        // A rule on ports finds them behind the headers.
        yield return FromWeb(
            "drop rule-block", ToPeer6().Extension(HopByHop).Extension(Options).Tcp(40001, 23, TcpFlags.Syn));
        yield return FromWeb("drop rule-block", ToPeer6().Fragment(7, 0, more: false).Tcp(40001, 23, TcpFlags.Syn));
        yield return FromWeb("drop icmp-malformed", FrameBuilder.Ethernet(WebMac, PeerMac)
            .Ipv6("fd01::5", "fd01::6", nextHeader: 58).Payload([128, 0, 0]));
        yield return FromWeb("drop neighbor-discovery-malformed", Solicitation(1, 0, 2, 0x42, 10, 0, 1, 5));
        yield return FromWeb("drop neighbor-discovery-malformed", Solicitation(1, 2, 2, 0x42, 10, 0, 1, 5));
        yield return FromWeb("drop neighbor-discovery-malformed", Solicitation(1, 1, 2, 0x42, 10, 0, 1));
        yield return FromWeb(
            "drop neighbor-discovery-malformed",
            FrameBuilder.Ethernet(WebMac, "33:33:ff:00:00:06")
                .Ipv6("fd01::5", "ff02::1:ff00:6", hopLimit: 255)
                .Fragment(8, 0, more: false)
                .NeighborSolicitation("fd01::6", WebMac));
        yield return FromWeb(
            "drop neighbor-discovery-malformed",
            FrameBuilder.Ethernet(WebMac, PeerMac).Ipv6("fd01::5", "fd01::6", hopLimit: 255).Icmpv6(135).Payload(15));
    }

    private static IEnumerable<HandMadeFrame> CapturesCutOrNotEthernet()
    {
        FrameBuilder whole = ToPeer().Udp(40001, 53).Payload(100);
        byte[] bytes = whole.Build();
        yield return FromWeb("uplink", whole, Pushed().Payload(bytes));
        yield return new HandMadeFrame("web", 0, bytes[..96], "drop frame-cut") { WireLength = bytes.Length };
        yield return new HandMadeFrame("web", 0, bytes[..^1], "drop frame-cut") { WireLength = bytes.Length };
        yield return From(
            "db",
            "drop link-type-unsupported",
            FrameBuilder.Bare().Ipv4("10.0.1.8", Peer).Udp(40001, 53)) with
        { LinkType = LinkType.Raw };
    }

    private static IEnumerable<HandMadeFrame> DamagedTunnelPackets()
    {
        FrameBuilder ToVtep() => FrameBuilder.Ethernet(RemoteMac, UplinkMac).Ipv4(Vtep, "172.31.0.1");
        FrameBuilder reply = FrameBuilder.Ethernet(PeerMac, WebMac).Ipv4(Peer, Web, id: 1).Udp(53, 40001).Payload(3);

        yield return FromTunnel("drop vxlan-truncated", ToVtep().Udp(50000, 4789, checksum: 0).Payload(7));
        yield return FromTunnel(
            "drop vxlan-truncated",
            ToVtep().Udp(50000, 4789, length: 15, checksum: 0).Vxlan(4097).Payload(reply.Build()));
        yield return FromTunnel(
            "drop udp-malformed",
            ToVtep().Udp(50000, 4789, length: 1000, checksum: 0).Vxlan(4097).Payload(reply.Build()));
        yield return FromTunnel("drop inner-frame-truncated", Tunnel());
        yield return FromTunnel("drop inner-frame-truncated", Tunnel().Payload(13));
        yield return FromTunnel(
            "drop inner-source-mac-invalid",
            Tunnel().InnerEthernet("01:00:5e:00:00:01", WebMac).Ipv4(Peer, Web).Udp(53, 40001));
        yield return FromTunnel(
            "drop inner-source-mac-invalid",
            Tunnel().InnerEthernet("00:00:00:00:00:00", WebMac).Ipv4(Peer, Web).Udp(53, 40001));
        yield return FromTunnel(
            "drop inner-source-mac-invalid",
            Tunnel().InnerEthernet(BroadcastMac, WebMac).Ipv4(Peer, Web).Udp(53, 40001));
        yield return FromTunnel("drop vlan-truncated", Tunnel().InnerEthernet(PeerMac, WebMac, 0x8100).Payload(3));
        yield return FromTunnel(
            "drop ipv4-malformed",
            Tunnel().InnerEthernet(PeerMac, WebMac).Ipv4(Peer, Web, headerWords: 4).Udp(53, 40001));
        yield return FromTunnel(
            "drop ipv4-truncated",
            Tunnel().InnerEthernet(PeerMac, WebMac).Ipv4(Peer, Web, totalLength: 2000).Udp(53, 40001));
        yield return FromTunnel("drop tcp-malformed", ToWeb(Tunnel()).Tcp(80, 40001, headerWords: 3));

        // Padding behind the outer packet is no part of the inner frame; padding inside the tunnel is.
        yield return FromTunnel("web", Tunnel().Payload(reply.Build()).Padding(60), reply);
        yield return FromTunnel(
            "web", Tunnel().Payload([.. reply.Build(), 0, 0]), FrameBuilder.Bare().Payload([.. reply.Build(), 0, 0]));
        yield return FromTunnel(
            "web",
            FrameBuilder.Ethernet(RemoteMac, UplinkMac).Vlan(100).Ipv4(Vtep, "172.31.0.1", ttl: 1).Vxlan(4097)
                .Payload(reply.Build()),
            reply);
    }

    private static IEnumerable<HandMadeFrame> OverlappingAndStrayFragments()
    {
        // Of a datagram of 32 bytes, the first 24 are its UDP header and 16 bytes.
        FrameBuilder First(int id) => FrameBuilder.Ethernet(WebMac, PeerMac)
            .Ipv4(Web, Peer, id: id, moreFragments: true).Udp(40001, 53, length: 32, checksum: 0).Payload(16);
        FrameBuilder Later(int id, int offset, int length = 8, bool more = false, byte protocol = 17) =>
            FrameBuilder.Ethernet(WebMac, PeerMac)
                .Ipv4(Web, Peer, id: id, fragmentOffset: offset, moreFragments: more, protocol: protocol)
                .Payload(length);
        FrameBuilder First6(uint id) =>
            ToPeer6().Fragment(id, 0, more: true).Udp(40001, 53, length: 32, checksum: 1).Payload(16);
        FrameBuilder Later6(uint id, int offset) =>
            ToPeer6().Fragment(id, offset, more: false, nextHeader: 17).Payload(8);

        yield return FromWeb("uplink", First(10), Pushed().Payload(First(10).Build()));
        yield return FromWeb("uplink", First(11), Pushed().Payload(First(11).Build()));
        yield return FromWeb("uplink", Later(10, 24), Pushed().Payload(Later(10, 24).Build()));
        yield return FromWeb("drop fragment-malformed", Later(11, 16));
        yield return FromWeb("drop fragment-malformed", Later(11, 24));
        yield return FromWeb("drop fragment-without-first", Later(12, 24));
        yield return FromWeb("drop fragment-without-first", Later(10, 24, protocol: 6));

        // RFC 1858, RFC 3128, RFC 791: headers cut or overwritten, lengths that no datagram has.
        yield return FromWeb(
            "drop fragment-malformed",
            FrameBuilder.Ethernet(WebMac, PeerMac)
                .Ipv4(Web, Peer, id: 13, moreFragments: true, protocol: 6).Payload(16));
        yield return FromWeb("drop fragment-malformed", Later(14, 8, protocol: 6));
        yield return FromWeb("drop fragment-malformed", Later(15, 24, length: 12, more: true));
        yield return FromWeb("drop fragment-malformed", Later(16, 65528));

        // What follows a fragment that a rule blocks is blocked with it.
        yield return FromWeb(
            "drop rule-block",
            FrameBuilder.Ethernet(WebMac, PeerMac)
                .Ipv4(Web, Peer, id: 17, moreFragments: true).Tcp(40001, 23, TcpFlags.Syn).Payload(4));
        yield return FromWeb("drop rule-block", Later(17, 24, protocol: 6));

        yield return FromWeb("uplink", First6(20), Pushed().Payload(First6(20).Build()));
        yield return FromWeb("uplink", First6(21), Pushed().Payload(First6(21).Build()));
        yield return FromWeb("uplink", Later6(20, 24), Pushed().Payload(Later6(20, 24).Build()));
        yield return FromWeb("drop fragment-malformed", Later6(21, 16));
        yield return FromWeb("drop fragment-malformed", Later6(21, 24));
        yield return FromWeb("drop fragment-without-first", Later6(22, 24));
        yield return FromWeb(
            "drop fragment-malformed",
            ToPeer6().Fragment(23, 0, more: true).Fragment(24, 0, more: true).Udp(40001, 53).Payload(16));
        yield return FromWeb(
            "drop fragment-malformed", ToPeer6().Fragment(25, 0, more: true, nextHeader: 17).Payload(4));

        // RFC 6946: a fragment of everything is a datagram of its own, whatever its identification.
        FrameBuilder atomic = ToPeer6().Fragment(20, 0, more: false).Udp(40003, 53).Payload(5);
        yield return FromWeb("uplink", atomic, Pushed().Payload(atomic.Build()));
        yield return FromWeb("uplink", atomic, Pushed().Payload(atomic.Build()));
        yield return FromTunnel(
            "drop fragment-without-first",
            Tunnel().InnerEthernet(PeerMac, WebMac)
                .Ipv4(Peer, Web, id: 10, fragmentOffset: 24, protocol: 17).Payload(8));
    }
}
