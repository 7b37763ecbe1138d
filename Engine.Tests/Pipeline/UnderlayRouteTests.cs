using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Routes of uplinks: which station on the link leads to a VTEP.</summary>
public sealed class UnderlayRouteTests
{
    private const string Router = "172.31.9.254";
    private const string OtherRouter = "172.31.9.253";
    private const string MacOfRouter = "02:aa:00:00:00:fe";
    private const string MacOfOther = "02:aa:00:00:00:fd";

    private static readonly SwitchPolicy Named = Green.Policy with
    {
        Neighbors =
        [
            .. (IEnumerable<Neighbor>)Green.Policy.Neighbors,
            new Neighbor { Port = "up", Address = Ip(Router), Mac = Mac(MacOfRouter) },
            new Neighbor { Port = "up", Address = Ip(OtherRouter), Mac = Mac(MacOfOther) },
            new Neighbor { Port = "up", Address = Ip("fe80::1"), Mac = Mac(MacOfRouter) },
        ],
    };

    private static readonly SwitchPolicy Resolving =
        (Green.Policy with { Neighbors = [] }).WithPort("up", p => p with { ResolveNeighbors = true });

    [Fact]
    public void What_is_behind_a_router_goes_to_its_mac_address_and_what_is_on_the_link_does_not()
    {
        using var bench = new OverlayBench(
            Routed(Named, Via("0.0.0.0/0", Router), new UplinkRoute { Prefix = Net(VtepE), OnLink = true }));
        bench.Send("a", To(IpC)).Left("up", Tunnelled(IpC, VtepC, MacOfRouter));
        bench.Send("a", To(IpE)).Left("up", Tunnelled(IpE, VtepE, MacVtepE));
    }

    [Fact]
    public void Over_ipv6_the_router_may_have_a_link_local_address()
    {
        byte[] frame = FromA(MacD).Ipv4(IpA, IpD).Udp(1000, 53).Build();
        OverlayBench.Run(Routed(Named, Via("::/0", "fe80::1")), "a", frame).Left(
            "up",
            FrameBuilder.Ethernet(MacUplink, MacOfRouter).Ipv6(Vtep6, VtepD).Vxlan(VniValue).Payload(frame).Build());
    }

    [Fact]
    public void Where_no_route_leads_packets_are_dropped_for_that_reason()
    {
        using var bench = new OverlayBench(Routed(Named, Via($"{VtepE}/32", Router)));
        bench.Send("a", To(IpC)).DroppedFor(DropReason.RouteUnknown);
        bench.Send("a", FromA(MacD).Ipv4(IpA, IpD).Udp(1000, 53).Build()).DroppedFor(DropReason.RouteUnknown);
        bench.Send("a", To(IpE)).Left("up", Tunnelled(IpE, VtepE, MacOfRouter));
    }

    [Fact]
    public void A_router_without_mac_address_is_another_reason_and_so_is_no_uplink_of_the_family()
    {
        OverlayBench.Run(Routed(Green.Policy, Via("0.0.0.0/0", Router)), "a", To(IpC))
            .DroppedFor(DropReason.NeighborUnresolved);
        SwitchPolicy only6 = Green.Policy.WithPort("up", p => p with { Addresses = [Ip(Vtep6)] });
        OverlayBench.Run(Routed(only6, Via("::/0", "fe80::1")), "a", To(IpC)).DroppedFor(DropReason.UplinkUnknown);
    }

    [Fact]
    public void The_longest_prefix_of_all_uplinks_leads()
    {
        Port second = new()
        {
            Name = "up2",
            Kind = PortKind.Uplink,
            Mac = Mac("02:aa:00:00:00:21"),
            Addresses = [Ip("172.31.10.1")],
            Routes = [Via($"{VtepC}/32", "172.31.10.254")],
        };
        SwitchPolicy policy = Routed(Named, Via("0.0.0.0/0", Router)).Plus(second);
        policy = policy with
        {
            Neighbors =
            [
                .. (IEnumerable<Neighbor>)policy.Neighbors,
                new Neighbor { Port = "up2", Address = Ip("172.31.10.254"), Mac = Mac(MacOfOther) },
            ],
        };
        using var bench = new OverlayBench(policy);
        bench.Send("a", To(IpC)).Left(
            "up2",
            FrameBuilder.Ethernet("02:aa:00:00:00:21", MacOfOther).Ipv4("172.31.10.1", VtepC, dontFragment: true)
                .Vxlan(VniValue).Payload(To(IpC)).Build());
        bench.Send("a", To(IpE)).Left("up", Tunnelled(IpE, VtepE, MacOfRouter));

        // Its next hop being unknown, the shorter prefix is no way round.
        bench.Apply(policy with { Neighbors = Named.Neighbors });
        bench.Send("a", To(IpC)).DroppedFor(DropReason.NeighborUnresolved);
    }

    [Fact]
    public void A_route_names_the_local_vtep_where_the_tunnel_does_not()
    {
        const string Second = "172.31.9.11";
        SwitchPolicy policy = Routed(Named, Via("0.0.0.0/0", Router) with { Source = Ip(Second) })
            .WithPort("up", p => p with { Addresses = [Ip(Vtep), Ip(Vtep6), Ip(Second)] });
        OverlayBench.Run(policy, "a", To(IpC)).Left("up", Tunnelled(IpC, VtepC, MacOfRouter, Second));

        var tunnel = new ExplicitTunnel
        {
            Vni = new Vni(VniValue),
            Destinations = [Ip(VtepC)],
            Source = Ip(Vtep),
            Options = new TunnelOptions { SourcePorts = new NumberRange(50000, 50000) },
        };
        Layer layer = Vnet with
        {
            Groups = [GroupOf("encap", Direction.Out, new RuleAction.Encap { Tunnel = tunnel })],
        };
        OverlayBench.Run(policy.WithLayers(layer), "a", To(IpC)).Left("up", Tunnelled(IpC, VtepC, MacOfRouter));
    }

    [Fact]
    [Trait("Scenario", "VE15")]
    public void The_router_is_asked_for_once_and_packets_to_all_behind_it_wait_for_its_answer()
    {
        using var bench = new OverlayBench(Routed(Resolving, Via("0.0.0.0/0", Router)));
        OverlayBench.Sent question = Assert.Single(bench.Send("a", To(IpC)).Frames);
        Assert.Equal(
            Hex.Text(FrameBuilder.Ethernet(MacUplink, Broadcast).ArpRequest(MacUplink, Vtep, Router).Build()),
            Hex.Text(question.Bytes));
        Assert.Empty(bench.Send("a", To(IpE), 1).Frames);
        Assert.Equal(2, bench.Counters.Held);

        Outcome answer = bench.Send("up", Reply(Router, MacOfRouter), 2);
        Assert.Equal(
            [
                Hex.Text(Tunnelled(IpC, VtepC, MacOfRouter)),
                Hex.Text(Tunnelled(IpE, VtepE, MacOfRouter)),
            ],
            answer.Frames.Select(f => Hex.Text(f.Bytes)));
        bench.Send("a", To(IpC), 3).Left("up", Tunnelled(IpC, VtepC, MacOfRouter));
    }

    [Fact]
    public void Packets_that_wait_for_a_router_that_leads_there_no_longer_are_dropped_with_the_policy()
    {
        using var bench = new OverlayBench(Routed(Resolving, Via("0.0.0.0/0", Router)));
        bench.Send("a", To(IpC));
        bench.Apply(Routed(Resolving, Via("0.0.0.0/0", OtherRouter), Via($"{VtepFar}/32", Router)));
        Assert.Equal(0, bench.Counters.Held);
        Assert.Equal(1, bench.Counters.Dropped);
        bench.Send("a", To(IpC), 1);
        bench.Send("up", Reply(OtherRouter, MacOfOther), 2);
        bench.Send("a", To(IpC), 3).Left("up", Tunnelled(IpC, VtepC, MacOfOther));
    }

    [Fact]
    public void Packets_go_on_waiting_where_another_policy_leads_the_same_way()
    {
        SwitchPolicy policy = Routed(Resolving, Via("0.0.0.0/0", Router));
        using var bench = new OverlayBench(policy);
        bench.Send("a", To(IpC));
        bench.Apply(Routed(Resolving, Via("172.0.0.0/8", Router)));
        Assert.Equal(1, bench.Counters.Held);
        Assert.Single(bench.Send("up", Reply(Router, MacOfRouter), 1).Frames);
    }

    [Fact]
    public void A_changed_route_is_taken_by_the_very_next_packet_of_a_flow_that_took_the_short_way()
    {
        using var port = new MemoryPort();
        using var up = new MemoryPort();
        using var vswitch = new VirtualSwitch(Routed(Named, Via("0.0.0.0/0", Router)));
        vswitch.Attach("a", port);
        vswitch.Attach("up", up);
        Run(3);
        Assert.True(vswitch.FastPathHits > 0, "The short way was not taken.");
        vswitch.Apply(Routed(Named, Via("0.0.0.0/0", Router), Via("172.31.9.0/24", OtherRouter)));
        long hits = vswitch.FastPathHits;
        Run(3);
        Assert.True(vswitch.FastPathHits > hits, "The short way was not taken again.");
        vswitch.Apply(Routed(Named, Via("192.0.2.0/24", Router)));
        Run(1);

        string[] hops = [.. Taken().Select(frame => Convert.ToHexString(frame[..6].ToArray()))];
        Assert.Equal(
            Enumerable.Repeat("02AA000000FE", 3).Concat(Enumerable.Repeat("02AA000000FD", 3)),
            hops);
        Assert.Equal(1, vswitch.ReadCounters().DroppedByReason.Single(d => d.Key == DropReason.RouteUnknown).Value);

        void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                port.Send(To(IpC));
                vswitch.Poll();
            }
        }

        IEnumerable<ReadOnlyMemory<byte>> Taken()
        {
            while (up.TryTake(out ReadOnlyMemory<byte> frame))
            {
                yield return frame;
            }
        }
    }

    [Fact]
    public void The_tunnels_description_names_the_router() =>
        Assert.Equal(
            $"vxlan vni 7 {Vtep} > {VtepC} via {Router}",
            VxlanEncapsulation.CreateTemplate(
                new Vni(7),
                Ip(Vtep),
                Ip(VtepC),
                TunnelOptions.Default,
                new NextHop(0, default, 0, Ip(Router), default, IsLearnt: false)).Description);

    /// <summary>The network Green, all of whose VTEPs are behind one router.</summary>
    internal static SwitchPolicy RoutedByDefault => Routed(Named, Via("0.0.0.0/0", Router));

    private static SwitchPolicy Routed(SwitchPolicy policy, params UplinkRoute[] routes) =>
        policy.WithPort("up", p => p with { Routes = routes.ToValueArray() });

    private static UplinkRoute Via(string prefix, string via) => new() { Prefix = Net(prefix), Via = [Ip(via)] };

    private static IpPrefix Net(string text) => IpPrefix.Parse(text);

    private static byte[] To(string address) =>
        FromA(address == IpC ? MacC : MacE).Ipv4(IpA, address).Udp(1000, 53).Payload("query").Build();

    private static byte[] Tunnelled(string address, string vtep, string nextHop, string local = Vtep) =>
        FrameBuilder.Ethernet(MacUplink, nextHop).Ipv4(local, vtep, dontFragment: true)
            .Vxlan(VniValue).Payload(To(address)).Build();

    private static byte[] Reply(string address, string mac) =>
        FrameBuilder.Ethernet(mac, MacUplink).ArpReply(mac, address, MacUplink, Vtep).Build();
}
