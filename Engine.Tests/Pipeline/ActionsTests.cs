using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Redirect, hairpin, mirror, meter and rate limit.</summary>
public sealed class ActionsTests
{
    [Fact]
    public void A_redirected_packet_leaves_by_the_port_named_and_not_by_its_address()
    {
        using var bench = new SwitchBench(On("a", "steer", 10, Out(Rule("tap", ToPort("tap")))));

        bench.Send("a", AToB()).AssertLeft("tap", AToB());
    }

    [Fact]
    public void A_redirect_takes_effect_after_all_layers()
    {
        using var bench = new SwitchBench(
            On("a", "steer", 10, Out(Rule("tap", ToPort("tap")))),
            On("a", "acl", 20, Out(Rule("no-dns", Block, Udp("53")))));

        bench.Send("a", AToB()).AssertDropped(DropReason.RuleBlock, "acl/out/no-dns");
    }

    [Fact]
    public void The_layers_of_the_port_that_a_packet_is_redirected_to_decide_too()
    {
        using var bench = new SwitchBench(
            On("a", "steer", 10, Out(Rule("c", ToPort("c")))),
            On("c", "acl", 10, In(Rule("no", Block))));

        bench.Send("a", AToB()).AssertDropped(DropReason.RuleBlock, "acl/in/no");
    }

    [Fact]
    public void Redirects_that_go_round_end()
    {
        using var bench = new SwitchBench(
            On("b", "b", 10, In(Rule("c", ToPort("c")))),
            On("c", "c", 10, In(Rule("b", ToPort("b")))));

        bench.Send("a", AToB()).AssertDropped(DropReason.RedirectLoop);
    }

    [Fact]
    public void A_hairpin_goes_back_with_its_macs_swapped()
    {
        using var bench = new SwitchBench(On("a", "echo", 10, Out(Rule("back", ToPort(null)))));

        bench.Send("a", AToB()).AssertLeft("a", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
            .Ipv4("10.0.0.1", "10.0.0.2").Udp(1000, 53).Payload(4));
    }

    [Fact]
    public void A_mirror_copies_the_packet_as_it_is_at_its_layer()
    {
        using var bench = new SwitchBench(
            On("a", "nat", 10, Out(Rule("hide", Nat(source: "203.0.113.1")))),
            On("a", "copy", 20, Out(Rule("tap", Mirror))),
            On("a", "mark", 30, Out(Rule("ef", new RuleAction.Modify { Dscp = 46 }))));

        BenchOutcome outcome = bench.Send("a", AToB());

        Assert.Collection(
            outcome.Fates,
            copy =>
            {
                Assert.Equal((FrameOrigin.Mirror, "tap"), (copy.Origin, copy.Port));
                Assert.Equal(Hex.Text(Hidden(0)), Hex.Text(copy.Frame));
            },
            own =>
            {
                Assert.Equal((FrameOrigin.Received, "b"), (own.Origin, own.Port));
                Assert.Equal(Hex.Text(Hidden(46 << 2)), Hex.Text(own.Frame));
            });
        PortCounters counters = bench.CountersOf("a");
        Assert.Equal((1, 1, 2), (counters.Received, counters.Generated, counters.Forwarded));

        static byte[] Hidden(byte tos) => FrameBuilder.Ethernet().Ipv4("203.0.113.1", "10.0.0.2", tos: tos)
            .Udp(1000, 53).Payload(4).Build();
    }

    [Fact]
    public void A_mirror_copies_packets_that_a_later_layer_drops()
    {
        using var bench = new SwitchBench(
            On("a", "copy", 10, Out(Rule("tap", Mirror))),
            On("a", "acl", 20, Out(Rule("no", Block))));

        BenchOutcome outcome = bench.Send("a", AToB());

        Assert.Equal(["tap", null], outcome.Fates.Select(f => f.Port));
        Assert.Equal(Hex.Text(AToB().Build()), Hex.Text(outcome.Fates[0].Frame));
        Assert.Equal((Verdict)DropReason.RuleBlock, outcome.Own.Verdict);
        PortCounters counters = bench.CountersOf("a");
        Assert.Equal((1, 1, 1, 1), (counters.Received, counters.Generated, counters.Forwarded, counters.Dropped));
    }

    [Fact]
    public void A_mirror_on_the_way_in_copies_what_the_far_layers_left()
    {
        using var bench = new SwitchBench(
            On("a", "copy", 10, In(Rule("tap", Mirror))),
            On("a", "nat", 20, In(Rule("publish", Nat(destination: "10.0.0.1"), To("10.0.0.77")))));

        BenchOutcome outcome = bench.Send("b", Frame("10.0.0.77"));

        Assert.Equal(["tap", "a"], outcome.Fates.Select(f => f.Port));
        Assert.All(outcome.Fates, f => Assert.Equal(Hex.Text(Frame("10.0.0.1").Build()), Hex.Text(f.Frame)));

        static FrameBuilder Frame(string destination) => FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
            .Ipv4("10.0.0.2", destination).Udp(1, 2);
    }

    [Fact]
    public void A_meter_counts_packets_and_bytes_under_its_name_whichever_rule_uses_it()
    {
        using var bench = new SwitchBench(On(
            "a",
            "count",
            10,
            Out(Rule("dns", Meter, Udp("53")), Rule("web", Meter, Tcp("80"))),
            In(Rule("none", Allow))));

        bench.Send("a", AToB()).AssertForwarded("b");
        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Tcp(1, 80)).AssertForwarded("b");
        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Tcp(1, 81)).AssertForwarded("b");

        (string name, Meter meter) = Assert.Single(bench.Counters.Meters);
        Assert.Equal(("usage", 2L, (14L + 20 + 8 + 4) + (14 + 20 + 20)), (name, meter.Packets, meter.Bytes));
    }

    [Fact]
    public void A_stateful_meter_counts_the_replies_of_its_flows()
    {
        using var bench = new SwitchBench(On("a", "count", 10, Out(Rule("dns", Meter, Udp("53")))).Stateful());

        bench.Send("a", AToB()).AssertForwarded("b");
        bench.Send("b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
            .Ipv4("10.0.0.2", "10.0.0.1").Udp(53, 1000).Payload(100)).AssertForwarded("a");

        (_, Meter meter) = Assert.Single(bench.Counters.Meters);
        Assert.Equal((2L, 46L + 142), (meter.Packets, meter.Bytes));
    }

    [Fact]
    public void A_rate_limit_passes_its_burst_and_then_exactly_its_rate()
    {
        // 100 packets a second and 50 ms: five at once, then one every 10 ms.
        using var bench = LimitedBench(new RuleAction.RateLimit
        {
            PacketsPerSecond = 100,
            Burst = TimeSpan.FromMilliseconds(50),
        });
        for (int i = 0; i < 5; i++)
        {
            bench.Send("a", AToB()).AssertForwarded("b");
        }

        bench.Send("a", AToB()).AssertDropped(DropReason.RateLimit, "limit/out/slow");
        for (int i = 0; i < 20; i++)
        {
            bench.Clock += TimeSpan.FromMilliseconds(10) - TimeSpan.FromTicks(1);
            bench.Send("a", AToB()).AssertDropped(DropReason.RateLimit);
            bench.Clock += TimeSpan.FromTicks(1);
            bench.Send("a", AToB()).AssertForwarded("b");
        }

        bench.Wait(1);
        for (int i = 0; i < 5; i++)
        {
            bench.Send("a", AToB()).AssertForwarded("b");
        }

        bench.Send("a", AToB()).AssertDropped(DropReason.RateLimit);
    }

    [Fact]
    public void A_rate_limit_in_bits_weighs_whole_frames()
    {
        // 46-byte frames at 368 bits each: 3680 bits a second are ten a second, and one second's worth is ten.
        using var bench = LimitedBench(
            new RuleAction.RateLimit { BitsPerSecond = 3680, Burst = TimeSpan.FromSeconds(1) });
        for (int i = 0; i < 10; i++)
        {
            bench.Send("a", AToB()).AssertForwarded("b");
        }

        bench.Send("a", AToB()).AssertDropped(DropReason.RateLimit);
        bench.Wait(0.1);
        bench.Send("a", AToB()).AssertForwarded("b");
        bench.Send("a", AToB()).AssertDropped(DropReason.RateLimit);
    }

    [Fact]
    public void A_rate_limit_counts_for_each_port_alone()
    {
        Layer layer = On("a", "limit", 10, Out(Rule("slow", new RuleAction.RateLimit { PacketsPerSecond = 10 })))
            with
        { Ports = ["a", "c"] };
        using var bench = new SwitchBench(layer);

        bench.Send("a", AToB()).AssertForwarded("b");
        bench.Send("a", AToB()).AssertDropped(DropReason.RateLimit);
        bench.Send("c", FrameBuilder.Ethernet(SwitchBench.MacC, SwitchBench.MacB)
            .Ipv4("10.0.0.3", "10.0.0.2").Udp(1, 2)).AssertForwarded("b");
    }

    [Fact]
    public void The_packets_of_a_limited_flow_are_all_limited()
    {
        using var bench = new SwitchBench(On(
            "a", "limit", 10, Out(Rule("slow", new RuleAction.RateLimit { PacketsPerSecond = 10 }))).Stateful());

        bench.Send("a", AToB()).AssertForwarded("b");
        BenchOutcome second = bench.Send("a", AToB()).AssertDropped(DropReason.RateLimit);
        Assert.True(second.FlowHit);
    }

    private static RuleAction.Mirror Mirror { get; } = new() { Port = "tap" };

    private static RuleAction.Meter Meter { get; } = new() { Name = "usage" };

    private static RuleAction.Redirect ToPort(string? port) => new() { Port = port };

    private static SwitchBench LimitedBench(RuleAction.RateLimit limit) =>
        new(On("a", "limit", 10, Out(Rule("slow", limit))));

    private static FrameBuilder AToB() => FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(1000, 53).Payload(4);

    [Fact]
    public void A_meter_counts_the_inner_frame_in_both_directions_and_at_both_ports()
    {
        Layer atEndpoint = On("a", "count", 10, Out(Rule("out", Named("a-out"))), In(Rule("in", Named("a-in"))));
        Layer atUplink = On("up", "underlay", 10, Out(Rule("out", Named("up-out"))), In(Rule("in", Named("up-in"))));
        using var bench = new OverlayBench(Green.Policy.Plus(atEndpoint, atUplink));
        byte[] query = Green.FromA().Ipv4(Green.IpA, Green.IpC).Udp(1000, 53).Payload(20).Build();
        byte[] answer = FrameBuilder.Ethernet(Green.MacC, Green.MacA).Ipv4(Green.IpC, Green.IpA).Udp(53, 1000)
            .Payload(20).Build();
        bench.Send("a", query).Left("up");
        bench.Send("up", Green.Tunnelled(answer)).Left("a", answer);

        long[] bytes = [.. bench.Counters.Meters.Select(m => m.Value.Bytes)];
        Assert.Equal([62L, 62, 62, 62], bytes);

        static RuleAction.Meter Named(string name) => new() { Name = name };
    }

    [Fact]
    public void A_rate_limit_in_bits_weighs_the_frame_inside_the_tunnel()
    {
        // One second's worth is exactly two inner frames of 42 bytes.
        Layer limit = On("a", "limit", 10, In(Rule("slow", new RuleAction.RateLimit
        {
            BitsPerSecond = 2 * 42 * 8,
            Burst = TimeSpan.FromSeconds(1),
        })));
        using var bench = new OverlayBench(Green.Policy.Plus(limit));
        byte[] inner = FrameBuilder.Ethernet(Green.MacC, Green.MacA).Ipv4(Green.IpC, Green.IpA).Udp(53, 1000).Build();
        bench.Send("up", Green.Tunnelled(inner)).Left("a", inner);
        bench.Send("up", Green.Tunnelled(inner)).Left("a", inner);
        bench.Send("up", Green.Tunnelled(inner)).DroppedFor(DropReason.RateLimit);
    }
}
