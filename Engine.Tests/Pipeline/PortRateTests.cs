using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>How many packets of some kinds may enter at a port.</summary>
public sealed class PortRateTests
{
    private const long Millisecond = 1_000_000;

    private static readonly byte[] Flooded = FromA(Broadcast).Ipv4(IpA, "10.0.2.255").Udp(1, 2).Build();
    private static readonly byte[] Echo = FromA(MacB).Ipv4(IpA, IpB).IcmpEchoRequest(1, 1).Build();
    private static readonly byte[] Question = FromA(MacB).ArpRequest(MacA, IpA, IpB).Build();
    private static readonly byte[] Datagram = FromA(MacB).Ipv4(IpA, IpB).Udp(1000, 53).Build();

    private static readonly byte[] Solicitation =
        FromA(MacB).Ipv6(Ip6A, Ip6B, hopLimit: 255).NeighborSolicitation(Ip6B, MacA).Build();

    // Two at once, then one every 50 ms.
    private const int PerSecond = 20;

    [Fact]
    public void Broadcast_multicast_and_unknown_unicast_share_the_rate_of_floods()
    {
        using var bench = Bench("a", new PortRates { FloodsPerSecond = PerSecond });
        byte[] group = FromA("01:00:5e:01:02:03").Payload(46).Build();
        byte[] unknown = FromA(MacUnknown).Payload(46).Build();
        bench.Send("a", Flooded).LeftAsCopies("up", "up", "up", "b");
        bench.Send("a", group).LeftAsCopies("up", "up", "up", "b");
        bench.Send("a", unknown, 49 * Millisecond).DroppedFor(DropReason.FloodRate);
        bench.Send("a", group, 49 * Millisecond).DroppedFor(DropReason.FloodRate);
        bench.Send("a", unknown, 50 * Millisecond).LeftAsCopies("up", "up", "up", "b");
        bench.Send("a", Flooded, 50 * Millisecond).DroppedFor(DropReason.FloodRate);

        // The others: what is for one, and another port's.
        bench.Send("a", Datagram, 50 * Millisecond).Left("b");
        bench.Send("b", FrameBuilder.Ethernet(MacB, Broadcast).Payload(46).Build(), 50 * Millisecond)
            .LeftAsCopies("up", "up", "up", "a");
    }

    [Fact]
    public void What_is_flooded_out_of_tunnels_is_the_uplinks()
    {
        using var bench = Bench("up", new PortRates { FloodsPerSecond = PerSecond });
        byte[] inner = FrameBuilder.Ethernet(MacC, Broadcast).Ipv4(IpC, "255.255.255.255").Udp(1, 2).Build();
        bench.Send("up", Tunnelled(inner)).LeftAsCopies("a", "b");
        bench.Send("up", Tunnelled(inner)).LeftAsCopies("a", "b");
        bench.Send("up", Tunnelled(inner)).DroppedFor(DropReason.FloodRate);
        bench.Send("up", Tunnelled(Inner)).Left("a");
    }

    [Fact]
    public void Floods_that_the_network_drops_or_punts_are_not_counted()
    {
        SwitchPolicy policy = Green.Policy
            .WithPort("a", p => p with { Rates = new PortRates { FloodsPerSecond = 0 } })
            .With(n => n with { Broadcast = Flooding.Punt });
        using var bench = new OverlayBench(policy);
        bench.Send("a", Flooded).PuntedFor(PuntReason.Broadcast);
        bench.Send("a", FromA(MacUnknown).Payload(46).Build()).DroppedFor(DropReason.DestinationUnknown);
    }

    [Fact]
    public void Icmp_of_both_families_shares_a_rate()
    {
        using var bench = Bench("a", new PortRates { IcmpPerSecond = PerSecond });
        byte[] echo6 = FromA(MacB).Ipv6(Ip6A, Ip6B).Icmpv6EchoRequest(1, 1).Build();
        bench.Send("a", Echo).Left("b");
        bench.Send("a", echo6).Left("b");
        bench.Send("a", Echo, Millisecond).DroppedFor(DropReason.IcmpRate);
        bench.Send("a", echo6, Millisecond).DroppedFor(DropReason.IcmpRate);
        bench.Send("a", Datagram, Millisecond).Left("b");
        bench.Send("a", Question, Millisecond).Left("b");
        bench.Send("a", Solicitation, Millisecond).Left("b");
        bench.Send("a", echo6, 50 * Millisecond).Left("b");
    }

    [Fact]
    public void Arp_and_neighbour_discovery_share_a_rate_answered_or_not()
    {
        using var bench = Bench("a", new PortRates { NeighborsPerSecond = PerSecond });
        byte[] asked = FromA(Broadcast).ArpRequest(MacA, IpA, IpC).Build();
        bench.Send("a", Solicitation).Left("b");
        bench.Send("a", Question).Left("b");
        bench.Send("a", asked, Millisecond).DroppedFor(DropReason.NeighborRate);
        bench.Send("a", Solicitation, Millisecond).DroppedFor(DropReason.NeighborRate);
        bench.Send("a", Echo, Millisecond).Left("b");
    }

    [Fact]
    public void What_is_asked_of_an_uplink_is_limited_and_its_tunnels_are_not()
    {
        using var bench = Bench("up", new PortRates { NeighborsPerSecond = 0, IcmpPerSecond = PerSecond });
        byte[] echo = FromVtepC().IcmpEchoRequest(1, 1).Build();
        byte[] inner = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).IcmpEchoRequest(1, 1).Build();
        bench.Send("up", FrameBuilder.Ethernet(MacVtepC, Broadcast).ArpRequest(MacVtepC, VtepC, Vtep).Build())
            .DroppedFor(DropReason.NeighborRate);
        bench.Send("up", echo).Answered("up");
        bench.Send("up", echo).Answered("up");
        bench.Send("up", echo).DroppedFor(DropReason.IcmpRate);
        bench.Send("up", Tunnelled(inner)).Left("a", inner);
        bench.Send("up", Tunnelled(FrameBuilder.Ethernet(MacC, MacA).ArpReply(MacC, IpC, MacA, IpA).Build())).Left("a");
    }

    [Fact]
    public void New_flows_have_a_rate_and_known_ones_have_none()
    {
        using var bench = Bench("a", new PortRates { NewFlowsPerSecond = PerSecond }, isStateful: true);
        bench.Send("a", To(1000)).Left("b");
        bench.Send("a", To(1001)).Left("b");
        bench.Send("a", To(1002), Millisecond).DroppedFor(DropReason.NewFlowRate);
        bench.Send("a", To(1000), Millisecond).Left("b");
        bench.Send("a", To(1001), Millisecond).Left("b");
        bench.Send("b", FrameBuilder.Ethernet(MacB, MacA).Ipv4(IpB, IpA).Udp(53, 1000).Build(), Millisecond).Left("a");
        bench.Send("a", To(1002), 50 * Millisecond).Left("b");
        Assert.Equal(6, bench.Counters.FlowsCreated);

        static byte[] To(int port) => FromA(MacB).Ipv4(IpA, IpB).Udp(port, 53).Build();
    }

    [Fact]
    public void Where_no_state_is_made_no_packet_is_a_new_flow()
    {
        using var bench = Bench("a", new PortRates { NewFlowsPerSecond = 0 });
        bench.Send("a", Echo).Left("b");
        bench.Send("a", Datagram).Left("b");
    }

    [Fact]
    public void A_policy_with_the_same_rates_changes_nothing_and_one_without_lifts_them()
    {
        using var bench = Bench("a", new PortRates { IcmpPerSecond = 1 });
        SwitchPolicy policy = Policy("a", new PortRates { IcmpPerSecond = 1 });
        bench.Send("a", Echo).Left("b");
        bench.Apply(policy with { Neighbors = [] });
        bench.Send("a", Echo).DroppedFor(DropReason.IcmpRate);
        bench.Apply(Policy("a", PortRates.None));
        bench.Send("a", Echo).Left("b");
        bench.Apply(Policy("a", new PortRates { IcmpPerSecond = 0 }));
        bench.Send("a", Echo).DroppedFor(DropReason.IcmpRate);
    }

    private static OverlayBench Bench(string port, PortRates rates, bool isStateful = false) =>
        new(Policy(port, rates, isStateful));

    private static SwitchPolicy Policy(string port, PortRates rates, bool isStateful = false) => Green.Policy
        .WithPort(port, p => p with { Rates = rates })
        .With(n => n with
        {
            Broadcast = Flooding.Replicate,
            Multicast = Flooding.Replicate,
            UnknownUnicast = Flooding.Replicate,
        })
        .WithLayers(Vnet with { Stateful = isStateful });
}
