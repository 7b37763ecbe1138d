using VxlanEngine.Tests.Frames;

namespace VxlanEngine.Tests.Scenarios;

/// <content>Where frames go: through the router, to everybody, each into its own network, or nowhere.</content>
internal static partial class HandMadeFrames
{
    private const string Vtep3 = "172.31.0.3";
    private const string FarRouterMac = "02:42:00:00:00:fe";

    private static IEnumerable<HandMadeFrame> RoutedThroughTheGateway()
    {
        const string Far = "10.0.2.9";
        FrameBuilder ToRouter(string destination, byte ttl = 64) =>
            FrameBuilder.Ethernet(WebMac, RouterMac).Ipv4(Web, destination, ttl: ttl, id: 1).Udp(40001, 53);
        FrameBuilder ToRouter6(byte hopLimit) =>
            FrameBuilder.Ethernet(WebMac, RouterMac).Ipv6("fd01::5", "fd02::9", hopLimit: hopLimit).Udp(40001, 53);
        FrameBuilder FromFar(byte ttl) =>
            Tunnel(vtep: Vtep3).InnerEthernet(FarRouterMac, RouterMac).Ipv4(Far, Web, ttl: ttl, id: 2).Udp(53, 40001);
        FrameBuilder ToFar() => Pushed(5001, Vtep3).InnerEthernet(RouterMac, FarRouterMac);
        FrameBuilder HopsExceeded(FrameBuilder packet) => FrameBuilder.Ethernet(RouterMac, WebMac)
            .Ipv4("10.0.1.1", Web, tos: 0xC0, dontFragment: true).Icmp(11).Payload(packet.Build()[14..]);

        yield return FromWeb(
            "web answer",
            FrameBuilder.Ethernet(WebMac, BroadcastMac).ArpRequest(WebMac, Web, "10.0.1.1"),
            FrameBuilder.Ethernet(RouterMac, WebMac).ArpReply(RouterMac, "10.0.1.1", WebMac, Web));
        yield return FromWeb(
            "web answer",
            FrameBuilder.Ethernet(WebMac, "33:33:ff:00:00:01")
                .Ipv6("fd01::5", "ff02::1:ff00:1", hopLimit: 255).NeighborSolicitation("fd01::1", WebMac),
            FrameBuilder.Ethernet(RouterMac, WebMac)
                .Ipv6("fd01::1", "fd01::5", hopLimit: 255).NeighborAdvertisement("fd01::1", RouterMac, flags: 0xE0));
        yield return FromWeb(
            "uplink", ToRouter(Far), ToFar().Ipv4(Web, Far, ttl: 63, id: 1).Udp(40001, 53));
        yield return FromWeb("uplink", ToRouter(Far, 2), ToFar().Ipv4(Web, Far, ttl: 1, id: 1).Udp(40001, 53));
        yield return FromWeb("web answer, drop ttl-expired", ToRouter(Far, 1), HopsExceeded(ToRouter(Far, 1)));
        yield return FromWeb("web answer, drop ttl-expired", ToRouter(Far, 0), HopsExceeded(ToRouter(Far, 0)));
        yield return FromWeb(
            "uplink", ToRouter6(64), ToFar().Ipv6("fd01::5", "fd02::9", hopLimit: 63).Udp(40001, 53));
        yield return FromWeb(
            "web answer, drop ttl-expired",
            ToRouter6(1),
            FrameBuilder.Ethernet(RouterMac, WebMac).Ipv6("fd01::1", "fd01::5")
                .Icmpv6(3).Payload(ToRouter6(1).Build()[14..]));
        yield return FromWeb(
            "uplink",
            ToRouter(Peer),
            Pushed().InnerEthernet(RouterMac, PeerMac).Ipv4(Web, Peer, ttl: 63, id: 1).Udp(40001, 53));
        yield return FromWeb("drop destination-unknown", ToRouter("10.0.3.9"));

        // Bridged, not routed: the TTL is nobody's business.
        yield return FromWeb(
            "uplink",
            FrameBuilder.Ethernet(WebMac, PeerMac).Ipv4(Web, Peer, ttl: 1, id: 1).Udp(40001, 53),
            PushedToPeer().Ipv4(Web, Peer, ttl: 1, id: 1).Udp(40001, 53));
        yield return FromTunnel(
            "web",
            FromFar(63),
            FrameBuilder.Ethernet(RouterMac, WebMac).Ipv4(Far, Web, ttl: 62, id: 2).Udp(53, 40001));
        yield return FromTunnel(
            "uplink answer, drop ttl-expired",
            FromFar(1),
            Pushed(vtep: Vtep3).InnerEthernet(RouterMac, FarRouterMac)
                .Ipv4("10.0.1.1", Far, tos: 0xC0, dontFragment: true)
                .Icmp(11).Payload(FromFar(1).Build()[64..]));
        yield return FromTunnel(
            "drop destination-unknown",
            Tunnel(vtep: Vtep3).InnerEthernet(FarRouterMac, RouterMac).Ipv4(Far, "10.0.1.77").Udp(53, 40001));
    }

    private static IEnumerable<HandMadeFrame> StationsLearnt()
    {
        const string Station = "02:42:0a:00:01:70";
        FrameBuilder To(string mac) => FrameBuilder.Ethernet(WebMac, mac).Ipv4(Web, "10.0.1.70", id: 1).Udp(40001, 9);
        FrameBuilder FromStation(string mac) =>
            FrameBuilder.Bare().InnerEthernet(mac, WebMac).Ipv4("10.0.1.70", Web, id: 1).Udp(9, 40001);
        HandMadeFrame ThroughTunnel(string mac, string vtep) =>
            FromTunnel("web", Tunnel(vtep: vtep).Payload(FromStation(mac).Build()), FromStation(mac));
        HandMadeFrame ToVtep(string mac, string vtep) =>
            FromWeb("uplink", To(mac), Pushed(vtep: vtep).Payload(To(mac).Build()));
        HandMadeFrame ToAll(string mac) => FromWeb(
            "uplink, uplink copy, lan copy",
            To(mac),
            Pushed().Payload(To(mac).Build()),
            Pushed(vtep: Vtep3).Payload(To(mac).Build()),
            To(mac));

        yield return ToAll(Station);
        yield return ThroughTunnel(Station, Vtep);
        yield return ToVtep(Station, Vtep);
        yield return ThroughTunnel(Station, Vtep3);
        yield return ToVtep(Station, Vtep3);
        yield return From("lan", "web", FromStation(Station), FromStation(Station));
        yield return FromWeb("lan", To(Station), To(Station));

        // What the policy says wins; groups are nobody's.
        yield return ThroughTunnel(PeerMac, Vtep3);
        yield return ToVtep(PeerMac, Vtep);
        yield return FromTunnel(
            "drop inner-source-mac-invalid", Tunnel().Payload(FromStation("01:00:5e:00:00:01").Build()));

        // Four find room. Who has most makes room for the fifth: behind 172.31.0.2, not the port.
        for (int i = 1; i <= 4; i++)
        {
            yield return ThroughTunnel($"02:42:0a:00:01:7{i}", Vtep);
        }

        yield return ToAll("02:42:0a:00:01:71");
        yield return ToVtep("02:42:0a:00:01:74", Vtep);
        yield return FromWeb("lan", To(Station), To(Station));

        // Age is 40 s and a quarter at most, whatever is sent to a station.
        yield return ToVtep("02:42:0a:00:01:74", Vtep) with { AtMs = 39_000 };
        yield return ToAll("02:42:0a:00:01:74") with { AtMs = 51_000 };

        // What a station that is not known may be behind gets frames from tunnels too, and no tunnel does.
        FrameBuilder late =
            FrameBuilder.Bare().InnerEthernet(PeerMac, Station).Ipv4(Peer, "10.0.1.70", id: 1).Udp(9, 9);
        yield return FromTunnel("web, lan copy", Tunnel().Payload(late.Build()), late, late) with { AtMs = 51_001 };
    }

    private static IEnumerable<HandMadeFrame> FloodedToEverybody()
    {
        const string GroupMac = "01:00:5e:01:01:01";
        FrameBuilder Broadcast() =>
            FrameBuilder.Ethernet(WebMac, BroadcastMac).Ipv4(Web, "10.0.1.255", id: 1).Udp(40001, 9);
        FrameBuilder Unknown() =>
            FrameBuilder.Ethernet(WebMac, "02:42:0a:00:01:77").Ipv4(Web, "10.0.1.77", id: 1).Udp(40001, 9);
        FrameBuilder Group(string mac) =>
            FrameBuilder.Ethernet(mac, GroupMac).Ipv4("10.0.1.8", "239.1.1.1", id: 1).Udp(40001, 9);
        FrameBuilder FromAfar(string destinationMac, string destination) =>
            FrameBuilder.Bare().InnerEthernet(PeerMac, destinationMac).Ipv4(Peer, destination, id: 1).Udp(40001, 9);
        FrameBuilder[] Everywhere(FrameBuilder frame) =>
            [Pushed().Payload(frame.Build()), Pushed(vtep: Vtep3).Payload(frame.Build()), frame];

        yield return FromWeb("uplink, uplink copy, db copy", Broadcast(), Everywhere(Broadcast()));
        yield return FromWeb("uplink, uplink copy, db copy", Unknown(), Everywhere(Unknown()));
        yield return From("db", "uplink, uplink copy, web copy", Group(DbMac), Everywhere(Group(DbMac)));

        // Split horizon: what came through a tunnel goes to the switch's own endpoints only.
        FrameBuilder all = FromAfar(BroadcastMac, "10.0.1.255");
        yield return FromTunnel("web, db copy", Tunnel().Payload(all.Build()), all, all);
        FrameBuilder group = FromAfar(GroupMac, "239.1.1.1");
        yield return FromTunnel("web, db copy", Tunnel().Payload(group.Build()), group, group);
        yield return FromTunnel(
            "drop destination-unknown", Tunnel().Payload(FromAfar("02:42:0a:00:01:77", "10.0.1.77").Build()));

        // The other network floods nothing.
        yield return From(
            "lone",
            "drop flood-not-allowed",
            FrameBuilder.Ethernet("02:42:0a:00:02:0a", BroadcastMac).Ipv4("10.0.2.10", "10.0.2.255").Udp(40001, 9));
        yield return From(
            "lone",
            "drop destination-unknown",
            FrameBuilder.Ethernet("02:42:0a:00:02:0a", PeerMac).Ipv4("10.0.2.10", "10.0.2.77").Udp(40001, 9));
        yield return FromTunnel(
            "drop flood-not-allowed",
            Tunnel(4098, Vtep3).InnerEthernet(PeerMac, GroupMac).Ipv4("10.0.2.6", "239.1.1.1").Udp(40001, 9));
    }

    private static IEnumerable<HandMadeFrame> NeighboursAnswered()
    {
        const string NodesMac = "33:33:ff:00:00:06";
        FrameBuilder Request(string target, string sender = Web) =>
            FrameBuilder.Ethernet(WebMac, BroadcastMac).ArpRequest(WebMac, sender, target);
        FrameBuilder Solicit(string source, byte hopLimit = 255) =>
            FrameBuilder.Ethernet(WebMac, NodesMac).Ipv6(source, "ff02::1:ff00:6", hopLimit: hopLimit);
        FrameBuilder Advert(string destinationMac, string destination, byte flags) =>
            FrameBuilder.Ethernet(PeerMac, destinationMac).Ipv6("fd01::6", destination, hopLimit: 255)
                .NeighborAdvertisement("fd01::6", PeerMac, flags);
        FrameBuilder reply = FrameBuilder.Ethernet(PeerMac, WebMac).ArpReply(PeerMac, Peer, WebMac, Web);

        yield return FromWeb("web answer", Request(Peer), reply);
        yield return FromWeb(
            "web answer",
            Request(Peer, "0.0.0.0"),
            FrameBuilder.Ethernet(PeerMac, WebMac).ArpReply(PeerMac, Peer, WebMac, "0.0.0.0"));
        yield return FromWeb(
            "web answer",
            Solicit("fd01::5").NeighborSolicitation("fd01::6", WebMac),
            Advert(WebMac, "fd01::5", flags: 0x60));

        // RFC 4861 §7.2.4: duplicate address detection is answered to all nodes, unsolicited.
        yield return FromWeb(
            "web answer",
            Solicit("::").NeighborSolicitation("fd01::6", sourceMac: null),
            Advert("33:33:00:00:00:01", "ff02::1", flags: 0x20));

        // Unanswered: nobody's address, announcements, replies, a hop on the way, a wrong checksum.
        yield return FromWeb("drop flood-not-allowed", Request("10.0.1.77"));
        yield return FromWeb("drop flood-not-allowed", Request(Web));
        yield return FromWeb("drop flood-not-allowed", Request("127.0.0.1"));
        yield return FromWeb(
            "drop flood-not-allowed",
            FrameBuilder.Ethernet(WebMac, BroadcastMac).Arp(2, WebMac, Web, WebMac, Peer));
        yield return FromWeb("drop flood-not-allowed", Solicit("fd01::5", 254).NeighborSolicitation("fd01::6", WebMac));
        yield return FromWeb(
            "drop flood-not-allowed",
            Solicit("fd01::5").Icmpv6(135, checksum: 0xDEAD).Payload([0xFD, 1, .. new byte[13], 6]));

        // To the peer itself they go like any other frame.
        FrameBuilder direct = FrameBuilder.Ethernet(WebMac, PeerMac).ArpRequest(WebMac, Web, Peer);
        yield return FromWeb("uplink", direct, Pushed().Payload(direct.Build()));
        yield return FromTunnel("web", Tunnel().Payload(reply.Build()), reply);
        yield return FromTunnel(
            "uplink answer",
            FrameBuilder.Ethernet(RemoteMac, "33:33:ff:00:00:01")
                .Ipv6("fd31::2", "ff02::1:ff00:1", hopLimit: 255).NeighborSolicitation("fd31::1", RemoteMac),
            FrameBuilder.Ethernet(UplinkMac, RemoteMac)
                .Ipv6("fd31::1", "fd31::2", hopLimit: 255).NeighborAdvertisement("fd31::1", UplinkMac, flags: 0x60));
    }

    private static IEnumerable<HandMadeFrame> DhcpAndRouterDiscovery()
    {
        FrameBuilder Dhcp(FrameBuilder ip, bool fromServer) => fromServer ? ip.Udp(67, 68) : ip.Udp(68, 67);
        FrameBuilder unnamed = FrameBuilder.Ethernet(WebMac, BroadcastMac).Ipv4("0.0.0.0", "255.255.255.255");
        FrameBuilder discover = Dhcp(unnamed, fromServer: false).Payload(240);
        FrameBuilder offer = Dhcp(FromPeer(), fromServer: true).Payload(240);
        FrameBuilder solicit = FrameBuilder.Ethernet(WebMac, "33:33:00:01:00:02")
            .Ipv6("fe80::5", "ff02::1:2").Udp(546, 547).Payload(40);
        FrameBuilder routers = FrameBuilder.Ethernet(WebMac, "33:33:00:00:00:02")
            .Ipv6("::", "ff02::2", hopLimit: 255).Icmpv6(133);

        // The layers block all UDP; what a link needs is none of theirs.
        yield return FromWeb("uplink", discover, Pushed().Payload(discover.Build()));
        yield return FromTunnel("web", Tunnel().Payload(offer.Build()), offer);
        yield return FromWeb("uplink", solicit, Pushed().Payload(solicit.Build()));
        yield return FromWeb("uplink", routers, Pushed().Payload(routers.Build()));
        yield return FromWeb("drop rule-block", ToPeer().Udp(68, 69));
        yield return FromWeb(
            "drop source-address-spoofed",
            FrameBuilder.Ethernet(WebMac, PeerMac).Ipv4("0.0.0.0", Peer).Udp(69, 67));

        // Nobody at an endpoint is a server or a router.
        yield return FromWeb("drop role-spoofed", Dhcp(ToPeer(), fromServer: true).Payload(240));
        yield return FromWeb("drop role-spoofed", ToPeer6().Udp(547, 546).Payload(40));
        yield return FromWeb(
            "drop role-spoofed",
            FrameBuilder.Ethernet(WebMac, "33:33:00:00:00:01")
                .Ipv6("fe80::5", "ff02::1", hopLimit: 255).Icmpv6(134).Payload(8));
        yield return FromWeb(
            "drop role-spoofed",
            FrameBuilder.Ethernet(WebMac, PeerMac)
                .Ipv6("fe80::5", "fd01::6", hopLimit: 255).Icmpv6(137).Payload(new byte[32]));
    }

    private static IEnumerable<HandMadeFrame> OneAddressInTwoNetworks()
    {
        FrameBuilder Reply(FrameBuilder start, string text) =>
            start.InnerEthernet(PeerMac, WebMac).Ipv4(Peer, Web, id: 1).Udp(53, 40001).Payload(text);
        FrameBuilder question = ToPeer().Udp(40001, 53).Payload("which network?");
        byte[] bytes = question.Build();

        yield return FromWeb("uplink", question, Pushed().Payload(bytes));
        yield return From("web2", "uplink", question, Pushed(4098, Vtep3).Payload(bytes));
        for (int i = 0; i < 2; i++)
        {
            yield return FromTunnel("web", Reply(Tunnel(), "blue"), Reply(FrameBuilder.Bare(), "blue"));
            yield return FromTunnel("web2", Reply(Tunnel(4098, Vtep3), "green"), Reply(FrameBuilder.Bare(), "green"));
        }

        // Each flow answers in its own network, and each VTEP belongs to one.
        yield return FromTunnel("drop vtep-unknown", Reply(Tunnel(4098), "blue's VTEP"));
        yield return FromTunnel("drop vtep-unknown", Reply(Tunnel(4097, Vtep3), "green's VTEP"));
        FrameBuilder onlyBlue = ToPeer().Udp(40002, 53);
        yield return FromWeb("uplink", onlyBlue, Pushed().Payload(onlyBlue.Build()));
        yield return FromTunnel(
            "drop layer-default-block",
            Tunnel(4098, Vtep3).InnerEthernet(PeerMac, WebMac).Ipv4(Peer, Web, id: 1).Udp(53, 40002));
    }

    private static IEnumerable<HandMadeFrame> EndpointsIsolated()
    {
        const string Db = "10.0.1.8";
        FrameBuilder FromDb(string mac, string destination) =>
            FrameBuilder.Ethernet(DbMac, mac).Ipv4(Db, destination, id: 1);

        yield return FromWeb("drop rule-block", FrameBuilder.Ethernet(WebMac, DbMac).Ipv4(Web, Db).Udp(40001, 53));
        yield return From("db", "drop rule-block", FromDb(WebMac, Web).Udp(40001, 53));
        yield return FromWeb(
            "drop rule-block", FrameBuilder.Ethernet(WebMac, DbMac).Ipv6("fd01::5", "fd01::8").Udp(40001, 53));
        yield return FromWeb(
            "drop rule-block", FrameBuilder.Ethernet(WebMac, DbMac).Ipv4(Web, Db).IcmpEchoRequest(1, 1));

        // Not through the router either.
        yield return FromWeb("drop rule-block", FrameBuilder.Ethernet(WebMac, RouterMac).Ipv4(Web, Db).Udp(40001, 53));
        FrameBuilder toPeer = ToPeer().Udp(40001, 53);
        yield return FromWeb("uplink", toPeer, Pushed().Payload(toPeer.Build()));
        FrameBuilder fromDb = FromDb(PeerMac, Peer).Udp(40001, 53);
        yield return From("db", "uplink", fromDb, Pushed().Payload(fromDb.Build()));
        FrameBuilder answer = FromPeer().Udp(53, 40001);
        yield return FromTunnel("web", ToWeb(Tunnel()).Udp(53, 40001), answer);
        yield return FromWeb(
            "web answer",
            FrameBuilder.Ethernet(WebMac, BroadcastMac).ArpRequest(WebMac, Web, Db),
            FrameBuilder.Ethernet(DbMac, WebMac).ArpReply(DbMac, Db, WebMac, Web));
    }

    private static IEnumerable<HandMadeFrame> NoWayOut()
    {
        FrameBuilder To(string mac, string address) =>
            FrameBuilder.Ethernet(WebMac, mac).Ipv4(Web, address, id: 1).Udp(40001, 53);

        FrameBuilder known = To(PeerMac, Peer);
        yield return FromWeb("uplink", known, Pushed().Payload(known.Build()));
        yield return FromWeb("drop neighbor-unresolved", To("02:42:0a:00:01:09", "10.0.1.9"));
        yield return FromWeb("drop uplink-unknown", To("02:42:0a:00:01:0a", "10.0.1.10"));
        yield return FromWeb("drop destination-unknown", To("02:42:0a:00:01:0b", "10.0.1.11"));
        yield return FromWeb(
            "drop egress-unknown",
            FrameBuilder.Ethernet(WebMac, PeerMac).Ipv6("fd01::5", "fd01::6").Udp(40001, 53));
        yield return FromWeb("drop egress-is-ingress", To(WebMac, Web));

        // The port that another policy has taken away.
        FrameBuilder gone = FrameBuilder.Ethernet("02:42:0a:00:01:0c", PeerMac)
            .Ipv4("10.0.1.12", Peer, id: 1).Udp(1, 2);
        yield return From("gone", "uplink", gone, Pushed().Payload(gone.Build()));
        yield return From("gone", "drop port-not-ready", gone) with { AtMs = 1000 };
        yield return FromWeb("uplink", known, Pushed().Payload(known.Build())) with { AtMs = 1001 };
    }
}
