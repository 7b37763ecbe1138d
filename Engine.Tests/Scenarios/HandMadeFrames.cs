using VxlanEngine.Ports.Captures;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>Where the frames of the scenarios come from that no kernel was needed for.</summary>
/// <remarks>
/// The stations are those of the recorded scenarios: <c>web</c> is 10.0.1.5, its peer 10.0.1.6 is behind VTEP
/// 172.31.0.2. Frames enter a millisecond after each other unless a scenario says otherwise.
/// </remarks>
internal static partial class HandMadeFrames
{
    private const string WebMac = "02:42:0a:00:01:05";
    private const string PeerMac = "02:42:0a:00:01:06";
    private const string DbMac = "02:42:0a:00:01:08";
    private const string RouterMac = "02:42:0a:00:01:01";
    private const string UplinkMac = "02:aa:00:00:00:01";
    private const string RemoteMac = "02:aa:00:00:00:02";
    private const string BroadcastMac = "ff:ff:ff:ff:ff:ff";
    private const string Web = "10.0.1.5";
    private const string Peer = "10.0.1.6";
    private const string Vtep = "172.31.0.2";
    private const TcpFlags SynAck = TcpFlags.Syn | TcpFlags.Ack;

    /// <summary>2026-01-01T00:00:00Z.</summary>
    private const long StartNs = 1_767_225_600_000_000_000;

    /// <summary>The scenarios by name.</summary>
    public static IReadOnlyDictionary<string, HandMadeFrame[]> All { get; } =
        new Dictionary<string, HandMadeFrame[]>(StringComparer.Ordinal)
        {
            ["block-telnet"] = [.. InOrder(BlockTelnet())],
            ["vip-translated-and-answered"] = [.. InOrder(VipTranslatedAndAnswered())],
            ["foreign-vni-dropped"] = [.. InOrder(ForeignVniDropped())],
            ["missing-i-flag-dropped"] = [.. InOrder(MissingIFlagDropped())],
            ["spoofed-source-dropped"] = [.. InOrder(SpoofedSourceDropped())],
            ["policy-changed-midway"] = [.. PolicyChangedMidway()],
            ["local-endpoint-to-endpoint"] = [.. InOrder(LocalEndpointToEndpoint())],
            ["decap-any-vni-to-a-port"] = [.. InOrder(DecapAnyVniToAPort())],
            ["nat-pool"] = [.. InOrder(NatPool())],
            ["mirror-and-meter"] = [.. InOrder(MirrorAndMeter())],
            ["damaged-frames-from-a-tenant"] = [.. InOrder(DamagedFramesFromATenant())],
            ["damaged-ipv6-from-a-tenant"] = [.. InOrder(DamagedIpv6FromATenant())],
            ["damaged-tunnel-packets"] = [.. InOrder(DamagedTunnelPackets())],
            ["captures-cut-or-not-ethernet"] = [.. InOrder(CapturesCutOrNotEthernet())],
            ["overlapping-and-stray-fragments"] = [.. InOrder(OverlappingAndStrayFragments())],
            ["fragment-table-full"] = [.. FragmentTableFull()],
            ["underlay-traffic-of-others"] = [.. InOrder(UnderlayTrafficOfOthers())],
            ["outer-checksums-verified"] = [.. InOrder(OuterChecksums(isTrusted: false))],
            ["outer-checksums-trusted"] = [.. InOrder(OuterChecksums(isTrusted: true))],
            ["reserved-bits-rejected"] = [.. InOrder(ReservedBitsRejected())],
            ["group-policy"] = [.. InOrder(GroupPolicies())],
            ["geneve-both-ways"] = [.. InOrder(GeneveBothWays())],
            ["vxlan-gpe-both-ways"] = [.. InOrder(VxlanGpeBothWays())],
            ["ecn-combinations"] = [.. InOrder(EcnCombinations())],
            ["inner-vlan-dropped-or-stripped"] = [.. InOrder(InnerVlanDroppedOrStripped())],
            ["decap-not-authorised"] = [.. InOrder(DecapNotAuthorised())],
            ["routed-through-the-gateway"] = [.. InOrder(RoutedThroughTheGateway())],
            ["flooded-to-everybody"] = [.. InOrder(FloodedToEverybody())],
            ["punted-to-the-control-plane"] = [.. InOrder(PuntedToTheControlPlane())],
            ["neighbours-answered"] = [.. InOrder(NeighboursAnswered())],
            ["dhcp-and-router-discovery"] = [.. InOrder(DhcpAndRouterDiscovery())],
            ["one-address-in-two-networks"] = [.. InOrder(OneAddressInTwoNetworks())],
            ["endpoints-isolated"] = [.. InOrder(EndpointsIsolated())],
            ["no-way-out"] = [.. InOrder(NoWayOut())],
            ["too-big-for-the-tunnel"] = [.. InOrder(TooBigForTheTunnel())],
            ["fragmented-for-the-tunnel"] = [.. InOrder(FragmentedForTheTunnel())],
            ["mss-clamped"] = [.. InOrder(MssClamped())],
            ["path-mtu-learnt"] = [.. InOrder(PathMtuLearnt())],
            ["nat-static-both-ways"] = [.. InOrder(StaticNatBothWays())],
            ["icmp-errors-translated"] = [.. InOrder(IcmpErrorsTranslated())],
            ["load-balancer"] = [.. InOrder(LoadBalancer())],
            ["hairpin-through-a-vip"] = [.. InOrder(HairpinThroughAVip())],
            ["flow-collision"] = [.. FlowCollision()],
            ["flow-table-full"] = [.. InOrder(FlowTableFull())],
            ["flows-expire"] = [.. FlowsExpire()],
            ["rule-order"] = [.. InOrder(RuleOrder())],
            ["every-condition"] = [.. InOrder(EveryCondition())],
            ["headers-modified"] = [.. InOrder(HeadersModified())],
            ["redirect-and-hairpin"] = [.. InOrder(RedirectAndHairpin())],
            ["rate-limited"] = [.. RateLimited()],
            ["rates-of-a-port"] = [.. RatesOfAPort()],
            ["stations-learnt"] = [.. InOrder(StationsLearnt())],
            ["tunnels-of-rules"] = [.. InOrder(TunnelsOfRules())],
            ["host-beside-the-switch"] = [.. InOrder(HostBesideTheSwitch())],
            ["longer-than-a-buffer"] = [.. InOrder(LongerThanABuffer())],
            ["no-headroom-for-the-tunnel"] = [.. InOrder(NoHeadroomForTheTunnel())],
            ["no-buffer-for-copies"] = [.. InOrder(NoBufferForCopies())],
            ["egress-port-full"] = [.. InOrder(EgressPortFull())],
            ["underlay-neighbours-resolved"] = [.. UnderlayNeighboursResolved()],
            ["vteps-watched-by-bfd"] = [.. VtepsWatchedByBfd()],
            ["flooded-to-a-multicast-group"] = [.. FloodedToAMulticastGroup()],
            ["bfd-authenticated"] = [.. BfdAuthenticated()],
            ["bfd-session-ended-by-a-policy"] = [.. BfdSessionEndedByAPolicy()],
            ["underlay-vlan"] = [.. InOrder(UnderlayVlan())],
            ["underlay-routes"] = [.. InOrder(UnderlayRoutes())],
            ["vxlan-in-vxlan"] = [.. InOrder(VxlanInVxlan())],
            ["next-hops-of-one-route"] = [.. NextHopsOfOneRoute()],
            ["two-tunnels-by-policy"] = [.. InOrder(TwoTunnelsByPolicy())],
            ["handover-lane-full"] = [.. InOrder(HandoverLaneFull())],
        };

    /// <summary>Writes every scenario's captures into its folder.</summary>
    public static void WriteAll()
    {
        foreach ((string scenario, HandMadeFrame[] frames) in All)
        {
            foreach (string port in frames.Select(f => f.Port).Distinct(StringComparer.Ordinal))
            {
                File.WriteAllBytes(PathOf(scenario, port), Capture(scenario, port));
            }
        }
    }

    /// <summary>The path of a port's capture.</summary>
    public static string PathOf(string scenario, string port) =>
        RepositoryFiles.PathOf($"pcaps/{scenario}/{port}.in.pcap");

    /// <summary>The bytes of a port's capture.</summary>
    public static byte[] Capture(string scenario, string port)
    {
        using var stream = new MemoryStream();
        using (CaptureWriter writer = CaptureWriter.Create(stream, CaptureFormat.PcapNanoseconds))
        {
            HandMadeFrame[] frames = [.. All[scenario].Where(f => f.Port == port)];
            writer.AddInterface(port, frames[0].LinkType);
            foreach (HandMadeFrame frame in frames)
            {
                int length = frame.WireLength ?? frame.Bytes.Length;
                writer.Write(0, StartNs + (frame.AtMs * 1_000_000L), frame.Bytes, length);
            }
        }

        return stream.ToArray();
    }

    private static IEnumerable<HandMadeFrame> BlockTelnet()
    {
        yield return FromWeb("drop rule-block", ToPeer().Tcp(40001, 23, TcpFlags.Syn));
        yield return FromWeb("drop rule-block", ToPeer6().Tcp(40001, 23, TcpFlags.Syn));
        yield return FromWeb("uplink", ToPeer().Tcp(40002, 22, TcpFlags.Syn));
        yield return FromTunnel("web", ToWeb(Tunnel()).Tcp(22, 40002, SynAck));
        yield return FromWeb("uplink", ToPeer().Udp(40003, 23).Payload("no tcp"));
        yield return FromTunnel("drop layer-default-block", ToWeb(Tunnel()).Tcp(40004, 23, TcpFlags.Syn));
        yield return FromTunnel("drop layer-default-block", ToWeb(Tunnel()).Tcp(40004, 22, TcpFlags.Syn));
        yield return FromTunnel("drop layer-default-block", ToWeb(Tunnel()).Tcp(23, 40001, SynAck));
    }

    private static IEnumerable<HandMadeFrame> VipTranslatedAndAnswered()
    {
        const string Vip = "10.0.1.250";
        FrameBuilder ToVip() => FrameBuilder.Ethernet(WebMac, RouterMac).Ipv4(Web, Vip, id: 1);

        yield return FromWeb("web answer", FrameBuilder.Ethernet(WebMac, BroadcastMac).ArpRequest(WebMac, Web, Vip));
        yield return FromWeb("uplink", ToVip().Udp(40001, 53).Payload("which address?"));
        yield return FromTunnel("web", ToWeb(Tunnel()).Udp(5353, 40001).Payload("192.0.2.1"));
        yield return FromWeb("uplink", ToVip().Udp(40001, 53).Payload("and which other?"));
        yield return FromTunnel("web", ToWeb(Tunnel()).Udp(5353, 40001).Payload("192.0.2.2"));
        yield return FromWeb("uplink", ToVip().Udp(40002, 53, checksum: 0).Payload("without checksum"));
        yield return FromTunnel("web", ToWeb(Tunnel()).Udp(5353, 40002, checksum: 0).Payload("192.0.2.3"));
        yield return FromWeb("drop destination-unknown", ToVip().Tcp(40003, 53, TcpFlags.Syn));
        yield return FromTunnel("drop layer-default-block", ToWeb(Tunnel()).Udp(5353, 40004).Payload("unasked"));
    }

    private static IEnumerable<HandMadeFrame> ForeignVniDropped()
    {
        yield return FromTunnel("web", Ping(Tunnel(), 1));
        yield return FromTunnel("drop vxlan-vni-not-found", Ping(Tunnel(vni: 4098), 2));
        yield return FromTunnel("drop vxlan-vni-not-found", Ping(Tunnel(vni: 0), 3));
        yield return FromTunnel("drop vxlan-vni-not-found", Ping(Tunnel(vni: 0xFFFFFF), 4));
        yield return FromTunnel("drop vxlan-vni-not-found", Ping(Tunnel(vni: 4097 << 8), 5));
        yield return FromTunnel("web", Ping(Tunnel(), 6));
    }

    private static IEnumerable<HandMadeFrame> MissingIFlagDropped()
    {
        yield return FromTunnel("web", Ping(Tunnel(), 1));
        yield return FromTunnel("drop vxlan-invalid-header", Ping(Tunnel(flags: 0), 2));
        yield return FromTunnel("drop vxlan-invalid-header", Ping(Tunnel(flags: 0xF7FF_FFFF), 3));
        yield return FromTunnel("web", Ping(Tunnel(flags: 0xFFFF_FFFF, reserved: 0xFF), 4));
    }

    private static IEnumerable<HandMadeFrame> SpoofedSourceDropped()
    {
        const string OtherVtep = "172.31.0.3";
        FrameBuilder ToAllNodes(string source = "fd01::5") =>
            FrameBuilder.Ethernet(WebMac, "33:33:00:00:00:01").Ipv6(source, "ff02::1", hopLimit: 255);

        yield return FromWeb("uplink", ToPeer().IcmpEchoRequest(1, 1));
        yield return FromWeb(
            "drop source-mac-spoofed", FrameBuilder.Ethernet(DbMac, PeerMac).Ipv4(Web, Peer).IcmpEchoRequest(1, 2));
        yield return FromWeb(
            "drop source-address-spoofed",
            FrameBuilder.Ethernet(WebMac, PeerMac).Ipv4("10.0.1.99", Peer).IcmpEchoRequest(1, 3));
        yield return FromWeb(
            "drop source-address-spoofed",
            FrameBuilder.Ethernet(WebMac, PeerMac).Ipv6("fd01::99", "fd01::6").Icmpv6EchoRequest(1, 4));
        yield return FromWeb(
            "drop neighbor-spoofed",
            FrameBuilder.Ethernet(WebMac, BroadcastMac).ArpRequest(WebMac, Peer, Peer));
        yield return FromWeb("drop neighbor-spoofed", ToAllNodes().NeighborAdvertisement("fd01::6", WebMac));
        yield return FromWeb("drop role-spoofed", ToAllNodes("fe80::5").Icmpv6(134).Payload(8));
        yield return FromTunnel("web", Ping(Tunnel(), 1));
        yield return FromTunnel("drop vtep-unknown", Ping(Tunnel(vtep: "172.31.0.9"), 2));
        yield return FromTunnel("drop vtep-unknown", Ping(Tunnel(vtep: OtherVtep), 3));
    }

    private static IEnumerable<HandMadeFrame> PolicyChangedMidway()
    {
        const string NewMac = "02:42:0a:00:01:07";
        FrameBuilder ToNew() => FrameBuilder.Ethernet(WebMac, NewMac).Ipv4(Web, "10.0.1.7");

        yield return FromWeb("uplink", ToPeer().Tcp(40080, 80, TcpFlags.Syn));
        yield return FromTunnel("web", ToWeb(Tunnel()).Tcp(80, 40080, SynAck)) with { AtMs = 1 };
        yield return FromWeb("uplink", ToPeer().Tcp(40022, 22, TcpFlags.Syn)) with { AtMs = 2 };
        yield return FromTunnel("web", ToWeb(Tunnel()).Tcp(22, 40022, SynAck)) with { AtMs = 3 };
        yield return FromWeb("drop destination-unknown", ToNew().Tcp(40081, 80, TcpFlags.Syn)) with { AtMs = 4 };
        yield return FromWeb("uplink", ToPeer().Tcp(40022, 22).Payload("before")) with { AtMs = 999 };

        yield return FromWeb("uplink", ToPeer().Tcp(40080, 80).Payload("after")) with { AtMs = 1000 };
        yield return FromTunnel("web", ToWeb(Tunnel()).Tcp(80, 40080).Payload("still")) with { AtMs = 1001 };
        yield return FromWeb("drop layer-default-block", ToPeer().Tcp(40022, 22).Payload("after")) with { AtMs = 1002 };
        yield return FromTunnel("drop layer-default-block", ToWeb(Tunnel()).Tcp(22, 40022).Payload("late")) with
        {
            AtMs = 1003,
        };
        yield return FromWeb("drop layer-default-block", ToPeer().Tcp(40023, 22, TcpFlags.Syn)) with { AtMs = 1004 };
        yield return FromWeb("uplink", ToNew().Tcp(40082, 80, TcpFlags.Syn)) with { AtMs = 1005 };
        yield return FromTunnel(
            "web",
            Tunnel(vtep: "172.31.0.3").InnerEthernet(NewMac, WebMac).Ipv4("10.0.1.7", Web).Tcp(80, 40082, SynAck)) with
        {
            AtMs = 1006,
        };
        yield return FromTunnel("web", ToWeb(Tunnel()).Tcp(80, 40080).Payload("for good")) with { AtMs = 3000 };
    }

    private static IEnumerable<HandMadeFrame> LocalEndpointToEndpoint()
    {
        const string Db = "10.0.1.8";
        FrameBuilder ToDb() => FrameBuilder.Ethernet(WebMac, DbMac).Ipv4(Web, Db);

        yield return FromWeb("web answer", FrameBuilder.Ethernet(WebMac, BroadcastMac).ArpRequest(WebMac, Web, Db));
        yield return FromWeb("db", ToDb().Tcp(40080, 80, TcpFlags.Syn));
        yield return From("db", "web", FrameBuilder.Ethernet(DbMac, WebMac).Ipv4(Db, Web).Tcp(80, 40080, SynAck));
        yield return FromWeb("db", ToDb().Tcp(40080, 80).Payload("GET / HTTP/1.1\r\n\r\n"));
        yield return FromWeb("drop layer-default-block", ToDb().Tcp(40022, 22, TcpFlags.Syn));
        yield return From(
            "db",
            "web",
            FrameBuilder.Ethernet(DbMac, WebMac).Ipv6("fd01::8", "fd01::5").Tcp(40081, 80, TcpFlags.Syn));
        yield return FromWeb(
            "db", FrameBuilder.Ethernet(WebMac, DbMac).Ipv6("fd01::5", "fd01::8").Tcp(80, 40081, SynAck));
        yield return FromWeb("uplink", ToPeer().Tcp(40082, 80, TcpFlags.Syn));
    }

    private static IEnumerable<HandMadeFrame> DecapAnyVniToAPort()
    {
        FrameBuilder Over6(uint vni) =>
            FrameBuilder.Ethernet(RemoteMac, UplinkMac).Ipv6("fd31::9", "fd31::1").Vxlan(vni);
        FrameBuilder Bare() => FrameBuilder.Ethernet(RemoteMac, UplinkMac).Ipv4("172.31.0.77", "172.31.0.1");

        yield return FromTunnel("probe", Ping(Tunnel(vni: 1, vtep: "172.31.0.77"), 1));
        yield return FromTunnel("probe", Ping(Tunnel(), 2));
        yield return FromTunnel("probe", Ping(Tunnel(vni: 0xFFFFFF), 3));
        yield return FromTunnel("probe", Ping(Over6(2), 4));
        yield return FromTunnel(
            "probe", Tunnel(vni: 3).InnerEthernet(PeerMac, BroadcastMac).ArpRequest(PeerMac, Peer, Web));
        yield return FromTunnel("drop rule-block", ToWeb(Tunnel(vni: 3)).Tcp(40001, 23, TcpFlags.Syn));
        yield return FromTunnel("drop vxlan-invalid-header", Ping(Tunnel(flags: 0), 5));
        yield return FromTunnel("drop not-vxlan", Bare().Udp(500, 500).Payload(8));
        yield return FromTunnel(
            "uplink answer", FrameBuilder.Ethernet(RemoteMac, BroadcastMac).ArpRequest(RemoteMac, Vtep, "172.31.0.1"));
        yield return FromTunnel("uplink answer", Bare().IcmpEchoRequest(1, 1).Payload(24));
    }

    private static IEnumerable<HandMadeFrame> NatPool()
    {
        const string Pool = "198.51.100.10";
        FrameBuilder ToOne(string server = Server) =>
            FrameBuilder.Ethernet(WebMac, RouterMac).Ipv4(Web, server, id: 1);
        FrameBuilder ToPool(string source = Server) =>
            Tunnel().InnerEthernet("02:42:00:00:00:fe", RouterMac).Ipv4(source, Pool, ttl: 60, id: 2);

        // Source ports inside the pool's range are kept if they are free, so the answers can be written down here.
        for (int i = 0; i < 4; i++)
        {
            yield return FromWeb("uplink", ToOne().Udp(20000 + i, 53).Payload($"question {i}"));
        }

        yield return FromWeb("drop nat-exhausted", ToOne().Udp(40004, 53).Payload("question 4"));
        yield return FromWeb("uplink", ToOne("203.0.113.8").Udp(20000, 53).Payload("another server"));
        yield return FromTunnel("web", ToPool().Udp(53, 20001).Payload("answer 1"));
        yield return FromTunnel("web", ToPool("203.0.113.8").Udp(53, 20000).Payload("another answer"));
        yield return FromTunnel("drop destination-unknown", ToPool("203.0.113.9").Udp(53, 20000).Payload("unasked"));
        yield return FromTunnel("drop destination-unknown", ToPool().Udp(54, 20001).Payload("another port"));
        yield return FromWeb("uplink", ToOne().IcmpEchoRequest(20002, 1).Payload(16));
        yield return FromTunnel("web", ToPool().IcmpEchoReply(20002, 1).Payload(16));
        yield return FromTunnel(
            "web",
            ToPool("203.0.113.1").Icmp(3, 3).Ipv4(Pool, Server, ttl: 62, id: 1).Udp(20003, 53).Payload("question 3"));
        yield return FromWeb("uplink", ToOne().Tcp(20003, 443, TcpFlags.Syn));
        yield return FromTunnel("web", ToPool().Tcp(443, 20003, SynAck));
    }

    private static IEnumerable<HandMadeFrame> MirrorAndMeter()
    {
        yield return FromWeb("probe mirror, uplink", ToPeer().Tcp(40080, 80, TcpFlags.Syn));
        yield return FromTunnel("probe mirror, web", ToWeb(Tunnel()).Tcp(80, 40080, SynAck));
        yield return FromWeb("probe mirror, uplink", ToPeer().Tcp(40080, 80).Payload("GET / HTTP/1.1\r\n\r\n"));
        yield return FromWeb("uplink", ToPeer().Udp(40053, 53).Payload("not for the probe"));
        yield return FromTunnel("web", ToWeb(Tunnel()).Udp(53, 40053).Payload("nor this"));
    }

    /// <summary>The frames a millisecond after each other, those aside that say their time.</summary>
    private static IEnumerable<HandMadeFrame> InOrder(IEnumerable<HandMadeFrame> frames) =>
        frames.Select((frame, i) => frame.AtMs == 0 ? frame with { AtMs = i } : frame);

    private static HandMadeFrame From(string port, string fate, FrameBuilder frame, params FrameBuilder[] becomes) =>
        new(port, 0, frame.Build(), fate) { Becomes = [.. becomes.Select(b => b.Build())] };

    private static HandMadeFrame FromWeb(string fate, FrameBuilder frame, params FrameBuilder[] becomes) =>
        From("web", fate, frame, becomes);

    private static HandMadeFrame FromTunnel(string fate, FrameBuilder frame, params FrameBuilder[] becomes) =>
        From("uplink", fate, frame, becomes);

    /// <summary>The tunnel headers that the switch puts in front of a frame.</summary>
    private static FrameBuilder Pushed(uint vni = 4097, string vtep = Vtep, byte tos = 0, byte ttl = 64) =>
        FrameBuilder.Ethernet(UplinkMac, $"02:aa:00:00:00:0{vtep[^1]}")
            .Ipv4("172.31.0.1", vtep, ttl: ttl, tos: tos, dontFragment: true)
            .Vxlan(vni);

    /// <summary>The frame that the switch sends to the peer's VTEP.</summary>
    private static FrameBuilder PushedToPeer(string source = WebMac) => Pushed().InnerEthernet(source, PeerMac);

    /// <summary>A frame of the peer as the tenant gets it.</summary>
    private static FrameBuilder FromPeer() => FrameBuilder.Ethernet(PeerMac, WebMac).Ipv4(Peer, Web, id: 1);

    private static FrameBuilder ToPeer() => FrameBuilder.Ethernet(WebMac, PeerMac).Ipv4(Web, Peer, id: 1);

    private static FrameBuilder ToPeer6() => FrameBuilder.Ethernet(WebMac, PeerMac).Ipv6("fd01::5", "fd01::6");

    private static FrameBuilder Tunnel(
        uint vni = 4097, string vtep = Vtep, uint flags = 0x0800_0000, byte reserved = 0, byte tos = 0) =>
        FrameBuilder.Ethernet(RemoteMac, UplinkMac)
            .Ipv4(vtep, "172.31.0.1", tos: tos, dontFragment: true)
            .Vxlan(vni, flags: flags, reserved: reserved);

    private static FrameBuilder ToWeb(FrameBuilder tunnel) =>
        tunnel.InnerEthernet(PeerMac, WebMac).Ipv4(Peer, Web, id: 1);

    private static FrameBuilder Ping(FrameBuilder tunnel, int sequence) =>
        ToWeb(tunnel).IcmpEchoRequest(1, sequence).Payload(16);
}
