using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Frames that leave through a tunnel: by mapping, by route, by a rule's own tunnel.</summary>
public sealed class TunnelOutTests
{
    private static readonly byte[] ToC = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Payload("query").Build();

    [Fact]
    public void Frame_to_a_remote_mac_goes_into_the_tunnel_unchanged() =>
        OverlayBench.Run("a", ToC).Left("up", ToC(ToC));

    [Theory]
    [InlineData(14)]
    [InlineData(42)]
    [InlineData(60)]
    [Trait("Scenario", "VE20")]
    public void Short_frames_are_neither_padded_nor_cut(int length)
    {
        byte[] frame = FromA().Payload(length - 14).Build();
        OverlayBench.Run("a", frame).Left("up", ToC(frame));
    }

    [Fact]
    [Trait("Scenario", "VE04")]
    public void Vtep_of_the_other_family_is_reached_over_ipv6()
    {
        byte[] frame = FromA(MacD).Ipv4(IpA, IpD).Tcp(1000, 80).Build();
        byte[] expected = FrameBuilder.Ethernet(MacUplink, MacVtepD).Ipv6(Vtep6, VtepD)
            .Vxlan(VniValue).Payload(frame).Build();
        OverlayBench.Run("a", frame).Left("up", expected);
    }

    [Fact]
    public void Frame_to_the_router_goes_by_address_with_macs_rewritten_and_one_hop_less()
    {
        byte[] frame = FromA(MacRouter).Ipv4(IpA, IpC, ttl: 9).Udp(1000, 53).Build();
        byte[] routed = FrameBuilder.Ethernet(MacRouter, MacC).Ipv4(IpA, IpC, ttl: 8).Udp(1000, 53).Build();
        OverlayBench.Run("a", frame).Left("up", ToC(routed));

        byte[] frame6 = FromA(MacRouter).Ipv6(Ip6A, Ip6C, hopLimit: 2).Tcp(1000, 53).Build();
        byte[] routed6 = FrameBuilder.Ethernet(MacRouter, MacC).Ipv6(Ip6A, Ip6C, hopLimit: 1).Tcp(1000, 53).Build();
        OverlayBench.Run("a", frame6).Left("up", ToC(routed6));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Frame_to_the_router_whose_ttl_runs_out_is_dropped(byte ttl) =>
        OverlayBench.Run("a", FromA(MacRouter).Ipv4(IpA, IpC, ttl: ttl).Udp(1, 2).Build())
            .DroppedAndTold(DropReason.TtlExpired, "a");

    [Fact]
    public void Frame_to_the_router_for_nobody_is_dropped_or_punted()
    {
        byte[] frame = FromA(MacRouter).Ipv4(IpA, "10.0.2.99").Udp(1, 2).Build();
        OverlayBench.Run("a", frame).DroppedFor(DropReason.DestinationUnknown);
        SwitchPolicy punts = Green.Policy.With(n => n with { UnknownUnicast = Flooding.Punt });
        OverlayBench.Run(punts, "a", frame).PuntedFor(PuntReason.UnknownUnicast);
        OverlayBench.Run("a", FromA(MacRouter).Payload(46).Build())
            .DroppedFor(DropReason.DestinationUnknown);
    }

    [Theory]
    [InlineData("10.8.0.1", VtepFar, MacVtepFar, 6001u)]
    [InlineData("10.8.1.1", VtepE, MacVtepE, VniValue)]
    [InlineData("10.8.1.9", VtepC, MacVtepC, 7000u)]
    [InlineData("10.9.0.1", VtepC, MacVtepC, VniValue)]
    public void Longest_prefix_of_the_routes_wins(string destination, string vtep, string hop, uint vni)
    {
        SwitchPolicy policy = Green.Policy.With(n => n with
        {
            Routes =
            [
                RouteTo("0.0.0.0/0", null, VtepC),
                RouteTo("10.8.0.0/16", 6001, VtepFar),
                RouteTo("10.8.1.9/32", 7000, VtepC),
                RouteTo("10.8.1.0/24", null, VtepE),
            ],
        });
        byte[] frame = FromA(MacRouter).Ipv4(IpA, destination).Udp(1000, 53).Build();
        byte[] routed = FrameBuilder.Ethernet(MacRouter, MacFarRouter).Ipv4(IpA, destination, ttl: 63)
            .Udp(1000, 53).Build();
        byte[] expected = FrameBuilder.Ethernet(MacUplink, hop).Ipv4(Vtep, vtep, dontFragment: true)
            .Vxlan(vni).Payload(routed).Build();
        OverlayBench.Run(policy, "a", frame).Left("up", expected);
    }

    [Fact]
    public void Route_with_several_vteps_spreads_flows_and_keeps_each_on_one()
    {
        SwitchPolicy policy = Green.Policy.With(n => n with
        {
            Routes = [RouteTo("10.8.0.0/16", null, VtepC, VtepE, VtepFar)],
        });
        using var bench = new OverlayBench(policy);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < 300; i++)
        {
            byte[] frame = FromA(MacRouter).Ipv4(IpA, "10.8.0.1").Udp(1000 + i, 53).Build();
            string vtep = Hex.Text(bench.Send("a", frame).Left("up").AsSpan(30, 4));
            Assert.Equal(vtep, Hex.Text(bench.Send("a", frame).Left("up").AsSpan(30, 4)));
            counts[vtep] = counts.GetValueOrDefault(vtep) + 1;
        }

        // 300 fair throws into 3 bins stay within 60 of 100 but once in a million million.
        Assert.Equal(3, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 40, 160));
    }

    [Fact]
    public void Route_that_loses_a_vtep_moves_only_that_ones_flows()
    {
        SwitchPolicy three = Green.Policy.With(n => n with
        {
            Routes = [RouteTo("10.8.0.0/16", null, VtepC, VtepE, VtepFar)],
        });
        SwitchPolicy two = Green.Policy.With(n => n with { Routes = [RouteTo("10.8.0.0/16", null, VtepC, VtepE)] });
        using var before = new OverlayBench(three);
        using var after = new OverlayBench(two);
        for (int i = 0; i < 100; i++)
        {
            byte[] frame = FromA(MacRouter).Ipv4(IpA, "10.8.0.1").Udp(1000 + i, 53).Build();
            string was = Hex.Text(before.Send("a", frame).Left("up").AsSpan(30, 4));
            string now = Hex.Text(after.Send("a", frame).Left("up").AsSpan(30, 4));
            Assert.True(was == now || was == "ac1f0909", $"Flow {i} went from {was} to {now}.");
        }
    }

    [Fact]
    public void Tunnel_of_a_rule_is_used_as_it_says()
    {
        var tunnel = new ExplicitTunnel
        {
            Vni = new Vni(7),
            Destinations = [Ip(VtepE)],
            RouterMac = Mac(MacFarRouter),
            Options = new TunnelOptions
            {
                Ttl = 9,
                UdpPort = 1111,
                SourcePorts = new NumberRange(51000, 51000),
                DontFragment = DontFragmentMode.Clear,
                Dscp = DscpMode.Uniform,
                UdpChecksum = UdpChecksumMode.Compute,
            },
        };
        byte[] frame = FromA().Ipv4(IpA, IpC, tos: 0xB9).Udp(1000, 53).Build();
        byte[] inner = FrameBuilder.Ethernet(MacA, MacFarRouter).Ipv4(IpA, IpC, tos: 0xB9).Udp(1000, 53).Build();
        byte[] expected = FrameBuilder.Ethernet(MacUplink, MacVtepE).Ipv4(Vtep, VtepE, ttl: 9, tos: 0xB9)
            .Udp(51000, 1111).Payload(Hex.Bytes("0800000000000700")).Payload(inner).Build();
        OverlayBench.Run(WithRule(new RuleAction.Encap { Tunnel = tunnel }), "a", frame).Left("up", expected);
    }

    [Fact]
    [Trait("Scenario", "VE12")]
    public void Tunnels_of_rules_put_one_flow_each_into_its_own_vni_and_to_its_own_vtep()
    {
        (uint Vni, string Vtep, string Hop)[] tunnels =
        [
            (1, VtepC, MacVtepC), (2, VtepE, MacVtepE), (3, VtepFar, MacVtepFar), (5, "172.31.9.4", MacVtepFar),
        ];
        Rule[] rules =
        [
            .. tunnels.Select(t => new Rule
            {
                Id = $"vni-{t.Vni}",
                Match = new Match { Protocols = [IpProtocol.Udp], DestinationPorts = NumberMatch.Parse($"{t.Vni}") },
                Action = new RuleAction.Encap
                {
                    Tunnel = new ExplicitTunnel
                    {
                        Vni = new Vni(t.Vni),
                        Destinations = [Ip(t.Vtep)],
                        Options = new TunnelOptions { SourcePorts = new NumberRange(50000, 50000) },
                    },
                },
            }),
        ];
        Layer layer = Vnet with
        {
            Groups = [new Group { Name = "out", Direction = Direction.Out, Rules = [.. rules] }],
        };
        Neighbor fourth = new() { Port = "up", Address = Ip("172.31.9.4"), Mac = Mac(MacVtepFar) };
        SwitchPolicy policy = Green.Policy.WithLayers(layer);
        using var bench = new OverlayBench(policy with { Neighbors = [.. policy.Neighbors.AsSpan(), fourth] });
        foreach (int i in new[] { 3, 0, 2, 1, 0, 3 })
        {
            (uint vni, string vtep, string hop) = tunnels[i];
            byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1000, (int)vni).Build();
            bench.Send("a", frame).Left("up", FrameBuilder.Ethernet(MacUplink, hop)
                .Ipv4(Vtep, vtep, dontFragment: true).Vxlan(vni).Payload(frame).Build());
        }
    }

    [Theory]
    [InlineData(InnerVlan.Drop, false)]
    [InlineData(InnerVlan.Strip, false)]
    [InlineData(InnerVlan.Keep, true)]
    [Trait("Scenario", "VD18")]
    public void Vlan_tags_are_kept_in_the_tunnel_only_where_the_network_says_so(InnerVlan mode, bool kept)
    {
        byte[] tagged = FromA().Vlan(5, priority: 3).Vlan(6).Ipv4(IpA, IpC).Udp(1000, 53).Payload("x").Build();
        byte[] bare = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Payload("x").Build();
        OverlayBench.Run(Green.Policy.With(n => n with { InnerVlan = mode }), "a", tagged)
            .Left("up", ToC(kept ? tagged : bare));
    }

    [Fact]
    [Trait("Scenario", "VE14")]
    public void Tunnel_without_neighbour_or_uplink_of_the_family_drops_with_its_reason()
    {
        OverlayBench.Run(Green.Policy with { Neighbors = [] }, "a", ToC).DroppedFor(DropReason.NeighborUnresolved);
        SwitchPolicy onlyIpv4 = Green.Policy.WithPort("up", p => p with { Addresses = [Ip(Vtep)] });
        OverlayBench.Run(onlyIpv4, "a", FromA(MacD).Payload(46).Build()).DroppedFor(DropReason.UplinkUnknown);
    }

    [Fact]
    [Trait("Scenario", "VE16")]
    public void Neighbour_that_appears_or_moves_is_used_from_the_next_frame_on()
    {
        using var bench = new OverlayBench(Green.Policy with { Neighbors = [] });
        bench.Send("a", ToC).DroppedFor(DropReason.NeighborUnresolved);
        bench.Apply(Green.Policy);
        bench.Send("a", ToC).Left("up", ToC(ToC));
        bench.Apply(Green.Policy with
        {
            Neighbors = [new Neighbor { Port = "up", Address = Ip(VtepC), Mac = Mac("02:aa:00:00:00:77") }],
        });
        byte[] moved = bench.Send("a", ToC).Left("up");
        Assert.Equal("02aa00000077", Hex.Text(moved.AsSpan(0, 6)));
    }

    [Fact]
    [Trait("Scenario", "VE06")]
    public void Udp_port_of_a_network_can_change_and_change_back()
    {
        using var bench = new OverlayBench();
        foreach (ushort port in new ushort[] { 4789, 1111, 5000, 4789 })
        {
            bench.Apply(Green.Policy.WithTunnel(t => t with { UdpPort = port }));
            byte[] sent = bench.Send("a", ToC).Left("up");
            Assert.Equal(port, sent[36] << 8 | sent[37]);
        }
    }

    [Theory]
    [InlineData(MacC, IpC, 50)]
    [InlineData(MacD, IpD, 70)]
    [Trait("Scenario", "MT01")]
    public void Frame_that_fills_the_mtu_leaves_and_one_byte_more_is_dropped(string mac, string ip, int overhead)
    {
        SwitchPolicy policy = Green.Policy.WithPort("up", p => p with { Mtu = 1500 })
            .WithTunnel(t => t with { Oversize = OversizeMode.Drop });
        int innerIp = 1500 - overhead;
        byte[] fits = FromA(mac).Ipv4(IpA, ip).Udp(1000, 53).Payload(innerIp - 28).Build();
        byte[] exceeds = FromA(mac).Ipv4(IpA, ip).Udp(1000, 53).Payload(innerIp - 27).Build();
        Assert.Equal(1514, OverlayBench.Run(policy, "a", fits).Left("up").Length);
        OverlayBench.Run(policy, "a", exceeds).DroppedFor(DropReason.MtuExceeded);
    }

    [Fact]
    [Trait("Scenario", "VE17")]
    public void Frame_without_headroom_for_the_outer_headers_is_dropped()
    {
        using var bench = new OverlayBench();
        bench.Send("a", ToC, offset: 49).DroppedFor(DropReason.HeadroomExhausted);
        bench.Send("a", ToC, offset: 50).Left("up", ToC(ToC));
    }

    [Fact]
    public void Uplink_that_takes_nothing_is_a_counted_drop()
    {
        using var bench = new OverlayBench();
        bench.Full.Add("up");
        bench.Send("a", ToC).DroppedFor(DropReason.EgressFull);
        bench.Full.Clear();
        bench.Send("a", ToC).Left("up", ToC(ToC));
    }

    [Fact]
    public void Rules_of_the_uplink_see_the_tunnel_that_a_frame_leaves_through()
    {
        Layer layer = UplinkLayer(new RuleAction.Allow()) with
        {
            Groups =
            [
                GroupOf(
                    "out",
                    Direction.Out,
                    new RuleAction.Block(),
                    new Match { Vni = NumberMatch.Parse("5001"), OuterDestination = VtepC, OuterSource = Vtep }),
            ],
        };
        using var bench = new OverlayBench(Green.Policy.Plus(layer));
        bench.Send("a", ToC).DroppedFor(DropReason.RuleBlock);
        bench.Send("a", FromA(MacE).Ipv4(IpA, IpE).Udp(1, 2).Build()).Left("up");
    }

    private static RemoteSubnet RouteTo(string prefix, uint? vni, params string[] vteps) => new()
    {
        Prefix = IpPrefix.Parse(prefix),
        Vteps = vteps.Select(Ip).ToValueArray(),
        Vni = vni is { } value ? new Vni(value) : null,
        RouterMac = Mac(MacFarRouter),
    };

    private static SwitchPolicy WithRule(RuleAction action) =>
        Green.Policy.WithLayers(Vnet with { Groups = [GroupOf("out", Direction.Out, action)] });

    [Theory]
    [InlineData(null)]
    [InlineData("tap")]
    public void Redirect_by_the_uplinks_layers_takes_the_packet_with_its_tunnel(string? port)
    {
        SwitchPolicy policy = Green.Policy
            .Plus(new Port { Name = "tap", Kind = PortKind.Host })
            .Plus(OutOfUplink(new RuleAction.Redirect { Port = port }));
        byte[] back = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpA, IpC).Udp(1000, 53).Payload("query").Build();
        Outcome outcome = OverlayBench.Run(policy, "a", ToC);
        if (port is null)
        {
            outcome.Left("a", back);
        }
        else
        {
            outcome.Left(port, ToC(ToC));
        }
    }

    [Fact]
    public void Layers_of_the_port_that_a_tunnel_packet_is_redirected_to_decide_too()
    {
        Layer onTap = Vnet with
        {
            Name = "tap",
            Ports = ["tap"],
            Default = DefaultAction.Allow,
            Groups = [GroupOf("no", Direction.In, new RuleAction.Block(), new Match { OuterDestination = VtepC })],
        };
        SwitchPolicy policy = Green.Policy
            .Plus(new Port { Name = "tap", Kind = PortKind.Host })
            .Plus(OutOfUplink(new RuleAction.Redirect { Port = "tap" }), onTap);
        OverlayBench.Run(policy, "a", ToC).DroppedFor(DropReason.RuleBlock);
        SwitchPolicy roundAbout = Green.Policy.Plus(OutOfUplink(new RuleAction.Redirect { Port = "up" }));
        OverlayBench.Run(roundAbout, "a", ToC).DroppedFor(DropReason.RedirectLoop);
    }

    private static Layer OutOfUplink(RuleAction action) =>
        UplinkLayer(action) with { Groups = [GroupOf("out", Direction.Out, action)] };
}
