using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Two tenants with the same addresses behind one uplink whose layers keep state.</summary>
public sealed class TenantIsolationTests
{
    private const uint BlueVni = 5002;

    private static readonly byte[] Query = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Udp(53, 1000).Build();
    private static readonly byte[] Answer = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Build();

    /// <summary>Lets only green tenants open flows through the uplink.</summary>
    private static readonly Layer OnlyGreenOpens =
        UplinkLayer(new RuleAction.Allow(), new Match { Vni = (int)VniValue }, stateful: true) with
        {
            Default = DefaultAction.Block,
        };

    [Fact]
    [Trait("Scenario", "VD25")]
    public void A_flow_of_one_tenant_neither_lets_anothers_packets_through_nor_is_ended_by_them()
    {
        using var bench = new OverlayBench(TwoTenants(OnlyGreenOpens));
        bench.Send("up", Tunnelled(Query)).Left("a", Query);
        bench.Send("a", Answer).Left("up");

        bench.Send("twin", Answer).DroppedFor(DropReason.LayerDefaultBlock);
        bench.Send("up", Tunnelled(Query, vni: BlueVni)).DroppedFor(DropReason.LayerDefaultBlock);

        bench.Send("a", Answer).Left("up");
        bench.Send("up", Tunnelled(Query)).Left("a", Query);
        Assert.Equal(1, bench.Counters.FlowsCreated);
    }

    [Fact]
    [Trait("Scenario", "FD10"), Trait("Scenario", "VD25")]
    public void Equal_flows_of_two_tenants_are_two()
    {
        using var bench = new OverlayBench(TwoTenants(UplinkLayer(new RuleAction.Allow(), stateful: true)));
        for (int i = 0; i < 2; i++)
        {
            bench.Send("up", Tunnelled(Query)).Left("a", Query);
            bench.Send("up", Tunnelled(Query, vni: BlueVni)).Left("twin", Query);
        }

        Assert.Equal((2L, 2), (bench.Counters.FlowsCreated, bench.Counters.FlowsActive));
    }

    [Fact]
    [Trait("Scenario", "VD25")]
    public void An_icmp_error_belongs_to_the_flow_of_its_own_tenant_only()
    {
        byte[] error = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Icmp(3, 3).Payload(Answer[14..]).Build();
        using var bench = new OverlayBench(TwoTenants(OnlyGreenOpens with
        {
            Groups =
            [
                GroupOf(
                    "in",
                    Direction.In,
                    new RuleAction.Allow(),
                    new Match { Vni = (int)VniValue, Protocols = [IpProtocol.Udp] }),
            ],
        }));
        bench.Send("up", Tunnelled(Query)).Left("a", Query);
        bench.Send("up", Tunnelled(error)).Left("a", error);
        bench.Send("up", Tunnelled(error, vni: BlueVni)).DroppedFor(DropReason.LayerDefaultBlock);
    }

    [Fact]
    public void Fragments_of_two_tenants_with_one_identification_never_mix()
    {
        using var bench = new OverlayBench(TwoTenants(UplinkLayer(new RuleAction.Allow())));
        byte[] first = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA, id: 7, moreFragments: true)
            .Udp(53, 1000, length: 100).Payload(16).Build();
        byte[] later = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA, id: 7, fragmentOffset: 24, protocol: 17)
            .Payload(8).Build();

        bench.Send("up", Tunnelled(first)).Left("a", first);
        bench.Send("up", Tunnelled(later, vni: BlueVni)).DroppedFor(DropReason.FragmentWithoutFirst);
        bench.Send("up", Tunnelled(first, vni: BlueVni)).Left("twin", first);
        bench.Send("up", Tunnelled(later)).Left("a", later);
        bench.Send("up", Tunnelled(later, vni: BlueVni)).Left("twin", later);
    }

    private static SwitchPolicy TwoTenants(Layer underlay)
    {
        Network green = Green.Policy.Networks[0];
        Port twin = Endpoint("twin", MacA, IpA) with { Network = "blue" };
        Layer blue = Vnet with
        {
            Name = "vnet-blue",
            Ports = ["twin"],
            Groups =
            [
                GroupOf("encap", Direction.Out, new RuleAction.Encap { Network = "blue" }),
                GroupOf("decap", Direction.In, new RuleAction.Decap()),
            ],
        };
        return Green.Policy.Plus(twin) with
        {
            Networks = [green, green with { Name = "blue", Vni = new Vni(BlueVni) }],
            Layers = [Vnet, blue, underlay],
        };
    }
}
