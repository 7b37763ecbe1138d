using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Scenarios;

/// <content>Which rule decides, and what each kind of action does.</content>
internal static partial class HandMadeFrames
{
    private static IEnumerable<HandMadeFrame> RuleOrder()
    {
        HandMadeFrame To(int port, string fate) => FromWeb(fate, ToPeer().Udp(40001, port));

        // In a group: the lower number wins, and block at an equal one.
        yield return To(1001, "uplink");
        yield return To(1002, "drop rule-block");
        yield return To(1003, "drop rule-block");

        // Over the groups: the last match wins, whatever the order they are written in, unless one is terminating.
        yield return To(1004, "uplink");
        yield return To(1005, "drop rule-block");
        yield return To(1006, "drop rule-block");
        yield return To(1007, "drop rule-block");
        yield return To(1008, "drop layer-default-block");
        yield return FromWeb("uplink", ToPeer6().Udp(40001, 1008));
        yield return To(1009, "drop layer-default-block");

        // One protocol's verdict says nothing about another's between the same addresses.
        yield return FromWeb(
            "uplink",
            FrameBuilder.Ethernet(WebMac, PeerMac)
                .Ipv4(Web, Peer, id: 1, protocol: 0).Payload([59, 0, 1, 4, 0, 0, 0, 0]));
        yield return FromWeb("drop layer-default-block", ToPeer().Tcp(40001, 1001, TcpFlags.Syn));
    }

    private static IEnumerable<HandMadeFrame> EveryCondition()
    {
        const string No = "drop layer-default-block";
        FrameBuilder To(int host, byte tos = 0, string mac = PeerMac, string source = WebMac, bool first = false) =>
            FrameBuilder.Ethernet(source, mac).Ipv4(Web, $"10.0.9.{host}", id: 1, tos: tos, moreFragments: first);

        yield return FromWeb("uplink", To(1).Tcp(1, 2));
        yield return FromWeb(No, To(1).Udp(1, 2));
        yield return FromWeb("uplink", To(2).Udp(4002, 2));
        yield return FromWeb(No, To(2).Udp(4003, 2));
        yield return FromWeb("uplink", To(3).Udp(1, 443));
        yield return FromWeb(No, To(3).Udp(1, 81));
        yield return FromWeb("uplink", To(4).Udp(1, 23));
        yield return FromWeb(No, To(4).Udp(1, 22));
        yield return FromWeb(No, To(4).IcmpEchoRequest(1, 1));
        yield return FromWeb("uplink", To(5).IcmpEchoRequest(1, 1));
        yield return FromWeb(No, To(5).Icmp(8, 1));
        yield return FromWeb(No, To(5).Icmp(13).Payload(12));
        yield return FromWeb("uplink", To(6).Tcp(1, 2, TcpFlags.Syn));
        yield return FromWeb(No, To(6).Tcp(1, 2, SynAck));
        yield return FromWeb("uplink", To(7).Tcp(1, 2, SynAck));
        yield return FromWeb(No, To(7).Tcp(1, 2, TcpFlags.Syn));
        yield return FromWeb("uplink", To(8).Udp(1, 2).Payload(16));
        yield return FromWeb(No, To(8, first: true).Udp(1, 2, length: 100).Payload(16));
        yield return FromWeb("uplink", To(9, tos: 0xBA).Udp(1, 2));
        yield return FromWeb(No, To(9, tos: 0xB4).Udp(1, 2));
        FrameBuilder Tagged(int id) =>
            FrameBuilder.Ethernet(WebMac, PeerMac).Vlan(id, priority: 3).Ipv4(Web, "10.0.9.10").Udp(1, 2);
        yield return FromWeb("uplink", Tagged(7));
        yield return FromWeb(No, Tagged(8));
        yield return FromWeb(No, To(10).Udp(1, 2));
        yield return FromWeb("uplink", To(11).Udp(1, 2));
        yield return FromWeb(No, To(11, source: DbMac).Udp(1, 2));
        yield return FromWeb("uplink", To(12).Udp(1, 2));
        yield return FromWeb(No, To(12, mac: "02:42:0a:00:01:07").Udp(1, 2));
        yield return FromWeb("uplink", To(13).Udp(1, 2));
        yield return FromWeb(No, To(14).Udp(1, 2));
        yield return FromWeb("uplink", FrameBuilder.Ethernet(WebMac, PeerMac, 0x88B5).Payload(46));
        yield return FromWeb(No, FrameBuilder.Ethernet(WebMac, PeerMac, 0x88B6).Payload(46));

        FrameBuilder In(uint vni, string vtep) => ToWeb(Tunnel(vni, vtep)).Udp(1, 2);
        yield return FromTunnel("web", In(4097, Vtep));
        yield return FromTunnel(No, In(4097, Vtep3));
    }

    private static IEnumerable<HandMadeFrame> HeadersModified()
    {
        const string ThirdMac = "02:42:0a:00:01:07";
        FrameBuilder From4(FrameBuilder start, int port, byte tos = 0, byte ttl = 64) =>
            start.Ipv4(Web, Peer, id: 1, tos: tos, ttl: ttl).Udp(40001, port).Payload("as it was");
        FrameBuilder From6(FrameBuilder start, int port, byte tos = 0, byte ttl = 64) => start
            .Ipv6("fd01::5", "fd01::6", hopLimit: ttl, trafficClass: tos, flowLabel: 0x12345)
            .Udp(40001, port).Payload("as it was");
        FrameBuilder Sent() => FrameBuilder.Ethernet(WebMac, PeerMac);

        // The new destination MAC address is the one that the network forwards by.
        yield return FromWeb(
            "uplink",
            From4(Sent(), 1001),
            From4(Pushed(vtep: Vtep3).InnerEthernet("02:42:0a:00:01:55", ThirdMac), 1001));

        // DSCP 46 leaves ECN alone.
        yield return FromWeb(
            "uplink",
            From4(Sent(), 1002, 0x02),
            From4(Pushed(tos: 2).InnerEthernet(WebMac, PeerMac), 1002, 0xBA));
        yield return FromWeb(
            "uplink",
            From6(Sent(), 1002, 0x29),
            From6(Pushed(tos: 1).InnerEthernet(WebMac, PeerMac), 1002, 0xB9));
        yield return FromWeb("uplink", From4(Sent(), 1003), From4(PushedToPeer(), 1003, ttl: 63));
        yield return FromWeb("uplink", From4(Sent(), 1003, ttl: 2), From4(PushedToPeer(), 1003, ttl: 1));
        yield return FromWeb(
            "web answer, drop ttl-expired",
            From4(Sent(), 1003, ttl: 1),
            FrameBuilder.Ethernet(PeerMac, WebMac).Ipv4(Peer, Web, tos: 0xC0, dontFragment: true)
                .Icmp(11).Payload(From4(Sent(), 1003, ttl: 1).Build()[14..]));
        yield return FromWeb("uplink", From6(Sent(), 1003), From6(PushedToPeer(), 1003, ttl: 63));
        yield return FromWeb(
            "web answer, drop ttl-expired",
            From6(Sent(), 1003, ttl: 1),
            FrameBuilder.Ethernet(PeerMac, WebMac).Ipv6("fd01::6", "fd01::5")
                .Icmpv6(3).Payload(From6(Sent(), 1003, ttl: 1).Build()[14..]));
        yield return FromWeb("uplink", From4(Sent(), 1004), From4(PushedToPeer().Vlan(7), 1004));
        yield return FromWeb(
            "uplink",
            From4(Sent().Vlan(9, priority: 5), 1004),
            From4(PushedToPeer().Vlan(7).Vlan(9, priority: 5), 1004));
        yield return FromWeb("uplink", From4(Sent().Vlan(9), 1005), From4(PushedToPeer(), 1005));
        yield return FromWeb("uplink", From4(Sent().Vlan(9).Vlan(10), 1005), From4(PushedToPeer().Vlan(10), 1005));
        yield return FromWeb("uplink", From4(Sent(), 1005), From4(PushedToPeer(), 1005));
    }

    private static IEnumerable<HandMadeFrame> RedirectAndHairpin()
    {
        FrameBuilder question = ToPeer().Udp(40001, 1001);
        yield return FromWeb("probe", question, question);
        yield return FromWeb(
            "web",
            ToPeer().Udp(40001, 1002),
            FrameBuilder.Ethernet(PeerMac, WebMac).Ipv4(Web, Peer, id: 1).Udp(40001, 1002));
        yield return FromWeb("drop redirect-loop", ToPeer().Udp(40001, 1003));
        FrameBuilder bare = ToPeer().Udp(40001, 1004);
        yield return FromWeb("uplink", bare, bare);
        FrameBuilder other = ToPeer().Udp(40001, 1005);
        yield return FromWeb("uplink", other, Pushed().Payload(other.Build()));
    }

    private static IEnumerable<HandMadeFrame> RatesOfAPort()
    {
        // Twenty a second of each kind: two at once, then one every 50 ms.
        (string Reason, Func<int, FrameBuilder> Frame)[] kinds =
        [
            ("flood-rate", _ => FrameBuilder.Ethernet(WebMac, BroadcastMac, 0x88B5).Payload(46)),
            ("icmp-rate", i => ToPeer().IcmpEchoRequest(1, i)),
            ("neighbor-rate", _ => FrameBuilder.Ethernet(WebMac, PeerMac).ArpRequest(WebMac, Web, Peer)),
            ("new-flow-rate", i => ToPeer().Udp(40000 + i, 53)),
        ];
        for (int kind = 0; kind < kinds.Length; kind++)
        {
            int startMs = kind * 200;
            for (int i = 0; i < 4; i++)
            {
                FrameBuilder frame = kinds[kind].Frame(i);
                yield return i == 2
                    ? FromWeb($"drop {kinds[kind].Reason}", frame) with { AtMs = startMs + i }
                    : FromWeb("uplink", frame, Pushed().Payload(frame.Build())) with
                    {
                        AtMs = startMs + (i == 3 ? 50 : i),
                    };
            }
        }

        // A flow that is known has no such rate.
        FrameBuilder known = ToPeer().Udp(40000, 53);
        for (int i = 0; i < 4; i++)
        {
            yield return FromWeb("uplink", known, Pushed().Payload(known.Build())) with { AtMs = 651 + i };
        }
    }

    private static IEnumerable<HandMadeFrame> RateLimited()
    {
        HandMadeFrame At(int ms, bool passes, int port) =>
            FromWeb(passes ? "uplink" : "drop rate-limit", ToPeer().Udp(40001, port).Payload(18)) with { AtMs = ms };

        // Ten packets a second with a burst of 200 ms: two at once, then one every 100 ms.
        yield return At(0, true, 53);
        yield return At(1, true, 53);
        yield return At(2, false, 53);
        yield return At(99, false, 53);
        yield return At(100, true, 53);
        yield return At(199, false, 53);
        yield return At(200, true, 53);
        yield return At(201, true, 99);

        // 8000 bits a second with a burst of 100 ms: a frame of 60 bytes costs 60 ms.
        yield return At(300, true, 54);
        yield return At(319, false, 54);
        yield return At(320, true, 54);
        yield return At(379, false, 54);
        yield return At(380, true, 54);
        yield return At(2000, true, 53);
        yield return At(2001, true, 53);
        yield return At(2002, false, 53);
    }

    private static IEnumerable<HandMadeFrame> TunnelsOfRules()
    {
        FrameBuilder To(int port, byte tos = 0) => FrameBuilder.Ethernet(WebMac, PeerMac)
            .Ipv4(Web, Peer, id: 1, tos: tos).Udp(40001, port).Payload("by a rule");

        // Everything about it is said, so that not even the source port is free.
        yield return FromWeb(
            "uplink",
            To(1001, tos: 0xBA),
            FrameBuilder.Ethernet(UplinkMac, "02:aa:00:00:00:03")
                .Ipv4("172.31.0.1", Vtep3, ttl: 12, tos: 0xBA, dontFragment: true)
                .Udp(50000, 8472)
                .Vxlan(7001)
                .InnerEthernet(WebMac, FarRouterMac)
                .Ipv4(Web, Peer, id: 1, tos: 0xBA).Udp(40001, 1001).Payload("by a rule"));
        yield return FromWeb(
            "uplink",
            To(1002),
            FrameBuilder.Ethernet(UplinkMac, "02:aa:00:00:00:03")
                .Ipv4("172.31.0.11", Vtep3, dontFragment: true).Vxlan(7002).Payload(To(1002).Build()));
        yield return FromWeb(
            "uplink",
            To(1003),
            FrameBuilder.Ethernet(UplinkMac, RemoteMac)
                .Ipv6("fd31::1", "fd31::2").Vxlan(0xFFFFFF).Payload(To(1003).Build()));

        // Each flow has one of two ways, and keeps to it.
        for (int i = 0; i < 8; i++)
        {
            FrameBuilder flow = ToPeer().Udp(40001 + i, 1004);
            yield return FromWeb("uplink", flow);
            yield return FromWeb("uplink", flow);
        }
    }

    private static IEnumerable<HandMadeFrame> HostBesideTheSwitch()
    {
        FrameBuilder ToVtep(string mac) => FrameBuilder.Ethernet(RemoteMac, mac).Ipv4(Vtep, "172.31.0.1");
        FrameBuilder ssh = ToVtep(UplinkMac).Tcp(40001, 22, TcpFlags.Syn);
        FrameBuilder answer = FrameBuilder.Ethernet(UplinkMac, RemoteMac)
            .Ipv4("172.31.0.1", Vtep).Tcp(22, 40001, SynAck);
        FrameBuilder request = FrameBuilder.Ethernet(RemoteMac, BroadcastMac).ArpRequest(RemoteMac, Vtep, "172.31.0.1");
        FrameBuilder echo = ToVtep(UplinkMac).IcmpEchoRequest(1, 1);
        FrameBuilder fragment = FrameBuilder.Ethernet(RemoteMac, UplinkMac)
            .Ipv4(Vtep, "172.31.0.1", id: 9, fragmentOffset: 80, protocol: 17).Payload(16);

        // The host owns the VTEP's address: it answers for it itself.
        yield return FromTunnel("host", request, request);
        yield return FromTunnel("host", echo, echo);
        yield return FromTunnel("host", ssh, ssh);
        yield return From("host", "uplink", answer, answer);
        yield return FromTunnel("host", fragment, fragment);
        yield return FromTunnel("drop not-for-us", ToVtep(DbMac).Udp(1, 2));
        yield return FromTunnel("web", Ping(Tunnel(), 1), FromPeer().IcmpEchoRequest(1, 1).Payload(16));
        yield return FromTunnel("drop vxlan-vni-not-found", Ping(Tunnel(4098), 2));
    }

    private static IEnumerable<HandMadeFrame> PuntedToTheControlPlane()
    {
        FrameBuilder To(string mac, string address) =>
            FrameBuilder.Ethernet(WebMac, mac).Ipv4(Web, address, id: 1).Udp(1, 2);

        // What is punted leaves by no port.
        yield return FromWeb(string.Empty, To("02:42:0a:00:01:77", "10.0.1.77"));
        yield return FromWeb(string.Empty, To(BroadcastMac, "10.0.1.255"));
        yield return FromWeb(string.Empty, To("01:00:5e:01:01:01", "239.1.1.1"));
        yield return FromWeb(
            string.Empty, FrameBuilder.Ethernet(WebMac, BroadcastMac).ArpRequest(WebMac, Web, "10.0.1.77"));
        FrameBuilder known = To(PeerMac, Peer);
        yield return FromWeb("uplink", known, Pushed().Payload(known.Build()));
    }
}
