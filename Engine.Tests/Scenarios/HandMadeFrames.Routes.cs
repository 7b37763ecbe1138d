using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Scenarios;

/// <content>How tunnel packets cross the underlay: VLANs, routers, and other tunnels.</content>
internal static partial class HandMadeFrames
{
    private const string OneRouter = "02:aa:00:00:00:fe";
    private const string OtherRouter = "02:aa:00:00:00:fd";

    private static IEnumerable<HandMadeFrame> UnderlayVlan()
    {
        const int Id = 100;
        FrameBuilder query = ToPeer().Udp(40001, 53).Payload("which address?");
        FrameBuilder reply = FromPeer().Udp(53, 40001).Payload("192.0.2.1");
        FrameBuilder Tagged(string to) => FrameBuilder.Ethernet(UplinkMac, to).Vlan(Id, priority: 3);
        FrameBuilder Tunnelled(Func<FrameBuilder, FrameBuilder> tags) =>
            tags(FrameBuilder.Ethernet(RemoteMac, UplinkMac)).Ipv4(Vtep, "172.31.0.1", dontFragment: true)
                .Vxlan(4097).Payload(reply.Build());
        FrameBuilder pushed = Tagged(RemoteMac).Ipv4("172.31.0.1", Vtep, dontFragment: true).Vxlan(4097)
            .Payload(query.Build());

        // Questions stand in the VLAN, and only there are answers heard.
        yield return FromWeb(
            "uplink question, uplink",
            query,
            Tagged(BroadcastMac).ArpRequest(UplinkMac, "172.31.0.1", Vtep),
            pushed);
        FrameBuilder answer = FrameBuilder.Ethernet(RemoteMac, UplinkMac);
        yield return FromTunnel("drop outer-vlan", answer.ArpReply(RemoteMac, Vtep, UplinkMac, "172.31.0.1"));
        yield return FromTunnel(
            "",
            FrameBuilder.Ethernet(RemoteMac, UplinkMac).Vlan(Id)
                .ArpReply(RemoteMac, Vtep, UplinkMac, "172.31.0.1"));
        yield return FromWeb("uplink", query, pushed);

        // The tag of any priority, and nothing but that tag.
        yield return FromTunnel("web", Tunnelled(f => f.Vlan(Id)), reply);
        yield return FromTunnel("web", Tunnelled(f => f.Vlan(Id, priority: 7, dropEligible: true)), reply);
        yield return FromTunnel("drop outer-vlan", Tunnelled(f => f));
        yield return FromTunnel("drop outer-vlan", Tunnelled(f => f.Vlan(0, priority: 3)));
        yield return FromTunnel("drop outer-vlan", Tunnelled(f => f.Vlan(101)));
        yield return FromTunnel("drop outer-vlan", Tunnelled(f => f.Vlan(Id, tagType: 0x88A8)));
        yield return FromTunnel("drop outer-vlan", Tunnelled(f => f.Vlan(Id).Vlan(Id)));

        // What the VTEP answers has the tag that the question had.
        yield return FromTunnel(
            "uplink answer",
            FrameBuilder.Ethernet(RemoteMac, BroadcastMac).Vlan(Id).ArpRequest(RemoteMac, Vtep, "172.31.0.1"),
            FrameBuilder.Ethernet(UplinkMac, RemoteMac).Vlan(Id).ArpReply(UplinkMac, "172.31.0.1", RemoteMac, Vtep));
        yield return FromTunnel(
            "uplink answer",
            FrameBuilder.Ethernet(RemoteMac, UplinkMac).Vlan(Id).Ipv4(Vtep, "172.31.0.1").IcmpEchoRequest(1, 1),
            FrameBuilder.Ethernet(UplinkMac, RemoteMac).Vlan(Id).Ipv4("172.31.0.1", Vtep).IcmpEchoReply(1, 1));
    }

    private static IEnumerable<HandMadeFrame> UnderlayRoutes()
    {
        FrameBuilder To(int host) =>
            FrameBuilder.Ethernet(WebMac, $"02:42:0a:00:01:{host:x2}").Ipv4(Web, $"10.0.1.{host}", id: host)
                .Udp(40001, 53).Payload("which address?");
        FrameBuilder PushedTo(string mac, string vtep, int host, string source = "172.31.0.1") =>
            FrameBuilder.Ethernet(UplinkMac, mac).Ipv4(source, vtep, dontFragment: true).Vxlan(4097)
                .Payload(To(host).Build());

        yield return FromWeb("uplink", To(6), PushedTo(RemoteMac, Vtep, 6));
        yield return FromWeb("uplink", To(9), PushedTo(OneRouter, "192.0.2.2", 9));
        yield return FromWeb("uplink", To(10), PushedTo(OtherRouter, "192.0.2.130", 10, source: "172.31.0.11"));
        yield return FromWeb("drop route-unknown", To(11));
        yield return FromWeb(
            "uplink",
            To(12),
            FrameBuilder.Ethernet(UplinkMac, OneRouter).Ipv6("fd31::1", "2001:db8::2").Vxlan(4097)
                .Payload(To(12).Build()));

        // Another policy leads elsewhere, at once.
        yield return FromWeb("uplink", To(9), PushedTo(OtherRouter, "192.0.2.2", 9)) with { AtMs = 1000 };
        yield return FromWeb("uplink", To(11), PushedTo(OtherRouter, "198.51.100.2", 11)) with { AtMs = 1001 };
        yield return FromWeb("drop route-unknown", To(12)) with { AtMs = 1002 };
        yield return FromWeb("uplink", To(6), PushedTo(RemoteMac, Vtep, 6)) with { AtMs = 1003 };
    }

    private static IEnumerable<HandMadeFrame> VxlanInVxlan()
    {
        FrameBuilder Innermost(FrameBuilder tunnel, string from, string to) => tunnel
            .InnerEthernet("02:42:c0:a8:00:01", "02:42:c0:a8:00:02").Ipv4(from, to, id: 1)
            .Tcp(40080, 80, TcpFlags.Syn);

        // The tenant is a VTEP itself: what it sends goes into a second tunnel, and comes out as it was.
        FrameBuilder own = Innermost(ToPeer().Vxlan(88), "192.168.0.1", "192.168.0.2");
        yield return FromWeb("uplink", own, Pushed().Payload(own.Build()));
        FrameBuilder back = Innermost(FromPeer().Vxlan(88), "192.168.0.2", "192.168.0.1");
        yield return FromTunnel("web", Tunnel().Payload(back.Build()), back);
        FrameBuilder own6 = Innermost(ToPeer6().Vxlan(88), "192.168.0.1", "192.168.0.2");
        yield return FromWeb("uplink", own6, Pushed().Payload(own6.Build()));

        // By a rule of the uplink, what comes in one tunnel goes on in another, tunnel headers and all.
        FrameBuilder passing = Innermost(Tunnel(vni: 4242), "192.168.0.1", "192.168.0.2");
        FrameBuilder twice = FrameBuilder.Ethernet(UplinkMac, "02:aa:00:00:00:03")
            .Ipv4("172.31.0.1", "172.31.0.3", dontFragment: true).Vxlan(77).Payload(passing.Build());
        yield return FromTunnel("uplink", passing, twice);
    }

    private static IEnumerable<HandMadeFrame> NextHopsOfOneRoute()
    {
        const int Flows = 6;
        FrameBuilder Flow(int flow, int round) => FrameBuilder.Ethernet(WebMac, PeerMac).Ipv4(Web, Peer, id: round)
            .Udp(40001 + flow, 53).Payload("which address?");
        FrameBuilder Answer(string mac, string router) =>
            FrameBuilder.Ethernet(mac, UplinkMac).ArpReply(mac, router, UplinkMac, "172.31.0.1");
        IEnumerable<HandMadeFrame> Round(int atMs, int round) => Enumerable.Range(0, Flows)
            .Select(i => FromWeb("uplink", Flow(i, round)) with { AtMs = atMs + i });

        // Who knows neither router asks for both, and packets wait for the one that their flow prefers. One answers.
        yield return FromWeb("uplink question, uplink question, uplink", Flow(2, 0)) with { AtMs = 0 };
        yield return FromTunnel("", Answer(OneRouter, "172.31.0.254")) with { AtMs = 1 };
        foreach (HandMadeFrame frame in Round(10, 1))
        {
            yield return frame;
        }

        // The other one answers too, and flows that prefer it move, those alone.
        yield return FromTunnel("", Answer(OtherRouter, "172.31.0.253")) with { AtMs = 20 };
        foreach (HandMadeFrame frame in Round(30, 2))
        {
            yield return frame;
        }

        // Another policy knows a third one, which takes its share of each.
        foreach (HandMadeFrame frame in Round(1000, 3))
        {
            yield return frame;
        }
    }

    private static IEnumerable<HandMadeFrame> TwoTunnelsByPolicy()
    {
        const string Far = "10.99.0.2";
        const string Near = "10.99.0.1";
        FrameBuilder There(FrameBuilder frame, byte tos = 0) => Pushed(9000, tos: tos)
            .InnerEthernet(UplinkMac, RemoteMac).Ipv4(Near, Far, tos: tos, dontFragment: true).Vxlan(4097)
            .Payload(frame.Build());
        FrameBuilder Back(FrameBuilder frame, byte outer = 0, byte middle = 0, uint vni = 9000, string vtep = Vtep) =>
            Tunnel(vni, vtep, tos: outer)
                .InnerEthernet(RemoteMac, UplinkMac).Ipv4(Far, Near, tos: middle, dontFragment: true).Vxlan(4097)
                .Payload(frame.Build());
        FrameBuilder Of(int packet, bool dontFragment) => FrameBuilder.Ethernet(WebMac, PeerMac)
            .Ipv4(Web, Peer, id: 1, dontFragment: dontFragment).Udp(40001, 53).Payload(packet - 28);
        FrameBuilder Marked(byte tos) => FrameBuilder.Ethernet(WebMac, PeerMac).Ipv4(Web, Peer, tos: tos)
            .Udp(40001, 53).Payload("which address?");
        FrameBuilder Answer(byte tos = 0) => FrameBuilder.Ethernet(PeerMac, WebMac).Ipv4(Peer, Web, id: 2, tos: tos)
            .Udp(53, 40001).Payload("192.0.2.1");

        // Both ways, over IPv4 and IPv6, from the first packet on.
        yield return FromWeb("uplink", Marked(0), There(Marked(0)));
        yield return FromTunnel("web", Back(Answer()), Answer());
        FrameBuilder six = ToPeer6().Tcp(40080, 80, TcpFlags.Syn);
        yield return FromWeb("uplink", six, There(six));
        FrameBuilder sixBack = FrameBuilder.Ethernet(PeerMac, WebMac).Ipv6("fd01::6", "fd01::5").Tcp(80, 40080, SynAck);
        yield return FromTunnel("web", Back(sixBack), sixBack);
        yield return FromWeb("uplink", Marked(0), There(Marked(0)));

        // Congestion is carried outwards and inwards.
        yield return FromWeb("uplink", Marked(0xBA), There(Marked(0xBA), tos: 0x02));
        yield return FromTunnel("web", Back(Answer(tos: 2), outer: 3, middle: 2), Answer(tos: 3));
        yield return FromTunnel("drop ecn-invalid", Back(Answer(), outer: 3));

        // A hundred bytes are the tunnels'.
        yield return FromWeb("uplink", Of(1400, true), There(Of(1400, true)));
        yield return FromWeb(
            "web answer, drop mtu-exceeded", Of(1401, true), Told(Of(1401, true), PeerMac, Peer, 1400));
        yield return FromWeb("uplink, uplink fragment", Of(1401, false));

        // The outer tunnel must be somebody's, and from where it may come.
        yield return FromTunnel("drop vxlan-vni-not-found", Back(Answer(), vni: 9009));
        yield return FromTunnel("drop vtep-unknown", Back(Answer(), vtep: "172.31.0.3"));

        // Out of the other uplink two tunnels are allowed, a third is not.
        FrameBuilder abroad = FrameBuilder.Ethernet(WebMac, "02:42:0a:00:01:09").Ipv4(Web, "10.0.1.9");
        yield return FromWeb("drop encap-too-deep", abroad.Udp(40001, 53));
        FrameBuilder syn = FrameBuilder.Ethernet(WebMac, "02:42:0a:00:01:09").Ipv4(Web, "10.0.1.9")
            .Tcp(40081, 80, TcpFlags.Syn);
        yield return FromWeb(
            "abroad",
            syn,
            FrameBuilder.Ethernet("02:aa:00:00:00:21", "02:aa:00:00:00:22")
                .Ipv4("172.32.0.1", "172.32.0.2", dontFragment: true).Vxlan(9001)
                .InnerEthernet(UplinkMac, "02:aa:00:00:00:99").Ipv4(Near, "10.99.0.9", dontFragment: true).Vxlan(4097)
                .Payload(syn.Build()));
    }
}
