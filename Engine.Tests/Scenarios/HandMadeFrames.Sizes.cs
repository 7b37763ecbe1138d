using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Scenarios;

/// <content>What is too big: for the tunnel, for the endpoint, for a router on the way.</content>
internal static partial class HandMadeFrames
{
    private const string Peer7Mac = "02:42:0a:00:01:07";
    private const string Peer7 = "10.0.1.7";

    private static IEnumerable<HandMadeFrame> TooBigForTheTunnel()
    {
        // A tunnel over IPv4 takes 50 bytes of the underlay's 1500: 20 + 8 + 8 + 14.
        FrameBuilder Of(int packet, bool dontFragment = true) => FrameBuilder.Ethernet(WebMac, PeerMac)
            .Ipv4(Web, Peer, id: 1, dontFragment: dontFragment).Udp(40001, 53).Payload(packet - 28);
        FrameBuilder Of6(int packet) => ToPeer6().Udp(40001, 53).Payload(packet - 48);
        FrameBuilder Far(int packet) => FrameBuilder.Ethernet(WebMac, Peer7Mac)
            .Ipv4(Web, Peer7, id: 1, dontFragment: true).Udp(40001, 53).Payload(packet - 28);

        yield return FromWeb("uplink", Of(1450), Pushed().Payload(Of(1450).Build()));
        yield return FromWeb("web answer, drop mtu-exceeded", Of(1451), Told(Of(1451), PeerMac, Peer, 1450));
        yield return FromWeb("uplink", Of6(1450), Pushed().Payload(Of6(1450).Build()));
        yield return FromWeb(
            "web answer, drop mtu-exceeded",
            Of6(1451),
            FrameBuilder.Ethernet(PeerMac, WebMac).Ipv6("fd01::6", "fd01::5")
                .Icmpv6(2, 0, 1450).Payload(Of6(1451).Build()[14..1246]));

        // Over IPv6 it is 70.
        yield return FromWeb("uplink", Far(1430), Pushed6().Payload(Far(1430).Build()));
        yield return FromWeb("web answer, drop mtu-exceeded", Far(1431), Told(Far(1431), Peer7Mac, Peer7, 1430));

        // The endpoint takes 1400 at most: who sends to it is told through the tunnel.
        FrameBuilder ToEndpoint(FrameBuilder start, int packet) => start.InnerEthernet(PeerMac, WebMac)
            .Ipv4(Peer, Web, id: 1, dontFragment: true).Udp(53, 40001).Payload(packet - 28);
        yield return FromTunnel("web", ToEndpoint(Tunnel(), 1400), ToEndpoint(FrameBuilder.Bare(), 1400));
        yield return FromTunnel(
            "uplink answer, drop mtu-exceeded",
            ToEndpoint(Tunnel(), 1401),
            Pushed().InnerEthernet(WebMac, PeerMac).Ipv4(Web, Peer, tos: 0xC0, dontFragment: true)
                .Icmp(3, 4, 1400).Payload(ToEndpoint(FrameBuilder.Bare(), 1401).Build()[14..562]));

        // Nobody is told of an ICMP error.
        yield return FromWeb(
            "drop mtu-exceeded",
            FrameBuilder.Ethernet(WebMac, PeerMac).Ipv4(Web, Peer, id: 1, dontFragment: true)
                .Icmp(3, 3).Ipv4(Peer, Web).Udp(53, 40009).Payload(1450));
    }

    private static IEnumerable<HandMadeFrame> FragmentedForTheTunnel()
    {
        byte[] data = FrameBuilder.Bare().Ipv4(Web, Peer).Udp(40001, 53).Payload(3000).Build()[20..];
        byte[] toFar = FrameBuilder.Bare().Ipv4(Web, Peer7).Udp(40001, 53).Payload(1500).Build()[20..];
        byte[] whole = FrameBuilder.Bare().Ipv4(Web, Peer).Udp(40001, 53).Payload(1440).Build()[20..];
        byte[] toWeb = FrameBuilder.Bare().Ipv4(Peer, Web).Udp(53, 40001).Payload(1400).Build()[20..];
        FrameBuilder Part(byte[] of, Range range, bool more, int id = 7, byte[]? options = null) =>
            FrameBuilder.Ethernet(WebMac, PeerMac)
                .Ipv4(
                    Web,
                    Peer,
                    id: id,
                    protocol: 17,
                    moreFragments: more,
                    fragmentOffset: range.Start.Value,
                    options: options)
                .Payload(of[range]);
        FrameBuilder Pushed4(FrameBuilder inner) => Pushed().Payload(inner.Build());
        FrameBuilder FarPart(Range range, bool more) => Pushed6().InnerEthernet(WebMac, Peer7Mac)
            .Ipv4(Web, Peer7, id: 9, protocol: 17, moreFragments: more, fragmentOffset: range.Start.Value)
            .Payload(toFar[range]);
        FrameBuilder WebPart(FrameBuilder start, Range range, bool more) => start.InnerEthernet(PeerMac, WebMac)
            .Ipv4(Peer, Web, id: 11, protocol: 17, moreFragments: more, fragmentOffset: range.Start.Value)
            .Payload(toWeb[range]);

        // 1450 bytes fit, 20 of them the header's: 1424 is the largest multiple of eight in the rest.
        yield return FromWeb(
            "uplink, uplink fragment, uplink fragment",
            Part(data, .., false),
            Pushed4(Part(data, ..1424, true)),
            Pushed4(Part(data, 1424..2848, true)),
            Pushed4(Part(data, 2848..3008, false)));

        // The sender's own fragments are cut again, and stay where they were.
        yield return FromWeb(
            "uplink, uplink fragment",
            Part(data, ..1480, true, 8),
            Pushed4(Part(data, ..1424, true, 8)),
            Pushed4(Part(data, 1424..1480, true, 8)));
        yield return FromWeb(
            "uplink, uplink fragment",
            Part(data, 1480..2960, true, 8),
            Pushed4(Part(data, 1480..2904, true, 8)),
            Pushed4(Part(data, 2904..2960, true, 8)));
        yield return FromWeb(
            "uplink", Part(data, 2960..3008, false, 8), Pushed4(Part(data, 2960..3008, false, 8)));

        // Over IPv6 less fits. Of the options, every fragment has those with the copy flag.
        yield return FromWeb(
            "uplink, uplink fragment",
            FrameBuilder.Ethernet(WebMac, Peer7Mac).Ipv4(Web, Peer7, id: 9, protocol: 17).Payload(toFar),
            FarPart(..1408, true),
            FarPart(1408..1508, false));
        yield return FromWeb(
            "uplink, uplink fragment",
            Part(whole, .., false, 10, [0x07, 0x07, 0x04, 0, 0, 0, 0, 0x94, 0x04, 0, 0, 0]),
            Pushed4(Part(whole, ..1416, true, 10, [0x07, 0x07, 0x04, 0, 0, 0, 0, 0x94, 0x04, 0, 0, 0])),
            Pushed4(Part(whole, 1416..1448, false, 10, [0x94, 0x04, 0, 0])));

        // And on the way to an endpoint that takes 1400.
        yield return FromTunnel(
            "web, web fragment",
            WebPart(Tunnel(), .., false),
            WebPart(FrameBuilder.Bare(), ..1376, true),
            WebPart(FrameBuilder.Bare(), 1376..1408, false));
    }

    private static IEnumerable<HandMadeFrame> MssClamped()
    {
        FrameBuilder Syn(int mss) => ToPeer().Tcp(40001, 80, TcpFlags.Syn, options: Mss(mss));
        FrameBuilder Syn6(int mss) => ToPeer6().Tcp(40002, 80, TcpFlags.Syn, options: Mss(mss));
        FrameBuilder Far(int mss) => FrameBuilder.Ethernet(WebMac, Peer7Mac)
            .Ipv4(Web, Peer7, id: 1).Tcp(40003, 80, TcpFlags.Syn, options: Mss(mss));
        FrameBuilder Answer(FrameBuilder start, int mss) => start.InnerEthernet(PeerMac, WebMac)
            .Ipv4(Peer, Web, id: 1).Tcp(80, 40001, SynAck, options: Mss(mss));
        FrameBuilder Odd(int port, byte[] options) => ToPeer().Tcp(port, 80, TcpFlags.Syn, options: options);
        static byte[] Mss(int mss) => [2, 4, (byte)(mss >> 8), (byte)mss, 1, 3, 3, 7];

        yield return FromWeb("uplink", Syn(1460), Pushed().Payload(Syn(1410).Build()));
        yield return FromTunnel("web", Answer(Tunnel(), 1460), Answer(FrameBuilder.Bare(), 1410));
        yield return FromWeb("uplink", Syn6(1440), Pushed().Payload(Syn6(1390).Build()));
        yield return FromWeb("uplink", Far(1460), Pushed6().Payload(Far(1390).Build()));

        // Never raised; at an odd offset; twice; of no length that the option has.
        yield return FromWeb("uplink", Syn(1000), Pushed().Payload(Syn(1000).Build()));
        yield return FromWeb(
            "uplink",
            Odd(40004, [1, 2, 4, 0x05, 0xB4, 1, 1, 0]),
            Pushed().Payload(Odd(40004, [1, 2, 4, 0x05, 0x82, 1, 1, 0]).Build()));
        yield return FromWeb(
            "uplink",
            Odd(40005, [2, 4, 0xFF, 0xFF, 2, 4, 0x05, 0xB4]),
            Pushed().Payload(Odd(40005, [2, 4, 0x05, 0x82, 2, 4, 0x05, 0x82]).Build()));
        yield return FromWeb(
            "uplink",
            Odd(40006, [2, 3, 0x05, 0xB4]),
            Pushed().Payload(Odd(40006, [2, 3, 0x05, 0xB4]).Build()));

        // Only segments that open a connection announce anything.
        FrameBuilder data = ToPeer().Tcp(40001, 80, options: Mss(1460)).Payload("GET /");
        yield return FromWeb("uplink", data, Pushed().Payload(data.Build()));
    }

    private static IEnumerable<HandMadeFrame> PathMtuLearnt()
    {
        const string OtherVtep = "172.31.0.3";
        const string RouterOfTheUnderlay = "02:aa:00:00:00:fe";
        FrameBuilder Of(int packet) => FrameBuilder.Ethernet(WebMac, PeerMac)
            .Ipv4(Web, Peer, id: 1, dontFragment: true).Udp(40001, 53).Payload(packet - 28);
        FrameBuilder Other(int packet) => FrameBuilder.Ethernet(WebMac, "02:42:0a:00:01:09")
            .Ipv4(Web, "10.0.1.9", id: 1, dontFragment: true).Udp(40001, 53).Payload(packet - 28);
        FrameBuilder Far(int packet) => FrameBuilder.Ethernet(WebMac, Peer7Mac)
            .Ipv4(Web, Peer7, id: 1, dontFragment: true).Udp(40001, 53).Payload(packet - 28);
        FrameBuilder Says(uint mtu, FrameBuilder about) => FrameBuilder.Ethernet(RouterOfTheUnderlay, UplinkMac)
            .Ipv4("172.31.0.254", "172.31.0.1", tos: 0xC0).Icmp(3, 4, mtu).Payload(about.Build()[14..562]);
        FrameBuilder Says6(uint mtu, FrameBuilder about) => FrameBuilder.Ethernet(RouterOfTheUnderlay, UplinkMac)
            .Ipv6("fd31::fe", "fd31::1").Icmpv6(2, 0, mtu).Payload(about.Build()[14..1246]);
        FrameBuilder About(uint vni = 4097, string vtep = Vtep) => Pushed(vni, vtep).Payload(Of(1450).Build());
        FrameBuilder About6() => Pushed6().Payload(Far(1430).Build());

        yield return FromWeb("uplink", Of(1450), About());
        yield return FromWeb("uplink", Other(1450));
        yield return FromWeb("uplink", Far(1430));

        // Not to be believed: no MTU, no path of ours, no network of ours.
        yield return FromTunnel("drop not-vxlan", Says(67, About()));
        yield return FromTunnel("drop not-vxlan", Says(1500, About()));
        yield return FromTunnel("drop not-vxlan", Says(1400, About(vni: 4098)));
        yield return FromTunnel("drop not-vxlan", Says(1400, About(vtep: "172.31.0.9")));
        yield return FromTunnel("drop not-vxlan", Says6(1279, About6()));
        yield return FromWeb("uplink", Of(1450), About());

        // From here on the path to 172.31.0.2 takes 1400, the others what they took.
        yield return FromTunnel("", Says(1400, About()));
        yield return FromWeb("uplink", Of(1350), Pushed().Payload(Of(1350).Build()));
        yield return FromWeb("web answer, drop mtu-exceeded", Of(1351), Told(Of(1351), PeerMac, Peer, 1350));
        yield return FromWeb("uplink", Other(1450), Pushed(vtep: OtherVtep).Payload(Other(1450).Build()));
        yield return FromTunnel("", Says6(1300, About6()));
        yield return FromWeb("uplink", Far(1230), Pushed6().Payload(Far(1230).Build()));
        yield return FromWeb("web answer, drop mtu-exceeded", Far(1231), Told(Far(1231), Peer7Mac, Peer7, 1230));

        // No claim lowers it below what every host takes.
        yield return FromTunnel("", Says(100, About()));
        yield return FromWeb("uplink", Of(526), Pushed().Payload(Of(526).Build()));
        yield return FromWeb("web answer, drop mtu-exceeded", Of(527), Told(Of(527), PeerMac, Peer, 526));

        // Ten minutes later it is forgotten.
        yield return FromWeb("uplink", Of(1450), About()) with { AtMs = 600_100 };
    }

    private static FrameBuilder Pushed6() =>
        FrameBuilder.Ethernet(UplinkMac, RemoteMac).Ipv6("fd31::1", "fd31::2").Vxlan(4097);

    /// <summary>What the sender of a packet is told in the name of who it was sent to.</summary>
    private static FrameBuilder Told(FrameBuilder packet, string mac, string address, uint mtu)
    {
        byte[] bytes = packet.Build();
        return FrameBuilder.Ethernet(mac, WebMac).Ipv4(address, Web, tos: 0xC0, dontFragment: true)
            .Icmp(3, 4, mtu).Payload(bytes[14..Math.Min(bytes.Length, 562)]);
    }
}
