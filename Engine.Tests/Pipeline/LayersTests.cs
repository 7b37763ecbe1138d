using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Layers as boundaries between address spaces: which sees what, and in which order.</summary>
public sealed class LayersTests
{
    private static readonly Rule Any = Rule("any", Allow);

    [Fact]
    public void Layers_are_crossed_upwards_on_the_way_out_and_downwards_on_the_way_in()
    {
        using var bench = new SwitchBench(
            On("a", "middle", 20, Out(Any), In(Any)),
            On("a", "last", 30, Out(Any), In(Any)),
            On("a", "first", 10, Out(Any), In(Any)));

        Assert.Equal(
            ["a out first/out/any (rule)", "a out middle/out/any (rule)", "a out last/out/any (rule)",
                "b in open-b/default (default)"],
            bench.Send("a", AToB()).Decisions);
        Assert.Equal(
            ["b out open-b/default (default)",
                "a in last/in/any (rule)", "a in middle/in/any (rule)", "a in first/in/any (rule)"],
            bench.Send("b", BToA()).Decisions);
    }

    [Fact]
    public void A_block_ends_the_way_and_is_named()
    {
        using var bench = new SwitchBench(
            On("a", "first", 10, Out(Any)),
            On("a", "second", 20, Out(Rule("no-dns", Block, Udp(53)))),
            On("a", "third", 30, Out(Any)));

        BenchOutcome outcome = bench.Send("a", AToB()).AssertDropped(DropReason.RuleBlock, "second/out/no-dns");

        Assert.Equal(["a out first/out/any (rule)", "a out second/out/no-dns (rule)"], outcome.Decisions);
        Assert.Equal(1, bench.CountersOf("a").DroppedFor(DropReason.RuleBlock));
        Assert.Equal(1, bench.RulePackets("second/out/no-dns"));
        Assert.Equal(0, bench.RulePackets("third/out/any"));
    }

    [Fact]
    public void A_blocking_default_is_named_by_its_layer_though_rules_matched_before()
    {
        using var bench = new SwitchBench(
            On("a", "first", 10, Out(Any)), On("a", "second", 20).BlockingByDefault());

        bench.Send("a", AToB()).AssertDropped(DropReason.LayerDefaultBlock, "second/default");
    }

    [Fact]
    public void Later_layers_see_a_translated_source_and_earlier_ones_the_true_one()
    {
        using var bench = new SwitchBench(
            On("a", "before", 10, Out(Rule("true", Allow, From("10.0.0.1")))).BlockingByDefault(),
            On("a", "nat", 20, Out(Rule("hide", Nat(source: "203.0.113.1")))),
            On("a", "after", 30, Out(Rule("hidden", Allow, From("203.0.113.1")))).BlockingByDefault(),
            On("b", "acl-b", 10, In(Rule("hidden", Allow, From("203.0.113.1")))).BlockingByDefault());

        bench.Send("a", AToB()).AssertForwarded("b");
    }

    [Fact]
    public void On_the_way_in_the_layer_below_sees_the_address_that_the_layer_above_wrote()
    {
        using var bench = new SwitchBench(
            On("a", "acl", 10, In(Rule("inside", Allow, To("10.0.0.1")))).BlockingByDefault(),
            On("a", "nat", 20, In(
                Rule("publish", Nat(destination: "10.0.0.1", destinationPort: 8080), To("10.0.0.77")))),
            On("a", "edge", 30, In(Rule("outside", Allow, To("10.0.0.77")))).BlockingByDefault());

        bench.Send("b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
                .Ipv4("10.0.0.2", "10.0.0.77").Tcp(1000, 80, TcpFlags.Syn))
            .AssertLeft("a", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
                .Ipv4("10.0.0.2", "10.0.0.1").Tcp(1000, 8080, TcpFlags.Syn));
    }

    [Fact]
    public void Two_translations_in_two_layers_are_undone_in_the_opposite_order()
    {
        using var bench = new SwitchBench(
            On("a", "inner", 10, Out(Rule("x", Nat(source: "192.0.2.1", sourcePort: 2000)))),
            On("a", "outer", 20, Out(
                Rule("y", Nat(source: "203.0.113.1", destination: "10.0.0.2"), From("192.0.2.1")))));

        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.99").Udp(1000, 53).Payload("q"))
            .AssertLeft("b", FrameBuilder.Ethernet().Ipv4("203.0.113.1", "10.0.0.2").Udp(2000, 53).Payload("q"));
        BenchOutcome reply = bench.Send("b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
                .Ipv4("10.0.0.2", "203.0.113.1").Udp(53, 2000).Payload("r"))
            .AssertLeft("a", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
                .Ipv4("10.0.0.99", "10.0.0.1").Udp(53, 1000).Payload("r"));

        Assert.Equal(
            ["b out open-b/default (default)", "a in outer/out/y (flow)", "a in inner/out/x (flow)"], reply.Decisions);
    }

    [Fact]
    public void Groups_of_the_other_direction_are_not_visited()
    {
        using var bench = new SwitchBench(On("a", "acl", 10, In(Rule("no", Block))));

        bench.Send("a", AToB()).AssertLeft("b", AToB());
        bench.Send("b", BToA()).AssertDropped(DropReason.RuleBlock, "acl/in/no");
    }

    [Fact]
    public void Frames_other_than_ip_cross_the_layers_too()
    {
        FrameBuilder frame = FrameBuilder.Ethernet(type: 0x88B5).Payload(46);
        using var bench = new SwitchBench(
            On("a", "acl", 10, Out(Rule("tcp", Allow, Tcp("80")), Rule("all", Block) with { Priority = 2000 })));

        bench.Send("a", frame).AssertDropped(DropReason.RuleBlock, "acl/out/all");
        bench.Apply(On("a", "acl", 10, Out(Rule("link", Allow, new Match { EtherTypes = [(EtherType)0x88B5] })))
            .BlockingByDefault().Stateful());
        bench.Send("a", frame).AssertLeft("b", frame);
        Assert.Equal(0, bench.Counters.FlowsCreated);
    }

    [Fact]
    public void A_translation_does_not_apply_to_a_frame_that_is_not_ip()
    {
        using var bench = new SwitchBench(On("a", "nat", 10, Out(Rule("hide", Nat(source: "203.0.113.1")))));

        bench.Send("a", FrameBuilder.Ethernet(type: 0x88B5).Payload(46))
            .AssertDropped(DropReason.NatUnsupported, "nat/out/hide");
    }

    private static Match From(AddressMatch source) => new() { Source = source };

    private static FrameBuilder AToB() => FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(1000, 53);

    private static FrameBuilder BToA() =>
        FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4("10.0.0.2", "10.0.0.1").Udp(53, 1000);
}
