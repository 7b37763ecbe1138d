using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What the modify action writes.</summary>
public sealed class ModifyTests
{
    [Fact]
    public void Mac_addresses_are_rewritten_and_the_frame_goes_by_the_new_one()
    {
        using var bench = Bench(new RuleAction.Modify
        {
            SourceMac = MacAddress.Parse("02:00:00:00:00:55"),
            DestinationMac = MacAddress.Parse(SwitchBench.MacC),
        });

        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2))
            .AssertLeft("c", FrameBuilder.Ethernet("02:00:00:00:00:55", SwitchBench.MacC)
                .Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2));
    }

    [Fact]
    public void The_ttl_is_decremented()
    {
        using var bench = Bench(new RuleAction.Modify { DecrementTtl = true });

        bench.Send("a", V4(64, 0)).AssertLeft("b", V4(63, 0));
        bench.Send("a", V4(2, 0)).AssertLeft("b", V4(1, 0));
        bench.Send("a", V4(1, 0)).AssertDropped(DropReason.TtlExpired, "mark/out/set", told: "a");
        bench.Send("a", V4(0, 0)).AssertDropped(DropReason.TtlExpired, told: "a");
        bench.Send("a", V6(2, 0)).AssertLeft("b", V6(1, 0));
        bench.Send("a", V6(1, 0)).AssertDropped(DropReason.TtlExpired, "mark/out/set", told: "a");
    }

    [Fact]
    public void Two_layers_decrement_twice()
    {
        using var bench = new SwitchBench(
            On("a", "one", 10, Out(Rule("hop", new RuleAction.Modify { DecrementTtl = true }))),
            On("b", "two", 10, In(Rule("hop", new RuleAction.Modify { DecrementTtl = true }))));

        bench.Send("a", V4(64, 0)).AssertLeft("b", V4(62, 0));
    }

    [Fact]
    public void The_dscp_is_set_and_the_congestion_bits_are_kept()
    {
        using var bench = Bench(new RuleAction.Modify { Dscp = 46 });

        bench.Send("a", V4(64, 0x03)).AssertLeft("b", V4(64, 0xBB));
        bench.Send("a", V6(64, 0xFE)).AssertLeft("b", V6(64, 0xBA));
    }

    [Fact]
    public void A_tag_is_pushed_in_front_of_what_was_there()
    {
        using var bench = Bench(new RuleAction.Modify { PushVlan = 42 });

        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2))
            .AssertLeft("b", FrameBuilder.Ethernet().Vlan(42).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2));
        bench.Send("a", FrameBuilder.Ethernet().Vlan(7, priority: 5).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2))
            .AssertLeft("b", FrameBuilder.Ethernet().Vlan(42).Vlan(7, priority: 5)
                .Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2));
    }

    [Fact]
    public void The_outermost_tag_is_popped()
    {
        using var bench = Bench(new RuleAction.Modify { PopVlan = true });

        bench.Send("a", FrameBuilder.Ethernet().Vlan(42, tagType: 0x88A8).Vlan(7)
                .Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2))
            .AssertLeft("b", FrameBuilder.Ethernet().Vlan(7).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2));
        bench.Send("a", V4(64, 0)).AssertLeft("b", V4(64, 0));
    }

    [Fact]
    public void A_tag_is_exchanged()
    {
        using var bench = Bench(new RuleAction.Modify { PopVlan = true, PushVlan = 9 });

        bench.Send("a", FrameBuilder.Ethernet().Vlan(42, priority: 7).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2))
            .AssertLeft("b", FrameBuilder.Ethernet().Vlan(9).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_tag_that_one_layer_pushes_can_be_popped_by_a_later_one(bool isTagged)
    {
        using var bench = new SwitchBench(
            On("a", "tag", 10, Out(Rule("push", new RuleAction.Modify { PushVlan = 42 }))),
            On("a", "look", 20, Out(Rule("tagged", Allow, new Match { Vlan = 42 }))).BlockingByDefault(),
            On("b", "untag", 10, In(Rule("pop", new RuleAction.Modify { PopVlan = true }))),
            On("b", "first", 5, In(Rule("as-it-came", Allow, new Match { Vlan = isTagged ? 7 : 0 })))
                .BlockingByDefault());
        FrameBuilder frame = isTagged
            ? FrameBuilder.Ethernet().Vlan(7, priority: 5).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2)
            : FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2);

        bench.Send("a", frame).AssertLeft("b", frame);
    }

    [Fact]
    public void Later_layers_see_what_was_modified()
    {
        using var bench = new SwitchBench(
            On("a", "mark", 10, Out(Rule("ef", new RuleAction.Modify { Dscp = 46 }))),
            On("a", "acl", 20, Out(Rule("ef", Allow, new Match { Dscp = 46 }))).BlockingByDefault());

        bench.Send("a", V4(64, 0)).AssertLeft("b", V4(64, 46 << 2));
    }

    [Fact]
    public void Replies_are_not_modified_back()
    {
        using var bench = new SwitchBench(
            On("a", "mark", 10, Out(Rule("set", new RuleAction.Modify { Dscp = 46 }))).Stateful());
        FrameBuilder reply = FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
            .Ipv4("10.0.0.2", "10.0.0.1", tos: 46 << 2).Udp(2, 1);

        bench.Send("a", V4(64, 0)).AssertLeft("b", V4(64, 46 << 2));
        bench.Send("a", V4(64, 0)).AssertLeft("b", V4(64, 46 << 2));
        Assert.True(bench.Send("b", reply).AssertLeft("a", reply).FlowHit);
    }

    [Fact]
    public void Frames_other_than_ip_have_only_their_link_header_modified()
    {
        using var bench = Bench(new RuleAction.Modify { Dscp = 46, DecrementTtl = true, PushVlan = 3 });

        bench.Send("a", FrameBuilder.Ethernet(type: 0x88B5).Payload(46))
            .AssertLeft("b", FrameBuilder.Ethernet().Vlan(3, type: 0x88B5).Payload(46));
    }

    private static SwitchBench Bench(RuleAction.Modify action) => new(On("a", "mark", 10, Out(Rule("set", action))));

    private static FrameBuilder V4(byte ttl, byte tos) =>
        FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", ttl: ttl, tos: tos, id: 0xBEEF).Udp(1, 2);

    private static FrameBuilder V6(byte hopLimit, byte trafficClass) =>
        FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2", hopLimit, trafficClass, flowLabel: 0xABCDE).Udp(1, 2);

    [Fact]
    public void Two_layers_push_two_tags_and_a_third_pops_the_outer_one()
    {
        Layer first = On("a", "one", 10, Out(Rule("push", new RuleAction.Modify { PushVlan = 42 })));
        Layer second = On("a", "two", 20, Out(Rule("push", new RuleAction.Modify { PushVlan = 43 })));
        Layer third = On("a", "three", 30, Out(Rule("pop", new RuleAction.Modify { PopVlan = true })));
        Layer look = On("b", "look", 10, In(Rule("see", Allow, new Match { Vlan = 42 }))).BlockingByDefault();
        using (var bench = new SwitchBench(first, second))
        {
            bench.Send("a", Tagged()).AssertLeft("b", Tagged(43, 42));
            bench.Send("a", Tagged(7)).AssertLeft("b", Tagged(43, 42, 7));
        }

        using (var bench = new SwitchBench(first, second, third, look))
        {
            bench.Send("a", Tagged()).AssertLeft("b", Tagged(42));
            bench.Send("a", Tagged(7)).AssertLeft("b", Tagged(42, 7));
        }
    }

    [Fact]
    public void A_tag_beyond_those_that_the_engine_reads_is_not_pushed()
    {
        using var bench = new SwitchBench(
            On("a", "one", 10, Out(Rule("push", new RuleAction.Modify { PushVlan = 42 }))),
            On("a", "two", 20, Out(Rule("push", new RuleAction.Modify { PushVlan = 43 }))));
        bench.Send("a", Tagged(7, 8)).AssertLeft("b", Tagged(42, 7, 8));
        bench.Send("a", Tagged(7, 8, 9)).AssertLeft("b", Tagged(7, 8, 9));
    }

    private static FrameBuilder Tagged(params int[] tags) =>
        tags.Aggregate(FrameBuilder.Ethernet(), (frame, tag) => frame.Vlan((ushort)tag))
            .Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2);
}
