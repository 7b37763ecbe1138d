using System.Buffers.Binary;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.FlowStateTests;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What a new policy does to the flows of the old one.</summary>
public sealed class PolicyChangeTests
{
    private const string External = "203.0.113.1";

    private static readonly Match OpensWeb = Tcp("80") with { TcpSyn = true };

    [Fact]
    public void A_policy_that_changes_nothing_keeps_the_generation()
    {
        using var bench = new SwitchBench(Acl(Rule("any", Allow)));

        Assert.False(bench.Apply(Acl(Rule("any", Allow))));
        Assert.Equal(1u, bench.Generation);
        Assert.True(bench.Apply(Acl(Rule("other", Allow))));
        Assert.Equal(2u, bench.Generation);
        Assert.False(bench.Apply(Acl(Rule("other", Allow))));
        Assert.Equal(2u, bench.Generation);
    }

    [Fact]
    public void A_policy_with_a_mistake_changes_nothing()
    {
        using var bench = new SwitchBench(Acl(Rule("any", Allow)));

        Assert.Throws<PolicyException>(() => bench.Apply(Acl(Rule("any", Allow), Rule("any", Block))));

        Assert.Equal(1u, bench.Generation);
        bench.Send("a", Syn(1000)).AssertForwarded("b");
    }

    [Fact]
    public void The_next_forward_packet_is_evaluated_again_and_its_flow_goes_on()
    {
        using var bench = new SwitchBench(Acl(Rule("old", Allow)));
        Connect(bench);
        bench.Apply(Acl(Rule("new", Allow)));

        BenchOutcome first = bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertForwarded("b");
        BenchOutcome second = bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertForwarded("b");

        Assert.Equal("a out acl/out/new (rule)", first.Decisions[0]);
        Assert.Equal("a out acl/out/new (flow)", second.Decisions[0]);
        Assert.Equal(1, bench.Counters.FlowsActive);
        bench.Wait(7199);
        bench.Send("b", FromB(1000, TcpFlags.Ack)).AssertForwarded("a");
    }

    [Fact]
    public void A_connection_survives_conditions_on_its_first_segment()
    {
        using var bench = new SwitchBench(Acl(Rule("web", Allow, OpensWeb)));
        Connect(bench);
        bench.Send("a", FromA(2000, TcpFlags.Ack)).AssertDropped(DropReason.LayerDefaultBlock);

        bench.Apply(Acl(Rule("web2", Allow, OpensWeb)));
        bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertForwarded("b");
        bench.Apply(Acl(Rule("web3", Allow, OpensWeb)));
        bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertForwarded("b");

        bench.Send("a", FromA(2000, TcpFlags.Ack)).AssertDropped(DropReason.LayerDefaultBlock);
    }

    [Fact]
    public void A_flow_that_policy_now_blocks_ends_with_its_next_packet_and_its_answers_too()
    {
        using var bench = new SwitchBench(Acl(Rule("web", Allow, Tcp("80"))));
        Connect(bench);
        bench.Apply(Acl(Rule("no-web", Block, Tcp("80"))));

        bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertDropped(DropReason.RuleBlock, "acl/out/no-web");
        bench.Send("b", FromB(1000, TcpFlags.Ack)).AssertDropped(DropReason.LayerDefaultBlock, "acl/default");
        Assert.Equal(0, bench.Counters.FlowsActive);
    }

    [Fact]
    public void Answers_follow_the_old_policy_for_less_than_a_second()
    {
        using var bench = new SwitchBench(Acl(Rule("web", Allow, Tcp("80"))));
        Connect(bench);
        bench.Apply(Acl(Rule("no-web", Block, Tcp("80"))));

        bench.Clock += TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1);
        BenchOutcome early = bench.Send("b", FromB(1000, TcpFlags.Ack)).AssertForwarded("a");
        bench.Clock += TimeSpan.FromTicks(1);
        bench.Send("b", FromB(1000, TcpFlags.Ack)).AssertDropped(DropReason.LayerDefaultBlock, "acl/default");

        Assert.Equal("acl/out/web", early.DecidedBy);
    }

    [Fact]
    public void Answers_to_a_flow_that_is_still_allowed_go_on()
    {
        using var bench = new SwitchBench(Acl(Rule("web", Allow, OpensWeb)));
        Connect(bench);
        bench.Apply(Acl(Rule("web2", Allow, OpensWeb)));

        for (int i = 0; i < 3; i++)
        {
            bench.Wait(1);
            Assert.Equal("acl/out/web2", bench.Send("b", FromB(1000, TcpFlags.Ack)).AssertForwarded("a").DecidedBy);
        }

        Assert.Equal(1, bench.Counters.FlowsActive);
        Assert.Equal(3, bench.RulePackets("acl/out/web2")); // The evaluation itself is no packet.
    }

    [Fact]
    public void A_reevaluation_for_an_answer_mirrors_and_meters_nothing()
    {
        using var bench = new SwitchBench(Acl(Rule("web", Allow)));
        Connect(bench);
        bench.Apply(
            Acl(Rule("web", Allow)),
            On("a", "copy", 20, Out(Rule("tap", new RuleAction.Mirror { Port = "tap" }))),
            On("a", "count", 30, Out(Rule("all", new RuleAction.Meter { Name = "m" }))));

        bench.Wait(2);
        bench.Send("b", FromB(1000, TcpFlags.Ack)).AssertForwarded("a");

        Assert.Empty(bench.Counters.Meters);
    }

    [Fact]
    public void A_rate_limit_after_a_change_does_not_end_the_connection()
    {
        Rule limited = Rule("web2", Allow, OpensWeb);
        Layer limit = On("a", "limit", 20, Out(Rule("slow", new RuleAction.RateLimit { PacketsPerSecond = 10 })));
        using var bench = new SwitchBench(Acl(Rule("web", Allow, OpensWeb)));
        Connect(bench);
        bench.Send("a", Syn(3000)).AssertForwarded("b");
        bench.Apply(Acl(limited), limit);
        bench.Send("a", FromA(3000, TcpFlags.Syn)).AssertForwarded("b"); // Uses the limit up.

        bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertDropped(DropReason.RateLimit, "limit/out/slow");

        bench.Wait(0.1);
        bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertForwarded("b");
        bench.Send("b", FromB(1000, TcpFlags.Ack)).AssertForwarded("a");
    }

    [Fact]
    public void A_binding_survives_a_fragment_that_comes_first_after_a_change()
    {
        using var bench = new SwitchBench(NatLayer(5000, 5000));
        Query(bench, 1000).AssertForwarded("b");
        Reply(bench, 5000).AssertForwarded("a");
        bench.Send("a", Fragment("10.0.0.1", 1000)).AssertLeft("b", Fragment(External, 5000));
        bench.Apply(NatLayer(6000, 6000));

        bench.Send("a", LaterFragment("10.0.0.1")).AssertLeft("b", LaterFragment(External));
        Assert.Equal(5000, SourcePort(Query(bench, 1000).AssertForwarded("b")));

        static FrameBuilder Fragment(string source, int port) => FrameBuilder.Ethernet()
            .Ipv4(source, "10.0.0.2", id: 3, moreFragments: true).Udp(port, 53, length: 64, checksum: 0).Payload(24);
        static FrameBuilder LaterFragment(string source) => FrameBuilder.Ethernet()
            .Ipv4(source, "10.0.0.2", id: 3, fragmentOffset: 32, protocol: 17).Payload(32);
    }

    [Fact]
    public void A_binding_of_an_answered_flow_survives_another_pool()
    {
        using var bench = new SwitchBench(NatLayer(5000, 5000));
        Query(bench, 1000).AssertForwarded("b");
        Reply(bench, 5000).AssertForwarded("a");
        bench.Apply(NatLayer(6000, 6000));

        Assert.Equal(5000, SourcePort(Query(bench, 1000).AssertForwarded("b")));
        Reply(bench, 5000).AssertForwarded("a");
        Assert.Equal(6000, SourcePort(Query(bench, 1001).AssertForwarded("b")));
        Assert.Equal(2, bench.Counters.FlowsActive);
    }

    [Fact]
    public void A_binding_that_nobody_has_answered_is_taken_anew_from_another_pool()
    {
        using var bench = new SwitchBench(NatLayer(5000, 5000));
        Query(bench, 1000).AssertForwarded("b");
        bench.Apply(NatLayer(6000, 6000));

        Assert.Equal(6000, SourcePort(Query(bench, 1000).AssertForwarded("b")));
        Reply(bench, 5000).AssertDropped(DropReason.LayerDefaultBlock);
        Reply(bench, 6000).AssertForwarded("a");
    }

    [Fact]
    public void A_binding_that_goes_on_is_given_to_nobody_else()
    {
        using var bench = new SwitchBench(NatLayer(5000, 5001));
        Query(bench, 1000).AssertForwarded("b");
        Reply(bench, 5000).AssertForwarded("a");
        bench.Apply(NatLayer(5000, 5000));

        Query(bench, 1001).AssertDropped(DropReason.NatExhausted);
        Assert.Equal(5000, SourcePort(Query(bench, 1000).AssertForwarded("b")));
        Query(bench, 1001).AssertDropped(DropReason.NatExhausted);
        bench.Wait(300);
        Assert.Equal(5000, SourcePort(Query(bench, 1001).AssertForwarded("b")));
    }

    [Fact]
    public void A_static_translation_of_an_open_connection_survives_until_it_is_blocked()
    {
        using var bench = new SwitchBench(
            On("a", "nat", 10, Out(Rule("hide", Nat(source: External)))).BlockingByDefault());
        bench.Send("a", Syn(1000)).AssertForwarded("b");
        bench.Send("b", ToExternal(1000, TcpFlags.Syn | TcpFlags.Ack)).AssertForwarded("a");
        bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertForwarded("b");
        bench.Apply(On("a", "nat", 10, Out(Rule("hide", Nat(source: "203.0.113.2")))).BlockingByDefault());

        bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertLeft(
            "b", FrameBuilder.Ethernet().Ipv4(External, "10.0.0.2").Tcp(1000, 80));
        bench.Send("a", Syn(1001)).AssertLeft(
            "b", FrameBuilder.Ethernet().Ipv4("203.0.113.2", "10.0.0.2").Tcp(1001, 80, TcpFlags.Syn));
        bench.Apply(On("a", "nat", 10, Out(Rule("no", Block))).BlockingByDefault());
        bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertDropped(DropReason.RuleBlock, "nat/out/no");

        static FrameBuilder ToExternal(int port, TcpFlags flags) =>
            FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4("10.0.0.2", External).Tcp(80, port, flags);
    }

    [Fact]
    public void A_flow_without_state_under_the_new_policy_is_forgotten()
    {
        using var bench = new SwitchBench(Acl(Rule("any", Allow)));
        Connect(bench);
        bench.Apply(On("a", "acl", 10, Out(Rule("any", Allow))).BlockingByDefault());

        bench.Send("a", FromA(1000, TcpFlags.Ack)).AssertForwarded("b");
        Assert.Equal(0, bench.Counters.FlowsActive);
        bench.Send("b", FromB(1000, TcpFlags.Ack)).AssertDropped(DropReason.LayerDefaultBlock, "acl/default");
    }

    [Fact]
    public void Rules_that_keep_their_name_go_on_counting()
    {
        using var bench = new SwitchBench(Acl(Rule("any", Allow)));
        bench.Send("a", Syn(1000)).AssertForwarded("b");
        bench.Apply(Acl(Rule("any", Allow) with { Priority = 5 }));
        bench.Send("a", Syn(1000)).AssertForwarded("b");

        Assert.Equal(2, bench.RulePackets("acl/out/any"));
    }

    private static Layer NatLayer(uint firstPort, uint lastPort) =>
        On("a", "nat", 10, Out(Rule("pool", Pool(External, firstPort, lastPort)))).BlockingByDefault();

    private static BenchOutcome Query(SwitchBench bench, int port) =>
        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(port, 53));

    private static BenchOutcome Reply(SwitchBench bench, int port) => bench.Send(
        "b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4("10.0.0.2", External).Udp(53, port));

    private static int SourcePort(BenchOutcome outcome) =>
        BinaryPrimitives.ReadUInt16BigEndian(outcome.Frame.AsSpan(34));
}
