using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Frames between two endpoints of one switch.</summary>
public sealed class LocalTests
{
    private static readonly byte[] ToB = FromA(MacB).Ipv4(IpA, IpB).Udp(1000, 53).Payload("x").Build();

    [Fact]
    [Trait("Scenario", "VD27")]
    public void Frame_to_a_local_mac_is_delivered_unchanged()
    {
        OverlayBench.Run("a", ToB).Left("b", ToB);
        byte[] tagged = FromA(MacB).Vlan(5).Ipv4(IpA, IpB).Udp(1, 2).Build();
        OverlayBench.Run("a", tagged).Left("b", tagged);
        byte[] other = FromA(MacB).Payload(46).Build();
        OverlayBench.Run("a", other).Left("b", other);
    }

    [Fact]
    public void Frame_needs_no_encap_rule_to_reach_a_local_endpoint()
    {
        SwitchPolicy local = Green.Policy.WithLayers(Vnet with { Default = DefaultAction.Allow, Groups = [] });
        OverlayBench.Run(local, "a", ToB).Left("b", ToB);
        OverlayBench.Run(local, "a", FromA().Ipv4(IpA, IpC).Udp(1, 2).Build()).DroppedFor(DropReason.EgressUnknown);
    }

    [Fact]
    public void Frame_to_the_router_is_routed_between_local_endpoints()
    {
        OverlayBench.Run("a", FromA(MacRouter).Ipv4(IpA, IpB, ttl: 2).Udp(1, 2).Build())
            .Left("b", FrameBuilder.Ethernet(MacRouter, MacB).Ipv4(IpA, IpB, ttl: 1).Udp(1, 2).Build());
        OverlayBench.Run("a", FromA(MacRouter).Ipv6(Ip6A, Ip6B).Tcp(1, 2).Build())
            .Left("b", FrameBuilder.Ethernet(MacRouter, MacB).Ipv6(Ip6A, Ip6B, hopLimit: 63).Tcp(1, 2).Build());
    }

    [Fact]
    public void Frame_to_oneself_is_dropped()
    {
        OverlayBench.Run("a", FromA(MacA).Ipv4(IpA, IpA).Udp(1, 2).Build())
            .DroppedFor(DropReason.EgressIsIngress);
        OverlayBench.Run("a", FromA(MacRouter).Ipv4(IpA, IpA).Udp(1, 2).Build())
            .DroppedFor(DropReason.EgressIsIngress);
    }

    [Fact]
    public void Inbound_layers_of_the_receiver_decide_and_see_the_network()
    {
        SwitchPolicy blocking = Green.Policy.WithLayers(
            Vnet with { Ports = ["a"] },
            Vnet with
            {
                Name = "of-b",
                Ports = ["b"],
                Default = DefaultAction.Allow,
                Groups =
                [
                    GroupOf(
                        "in",
                        Direction.In,
                        new RuleAction.Block(),
                        new Match { Vni = 5001, Source = IpA, DestinationPorts = 53 }),
                ],
            });
        using var bench = new OverlayBench(blocking);
        bench.Send("a", ToB).DroppedFor(DropReason.RuleBlock);
        byte[] other = FromA(MacB).Ipv4(IpA, IpB).Udp(1000, 54).Build();
        bench.Send("a", other).Left("b", other);
        bench.Send("b", FromBToA().Udp(53, 53).Build()).Left("a");
    }

    [Fact]
    public void Inbound_layers_run_in_descending_priority()
    {
        // Inbound the layer of the higher number comes first: it translates what the other one then sees.
        Layer nat = new()
        {
            Name = "nat",
            Ports = ["b"],
            Priority = 200,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf(
                    "in",
                    Direction.In,
                    new RuleAction.Nat { DestinationPort = 5353 },
                    new Match { Protocols = [IpProtocol.Udp] }),
            ],
        };
        Layer acl = new()
        {
            Name = "acl",
            Ports = ["b"],
            Priority = 100,
            Default = DefaultAction.Allow,
            Groups = [GroupOf("in", Direction.In, new RuleAction.Block(), new Match { DestinationPorts = 5353 })],
        };
        OverlayBench.Run(Green.Policy.Plus(nat, acl), "a", ToB).DroppedFor(DropReason.RuleBlock);
        OverlayBench.Run(Green.Policy.Plus(nat with { Priority = 90 }, acl), "a", ToB)
            .Left("b", FromA(MacB).Ipv4(IpA, IpB).Udp(1000, 5353).Payload("x").Build());
    }

    [Fact]
    public void Vlan_tag_that_one_layer_pushes_and_another_pops_leaves_the_frame_as_it_was()
    {
        Layer push = Change("push", "a", Direction.Out, new RuleAction.Modify { PushVlan = 7 });
        Layer pop = Change("pop", "b", Direction.In, new RuleAction.Modify { PopVlan = true });
        SwitchPolicy policy = Green.Policy.Plus(push, pop);
        OverlayBench.Run(policy, "a", ToB).Left("b", ToB);
        byte[] bare = FromA(MacB).Build();
        OverlayBench.Run(policy, "a", bare).Left("b", bare);
        byte[] tagged = FromA(MacB).Vlan(5).Ipv4(IpA, IpB).Udp(1, 2).Build();
        OverlayBench.Run(policy, "a", tagged).Left("b", tagged);
        OverlayBench.Run(Green.Policy.Plus(push), "a", tagged)
            .Left("b", FromA(MacB).Vlan(7).Vlan(5).Ipv4(IpA, IpB).Udp(1, 2).Build());
        OverlayBench.Run(Green.Policy.Plus(pop), "a", tagged).Left("b", FromA(MacB).Ipv4(IpA, IpB).Udp(1, 2).Build());

        // Two pushes make two tags, and there are two to pop.
        Layer again = Change("again", "a", Direction.Out, new RuleAction.Modify { PushVlan = 8 }) with
        {
            Priority = 60,
        };
        Layer popAgain = pop with { Name = "pop-again", Priority = 60 };
        OverlayBench.Run(Green.Policy.Plus(push, again), "a", ToB)
            .Left("b", FromA(MacB).Vlan(8).Vlan(7).Ipv4(IpA, IpB).Udp(1000, 53).Payload("x").Build());
        OverlayBench.Run(Green.Policy.Plus(push, again, pop, popAgain), "a", bare).Left("b", bare);

        static Layer Change(string name, string port, Direction direction, RuleAction action) => new()
        {
            Name = name,
            Ports = [port],
            Priority = 50,
            Default = DefaultAction.Allow,
            Groups = [GroupOf(name, direction, action)],
        };
    }

    [Fact]
    public void Receiver_that_takes_nothing_is_a_counted_drop()
    {
        using var bench = new OverlayBench();
        bench.Full.Add("b");
        bench.Send("a", ToB).DroppedFor(DropReason.EgressFull);
    }

    [Fact]
    public void Frame_larger_than_the_receivers_mtu_is_dropped()
    {
        SwitchPolicy policy = Green.Policy.WithPort("b", p => p with { Mtu = 100 })
            .WithTunnel(t => t with { Oversize = OversizeMode.Drop });
        byte[] fits = FromA(MacB).Ipv4(IpA, IpB).Udp(1, 2).Payload(72).Build();
        OverlayBench.Run(policy, "a", fits).Left("b", fits);
        OverlayBench.Run(policy, "a", FromA(MacB).Ipv4(IpA, IpB).Udp(1, 2).Payload(73).Build())
            .DroppedFor(DropReason.MtuExceeded);
    }

    [Fact]
    public void Port_that_a_policy_dropped_forwards_nothing()
    {
        using var bench = new OverlayBench();
        bench.Send("b", FromBToA().Udp(1, 2).Build()).Left("a");
        bench.Apply(Green.Policy with
        {
            Ports = Green.Policy.Ports.Where(p => p.Name != "b").ToValueArray(),
            Layers = [Vnet with { Ports = ["a"] }],
        });
        bench.Send("b", FromBToA().Udp(1, 2).Build())
            .DroppedFor(DropReason.PortNotReady);
        bench.Send("a", ToB).DroppedFor(DropReason.DestinationUnknown);
    }
}
