using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Copies of one frame: each crosses the layers of its own port as if it were alone.</summary>
public sealed class FloodedFlowTests
{
    private const string UnknownMac = "02:00:00:00:00:99";

    [Fact]
    public void A_flooded_packet_makes_a_flow_at_its_own_port_and_at_every_port_it_reaches()
    {
        SwitchPolicy policy = Flooding(
            FlowStateTests.Acl(Rule("any", Allow)),
            On("b", "acl-b", 10, In(Rule("any", Allow))).Stateful().BlockingByDefault(),
            On("c", "acl-c", 10, In(Rule("any", Allow))).Stateful().BlockingByDefault());
        using var bench = new SwitchBench(policy);

        BenchOutcome outcome = bench.Send("a", Frame());

        Assert.Equal(["b", "c"], outcome.Fates.Select(f => f.Port));
        Assert.All(outcome.Fates, f => Assert.Equal(Hex.Text(Frame().Build()), Hex.Text(f.Frame)));
        Assert.Equal(3, bench.Counters.FlowsActive);
        Assert.Equal((1L, 1L, 2L), Counted(bench));
    }

    [Fact]
    public void What_one_port_does_to_its_copy_the_others_do_not_see()
    {
        SwitchPolicy policy = Flooding(
            On("b", "nat-b", 10, In(Rule("x", Nat(destination: "10.0.0.2", destinationPort: 5353)))),
            On("c", "acl-c", 10, In(Rule("true", Allow, To("10.0.0.99")))).BlockingByDefault());
        using var bench = new SwitchBench(policy);

        BenchOutcome outcome = bench.Send("a", Frame());

        Assert.Equal(["b", "c"], outcome.Fates.Select(f => f.Port));
        Assert.Equal(
            Hex.Text(FrameBuilder.Ethernet(SwitchBench.MacA, UnknownMac)
                .Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 5353).Build()),
            Hex.Text(outcome.Fates[0].Frame));
        Assert.Equal(Hex.Text(Frame().Build()), Hex.Text(outcome.Fates[1].Frame));
    }

    [Fact]
    public void A_copy_that_is_dropped_leaves_no_flow()
    {
        SwitchPolicy policy = Flooding(
            FlowStateTests.Acl(Rule("any", Allow)),
            On("b", "acl-b", 10).BlockingByDefault(),
            On("c", "acl-c", 10, In(Rule("any", Allow))).Stateful());
        using var bench = new SwitchBench(policy);

        BenchOutcome outcome = bench.Send("a", Frame());

        Assert.Equal([null, "c"], outcome.Fates.Select(f => f.Port));
        Assert.Equal(2, bench.Counters.FlowsActive);
        Assert.Equal((1L, 1L, 1L), Counted(bench));
    }

    [Fact]
    public void Without_room_for_the_flow_at_its_own_port_no_copy_leaves()
    {
        SwitchPolicy policy = Flooding(FlowStateTests.Acl(Rule("any", Allow)));
        using var bench = new SwitchBench(policy, new VxlanEngine.Pipeline.SwitchLimits { FlowPairs = 1 });
        FlowStateTests.Connect(bench);

        BenchOutcome outcome = bench.Send("a", Frame());

        Assert.All(outcome.Fates, f => Assert.Equal((Verdict)DropReason.FlowTableFull, f.Verdict));
        Assert.Equal((4L, 1L, 3L), (bench.Counters.Received, bench.Counters.Generated, bench.Counters.Forwarded));
    }

    [Fact]
    public void A_flow_that_is_flooded_goes_on()
    {
        using var bench = new SwitchBench(Flooding(FlowStateTests.Acl(Rule("any", Allow))));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(["b", "c"], bench.Send("a", Frame()).Fates.Select(f => f.Port));
        }

        Assert.Equal((1L, 1), (bench.Counters.FlowsCreated, bench.Counters.FlowsActive));
    }

    private static SwitchPolicy Flooding(params Layer[] layers)
    {
        SwitchPolicy policy = SwitchBench.PolicyOf(layers);
        return policy with
        {
            Networks = [policy.Networks[0] with { UnknownUnicast = VxlanEngine.Policy.Flooding.Replicate }],
        };
    }

    private static FrameBuilder Frame() =>
        FrameBuilder.Ethernet(SwitchBench.MacA, UnknownMac).Ipv4("10.0.0.1", "10.0.0.99").Udp(1, 53);

    private static (long Received, long Generated, long Forwarded) Counted(SwitchBench bench)
    {
        VxlanEngine.Pipeline.PortCounters counters = bench.CountersOf("a");
        return (counters.Received, counters.Generated, counters.Forwarded);
    }
}
