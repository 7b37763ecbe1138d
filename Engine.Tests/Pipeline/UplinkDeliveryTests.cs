using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What becomes of a frame that was opened on its way to an endpoint.</summary>
public sealed class UplinkDeliveryTests
{
    [Theory]
    [InlineData(InnerVlan.Keep, true)]
    [InlineData(InnerVlan.Strip, false)]
    [Trait("Scenario", "VD18")]
    public void Inner_vlan_tags_are_kept_or_stripped_where_the_network_says_so(InnerVlan mode, bool kept)
    {
        byte[] tagged = FrameBuilder.Ethernet(MacC, MacA).Vlan(5)
            .Ipv4(IpC, IpA).Udp(53, 1000).Payload("answer").Build();
        OverlayBench.Run(Green.Policy.With(n => n with { InnerVlan = mode }), "up", Tunnelled(tagged))
            .Left("a", kept ? tagged : Inner);
        OverlayBench.Run("up", Tunnelled(tagged)).DroppedFor(DropReason.InnerVlan);
    }

    [Fact]
    public void Vlan_tags_that_the_network_strips_are_gone_for_the_endpoints_layers()
    {
        Layer layer = new()
        {
            Name = "acl",
            Ports = ["a"],
            Priority = 100,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf("tagged", Direction.In, new RuleAction.Block(), new Match { Vlan = 5 }),
                GroupOf("pop", Direction.In, new RuleAction.Modify { PopVlan = true }, new Match { Vlan = 0 }),
            ],
        };
        SwitchPolicy policy = Green.Policy.With(n => n with { InnerVlan = InnerVlan.Strip }).Plus(layer);
        byte[] tagged = FrameBuilder.Ethernet(MacC, MacA).Vlan(5)
            .Ipv4(IpC, IpA).Udp(53, 1000).Payload("answer").Build();
        OverlayBench.Run(policy, "up", Tunnelled(tagged)).Left("a", Inner);
    }

    [Fact]
    [Trait("Scenario", "EC01"), Trait("Scenario", "EC02"), Trait("Scenario", "EC03"), Trait("Scenario", "EC04")]
    [Trait("Scenario", "EC05"), Trait("Scenario", "EC06"), Trait("Scenario", "EC07"), Trait("Scenario", "EC08")]
    [Trait("Scenario", "EC09"), Trait("Scenario", "EC10"), Trait("Scenario", "EC11"), Trait("Scenario", "EC12")]
    [Trait("Scenario", "EC13"), Trait("Scenario", "EC14"), Trait("Scenario", "EC15"), Trait("Scenario", "EC16")]
    [Trait("Scenario", "EC21"), Trait("Scenario", "EC24")]
    public void Congestion_marks_cross_into_the_inner_packet_by_rfc_6040_with_its_checksum_right()
    {
        // Rows are the inner, columns the outer code point, both in the order of their numbers; −1 drops.
        int[][] table = [[0, 0, 0, -1], [1, 1, 1, 3], [2, 1, 2, 3], [3, 3, 3, 3]];
        using var bench = new OverlayBench();
        for (int i = 0; i < 16; i++)
        {
            (int inner, int outer, int result) = (i / 4, i % 4, table[i / 4][i % 4]);
            foreach (bool overIpv6 in new[] { false, true })
            {
                string source = overIpv6 ? VtepD : VtepC;
                AssertMark(InnerV4, source);
                AssertMark(InnerV6, source);
            }

            void AssertMark(Func<int, byte[]> build, string source)
            {
                byte[] frame = Outer((byte)outer, source).Vxlan(VniValue).Payload(build(inner)).Build();
                Outcome outcome = bench.Send("up", frame);
                if (result < 0)
                {
                    outcome.DroppedFor(DropReason.EcnInvalid);
                }
                else
                {
                    outcome.Left("a", build(result));
                }
            }
        }

        static byte[] InnerV4(int ecn) => FrameBuilder.Ethernet(MacC, MacA)
            .Ipv4(IpC, IpA, tos: (byte)(0xB8 | ecn)).Udp(53, 1000).Payload("x").Build();

        static byte[] InnerV6(int ecn) => FrameBuilder.Ethernet(MacC, MacA)
            .Ipv6(Ip6C, Ip6A, trafficClass: (byte)(0xB8 | ecn), flowLabel: 0xFFFFF).Udp(53, 1000).Payload("x").Build();
    }

    [Fact]
    [Trait("Scenario", "EC22")]
    public void Frame_that_is_not_ip_is_not_dropped_for_outer_congestion()
    {
        byte[] inner = FrameBuilder.Ethernet(MacC, MacA).Payload(46).Build();
        OverlayBench.Run("up", Outer(tos: 3).Vxlan(VniValue).Payload(inner).Build()).Left("a", inner);
    }

    [Fact]
    public void Nothing_leaves_a_tunnel_without_a_decap_rule()
    {
        SwitchPolicy allowing = Green.Policy.WithLayers(Vnet with
        {
            Default = DefaultAction.Allow,
            Groups = [GroupOf("in", Direction.In, new RuleAction.Allow())],
        });
        OverlayBench.Run(allowing, "up", Tunnelled(Inner)).DroppedFor(DropReason.DecapNotAllowed);
        OverlayBench.Run(allowing.Plus(UplinkLayer(new RuleAction.Decap())), "up", Tunnelled(Inner))
            .Left("a", Inner);
        SwitchPolicy blocking = Green.Policy.WithLayers(Vnet with { Groups = [] });
        OverlayBench.Run(blocking, "up", Tunnelled(Inner)).DroppedFor(DropReason.LayerDefaultBlock);
    }

    [Fact]
    public void Unknown_and_remote_destinations_are_dropped()
    {
        using var bench = new OverlayBench(Green.Policy.With(n => n with { UnknownUnicast = Flooding.Replicate }));
        foreach (string mac in new[] { MacUnknown, MacE, MacD })
        {
            bench.Send("up", Tunnelled(FrameBuilder.Ethernet(MacC, mac).Ipv4(IpC, IpE).Udp(1, 2).Build()))
                .DroppedFor(DropReason.DestinationUnknown);
        }
    }

    [Fact]
    public void Frame_to_the_router_mac_is_routed_to_the_local_endpoint()
    {
        using var bench = new OverlayBench();
        byte[] inner = FrameBuilder.Ethernet(MacFarRouter, MacRouter).Ipv4("10.8.0.1", IpB, ttl: 2).Udp(1, 2).Build();
        byte[] routed = FrameBuilder.Ethernet(MacRouter, MacB).Ipv4("10.8.0.1", IpB, ttl: 1).Udp(1, 2).Build();
        bench.Send("up", Tunnelled(inner)).Left("b", routed);
        byte[] inner6 = FrameBuilder.Ethernet(MacFarRouter, MacRouter).Ipv6("fd08::1", Ip6B).Tcp(1, 2).Build();
        byte[] routed6 = FrameBuilder.Ethernet(MacRouter, MacB).Ipv6("fd08::1", Ip6B, hopLimit: 63).Tcp(1, 2).Build();
        bench.Send("up", Tunnelled(inner6)).Left("b", routed6);
        bench.Send("up", Tunnelled(FrameBuilder.Ethernet(MacC, MacRouter).Ipv4(IpC, IpB, ttl: 1).Udp(1, 2).Build()))
            .DroppedAndTold(DropReason.TtlExpired, "up");
        bench.Send("up", Tunnelled(FrameBuilder.Ethernet(MacC, MacRouter).Ipv4(IpC, IpE).Udp(1, 2).Build()))
            .DroppedFor(DropReason.DestinationUnknown);
        bench.Send("up", Tunnelled(FrameBuilder.Ethernet(MacC, MacRouter).Payload(46).Build()))
            .DroppedFor(DropReason.DestinationUnknown);
    }
}
