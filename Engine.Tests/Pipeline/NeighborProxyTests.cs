using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>ARP requests and neighbour solicitations of endpoints: which are answered, and with what bytes.</summary>
public sealed class NeighborProxyTests
{
    private static readonly SwitchPolicy Policy = Green.Policy.With(n => n with
    {
        Broadcast = Flooding.Replicate,
        Multicast = Flooding.Replicate,
    });

    private static readonly string[] EverybodyElse = ["up", "up", "up", "b"];

    [Theory]
    [InlineData(IpB, MacB)]
    [InlineData(IpC, MacC)]
    [InlineData(IpD, MacD)]
    [InlineData(IpRouter, MacRouter)]
    [Trait("Scenario", "AR01"), Trait("Scenario", "AR04")]
    public void Arp_request_for_a_known_address_is_answered(string ip, string mac)
    {
        byte[] request = FromA(Broadcast).ArpRequest(MacA, IpA, ip).Padding(18).Build();
        byte[] reply = FrameBuilder.Ethernet(mac, MacA).ArpReply(mac, ip, MacA, IpA).Build();
        OverlayBench.Run(Policy, "a", request).Answered("a", reply);
    }

    [Theory]
    [InlineData(Ip6B, MacB, 0x60)]
    [InlineData(Ip6C, MacC, 0x60)]
    [InlineData(Ip6Router, MacRouter, 0xE0)]
    [Trait("Scenario", "AR03")]
    public void Neighbour_solicitation_for_a_known_address_is_answered(string ip, string mac, byte flags)
    {
        byte[] reply = FrameBuilder.Ethernet(mac, MacA).Ipv6(ip, Ip6A, hopLimit: 255)
            .NeighborAdvertisement(ip, mac, flags).Build();
        OverlayBench.Run(Policy, "a", Solicitation(ip)).Answered("a", reply);
    }

    [Fact]
    public void Virtual_address_of_a_subnet_is_answered_with_the_router_mac()
    {
        Layer balancer = new()
        {
            Name = "lb",
            Ports = ["a", "b"],
            Priority = 100,
            Stateful = true,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf(
                    "vip",
                    Direction.Out,
                    new RuleAction.LoadBalance { Backends = [new Backend { Address = Ip(IpB) }] },
                    new Match { Destination = "10.0.2.200" }),
                GroupOf(
                    "outside",
                    Direction.Out,
                    new RuleAction.Nat { Destination = Ip(IpB) },
                    new Match { Destination = "192.0.2.200" }),
            ],
        };
        using var bench = new OverlayBench(Policy.Plus(balancer));
        bench.Send("a", FromA(Broadcast).ArpRequest(MacA, IpA, "10.0.2.200").Build()).Answered(
            "a", FrameBuilder.Ethernet(MacRouter, MacA).ArpReply(MacRouter, "10.0.2.200", MacA, IpA).Build());
        bench.Send("a", FromA(Broadcast).ArpRequest(MacA, IpA, "192.0.2.200").Build()).LeftAsCopies(EverybodyElse);
    }

    [Fact]
    [Trait("Scenario", "AR01")]
    public void Question_for_an_address_that_nobody_is_known_to_have_goes_to_everybody()
    {
        using var bench = new OverlayBench(Policy);
        bench.Send("a", FromA(Broadcast).ArpRequest(MacA, IpA, "10.0.2.99").Build()).LeftAsCopies(EverybodyElse);
        bench.Send("a", Solicitation("fd02::99")).LeftAsCopies(EverybodyElse);
    }

    [Fact]
    [Trait("Scenario", "AR06"), Trait("Scenario", "AR10")]
    public void Probe_for_ones_own_address_goes_to_everybody_unless_another_has_it()
    {
        using var bench = new OverlayBench(Policy);
        bench.Send("a", FromA(Broadcast).ArpRequest(MacA, "0.0.0.0", IpA).Build()).LeftAsCopies(EverybodyElse);
        bench.Send("a", FromA(Broadcast).ArpRequest(MacA, "0.0.0.0", IpB).Build()).Answered(
            "a", FrameBuilder.Ethernet(MacB, MacA).ArpReply(MacB, IpB, MacA, "0.0.0.0").Build());

        bench.Send("a", Solicitation(Ip6A, "::")).LeftAsCopies(EverybodyElse);

        // RFC 4861 §7.2.4: the answer to who has no address goes to all nodes, and is not a solicited one.
        bench.Send("a", Solicitation(Ip6B, "::")).Answered(
            "a",
            FrameBuilder.Ethernet(MacB, AllNodes).Ipv6(Ip6B, "ff02::1", hopLimit: 255)
                .NeighborAdvertisement(Ip6B, MacB, 0x20).Build());
    }

    [Fact]
    [Trait("Scenario", "AR06")]
    public void Gratuitous_arp_and_unsolicited_advertisements_go_to_everybody()
    {
        using var bench = new OverlayBench(Policy);
        bench.Send("a", FromA(Broadcast).ArpRequest(MacA, IpA, IpA).Build()).LeftAsCopies(EverybodyElse);
        bench.Send("a", FromA(Broadcast).ArpReply(MacA, IpA, MacA, IpA).Build()).LeftAsCopies(EverybodyElse);
        bench.Send("a", FromA(AllNodes).Ipv6(Ip6A, "ff02::1", hopLimit: 255).NeighborAdvertisement(Ip6A, MacA, 0x20)
            .Build()).LeftAsCopies(EverybodyElse);
    }

    [Fact]
    [Trait("Scenario", "AR02")]
    public void Unicast_probe_is_delivered_to_whom_it_asks()
    {
        using var bench = new OverlayBench(Policy);
        byte[] toB = FromA(MacB).ArpRequest(MacA, IpA, IpB).Build();
        bench.Send("a", toB).Left("b", toB);
        byte[] toC = FromA(MacC).ArpRequest(MacA, IpA, IpC).Build();
        bench.Send("a", toC).Left("up", ToC(toC));
        byte[] solicitation = FromA(MacB).Ipv6(Ip6A, Ip6B, hopLimit: 255).NeighborSolicitation(Ip6B, MacA).Build();
        bench.Send("a", solicitation).Left("b", solicitation);
        byte[] reply = FromA(MacC).ArpReply(MacA, IpA, MacC, IpC).Build();
        bench.Send("a", reply).Left("up", ToC(reply));
    }

    [Fact]
    public void Unicast_probe_of_the_router_is_answered_and_other_link_messages_to_it_are_used_up()
    {
        using var bench = new OverlayBench(Policy);
        bench.Send("a", FromA(MacRouter).ArpRequest(MacA, IpA, IpRouter).Build()).Answered(
            "a", FrameBuilder.Ethernet(MacRouter, MacA).ArpReply(MacRouter, IpRouter, MacA, IpA).Build());
        bench.Send("a", FromA(MacRouter).ArpReply(MacA, IpA, MacRouter, IpRouter).Build()).UsedUp();
        bench.Send("a", FromA(MacRouter).ArpRequest(MacA, IpA, "10.0.2.99").Build()).UsedUp();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("0.0.0.0")]
    [Trait("Scenario", "AR06")]
    public void Arp_for_an_address_that_no_station_has_is_no_question(string target) =>
        OverlayBench.Run(Policy, "a", FromA(Broadcast).ArpRequest(MacA, IpA, target).Build())
            .LeftAsCopies(EverybodyElse);

    [Fact]
    [Trait("Scenario", "AR06")]
    public void Arp_that_is_cut_or_not_for_ethernet_and_ipv4_is_dropped()
    {
        using var bench = new OverlayBench(Policy);
        byte[] request = FromA(Broadcast).ArpRequest(MacA, IpA, IpC).Build();
        for (int length = 14; length < 42; length++)
        {
            bench.Send("a", request[..length]).DroppedFor(DropReason.ArpMalformed);
        }

        bench.Send("a", FromA(Broadcast).Arp(1, MacA, IpA, MacB, IpC, hardware: 6).Build())
            .DroppedFor(DropReason.ArpMalformed);
        bench.Send("a", FromA(Broadcast).Arp(1, MacA, IpA, MacB, IpC, protocol: 0x86DD).Build())
            .DroppedFor(DropReason.ArpMalformed);
        bench.Send("a", FromA(Broadcast).Arp(1, MacA, IpA, MacB, IpC, hardwareLength: 8).Build())
            .DroppedFor(DropReason.ArpMalformed);
    }

    [Theory]
    [InlineData("0000000000000000")]
    [InlineData("01")]
    [InlineData("01010242000000")]
    [InlineData("0102024200000005")]
    [InlineData("01ff024200000005")]
    [Trait("Scenario", "AR09")]
    public void Solicitation_with_an_impossible_option_is_dropped(string option)
    {
        byte[] body = [.. System.Net.IPAddress.Parse(Ip6B).GetAddressBytes(), .. Hex.Bytes(option)];
        byte[] frame = FromA("33:33:ff:00:00:06").Ipv6(Ip6A, "ff02::1:ff00:6", hopLimit: 255)
            .Icmpv6(135).Payload(body).Build();
        OverlayBench.Run(Policy, "a", frame).DroppedFor(DropReason.NeighborDiscoveryMalformed);
    }

    [Fact]
    public void Answer_goes_to_the_link_layer_address_that_the_question_names()
    {
        byte[] body =
        [
            .. System.Net.IPAddress.Parse(Ip6B).GetAddressBytes(),
            .. Hex.Bytes("0e01 000000000000 01 01 024200000055"),
        ];
        byte[] frame = FromA("33:33:ff:00:00:06").Ipv6(Ip6A, "ff02::1:ff00:6", hopLimit: 255)
            .Icmpv6(135).Payload(body).Build();
        byte[] answer = OverlayBench.Run(Policy, "a", frame).Answered("a");
        Assert.Equal("024200000055", Hex.Text(answer.AsSpan(0, 6)));

        byte[] bare = FromA("33:33:ff:00:00:06").Ipv6(Ip6A, "ff02::1:ff00:6", hopLimit: 255)
            .NeighborSolicitation(Ip6B, null).Build();
        Assert.Equal("02420a000205", Hex.Text(OverlayBench.Run(Policy, "a", bare).Answered("a").AsSpan(0, 6)));
    }

    [Fact]
    public void Solicitation_that_came_through_a_router_or_has_a_wrong_checksum_is_not_answered()
    {
        using var bench = new OverlayBench(Policy);
        bench.Send("a", FromA("33:33:ff:00:00:06").Ipv6(Ip6A, "ff02::1:ff00:6", hopLimit: 254)
            .NeighborSolicitation(Ip6B, MacA).Build()).LeftAsCopies(EverybodyElse);
        byte[] wrong = Solicitation(Ip6B);
        wrong[56] ^= 1;
        bench.Send("a", wrong).LeftAsCopies(EverybodyElse);
    }

    [Fact]
    [Trait("Scenario", "AR01")]
    public void Proxy_that_is_off_answers_nothing()
    {
        using var bench = new OverlayBench(Policy.With(n => n with { NeighborProxy = false }));
        bench.Send("a", FromA(Broadcast).ArpRequest(MacA, IpA, IpC).Build()).LeftAsCopies(EverybodyElse);
        bench.Send("a", Solicitation(Ip6C)).LeftAsCopies(EverybodyElse);
        bench.Apply(Policy);
        bench.Send("a", Solicitation(Ip6C)).Answered("a");
    }

    // The steps of Linux's own test of neighbour suppression, test_bridge_neigh_suppress.sh.
    [Fact]
    [Trait("Scenario", "AR01")]
    public void Questions_cross_the_tunnel_until_the_proxy_is_on_and_knows_the_address()
    {
        byte[][] questions =
        [
            FromA(Broadcast).ArpRequest(MacA, IpA, IpC).Build(), Solicitation(Ip6C),
        ];
        SwitchPolicy known = Policy.With(n => n with { Endpoints = [n.Endpoints[0]] });
        SwitchPolicy off = known.With(n => n with { NeighborProxy = false });
        SwitchPolicy unknown = Policy.With(n => n with { Endpoints = [], Vteps = [Ip(VtepC)] });
        SwitchPolicy onlyMac = Policy.With(n => n with { Endpoints = [n.Endpoints[0] with { Addresses = [] }] });
        using var bench = new OverlayBench(off);
        foreach (byte[] question in questions)
        {
            foreach (SwitchPolicy crossing in new[] { off, unknown, onlyMac })
            {
                bench.Apply(crossing);
                Outcome outcome = bench.Send("a", question);
                outcome.LeftAsCopies("up", "b");
                Assert.Equal(Hex.Text(ToC(question)), Hex.Text(outcome.Frames.Single(f => f.Port == "up").Bytes));
            }

            bench.Apply(known);
            bench.Send("a", question).Answered("a");
            bench.Apply(known with { Neighbors = [] }); // Nobody reaches the VTEP, which changes nothing here.
            bench.Send("a", question).Answered("a");
            bench.Apply(off);
            bench.Send("a", question).LeftAsCopies("up", "b");
        }
    }

    [Fact]
    [Trait("Scenario", "AR05")]
    public void Each_network_has_a_proxy_of_its_own()
    {
        Network green = Policy.Networks[0];
        Network blue = green with { Name = "blue", Vni = new Vni(5002), NeighborProxy = false };
        Port twin = Endpoint("twin", MacA, IpA) with { Network = "blue" };
        SwitchPolicy policy = Policy.Plus(twin) with
        {
            Networks = [green, blue],
            Layers = [Vnet, Vnet with { Name = "vnet-blue", Ports = ["twin"], Groups = [] }],
        };
        byte[] request = FromA(Broadcast).ArpRequest(MacA, IpA, IpC).Build();
        using var bench = new OverlayBench(policy);
        bench.Send("a", request).Answered("a");
        bench.Send("twin", request).LeftAsCopies("up", "up", "up");
        bench.Apply(policy.With(n => n with { NeighborProxy = !n.NeighborProxy }));
        bench.Send("a", request).LeftAsCopies(EverybodyElse);
        bench.Send("twin", request).Answered("twin");
    }

    [Fact]
    [Trait("Scenario", "AR08")]
    public void Answers_follow_the_mapping_when_it_changes()
    {
        using var bench = new OverlayBench(Policy);
        byte[] request = FromA(Broadcast).ArpRequest(MacA, IpA, IpC).Build();
        bench.Apply(Policy.With(n => n with
        {
            Endpoints =
            [
                new RemoteEndpoint { Addresses = [Ip(IpC)], Mac = Mac("02:42:0a:00:02:70"), Vtep = Ip(VtepC) },
            ],
        }));
        Assert.Equal("02420a000270", Hex.Text(bench.Send("a", request).Answered("a").AsSpan(6, 6)));
        bench.Apply(Policy.With(n => n with { Endpoints = [] }));
        bench.Send("a", request).Left("b", request);
    }

    [Fact]
    public void Answer_that_finds_no_buffer_or_no_room_is_a_counted_drop()
    {
        byte[] request = FromA(Broadcast).ArpRequest(MacA, IpA, IpC).Build();
        using var small = new OverlayBench(Policy, buffers: 1);
        Outcome outcome = small.Send("a", request);
        Assert.Empty(outcome.Frames);
        Assert.Equal(1, outcome.Change.Drops[DropReason.PoolExhausted]);
        Assert.Equal((1, 1), (outcome.Change.Consumed, outcome.Change.Generated));

        using var full = new OverlayBench(Policy);
        full.Full.Add("a");
        outcome = full.Send("a", request);
        Assert.Equal(1, outcome.Change.Drops[DropReason.EgressFull]);
        Assert.Equal((1, 1), (outcome.Change.Consumed, outcome.Change.Generated));
    }

    [Fact]
    public void Questions_are_answered_whatever_the_layers_block()
    {
        SwitchPolicy blocking = Policy.WithLayers(Vnet with { Groups = [] });
        OverlayBench.Run(blocking, "a", FromA(Broadcast).ArpRequest(MacA, IpA, IpC).Build()).Answered("a");
    }

    private static byte[] Solicitation(string target, string source = Ip6A)
    {
        string low = target[(target.LastIndexOf(':') + 1)..].PadLeft(2, '0');
        return FromA($"33:33:ff:00:00:{low}").Ipv6(source, $"ff02::1:ff00:{low}", hopLimit: 255)
            .NeighborSolicitation(target, source == "::" ? null : MacA).Build();
    }

    [Fact]
    public void A_tagged_question_gets_an_answer_with_the_same_tags()
    {
        using var bench = new OverlayBench();
        bench.Send("a", FromA(Broadcast).Vlan(5, priority: 3).ArpRequest(MacA, IpA, IpC).Build())
            .Answered("a", FrameBuilder.Ethernet(MacC, MacA).Vlan(5, priority: 3)
                .ArpReply(MacC, IpC, MacA, IpA).Build());
        bench.Send("a", FromA("33:33:ff:00:00:07").Vlan(5, tagType: 0x88A8).Vlan(6).Vlan(7)
                .Ipv6(Ip6A, "ff02::1:ff00:7", hopLimit: 255).NeighborSolicitation(Ip6C, MacA).Build())
            .Answered("a", FrameBuilder.Ethernet(MacC, MacA).Vlan(5, tagType: 0x88A8).Vlan(6).Vlan(7)
                .Ipv6(Ip6C, Ip6A, hopLimit: 255).NeighborAdvertisement(Ip6C, MacC).Build());
        bench.Send("up", FrameBuilder.Ethernet(MacVtepC, Broadcast).Vlan(9).ArpRequest(MacVtepC, VtepC, Vtep).Build())
            .Answered("up", FrameBuilder.Ethernet(MacUplink, MacVtepC).Vlan(9)
                .ArpReply(MacUplink, Vtep, MacVtepC, VtepC).Build());
    }

    [Fact]
    public void A_lease_is_renewed_through_the_router()
    {
        using var bench = new OverlayBench();
        bench.Send("a", FromA(MacRouter).Ipv4(IpA, IpC).Udp(68, 67).Payload(300).Build())
            .Left("up", ToC(FrameBuilder.Ethernet(MacRouter, MacC).Ipv4(IpA, IpC, ttl: 63).Udp(68, 67)
                .Payload(300).Build()));
        bench.Send("a", FromA(MacRouter).Ipv6(Ip6A, Ip6C).Udp(546, 547).Payload(60).Build())
            .Left("up", ToC(FrameBuilder.Ethernet(MacRouter, MacC).Ipv6(Ip6A, Ip6C, hopLimit: 63).Udp(546, 547)
                .Payload(60).Build()));
        bench.Send("a", FromA(MacRouter).Ipv4(IpA, "10.0.2.99").Udp(68, 67).Payload(300).Build())
            .DroppedFor(DropReason.DestinationUnknown);
    }

    [Fact]
    public void A_reply_to_an_echo_request_has_a_life_of_its_own()
    {
        using var bench = new OverlayBench();
        bench.Send("up", FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, Vtep, ttl: 1, id: 9)
                .IcmpEchoRequest(1, 2).Payload(5).Build())
            .Answered("up", FrameBuilder.Ethernet(MacUplink, MacVtepC).Ipv4(Vtep, VtepC, ttl: 64, id: 9)
                .IcmpEchoReply(1, 2).Payload(5).Build());
        bench.Send("up", FrameBuilder.Ethernet(MacVtepD, MacUplink).Ipv6(VtepD, Vtep6, hopLimit: 255)
                .Icmpv6EchoRequest(1, 2).Payload(5).Build())
            .Answered("up", FrameBuilder.Ethernet(MacUplink, MacVtepD).Ipv6(Vtep6, VtepD, hopLimit: 64)
                .Icmpv6EchoReply(1, 2).Payload(5).Build());
    }
}
