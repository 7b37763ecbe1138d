using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What happens when the flow table is full.</summary>
public sealed class FlowLimitTests
{
    [Fact]
    public void The_oldest_half_open_flow_goes_first()
    {
        using var bench = Bench(2);
        Ask(bench, 1).AssertForwarded("b");
        Ask(bench, 2).AssertForwarded("b");
        Ask(bench, 3).AssertForwarded("b");

        Answer(bench, 1).AssertDropped(DropReason.LayerDefaultBlock);
        Answer(bench, 2).AssertForwarded("a");
        Answer(bench, 3).AssertForwarded("a");
        Assert.Equal((3L, 2), (bench.Counters.FlowsCreated, bench.Counters.FlowsActive));
    }

    [Fact]
    public void A_half_open_flow_that_was_used_again_goes_later()
    {
        using var bench = Bench(2);
        Ask(bench, 1).AssertForwarded("b");
        Ask(bench, 2).AssertForwarded("b");
        Ask(bench, 1).AssertForwarded("b");
        Ask(bench, 3).AssertForwarded("b");

        Answer(bench, 2).AssertDropped(DropReason.LayerDefaultBlock);
        Answer(bench, 1).AssertForwarded("a");
    }

    [Fact]
    public void Answered_flows_stay_and_a_new_one_is_dropped()
    {
        using var bench = Bench(2);
        for (int port = 1; port <= 2; port++)
        {
            Ask(bench, port).AssertForwarded("b");
            Answer(bench, port).AssertForwarded("a");
        }

        Ask(bench, 3).AssertDropped(DropReason.FlowTableFull);

        Ask(bench, 1).AssertForwarded("b");
        Answer(bench, 2).AssertForwarded("a");
        bench.Wait(180); // The answered flows have ended, so that there is room.
        Ask(bench, 3).AssertForwarded("b");
        Assert.Equal(1, bench.CountersOf("a").DroppedFor(DropReason.FlowTableFull));
    }

    [Fact]
    public void A_binding_of_a_flow_that_had_to_go_is_free_again()
    {
        Layer nat = On("a", "nat", 10, Out(Rule("pool", Pool("203.0.113.1", 5000, 5000)))).BlockingByDefault();
        using var bench = new SwitchBench(SwitchBench.PolicyOf(nat), new SwitchLimits { FlowPairs = 2 });
        Ask(bench, 1, 53).AssertForwarded("b");
        Ask(bench, 2, 54).AssertForwarded("b");
        Ask(bench, 3, 55).AssertForwarded("b"); // Takes the place of the first.

        Ask(bench, 4, 53).AssertForwarded("b");
    }

    [Fact]
    public void A_binding_of_a_flow_that_found_no_room_is_free_again()
    {
        Layer nat = On("a", "nat", 10, Out(Rule("pool", Pool("203.0.113.1", 5000, 5000)))).BlockingByDefault();
        using var bench = new SwitchBench(SwitchBench.PolicyOf(nat), new SwitchLimits { FlowPairs = 1 });
        Ask(bench, 1, 53).AssertForwarded("b");
        bench.Send("b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
            .Ipv4("10.0.0.2", "203.0.113.1").Udp(53, 5000)).AssertForwarded("a");

        Ask(bench, 2, 54).AssertDropped(DropReason.FlowTableFull);
        bench.Wait(300);
        Ask(bench, 3, 54).AssertForwarded("b");
    }

    [Fact]
    public void A_flow_that_must_go_for_the_packet_that_uses_it_does_no_harm()
    {
        Layer[] layers =
        [
            FlowStateTests.Acl(Rule("any", Allow)),
            On("b", "acl-b", 10, In(Rule("any", Allow))).Stateful().BlockingByDefault(),
        ];
        using var bench = new SwitchBench(SwitchBench.PolicyOf(layers), new SwitchLimits { FlowPairs = 3 });

        // Each packet wants two flows: the second pair drives out the first's flow at a, not the one at b.
        Ask(bench, 1).AssertForwarded("b");
        Ask(bench, 2).AssertForwarded("b");

        // Now the flow at b is in use, and the oldest of all when the one at a needs room.
        Ask(bench, 1).AssertForwarded("b");
        Ask(bench, 1).AssertForwarded("b");
        Assert.Equal(3, bench.Counters.FlowsActive);
    }

    private static SwitchBench Bench(int pairs) => new(
        SwitchBench.PolicyOf(FlowStateTests.Acl(Rule("any", Allow))), new SwitchLimits { FlowPairs = pairs });

    private static BenchOutcome Ask(SwitchBench bench, int port, int to = 53) =>
        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(port, to));

    private static BenchOutcome Answer(SwitchBench bench, int port) => bench.Send(
        "b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4("10.0.0.2", "10.0.0.1").Udp(53, port));
}
