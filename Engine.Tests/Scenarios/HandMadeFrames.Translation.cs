using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Scenarios;

/// <content>Addresses and ports translated, there and back, and what becomes of flows at their limits.</content>
internal static partial class HandMadeFrames
{
    private const string Server = "203.0.113.7";
    private const string Public = "198.51.100.5";
    private const string Server6 = "2001:db8::7";
    private const string Public6 = "2001:db8:1::5";

    private static FrameBuilder ToServer() => FrameBuilder.Ethernet(WebMac, RouterMac).Ipv4(Web, Server, id: 1);

    private static FrameBuilder TranslatedToServer() =>
        Pushed().InnerEthernet(RouterMac, FarRouterMac).Ipv4(Public, Server, ttl: 63, id: 1);

    private static FrameBuilder FromServer(string source = Server) =>
        Tunnel().InnerEthernet(FarRouterMac, RouterMac).Ipv4(source, Public, ttl: 60, id: 2);

    private static FrameBuilder TranslatedFromServer(string source = Server) =>
        FrameBuilder.Ethernet(RouterMac, WebMac).Ipv4(source, Web, ttl: 59, id: 2);

    private static IEnumerable<HandMadeFrame> StaticNatBothWays()
    {
        FrameBuilder OutFirst(FrameBuilder start, string source, byte ttl) => start
            .Ipv4(source, Server, ttl: ttl, id: 7, moreFragments: true).Udp(40003, 53, length: 32).Payload(16);
        FrameBuilder OutLater(FrameBuilder start, string source, byte ttl) => start
            .Ipv4(source, Server, ttl: ttl, id: 7, fragmentOffset: 24, protocol: 17).Payload(8);
        FrameBuilder ToRouter() => FrameBuilder.Ethernet(WebMac, RouterMac);
        FrameBuilder Routed() => Pushed().InnerEthernet(RouterMac, FarRouterMac);

        yield return FromWeb(
            "uplink", ToServer().Tcp(40001, 80, TcpFlags.Syn), TranslatedToServer().Tcp(40001, 80, TcpFlags.Syn));
        yield return FromTunnel(
            "web", FromServer().Tcp(80, 40001, SynAck), TranslatedFromServer().Tcp(80, 40001, SynAck));
        yield return FromWeb(
            "uplink", ToServer().Tcp(40001, 80).Payload("GET /"), TranslatedToServer().Tcp(40001, 80).Payload("GET /"));
        yield return FromWeb(
            "uplink",
            ToRouter().Ipv4(Web, Server, id: 1, options: [1, 1, 1, 0]).Udp(40002, 53, checksum: 0).Payload("none"),
            Routed().Ipv4(Public, Server, ttl: 63, id: 1, options: [1, 1, 1, 0]).Udp(40002, 53, checksum: 0)
                .Payload("none"));
        yield return FromTunnel(
            "web",
            FromServer().Udp(53, 40002).Payload("answer"),
            TranslatedFromServer().Udp(53, 40002).Payload("answer"));
        yield return FromWeb("uplink", OutFirst(ToRouter(), Web, 64), OutFirst(Routed(), Public, 63));
        yield return FromWeb("uplink", OutLater(ToRouter(), Web, 64), OutLater(Routed(), Public, 63));
        yield return FromWeb(
            "uplink",
            ToServer().IcmpEchoRequest(7, 1).Payload(16),
            TranslatedToServer().IcmpEchoRequest(7, 1).Payload(16));
        yield return FromTunnel(
            "web",
            FromServer().IcmpEchoReply(7, 1).Payload(16),
            TranslatedFromServer().IcmpEchoReply(7, 1).Payload(16));
        yield return FromTunnel("drop destination-unknown", FromServer("203.0.113.8").Udp(53, 40002));
        foreach (HandMadeFrame frame in StaticNatOfIpv6AndSctp())
        {
            yield return frame;
        }
    }

    private static IEnumerable<HandMadeFrame> StaticNatOfIpv6AndSctp()
    {
        FrameBuilder Out6(FrameBuilder start, string source, string destination, byte hopLimit) =>
            start.Ipv6(source, destination, hopLimit: hopLimit);
        FrameBuilder ToRouter() => FrameBuilder.Ethernet(WebMac, RouterMac);
        byte[] cookieAck = [11, 0, 0, 4];

        yield return FromWeb(
            "uplink",
            Out6(ToRouter(), "fd01::5", Server6, 64).Udp(40001, 53).Payload("question"),
            Out6(Pushed().InnerEthernet(RouterMac, FarRouterMac), Public6, Server6, 63).Udp(40001, 53)
                .Payload("question"));
        yield return FromTunnel(
            "web",
            Out6(Tunnel().InnerEthernet(FarRouterMac, RouterMac), Server6, Public6, 60).Udp(53, 40001)
                .Payload("answer"),
            Out6(FrameBuilder.Ethernet(RouterMac, WebMac), Server6, "fd01::5", 59).Udp(53, 40001).Payload("answer"));
        yield return FromWeb(
            "uplink",
            Out6(ToRouter(), "fd01::5", "fd01::250", 64).Tcp(40002, 80, TcpFlags.Syn),
            Out6(PushedToPeer(RouterMac), "fd01::5", "fd01::6", 63).Tcp(40002, 8080, TcpFlags.Syn));
        yield return FromTunnel(
            "web",
            Out6(Tunnel().InnerEthernet(PeerMac, WebMac), "fd01::6", "fd01::5", 64).Tcp(8080, 40002, SynAck),
            Out6(FrameBuilder.Ethernet(PeerMac, WebMac), "fd01::250", "fd01::5", 64).Tcp(80, 40002, SynAck));

        // The checksum of SCTP covers no addresses, and its ports are not translated.
        yield return FromWeb(
            "uplink",
            ToRouter().Ipv4(Web, "10.0.1.252", id: 1).Sctp(5000, 5001).Payload(cookieAck),
            PushedToPeer(RouterMac).Ipv4(Web, Peer, ttl: 63, id: 1).Sctp(5000, 5001).Payload(cookieAck));
        yield return FromTunnel(
            "web",
            ToWeb(Tunnel()).Sctp(5001, 5000).Payload(cookieAck),
            FrameBuilder.Ethernet(PeerMac, WebMac).Ipv4("10.0.1.252", Web, id: 1).Sctp(5001, 5000).Payload(cookieAck));
        yield return FromWeb(
            "drop nat-unsupported", ToRouter().Ipv4(Web, "10.0.1.251", id: 1).Sctp(5000, 5001).Payload(cookieAck));
        yield return FromWeb(
            "drop nat-unsupported", Out6(ToRouter(), "fd01::5", Server6, 64).Extension(IpProtocol.DestinationOptions));
    }

    private static IEnumerable<HandMadeFrame> IcmpErrorsTranslated()
    {
        const string Hop = "192.0.2.1";
        FrameBuilder Question(FrameBuilder start, string source, byte ttl = 1) =>
            start.Ipv4(source, Server, ttl: ttl, id: 1).Udp(40001, 53).Payload("question");
        FrameBuilder Header(FrameBuilder start, string source) =>
            start.Ipv4(source, Server, ttl: 50, id: 1, totalLength: 36).Udp(40001, 53, length: 16);
        FrameBuilder Question6(FrameBuilder start, string source) =>
            start.Ipv6(source, Server6, hopLimit: 63).Udp(40001, 53).Payload("question");
        FrameBuilder Answer(FrameBuilder start, string destination) =>
            start.Ipv4(Server, destination, ttl: 59, id: 2).Udp(53, 40001).Payload("answer");
        FrameBuilder InFar() => Tunnel().InnerEthernet(FarRouterMac, RouterMac);
        FrameBuilder ToTenant() => FrameBuilder.Ethernet(RouterMac, WebMac);

        yield return FromWeb(
            "uplink",
            ToServer().Udp(40001, 53).Payload("question"),
            TranslatedToServer().Udp(40001, 53).Payload("question"));

        // From a hop on the way, which keeps its address, and from the server; whole, and cut to eight bytes.
        yield return FromTunnel(
            "web", Question(FromServer(Hop).Icmp(11), Public), Question(TranslatedFromServer(Hop).Icmp(11), Web));
        yield return FromTunnel(
            "web",
            Header(FromServer(Hop).Icmp(3, 4, 1400), Public),
            Header(TranslatedFromServer(Hop).Icmp(3, 4, 1400), Web));
        yield return FromTunnel(
            "web", Question(FromServer().Icmp(3, 3), Public), Question(TranslatedFromServer().Icmp(3, 3), Web));

        // The tenant's own error about an answer shows the server what the server sent.
        yield return FromWeb(
            "uplink", Answer(ToServer().Icmp(3, 3), Web), Answer(TranslatedToServer().Icmp(3, 3), Public));

        yield return FromWeb(
            "uplink",
            FrameBuilder.Ethernet(WebMac, RouterMac).Ipv6("fd01::5", Server6).Udp(40001, 53).Payload("question"),
            Question6(Pushed().InnerEthernet(RouterMac, FarRouterMac), Public6));
        yield return FromTunnel(
            "web",
            Question6(InFar().Ipv6("2001:db8:ff::1", Public6, hopLimit: 60).Icmpv6(2, 0, 1280), Public6),
            Question6(ToTenant().Ipv6("2001:db8:ff::1", "fd01::5", hopLimit: 59).Icmpv6(2, 0, 1280), "fd01::5"));

        // About no known flow, or about what cannot be read.
        yield return FromTunnel(
            "drop destination-unknown",
            FromServer(Hop).Icmp(11).Ipv4(Public, Server, id: 1).Udp(40009, 53).Payload("question"));
        yield return FromTunnel(
            "drop destination-unknown", FromServer(Hop).Icmp(11).Ipv4(Public, Server, id: 1, protocol: 17).Payload(4));
    }

    private static IEnumerable<HandMadeFrame> LoadBalancer()
    {
        FrameBuilder ToVip(string vip, int port, int from = 40001) =>
            FrameBuilder.Ethernet(WebMac, RouterMac).Ipv4(Web, vip, id: 1).Tcp(from, port, TcpFlags.Syn);
        FrameBuilder ToDrained() =>
            PushedToPeer(RouterMac).Ipv4(Web, Peer, ttl: 63, id: 1).Tcp(42001, 8080, TcpFlags.Syn);

        // Of three backends two take flows; every flow keeps its own.
        for (int i = 0; i < 16; i++)
        {
            yield return FromWeb("uplink", ToVip("10.0.1.250", 80, 40001 + i));
            yield return FromWeb("uplink", ToVip("10.0.1.250", 80, 40001 + i));
        }

        yield return FromWeb("uplink", ToVip("10.0.1.251", 80, 42001), ToDrained());
        yield return FromTunnel(
            "web",
            ToWeb(Tunnel()).Tcp(8080, 42001, SynAck),
            FrameBuilder.Ethernet(PeerMac, WebMac).Ipv4("10.0.1.251", Web, id: 1).Tcp(80, 42001, SynAck));
        yield return FromWeb("drop backend-unavailable", ToVip("10.0.1.252", 80));
        yield return FromWeb(
            "uplink",
            FrameBuilder.Ethernet(WebMac, RouterMac).Ipv6("fd01::5", "fd01::250").Udp(40001, 53).Payload("which?"),
            PushedToPeer(RouterMac).Ipv6("fd01::5", "fd01::6", hopLimit: 63).Udp(40001, 53).Payload("which?"));
        yield return FromTunnel(
            "web",
            Tunnel().InnerEthernet(PeerMac, WebMac).Ipv6("fd01::6", "fd01::5").Udp(53, 40001).Payload("this"),
            FrameBuilder.Ethernet(PeerMac, WebMac).Ipv6("fd01::250", "fd01::5").Udp(53, 40001).Payload("this"));

        // By source address alone: all flows of the tenant go to one backend, whichever it is.
        for (int i = 0; i < 4; i++)
        {
            yield return FromWeb("uplink", ToVip("10.0.1.253", 443, 41000 + i));
        }
    }

    private static IEnumerable<HandMadeFrame> HairpinThroughAVip()
    {
        const string Db = "10.0.1.8";
        FrameBuilder ToVip(string vip) => FrameBuilder.Ethernet(WebMac, RouterMac).Ipv4(Web, vip, id: 1);
        FrameBuilder Routed(string mac, string source, string destination) =>
            FrameBuilder.Ethernet(RouterMac, mac).Ipv4(source, destination, ttl: 63, id: 1);

        // To a neighbour on the same switch, whose answers find their way back through the router.
        yield return FromWeb(
            "db",
            ToVip("10.0.1.250").Tcp(40001, 80, TcpFlags.Syn),
            Routed(DbMac, "10.0.1.251", Db).Tcp(40001, 8080, TcpFlags.Syn));
        yield return From(
            "db",
            "web",
            FrameBuilder.Ethernet(DbMac, RouterMac).Ipv4(Db, "10.0.1.251", id: 1).Tcp(8080, 40001, SynAck),
            Routed(WebMac, "10.0.1.250", Web).Tcp(80, 40001, SynAck));
        yield return FromWeb(
            "db",
            ToVip("10.0.1.250").Tcp(40001, 80).Payload("GET /"),
            Routed(DbMac, "10.0.1.251", Db).Tcp(40001, 8080).Payload("GET /"));

        // To itself.
        yield return FromWeb(
            "web",
            ToVip("10.0.1.252").Tcp(40002, 80, TcpFlags.Syn),
            Routed(WebMac, "10.0.1.253", Web).Tcp(40002, 8080, TcpFlags.Syn));
    }

    private static IEnumerable<HandMadeFrame> FlowCollision()
    {
        FrameBuilder ToVip(int port) =>
            FrameBuilder.Ethernet(WebMac, RouterMac).Ipv4(Web, "10.0.1.250", id: 1).Udp(port, 53).Payload("which?");
        FrameBuilder Translated(int port) => PushedToPeer(RouterMac)
            .Ipv4(Web, Peer, ttl: 63, id: 1).Udp(port, 5353).Payload("which?");
        FrameBuilder Straight(int port) => ToPeer().Udp(port, 5353).Payload("which?");
        FrameBuilder Answer(int port) => ToWeb(Tunnel()).Udp(5353, port).Payload("this");
        FrameBuilder FromVip(int port) =>
            FrameBuilder.Ethernet(PeerMac, WebMac).Ipv4("10.0.1.250", Web, id: 1).Udp(53, port).Payload("this");

        yield return FromWeb("uplink", ToVip(40001), Translated(40001));
        yield return FromWeb("drop flow-collision", Straight(40001)) with { AtMs = 1 };
        yield return FromTunnel("web", Answer(40001), FromVip(40001)) with { AtMs = 2 };
        yield return FromWeb("uplink", Straight(40002), Pushed().Payload(Straight(40002).Build())) with { AtMs = 3 };
        yield return FromWeb("drop flow-collision", ToVip(40002)) with { AtMs = 4 };
        yield return FromTunnel("web", Answer(40002), FromPeer().Udp(5353, 40002).Payload("this")) with { AtMs = 5 };
        yield return FromWeb("uplink", ToVip(40001), Translated(40001)) with { AtMs = 6 };

        // A translated flow is kept for 300 s.
        yield return FromWeb("drop flow-collision", Straight(40001)) with { AtMs = 300_005 };
        yield return FromWeb("uplink", Straight(40001), Pushed().Payload(Straight(40001).Build())) with
        {
            AtMs = 300_006,
        };
    }

    private static IEnumerable<HandMadeFrame> FlowTableFull()
    {
        FrameBuilder Question(int port) => ToPeer().Udp(port, 53);
        FrameBuilder Answer(int port) => ToWeb(Tunnel()).Udp(53, port);

        yield return FromWeb("uplink", Question(40001));
        yield return FromTunnel("web", Answer(40001));
        yield return FromWeb("uplink", Question(40002));

        // The table holds two. The flow that nobody has answered makes room, those with answers do not.
        yield return FromWeb("uplink", Question(40003));
        yield return FromTunnel("drop layer-default-block", Answer(40002));
        yield return FromTunnel("web", Answer(40003));
        yield return FromWeb("drop flow-table-full", Question(40004));
        yield return FromWeb("uplink", Question(40001));
        yield return FromTunnel("web", Answer(40003));
    }

    private static IEnumerable<HandMadeFrame> FragmentTableFull()
    {
        FrameBuilder First(int id) => FrameBuilder.Ethernet(WebMac, PeerMac)
            .Ipv4(Web, Peer, id: id, moreFragments: true).Udp(40001, 53, length: 32, checksum: 0).Payload(16);
        FrameBuilder Later(int id) => FrameBuilder.Ethernet(WebMac, PeerMac)
            .Ipv4(Web, Peer, id: id, fragmentOffset: 24, protocol: 17).Payload(8);

        yield return FromWeb("uplink", First(1));
        yield return FromWeb("drop fragment-table-full", First(2)) with { AtMs = 1 };
        yield return FromWeb("drop fragment-without-first", Later(2)) with { AtMs = 2 };
        yield return FromWeb("uplink", Later(1)) with { AtMs = 3 };
        yield return FromWeb("uplink", ToPeer().Udp(40001, 53)) with { AtMs = 4 };

        // A datagram is followed for 30 s from its first fragment on.
        yield return FromWeb("drop fragment-table-full", First(3)) with { AtMs = 29_999 };
        yield return FromWeb("uplink", First(3)) with { AtMs = 30_000 };
        yield return FromWeb("drop fragment-without-first", Later(1)) with { AtMs = 30_001 };
    }

    private static IEnumerable<HandMadeFrame> FlowsExpire()
    {
        HandMadeFrame Out(int ms, FrameBuilder frame) => FromWeb("uplink", frame) with { AtMs = ms };
        HandMadeFrame In(int ms, string fate, FrameBuilder frame) => FromTunnel(fate, frame) with { AtMs = ms };
        FrameBuilder Answer(int port, int from = 53) => ToWeb(Tunnel()).Udp(from, port);
        FrameBuilder Pong(int id) => ToWeb(Tunnel()).IcmpEchoReply(id, 1);
        const string Late = "drop layer-default-block";

        yield return Out(0, ToPeer().Udp(40001, 53));
        yield return Out(1, ToPeer().Udp(40002, 53));
        yield return Out(2, ToPeer().Udp(40003, 99));
        yield return Out(3, ToPeer().Tcp(40004, 80, TcpFlags.Syn));
        yield return Out(4, ToPeer().IcmpEchoRequest(5, 1));
        yield return Out(5, ToPeer().IcmpEchoRequest(6, 1));

        // The rule for port 99 says 5 s, and every packet counts anew.
        yield return In(5_001, "web", Answer(40003, 99));
        yield return In(10_000, "web", Answer(40003, 99));
        yield return In(15_000, Late, Answer(40003, 99));

        // 30 s for a UDP flow without answer, a TCP connection half open, and an echo.
        yield return In(29_999, "web", Answer(40001));
        yield return In(30_001, Late, Answer(40002));
        yield return In(30_002, "web", ToWeb(Tunnel()).Tcp(80, 40004, SynAck));
        yield return In(30_003, "web", Pong(5));
        yield return In(30_005, Late, Pong(6));

        // 180 s for a UDP flow with one.
        yield return In(209_998, "web", Answer(40001));
        yield return In(389_998, Late, Answer(40001));
    }
}
