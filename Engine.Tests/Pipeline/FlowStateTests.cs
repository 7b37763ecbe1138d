using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Which packets make a flow, and which follow it instead of the rules.</summary>
public sealed class FlowStateTests
{
    [Fact]
    public void Replies_follow_the_flow_and_not_the_rules()
    {
        using var bench = new SwitchBench(Acl(Rule("web", Allow, Tcp("80"))));

        Assert.False(bench.Send("a", Syn(1000)).AssertForwarded("b").FlowHit);
        BenchOutcome reply = bench.Send("b", FromB(1000, TcpFlags.Syn | TcpFlags.Ack)).AssertForwarded("a");
        BenchOutcome third = bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertForwarded("b");

        Assert.True(reply.FlowHit);
        Assert.Equal("acl/out/web", reply.DecidedBy);
        Assert.Equal("a in acl/out/web (flow)", reply.Decisions[^1]);
        Assert.Equal("a out acl/out/web (flow)", third.Decisions[0]);
        Assert.Equal(3, bench.RulePackets("acl/out/web"));
        Assert.Equal((1L, 1), (bench.Counters.FlowsCreated, bench.Counters.FlowsActive));
    }

    [Theory]
    [InlineData(1001, 80, 0x12)] // Another client port.
    [InlineData(1000, 81, 0x12)] // Another server port.
    public void A_packet_that_answers_nothing_follows_the_rules(int to, int from, int flags)
    {
        using var bench = new SwitchBench(Acl(Rule("web", Allow, Tcp("80"))));
        bench.Send("a", Syn(1000)).AssertForwarded("b");

        bench.Send("b", Reply().Tcp(from, to, (TcpFlags)flags))
            .AssertDropped(DropReason.LayerDefaultBlock, "acl/default");
        bench.Send("b", Reply().Udp(80, 1000)).AssertDropped(DropReason.LayerDefaultBlock, "acl/default");
        bench.Send("c", FrameBuilder.Ethernet(SwitchBench.MacC, SwitchBench.MacA)
            .Ipv4("10.0.0.3", "10.0.0.1").Tcp(80, 1000)).AssertDropped(DropReason.LayerDefaultBlock, "acl/default");
    }

    [Fact]
    public void Answers_to_a_neighbour_on_this_switch_need_no_tunnel_though_a_decap_rule_let_it_in()
    {
        Rule decap = Rule("from-blue", new RuleAction.Decap());
        using var bench = new SwitchBench(On("b", "vnet", 10, In(decap)).Stateful());

        bench.Send("a", Syn(1000)).AssertForwarded("b");
        Assert.True(bench.Send("b", FromB(1000, TcpFlags.Syn | TcpFlags.Ack)).AssertForwarded("a").FlowHit);
    }

    [Fact]
    public void A_default_makes_no_state()
    {
        using var bench = new SwitchBench(On("a", "acl", 10, In(Rule("no", Block))).Stateful());

        bench.Send("a", Syn(1000)).AssertForwarded("b");
        bench.Send("b", FromB(1000, TcpFlags.Syn | TcpFlags.Ack)).AssertDropped(DropReason.RuleBlock, "acl/in/no");
        Assert.Equal(0, bench.Counters.FlowsCreated);
    }

    [Theory]
    [InlineData(true, null, true)]
    [InlineData(false, null, false)]
    [InlineData(false, true, true)]
    [InlineData(true, false, false)]
    public void A_rule_may_differ_from_its_layer(bool isLayerStateful, bool? isRuleStateful, bool makesState)
    {
        Rule rule = Rule("any", Allow) with { Stateful = isRuleStateful };
        Layer layer = On("a", "acl", 10, Out(rule)).BlockingByDefault() with { Stateful = isLayerStateful };
        using var bench = new SwitchBench(layer);

        bench.Send("a", Syn(1000)).AssertForwarded("b");
        BenchOutcome reply = bench.Send("b", FromB(1000, TcpFlags.Syn | TcpFlags.Ack));

        if (makesState)
        {
            reply.AssertForwarded("a");
        }
        else
        {
            reply.AssertDropped(DropReason.LayerDefaultBlock, "acl/default");
        }
    }

    [Fact]
    public void A_block_makes_no_state_though_it_says_so()
    {
        using var bench = new SwitchBench(Acl(Rule("no", Block) with { Stateful = true }));

        bench.Send("a", Syn(1000)).AssertDropped(DropReason.RuleBlock);
        Assert.Equal(0, bench.Counters.FlowsCreated);
    }

    [Fact]
    public void A_stateless_layer_beside_a_stateful_one_decides_every_packet()
    {
        using var bench = new SwitchBench(
            Acl(Rule("any", Allow)),
            On("a", "filter", 20, In(Rule("no-rst", Block, new Match { Dscp = 46 }))));
        bench.Send("a", Syn(1000)).AssertForwarded("b");

        bench.Send("b", FromB(1000, TcpFlags.Ack)).AssertForwarded("a");
        bench.Send("b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
                .Ipv4("10.0.0.2", "10.0.0.1", tos: 46 << 2).Tcp(80, 1000))
            .AssertDropped(DropReason.RuleBlock, "filter/in/no-rst");
    }

    [Fact]
    public void A_connection_that_the_outside_opens_has_its_forward_direction_inwards()
    {
        using var bench = new SwitchBench(
            On("a", "acl", 10, In(Rule("ssh", Allow, Tcp("22")))).Stateful().BlockingByDefault());

        bench.Send("b", Reply().Tcp(4000, 22, TcpFlags.Syn)).AssertForwarded("a");
        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2")
            .Tcp(22, 4000, TcpFlags.Syn | TcpFlags.Ack)).AssertForwarded("b");
        bench.Send("a", Syn(22)).AssertDropped(DropReason.LayerDefaultBlock, "acl/default");
    }

    [Fact]
    public void A_packet_that_a_later_step_drops_makes_no_flow()
    {
        using var bench = new SwitchBench(
            Acl(Rule("any", Allow)), On("b", "acl-b", 10).BlockingByDefault());

        bench.Send("a", Syn(1000)).AssertDropped(DropReason.LayerDefaultBlock, "acl-b/default");
        Assert.Equal(0, bench.Counters.FlowsCreated);
    }

    [Theory]
    [InlineData(0x04)]
    [InlineData(0x14)]
    public void A_reset_makes_no_flow(int flags)
    {
        using var bench = new SwitchBench(Acl(Rule("any", Allow)));

        bench.Send("a", FromA(1000, (TcpFlags)flags)).AssertForwarded("b");
        Assert.Equal(0, bench.Counters.FlowsCreated);
    }

    [Fact]
    public void An_echo_flow_takes_replies_of_its_identifier_only()
    {
        using var bench = new SwitchBench(Acl(Rule("any", Allow)));
        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").IcmpEchoRequest(7, 1))
            .AssertForwarded("b");

        bench.Send("b", Reply().IcmpEchoReply(7, 1)).AssertForwarded("a");
        bench.Send("b", Reply().IcmpEchoReply(8, 1)).AssertDropped(DropReason.LayerDefaultBlock);
        bench.Send("b", Reply().IcmpEchoRequest(7, 1)).AssertDropped(DropReason.LayerDefaultBlock);
    }

    [Fact]
    public void A_new_syn_after_both_sides_closed_is_a_new_flow()
    {
        using var bench = new SwitchBench(Acl(Rule("web", Allow, Tcp("80") with { TcpSyn = true })));
        Connect(bench);
        bench.Send("a", FromA(1000, TcpFlags.Fin | TcpFlags.Ack)).AssertForwarded("b");
        bench.Send("b", FromB(1000, TcpFlags.Fin | TcpFlags.Ack)).AssertForwarded("a");
        Assert.True(bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertForwarded("b").FlowHit);

        Assert.False(bench.Send("a", Syn(1000)).AssertForwarded("b").FlowHit);

        Assert.Equal((2L, 1), (bench.Counters.FlowsCreated, bench.Counters.FlowsActive));
        bench.Wait(30); // It is half open again, and so ends sooner than the closed one would have.
        bench.Send("b", FromB(1000, TcpFlags.Syn | TcpFlags.Ack)).AssertDropped(DropReason.LayerDefaultBlock);
    }

    [Fact]
    public void A_new_syn_after_a_reset_is_a_new_flow()
    {
        using var bench = new SwitchBench(Acl(Rule("web", Allow, Tcp("80"))));
        Connect(bench);
        bench.Send("b", FromB(1000, TcpFlags.Rst)).AssertForwarded("a");

        Assert.False(bench.Send("a", Syn(1000)).AssertForwarded("b").FlowHit);
        Assert.Equal(2, bench.Counters.FlowsCreated);
    }

    [Fact]
    public void A_syn_again_in_an_open_connection_is_no_new_flow()
    {
        using var bench = new SwitchBench(Acl(Rule("web", Allow, Tcp("80"))));
        Connect(bench);

        Assert.True(bench.Send("a", Syn(1000)).AssertForwarded("b").FlowHit);
        Assert.Equal(1, bench.Counters.FlowsCreated);
    }

    [Fact]
    public void The_two_ports_of_a_local_flow_keep_a_flow_each()
    {
        using var bench = new SwitchBench(
            Acl(Rule("web", Allow, Tcp("80"))),
            On("b", "acl-b", 10, In(Rule("from-a", Allow, Tcp("80")))).Stateful().BlockingByDefault());

        Assert.Equal(
            ["a out acl/out/web (rule)", "b in acl-b/in/from-a (rule)"],
            bench.Send("a", Syn(1000)).AssertForwarded("b").Decisions);
        Assert.Equal(
            ["b out acl-b/in/from-a (flow)", "a in acl/out/web (flow)"],
            bench.Send("b", FromB(1000, TcpFlags.Syn | TcpFlags.Ack)).AssertForwarded("a").Decisions);
        Assert.Equal(2, bench.Counters.FlowsCreated);
    }

    [Fact]
    public void What_the_far_layers_drop_is_counted_where_it_entered()
    {
        using var bench = new SwitchBench(On("b", "acl-b", 10, In(Rule("no-web", Block, Tcp("80")))));

        bench.Send("a", Syn(1000)).AssertDropped(DropReason.RuleBlock, "acl-b/in/no-web");

        Assert.Equal(1, bench.CountersOf("a").DroppedFor(DropReason.RuleBlock));
        Assert.Equal((0L, 0L), (bench.CountersOf("b").Dropped, bench.CountersOf("b").Sent));
    }

    [Fact]
    public void A_frame_for_the_port_it_came_from_is_dropped()
    {
        using var bench = new SwitchBench();

        bench.Send("a", FrameBuilder.Ethernet(SwitchBench.MacA, SwitchBench.MacA)
                .Ipv4("10.0.0.1", "10.0.0.1").Udp(1, 2))
            .AssertDropped(DropReason.EgressIsIngress);
    }

    internal static FrameBuilder Syn(int port) => FromA(port, TcpFlags.Syn);

    internal static FrameBuilder FromA(int port, TcpFlags flags) =>
        FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Tcp(port, 80, flags);

    internal static FrameBuilder FromB(int port, TcpFlags flags) => Reply().Tcp(80, port, flags);

    /// <summary>The three segments that open a connection from port 1000 of <c>a</c>.</summary>
    internal static void Connect(SwitchBench bench)
    {
        bench.Send("a", Syn(1000)).AssertForwarded("b");
        bench.Send("b", FromB(1000, TcpFlags.Syn | TcpFlags.Ack)).AssertForwarded("a");
        bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertForwarded("b");
    }

    /// <summary>A stateful layer of <c>a</c> that lets nothing in on its own.</summary>
    internal static Layer Acl(params Rule[] rules) => On("a", "acl", 10, Out(rules)).Stateful().BlockingByDefault();

    private static FrameBuilder Reply() =>
        FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4("10.0.0.2", "10.0.0.1");
}
