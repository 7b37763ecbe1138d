using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What an endpoint may send, and what it may not say it is.</summary>
public sealed class GuardTests
{
    [Fact]
    public void Source_mac_of_another_station_is_dropped()
    {
        using var bench = new OverlayBench();
        foreach (string mac in new[] { MacB, MacRouter, Broadcast, "00:00:00:00:00:00" })
        {
            bench.Send("a", FrameBuilder.Ethernet(mac, MacC).Ipv4(IpA, IpC).Udp(1, 2).Build())
                .DroppedFor(DropReason.SourceMacSpoofed);
            bench.Send("a", FrameBuilder.Ethernet(mac, MacC).Payload(46).Build())
                .DroppedFor(DropReason.SourceMacSpoofed);
        }
    }

    [Fact]
    public void Source_address_of_another_station_is_dropped()
    {
        using var bench = new OverlayBench();
        foreach (string ip in new[] { IpB, IpRouter, "0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1" })
        {
            bench.Send("a", FromA().Ipv4(ip, IpC).Udp(1, 2).Build()).DroppedFor(DropReason.SourceAddressSpoofed);
        }

        foreach (string ip in new[] { Ip6B, Ip6Router, "::", "::1", "ff02::1", "::ffff:10.0.2.5" })
        {
            bench.Send("a", FromA().Ipv6(ip, Ip6C).Udp(1, 2).Build()).DroppedFor(DropReason.SourceAddressSpoofed);
        }
    }

    [Fact]
    public void Later_fragments_and_tagged_frames_are_guarded_too()
    {
        using var bench = new OverlayBench();
        bench.Send("a", FromA().Ipv4(IpB, IpC, fragmentOffset: 80, protocol: 17).Payload(8).Build())
            .DroppedFor(DropReason.SourceAddressSpoofed);
        bench.Send("a", FromA().Vlan(5).Vlan(6).Ipv4(IpB, IpC).Udp(1, 2).Build())
            .DroppedFor(DropReason.SourceAddressSpoofed);
        bench.Send("a", FromA(Broadcast).Vlan(5).ArpRequest(MacA, IpB, IpC).Build())
            .DroppedFor(DropReason.NeighborSpoofed);
    }

    [Fact]
    public void Every_address_of_the_port_and_link_local_ones_may_be_sent_from()
    {
        using var bench = new OverlayBench();
        bench.Send("a", FromA().Ipv4(IpA, IpC).Udp(1, 2).Build()).Left("up");
        bench.Send("a", FromA().Ipv6(Ip6A, Ip6C).Udp(1, 2).Build()).Left("up");
        bench.Send("a", FromA().Ipv6("fe80::5", Ip6C).Udp(1, 2).Build()).Left("up");
        bench.Send("a", FromA().Payload(46).Build()).Left("up");
    }

    [Fact]
    public void Who_has_no_address_yet_may_ask_for_one()
    {
        using var bench = new OverlayBench(FloodingPolicy);
        Floods(bench, FromA(Broadcast).Ipv4("0.0.0.0", "255.255.255.255").Udp(68, 67).Payload(300).Build());
        Floods(bench, FromA("33:33:00:01:00:02").Ipv6("fe80::5", "ff02::1:2").Udp(546, 547).Payload(60).Build());
        Floods(bench, FromA("33:33:ff:00:00:05").Ipv6("::", "ff02::1:ff00:5", hopLimit: 255)
            .NeighborSolicitation(Ip6A, null).Build());
        Floods(bench, FromA("33:33:00:00:00:02").Ipv6("::", "ff02::2", hopLimit: 255).Icmpv6(133).Build());
        Floods(bench, FromA("33:33:00:00:00:16").Ipv6("::", "ff02::16", hopLimit: 1).Icmpv6(143).Build());
        Floods(bench, FromA("01:00:5e:00:00:16").Ipv4("0.0.0.0", "224.0.0.22", ttl: 1).Igmp(0x22, "0.0.0.0").Build());
        Floods(bench, FromA(Broadcast).ArpRequest(MacA, "0.0.0.0", IpA).Build());
    }

    [Fact]
    public void Without_an_address_nothing_else_may_be_sent()
    {
        using var bench = new OverlayBench(FloodingPolicy);
        byte[][] frames =
        [
            FromA(Broadcast).Ipv4("0.0.0.0", "255.255.255.255").Udp(68, 69).Build(),
            FromA(Broadcast).Ipv4("0.0.0.0", "255.255.255.255").Tcp(68, 67).Build(),
            FromA(AllNodes).Ipv6("::", "ff02::1").Icmpv6EchoRequest(1, 1).Build(),
        ];
        foreach (byte[] frame in frames)
        {
            bench.Send("a", frame).DroppedFor(DropReason.SourceAddressSpoofed);
        }
    }

    [Theory]
    [InlineData(1, MacA, IpB)]
    [InlineData(1, MacB, IpA)]
    [InlineData(2, MacA, IpB)]
    [InlineData(2, MacB, IpB)]
    [InlineData(2, MacA, IpRouter)]
    [InlineData(1, MacRouter, "0.0.0.0")]
    public void Arp_in_another_stations_name_is_dropped(int operation, string mac, string ip) =>
        OverlayBench.Run(
                FloodingPolicy, "a", FromA(Broadcast).Arp(operation, mac, ip, "00:00:00:00:00:00", IpC).Build())
            .DroppedFor(DropReason.NeighborSpoofed);

    [Fact]
    public void Neighbour_advertisement_for_another_stations_address_is_dropped()
    {
        using var bench = new OverlayBench(FloodingPolicy);
        foreach (string target in new[] { Ip6B, Ip6C, Ip6Router })
        {
            bench.Send("a", FromA(AllNodes).Ipv6(Ip6A, "ff02::1", hopLimit: 255)
                    .NeighborAdvertisement(target, MacA).Build())
                .DroppedFor(DropReason.NeighborSpoofed);
            bench.Send("a", FromA(AllNodes).Ipv6("fe80::5", "ff02::1", hopLimit: 255)
                    .NeighborAdvertisement(target, MacA).Build())
                .DroppedFor(DropReason.NeighborSpoofed);
        }

        Floods(bench, FromA(AllNodes).Ipv6(Ip6A, "ff02::1", hopLimit: 255)
            .NeighborAdvertisement(Ip6A, MacA).Build());
    }

    [Fact]
    public void Router_and_dhcp_server_messages_of_an_endpoint_are_dropped()
    {
        using var bench = new OverlayBench(FloodingPolicy);
        byte[][] frames =
        [
            FromA(AllNodes).Ipv6("fe80::5", "ff02::1", hopLimit: 255).Icmpv6(134).Payload(new byte[8]).Build(),
            FromA(AllNodes).Ipv6("fe80::5", "ff02::1", hopLimit: 255).Extension(IpProtocol.DestinationOptions)
                .Icmpv6(134).Payload(new byte[8]).Build(),
            FromA(MacB).Ipv6("fe80::5", Ip6B, hopLimit: 255).Icmpv6(137).Payload(new byte[32]).Build(),
            FromA(Broadcast).Ipv4(IpA, "255.255.255.255").Udp(67, 68).Payload(300).Build(),
            FromA(MacB).Ipv6("fe80::5", "fe80::6").Udp(547, 546).Payload(60).Build(),
        ];
        foreach (byte[] frame in frames)
        {
            bench.Send("a", frame).DroppedFor(DropReason.RoleSpoofed);
        }
    }

    [Fact]
    public void Router_advertisement_hidden_in_fragments_is_dropped()
    {
        byte[] frame = FromA(AllNodes).Ipv6("fe80::5", "ff02::1", hopLimit: 255).Fragment(1, 0, more: true)
            .Icmpv6(134).Payload(new byte[8]).Build();
        OverlayBench.Run(FloodingPolicy, "a", frame).DroppedFor(DropReason.NeighborDiscoveryMalformed);
    }

    [Fact]
    public void Port_without_source_guard_sends_what_it_likes()
    {
        using var bench = new OverlayBench(FloodingPolicy.WithPort("a", p => p with { SourceGuard = false }));
        bench.Send("a", FrameBuilder.Ethernet(MacB, MacC).Ipv4(IpB, IpC).Udp(1, 2).Build()).Left("up");
        Floods(bench, FromA(Broadcast).Arp(2, MacB, IpB, MacC, IpC).Build());
        Floods(bench, FromA(AllNodes).Ipv6("fe80::5", "ff02::1", hopLimit: 255).Icmpv6(134)
            .Payload(new byte[8]).Build());
    }

    [Fact]
    public void Frames_that_a_port_could_not_take_whole_are_dropped()
    {
        using var bench = new OverlayBench();
        byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1, 2).Build();
        bench.Send("a", frame, flags: FrameFlags.Cut).DroppedFor(DropReason.FrameCut);
        bench.Send("a", frame, flags: FrameFlags.TooLong).DroppedFor(DropReason.FrameTooLong);
        bench.Send("a", frame, flags: FrameFlags.TooLong | FrameFlags.Cut).DroppedFor(DropReason.FrameTooLong);
        bench.Send("a", frame, flags: FrameFlags.NotEthernet).DroppedFor(DropReason.LinkTypeUnsupported);
    }

    [Theory]
    [InlineData("fe80::1")] // What routers call themselves by custom.
    [InlineData("fe80::fe")] // What the policy says.
    [InlineData("fe80::42:aff:fe00:201")] // What the router's MAC address makes (RFC 4291, appendix A).
    [InlineData("fe80::42:aff:fe00:206")] // The same of endpoint b,
    [InlineData("fe80::42:aff:fe00:207")] // and of c behind its VTEP.
    public void Link_local_address_of_the_router_or_of_another_station_is_not_to_be_claimed(string address)
    {
        using var bench = new OverlayBench(FloodingPolicy.With(n => n with
        {
            Gateway = n.Gateway! with { Addresses = [Ip(IpRouter), Ip(Ip6Router), Ip("fe80::fe")] },
        }));
        bench.Send("a", FromA(AllNodes).Ipv6(Ip6A, "ff02::1", hopLimit: 255)
            .NeighborAdvertisement(address, MacA).Build()).DroppedFor(DropReason.NeighborSpoofed);
        bench.Send("a", FromA(AllNodes).Ipv6("fe80::5", "ff02::1", hopLimit: 255)
            .NeighborAdvertisement(address, MacA).Build()).DroppedFor(DropReason.NeighborSpoofed);
        bench.Send("a", FromA("33:33:ff:00:00:06").Ipv6(address, "ff02::1:ff00:6", hopLimit: 255)
            .NeighborSolicitation(Ip6B, MacA).Build()).DroppedFor(DropReason.SourceAddressSpoofed);
        bench.Send("a", FromA().Ipv6(address, Ip6C).Udp(1, 2).Build()).DroppedFor(DropReason.SourceAddressSpoofed);
    }

    [Theory]
    [InlineData("fe80::5")]
    [InlineData("fe80::42:aff:fe00:205")]
    public void Link_local_address_of_its_own_may_be_claimed(string address) =>
        OverlayBench.Run(FloodingPolicy, "a", FromA(AllNodes).Ipv6(address, "ff02::1", hopLimit: 255)
            .NeighborAdvertisement(address, MacA).Build()).LeftAsCopies("up", "up", "up", "b");

    [Theory]
    [InlineData("000000")] // RFC 1042.
    [InlineData("0000f8")] // IEEE 802.1H, the tunnel of bridges.
    [Trait("Scenario", "MF08")]
    public void What_hides_behind_llc_and_snap_is_guarded_too(string organisation)
    {
        using var bench = new OverlayBench(FloodingPolicy);
        bench.Send("a", Snap(organisation, "0806", FrameBuilder.Bare().ArpRequest(MacA, IpB, IpC)))
            .DroppedFor(DropReason.NeighborSpoofed);
        bench.Send("a", Snap(organisation, "0806", FrameBuilder.Bare().ArpReply(MacA, IpRouter, MacC, IpC)))
            .DroppedFor(DropReason.NeighborSpoofed);
        bench.Send("a", Snap(organisation, "0800", FrameBuilder.Bare().Ipv4(IpB, IpC).Udp(1, 2)))
            .DroppedFor(DropReason.SourceAddressSpoofed);
        bench.Send("a", Snap(organisation, "86dd", FrameBuilder.Bare().Ipv6(Ip6B, Ip6C).Udp(1, 2)))
            .DroppedFor(DropReason.SourceAddressSpoofed);
        bench.Send("a", Snap(organisation, "0800", FrameBuilder.Bare().Ipv4(IpA, IpC).Udp(67, 68).Payload(300)))
            .DroppedFor(DropReason.RoleSpoofed);
        bench.Send("a", Snap(organisation, "86dd", FrameBuilder.Bare()
            .Ipv6("fe80::5", "ff02::1", hopLimit: 255).Icmpv6(134).Payload(new byte[8])))
            .DroppedFor(DropReason.RoleSpoofed);
        bench.Send("a", Snap(organisation, "0806", FrameBuilder.Bare().Payload(20)))
            .DroppedFor(DropReason.ArpMalformed);
    }

    [Fact]
    public void Honest_frames_with_llc_and_snap_pass()
    {
        using var bench = new OverlayBench(FloodingPolicy);
        Floods(bench, Snap("000000", "0806", FrameBuilder.Bare().ArpRequest(MacA, IpA, IpC)));
        Floods(bench, Snap("000000", "0800", FrameBuilder.Bare().Ipv4(IpA, IpC).Udp(1, 2)));
        Floods(bench, Snap("00000c", "2000", FrameBuilder.Bare().Payload(40)));
        Floods(bench, FrameBuilder.Ethernet(MacA, Broadcast, type: 3).Payload([0x42, 0x42, 0x03]).Build());
        Floods(bench, FrameBuilder.Ethernet(MacA, Broadcast, type: 0).Build());
        Floods(bench, FrameBuilder.Ethernet(MacA, Broadcast, type: 3).Payload([0xAA, 0xAA, 0x03]).Build());
    }

    [Fact]
    public void Answers_to_dhcp_clients_are_dropped_whatever_port_they_come_from()
    {
        using var bench = new OverlayBench(FloodingPolicy);
        foreach (int port in new[] { 1, 68, 546, 1067, 65535 })
        {
            bench.Send("a", FromA(Broadcast).Ipv4(IpA, "255.255.255.255").Udp(port, 68).Payload(300).Build())
                .DroppedFor(DropReason.RoleSpoofed);
            bench.Send("a", FromA(MacB).Ipv6("fe80::5", "fe80::6").Udp(port, 546).Payload(60).Build())
                .DroppedFor(DropReason.RoleSpoofed);
        }
    }

    [Fact]
    public void Dhcp_ports_of_the_other_ip_version_are_not_dhcp()
    {
        Layer noUdp = new()
        {
            Name = "acl",
            Ports = ["a"],
            Priority = 100,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf("udp", Direction.Out, new RuleAction.Block(), new Match { Protocols = [IpProtocol.Udp] }),
            ],
        };
        using var bench = new OverlayBench(Green.Policy.Plus(noUdp));
        bench.Send("a", FromA().Ipv4(IpA, IpC).Udp(546, 547).Build()).DroppedFor(DropReason.RuleBlock);
        bench.Send("a", FromA().Ipv6(Ip6A, Ip6C).Udp(68, 67).Build()).DroppedFor(DropReason.RuleBlock);
        bench.Send("a", FromA().Ipv4(IpA, IpC).Udp(1, 546).Build()).DroppedFor(DropReason.RuleBlock);
        bench.Send("a", FromA().Ipv6(Ip6A, Ip6C).Udp(1, 68).Build()).DroppedFor(DropReason.RuleBlock);
    }

    private static byte[] Snap(string organisation, string type, FrameBuilder packet)
    {
        byte[] content = [.. Hex.Bytes($"aaaa03 {organisation} {type}"), .. packet.Build()];
        return FrameBuilder.Ethernet(MacA, Broadcast, type: (ushort)content.Length).Payload(content).Build();
    }

    /// <summary>Endpoint a's frame is admitted: it goes to all others.</summary>
    private static void Floods(OverlayBench bench, byte[] frame) =>
        bench.Send("a", frame).LeftAsCopies("up", "up", "up", "b");
}
