using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Frames;

/// <summary>Valid frames of every kind the parser knows, to cut, mutate and parse.</summary>
public static class FrameSamples
{
    /// <summary>Each frame under a name that says what it is.</summary>
    public static IReadOnlyDictionary<string, byte[]> All { get; } =
        new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["tcp over ipv4"] = V4().Tcp(1, 2, TcpFlags.Syn, options: [2, 4, 5, 180]).Payload(20).Build(),
            ["udp over ipv4"] = V4().Udp(1, 2).Payload(20).Build(),
            ["udp over ipv4 with options and padding"] =
                FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", options: [0x94, 4, 0, 0])
                    .Udp(1, 2).Padding(10).Build(),
            ["sctp over ipv4"] = V4().Sctp(1, 2).Payload(16).Build(),
            ["echo over ipv4"] = V4().IcmpEchoRequest(7, 1).Payload(32).Build(),
            ["icmp error over ipv4"] = V4().Icmp(3, 4, 1450).Ipv4("10.0.0.2", "10.0.0.1").Udp(1, 2).Build(),
            ["igmp"] = V4().Igmp(0x16, "224.0.1.22").Build(),
            ["first fragment over ipv4"] =
                FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", id: 9, moreFragments: true)
                    .Udp(1, 2, length: 2000).Payload(24).Build(),
            ["later fragment over ipv4"] =
                FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", id: 9, fragmentOffset: 32, protocol: 17)
                    .Payload(5).Build(),
            ["esp over ipv4"] = FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", protocol: 50).Payload(24).Build(),
            ["gre over ipv4"] = V4().Gre(protocol: 0x0800).Ipv4("10.1.0.1", "10.1.0.2").Udp(1, 2).Build(),
            ["nvgre over ipv4"] =
                V4().Gre(key: 5001 << 8).InnerEthernet().Ipv4("10.1.0.1", "10.1.0.2").Udp(1, 2).Build(),
            ["ip in ip"] = V4().Ipv4("10.1.0.1", "10.1.0.2").Udp(1, 2).Build(),
            ["geneve over ipv4"] =
                V4().Udp(1, 6081).Geneve(5001).InnerEthernet().Ipv4("10.1.0.1", "10.1.0.2").Udp(1, 2).Build(),
            ["vxlan over ipv4"] = V4().Vxlan(5001).InnerEthernet().Ipv4("10.1.0.1", "10.1.0.2").Tcp(1, 2).Build(),
            ["vxlan over ipv6"] = V6().Vxlan(5001).InnerEthernet().Vlan(5).Ipv6("fd01::1", "fd01::2").Tcp(1, 2).Build(),
            ["tcp over ipv6"] = V6().Tcp(1, 2).Payload(20).Build(),
            ["udp over ipv6 in three vlans"] =
                FrameBuilder.Ethernet().Vlan(1, tagType: 0x88A8).Vlan(2, tagType: 0x9100).Vlan(3)
                    .Ipv6("fd00::1", "fd00::2").Udp(1, 2).Build(),
            ["echo over ipv6"] = V6().Icmpv6EchoReply(7, 1).Payload(32).Build(),
            ["extension headers"] = V6().Extension(IpProtocol.HopByHop, [5, 2, 0, 0])
                .Extension(IpProtocol.Routing).Extension(IpProtocol.AuthenticationHeader, new byte[14])
                .Extension(IpProtocol.DestinationOptions, [1, 12, .. new byte[12]]).Udp(1, 2).Payload(3).Build(),
            ["first fragment over ipv6"] = V6().Fragment(9, 0, more: true).Tcp(1, 2).Payload(20).Build(),
            ["later fragment over ipv6"] = V6().Fragment(9, 1448, more: false, nextHeader: 6).Payload(21).Build(),
            ["atomic fragment"] = V6().Fragment(9, 0, more: false).Udp(1, 2).Payload(21).Build(),
            ["no next header"] = FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2", nextHeader: 59).Build(),
            ["neighbour solicitation"] = V6().NeighborSolicitation("fd00::2").Build(),
            ["neighbour advertisement"] = V6().NeighborAdvertisement("fd00::2").Build(),
            ["router solicitation"] = V6().Icmpv6(133).Build(),
            ["router advertisement"] = V6().Icmpv6(134).Payload([.. new byte[8], 5, 1, 0, 0, 0, 0, 5, 220]).Build(),
            ["redirect"] = V6().Icmpv6(137).Payload([.. new byte[32], 2, 1, 2, 0, 0, 0, 0, 1]).Build(),
            ["arp request"] =
                FrameBuilder.Ethernet().ArpRequest(FrameBuilder.MacA, "10.0.0.1", "10.0.0.2").Padding(18).Build(),
            ["unknown ether type"] = FrameBuilder.Ethernet().Payload(46).Build(),
            ["mpls"] =
                FrameBuilder.Ethernet(type: 0x8847)
                    .Payload(Hex.Bytes("00000140 00000240 00000340")).Payload(40).Build(),
            ["spanning tree"] = FrameBuilder.Ethernet(type: 0x0026).Payload(Hex.Bytes("424203")).Payload(43).Build(),
        };

    private static FrameBuilder V4() => FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2");

    private static FrameBuilder V6() => FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2");
}
