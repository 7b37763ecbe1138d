using VxlanEngine.Tests.Frames;

namespace VxlanEngine.Tests.Scenarios;

/// <content>What an uplink receives and checks before anything is taken off, and ECN on both ways.</content>
internal static partial class HandMadeFrames
{
    private static IEnumerable<HandMadeFrame> UnderlayTrafficOfOthers()
    {
        FrameBuilder To(string mac, string vtep) => FrameBuilder.Ethernet(RemoteMac, mac).Ipv4(Vtep, vtep);
        byte[] ping = Ping(FrameBuilder.Bare(), 1).Build();

        yield return FromTunnel("web", Ping(Tunnel(), 1), FromPeer().IcmpEchoRequest(1, 1).Payload(16));
        yield return FromTunnel("drop not-for-us", Ping(To("02:aa:00:00:00:99", "172.31.0.1").Vxlan(4097), 2));
        yield return FromTunnel("drop not-vxlan", Ping(To(UplinkMac, "172.31.0.7").Vxlan(4097), 3));
        yield return FromTunnel("drop not-vxlan", To(UplinkMac, "172.31.0.1").Udp(50000, 4790).Payload(ping));
        yield return FromTunnel("drop not-vxlan", To(UplinkMac, "172.31.0.1").Tcp(50000, 4789).Payload(ping));
        yield return FromTunnel("drop not-vxlan", FrameBuilder.Ethernet(RemoteMac, UplinkMac, 0x88B5).Payload(46));
        yield return FromTunnel(
            "drop not-vxlan", FrameBuilder.Ethernet(RemoteMac, BroadcastMac).ArpRequest(RemoteMac, Vtep, "172.31.0.7"));

        // RFC 7348 §4.3: VTEPs do not reassemble. The later fragment holds what looks like a tunnel packet.
        yield return FromTunnel(
            "drop outer-fragment",
            FrameBuilder.Ethernet(RemoteMac, UplinkMac).Ipv4(Vtep, "172.31.0.1", id: 5, moreFragments: true)
                .Vxlan(4097).Payload(64));
        yield return FromTunnel(
            "drop outer-fragment",
            FrameBuilder.Ethernet(RemoteMac, UplinkMac).Ipv4(Vtep, "172.31.0.1", id: 5, fragmentOffset: 80)
                .Vxlan(4097).Payload(ping));
        yield return FromTunnel(
            "drop not-vxlan",
            FrameBuilder.Ethernet(RemoteMac, UplinkMac).Ipv4(Vtep, "172.31.0.1", id: 6, fragmentOffset: 80, protocol: 1)
                .Payload(16));
        yield return FromTunnel(
            "drop outer-fragment",
            FrameBuilder.Ethernet(RemoteMac, UplinkMac).Ipv6("fd31::2", "fd31::1")
                .Fragment(7, 0, more: true).Udp(50000, 4789).Vxlan(4097).Payload(64));
    }

    private static IEnumerable<HandMadeFrame> OuterChecksums(bool isTrusted)
    {
        FrameBuilder reply = FromPeer().Udp(53, 40001).Payload("an odd number of bytes");
        FrameBuilder Over4(int? checksum, int? header = null, byte[]? options = null) =>
            FrameBuilder.Ethernet(RemoteMac, UplinkMac)
                .Ipv4(Vtep, "172.31.0.1", checksum: header, options: options)
                .Udp(50000, 4789, checksum: checksum).Vxlan(4097).Payload(reply.Build());
        FrameBuilder Over6(int? checksum) =>
            FrameBuilder.Ethernet(RemoteMac, UplinkMac)
                .Ipv6("fd31::2", "fd31::1")
                .Udp(50000, 4789, checksum: checksum).Vxlan(4097).Payload(reply.Build());
        HandMadeFrame Unless(string reason, FrameBuilder frame) =>
            isTrusted ? FromTunnel("web", frame, reply) : FromTunnel($"drop {reason}", frame);

        yield return FromTunnel("web", Over4(checksum: 0), reply);
        yield return FromTunnel("web", Over4(checksum: null), reply);
        yield return FromTunnel("web", Over4(checksum: null, options: [1, 1, 1, 0]), reply);
        yield return Unless("udp-bad-checksum", Over4(checksum: 0xDEAD));
        yield return Unless("ipv4-bad-checksum", Over4(checksum: 0, header: 0xDEAD));
        yield return Unless("ipv4-bad-checksum", Over4(checksum: null, header: 0));
        yield return FromTunnel("web", Over6(checksum: null), reply);
        yield return Unless("udp-bad-checksum", Over6(checksum: 0));
        yield return Unless("udp-bad-checksum", Over6(checksum: 0xDEAD));
    }

    private static IEnumerable<HandMadeFrame> ReservedBitsRejected()
    {
        const uint Valid = 0x0800_0000;
        yield return FromTunnel("web", Ping(Tunnel(), 0), FromPeer().IcmpEchoRequest(1, 0).Payload(16));
        foreach (int bit in Enumerable.Range(0, 32).Where(b => 1u << b != Valid))
        {
            yield return FromTunnel("drop vxlan-invalid-header", Ping(Tunnel(flags: Valid | (1u << bit)), bit));
        }

        for (int bit = 0; bit < 8; bit++)
        {
            yield return FromTunnel("drop vxlan-invalid-header", Ping(Tunnel(reserved: (byte)(1 << bit)), bit));
        }

        yield return FromTunnel("drop vxlan-invalid-header", Ping(Tunnel(flags: 0), 1));
    }

    private static IEnumerable<HandMadeFrame> EcnCombinations()
    {
        // RFC 6040 §4.2, figure 4: rows by inner, columns by outer, in the order Not-ECT, ECT(0), ECT(1), CE.
        byte[] codes = [0, 2, 1, 3];
        int[][] figure = [[0, 0, 0, -1], [2, 2, 1, 3], [1, 1, 1, 3], [3, 3, 3, 3]];
        for (int row = 0; row < 4; row++)
        {
            for (int column = 0; column < 4; column++)
            {
                (byte inner, byte outer, int result) = (codes[row], codes[column], figure[row][column]);
                FrameBuilder Datagram(FrameBuilder start, int ecn) => start
                    .InnerEthernet(PeerMac, WebMac).Ipv4(Peer, Web, id: 1, tos: (byte)(0xB8 | ecn)).Udp(53, 40001);
                FrameBuilder Datagram6(FrameBuilder start, int ecn) => start
                    .InnerEthernet(PeerMac, WebMac)
                    .Ipv6("fd01::6", "fd01::5", trafficClass: (byte)(0xB8 | ecn), flowLabel: 0xABCDE).Udp(53, 40001);
                FrameBuilder Over6() => FrameBuilder.Ethernet(RemoteMac, UplinkMac)
                    .Ipv6("fd31::2", "fd31::1", trafficClass: outer).Vxlan(4097);

                yield return result < 0
                    ? FromTunnel("drop ecn-invalid", Datagram(Tunnel(tos: outer), inner))
                    : FromTunnel("web", Datagram(Tunnel(tos: outer), inner), Datagram(FrameBuilder.Bare(), result));
                yield return result < 0
                    ? FromTunnel("drop ecn-invalid", Datagram6(Over6(), inner))
                    : FromTunnel("web", Datagram6(Over6(), inner), Datagram6(FrameBuilder.Bare(), result));
            }
        }

        // RFC 6040 §4.1, normal mode: the outer code point is the inner one, DSCP is not carried.
        foreach (byte code in codes)
        {
            FrameBuilder question = FrameBuilder.Ethernet(WebMac, PeerMac)
                .Ipv4(Web, Peer, id: 1, tos: (byte)(0xB8 | code)).Udp(40001, 53);
            FrameBuilder question6 = FrameBuilder.Ethernet(WebMac, PeerMac)
                .Ipv6("fd01::5", "fd01::6", trafficClass: (byte)(0xB8 | code)).Udp(40001, 53);
            yield return FromWeb("uplink", question, Pushed(tos: code).Payload(question.Build()));
            yield return FromWeb("uplink", question6, Pushed(tos: code).Payload(question6.Build()));
        }

        // What is not IP has no ECN that could be wrong.
        FrameBuilder reply = FrameBuilder.Ethernet(PeerMac, WebMac).ArpReply(PeerMac, Peer, WebMac, Web);
        yield return FromTunnel("web", Tunnel(tos: 3).Payload(reply.Build()), reply);
    }

    private static IEnumerable<HandMadeFrame> InnerVlanDroppedOrStripped()
    {
        const string GreenPeerMac = "02:42:0a:00:02:06";
        FrameBuilder Blue(FrameBuilder start) => start.Ipv4(Peer, Web, id: 1).Udp(53, 40001);
        FrameBuilder Green(FrameBuilder start) => start.Ipv4("10.0.2.6", "10.0.2.8", id: 1).Udp(53, 40001);

        yield return FromTunnel("drop inner-vlan", Blue(Tunnel().InnerEthernet(PeerMac, WebMac).Vlan(7)));
        yield return FromTunnel("drop inner-vlan", Blue(Tunnel().InnerEthernet(PeerMac, WebMac).Vlan(0, priority: 5)));
        yield return FromTunnel(
            "web", Blue(Tunnel().InnerEthernet(PeerMac, WebMac)), Blue(FrameBuilder.Ethernet(PeerMac, WebMac)));
        yield return FromWeb(
            "uplink",
            FrameBuilder.Ethernet(WebMac, PeerMac).Vlan(7, priority: 3).Ipv4(Web, Peer, id: 1).Udp(40001, 53),
            PushedToPeer().Ipv4(Web, Peer, id: 1).Udp(40001, 53));

        FrameBuilder green = Green(FrameBuilder.Ethernet(GreenPeerMac, DbMac));
        yield return FromTunnel("db", Green(Tunnel(4098).InnerEthernet(GreenPeerMac, DbMac).Vlan(7)), green);
        yield return FromTunnel(
            "db", Green(Tunnel(4098).InnerEthernet(GreenPeerMac, DbMac).Vlan(100, tagType: 0x88A8).Vlan(7)), green);
        yield return FromTunnel("db", Green(Tunnel(4098).InnerEthernet(GreenPeerMac, DbMac)), green);
        yield return From(
            "db",
            "uplink",
            FrameBuilder.Ethernet(DbMac, GreenPeerMac).Vlan(7).Vlan(8)
                .Ipv4("10.0.2.8", "10.0.2.6", id: 1).Udp(40001, 53),
            Pushed(4098).InnerEthernet(DbMac, GreenPeerMac).Ipv4("10.0.2.8", "10.0.2.6", id: 1).Udp(40001, 53));
    }

    private static IEnumerable<HandMadeFrame> DecapNotAuthorised()
    {
        yield return FromTunnel("drop decap-not-allowed", ToWeb(Tunnel()).Udp(53, 40001).Payload("unasked"));
        yield return FromWeb("uplink", ToPeer().Udp(40001, 53).Payload("question"));
        yield return FromTunnel(
            "web",
            ToWeb(Tunnel()).Udp(53, 40001).Payload("answer"),
            FromPeer().Udp(53, 40001).Payload("answer"));
        yield return FromTunnel("drop decap-not-allowed", ToWeb(Tunnel()).Udp(54, 40001).Payload("unasked"));
    }
}
