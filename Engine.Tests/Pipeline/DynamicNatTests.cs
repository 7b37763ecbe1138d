using System.Buffers.Binary;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Translation to a pool of addresses and ports.</summary>
public sealed class DynamicNatTests
{
    private const string External = "203.0.113.1";

    [Fact]
    public void A_port_of_the_pool_is_kept_when_it_is_free()
    {
        using var bench = Bench(Pool(External, 5000, 5009));

        bench.Send("a", Query("10.0.0.1", 5003)).AssertLeft("b", Query(External, 5003));
        bench.Send("b", Answer(External, 5003)).AssertLeft("a", Answer("10.0.0.1", 5003));
    }

    [Theory]
    [InlineData(1025)]
    [InlineData(1026)]
    public void Another_port_has_the_same_parity(int port)
    {
        using var bench = Bench(Pool(External, 5000, 5009));
        for (int i = 0; i < 5; i++)
        {
            int chosen = SourcePort(bench.Send("a", Query("10.0.0.1", port + (10 * i))).AssertForwarded("b"));
            Assert.InRange(chosen, 5000, 5009);
            Assert.Equal(port % 2, chosen % 2);
        }

        // Once its five ports of that parity are used, the others must do.
        int sixth = SourcePort(bench.Send("a", Query("10.0.0.1", port + 50)).AssertForwarded("b"));
        Assert.NotEqual(port % 2, sixth % 2);
    }

    [Fact]
    public void Flows_to_one_destination_get_ports_of_their_own_and_their_own_replies()
    {
        using var bench = Bench(Pool(External, 5000, 5007));
        var ports = new Dictionary<int, int>();
        for (int inside = 1000; inside < 1008; inside++)
        {
            int outside = SourcePort(bench.Send("a", Query("10.0.0.1", inside)).AssertForwarded("b"));
            Assert.True(ports.TryAdd(outside, inside), $"Port {outside} was given twice.");
        }

        foreach ((int outside, int inside) in ports)
        {
            bench.Send("b", Answer(External, outside)).AssertLeft("a", Answer("10.0.0.1", inside));
        }
    }

    [Fact]
    public void One_external_port_serves_many_destinations()
    {
        using var bench = Bench(Pool(External, 5000, 5000));

        bench.Send("a", Query("10.0.0.1", 1000)).AssertLeft("b", Query(External, 5000));
        bench.Send("a", Query("10.0.0.1", 1001, 54)).AssertLeft("b", Query(External, 5000, 54));
        bench.Send("a", ToC("10.0.0.1", 1002)).AssertLeft("c", ToC(External, 5000));
        bench.Send("b", Answer(External, 5000)).AssertLeft("a", Answer("10.0.0.1", 1000));
        bench.Send("b", Answer(External, 5000, 54)).AssertLeft("a", Answer("10.0.0.1", 1001, 54));

        static FrameBuilder ToC(string source, int port) => FrameBuilder
            .Ethernet(SwitchBench.MacA, SwitchBench.MacC).Ipv4(source, "10.0.0.3").Udp(port, 53);
    }

    [Fact]
    public void A_flow_that_finds_nothing_free_is_dropped_and_the_others_go_on()
    {
        using var bench = Bench(Pool(External, 5000, 5001));
        bench.Send("a", Query("10.0.0.1", 1000)).AssertLeft("b", Query(External, 5000));
        bench.Send("a", Query("10.0.0.1", 1001)).AssertLeft("b", Query(External, 5001));

        bench.Send("a", Query("10.0.0.1", 1002)).AssertDropped(DropReason.NatExhausted, "nat/out/pool");

        bench.Send("a", Query("10.0.0.1", 1000)).AssertLeft("b", Query(External, 5000));
        bench.Send("b", Answer(External, 5001)).AssertLeft("a", Answer("10.0.0.1", 1001));
        Assert.Equal(1, bench.CountersOf("a").DroppedFor(DropReason.NatExhausted));
    }

    [Fact]
    public void The_next_address_is_taken_when_the_first_has_nothing_free()
    {
        using var bench = Bench(Pool("203.0.113.1-203.0.113.2", 5000, 5000));

        byte first = bench.Send("a", Query("10.0.0.1", 1000)).AssertForwarded("b").Frame[29];
        byte second = bench.Send("a", Query("10.0.0.1", 1001)).AssertForwarded("b").Frame[29];

        Assert.Equal((1, 2), (Math.Min(first, second), Math.Max(first, second)));
        bench.Send("a", Query("10.0.0.1", 1002)).AssertDropped(DropReason.NatExhausted);
    }

    [Fact]
    public void A_binding_is_free_again_when_its_flow_has_expired()
    {
        using var bench = Bench(Pool(External, 5000, 5000));
        bench.Send("a", Query("10.0.0.1", 1000)).AssertLeft("b", Query(External, 5000));

        bench.Wait(299.9);
        bench.Send("a", Query("10.0.0.1", 1001)).AssertDropped(DropReason.NatExhausted);
        bench.Wait(0.1);
        bench.Send("a", Query("10.0.0.1", 1001)).AssertLeft("b", Query(External, 5000));
        bench.Send("b", Answer(External, 5000)).AssertLeft("a", Answer("10.0.0.1", 1001));
    }

    [Fact]
    public void All_bindings_are_free_again_at_once_however_many_have_expired()
    {
        using var bench = Bench(Pool(External, 5000, 5099));
        for (int port = 1000; port < 1100; port++)
        {
            bench.Send("a", Query("10.0.0.1", port)).AssertForwarded("b");
        }

        bench.Wait(300);
        for (int port = 5000; port < 5100; port++)
        {
            bench.Send("a", Query("10.0.0.1", port)).AssertLeft("b", Query(External, port));
        }
    }

    [Fact]
    public void A_binding_is_free_sooner_when_its_connection_is_reset()
    {
        using var bench = Bench(Pool(External, 5000, 5000));
        bench.Send("a", Out("10.0.0.1").Tcp(1000, 80, TcpFlags.Syn)).AssertForwarded("b");
        bench.Send("b", Back(External).Tcp(80, 5000, TcpFlags.Syn | TcpFlags.Ack)).AssertForwarded("a");
        bench.Send("a", Out("10.0.0.1").Tcp(1000, 80, TcpFlags.Ack)).AssertForwarded("b");
        bench.Wait(7439);
        bench.Send("a", Out("10.0.0.1").Tcp(1000, 80, TcpFlags.Ack)).AssertForwarded("b");
        bench.Send("a", Out("10.0.0.1").Tcp(1001, 80, TcpFlags.Syn)).AssertDropped(DropReason.NatExhausted);

        bench.Send("b", Back(External).Tcp(80, 5000, TcpFlags.Rst)).AssertForwarded("a");
        bench.Send("a", Out("10.0.0.1").Tcp(1001, 80, TcpFlags.Syn)).AssertDropped(DropReason.NatExhausted);
        bench.Wait(240);
        bench.Send("a", Out("10.0.0.1").Tcp(1001, 80, TcpFlags.Syn)).AssertForwarded("b");
    }

    [Fact]
    public void A_binding_is_free_sooner_when_a_policy_gives_its_flow_less_time()
    {
        Rule any = Rule("any", Allow);
        Layer pool = On("a", "nat", 10, Out(Rule("pool", Pool(External, 5000, 5000))));
        using var bench = new SwitchBench(On("a", "acl", 5, Out(any)).Stateful(), pool);
        bench.Send("a", Query("10.0.0.1", 1000)).AssertForwarded("b");
        bench.Apply(On("a", "acl", 5, Out(any with { IdleTimeout = TimeSpan.FromSeconds(7) })).Stateful(), pool);
        bench.Send("a", Query("10.0.0.1", 1001)).AssertDropped(DropReason.NatExhausted);

        bench.Send("a", Query("10.0.0.1", 1000)).AssertForwarded("b");
        bench.Wait(6.9);
        bench.Send("a", Query("10.0.0.1", 1001)).AssertDropped(DropReason.NatExhausted);
        bench.Wait(0.1);
        bench.Send("a", Query("10.0.0.1", 1001)).AssertLeft("b", Query(External, 5000));
    }

    [Fact]
    public void A_packet_that_does_not_leave_takes_no_binding()
    {
        using var bench = new SwitchBench(
            On("a", "nat", 10, Out(Rule("pool", Pool(External, 5000, 5000)))),
            On("a", "acl", 20, Out(Rule("no", Block, Udp("53")))));

        bench.Send("a", Query("10.0.0.1", 1000)).AssertDropped(DropReason.RuleBlock, "acl/out/no");
        bench.Apply(On("a", "nat", 10, Out(Rule("pool", Pool(External, 5000, 5000)))));
        bench.Send("a", Query("10.0.0.1", 1001)).AssertLeft("b", Query(External, 5000));
    }

    [Fact]
    public void An_echo_gets_an_identifier_of_the_pool_and_its_own_back()
    {
        using var bench = Bench(Pool(External, 5000, 5000));

        bench.Send("a", Out("10.0.0.1").IcmpEchoRequest(77, 3).Payload(11))
            .AssertLeft("b", Out(External).IcmpEchoRequest(5000, 3).Payload(11));
        bench.Send("b", Back(External).IcmpEchoReply(5000, 3).Payload(11))
            .AssertLeft("a", Back("10.0.0.1").IcmpEchoReply(77, 3).Payload(11));
        bench.Send("a", Out("10.0.0.1").IcmpEchoRequest(78, 1)).AssertDropped(DropReason.NatExhausted);
    }

    [Fact]
    public void A_request_from_the_other_side_is_no_reply()
    {
        using var bench = new SwitchBench(
            On("a", "nat", 10, Out(Rule("pool", Pool(External, 5000, 5000)))).BlockingByDefault());
        bench.Send("a", Out("10.0.0.1").IcmpEchoRequest(77, 3)).AssertForwarded("b");

        bench.Send("b", Back(External).IcmpEchoRequest(5000, 3))
            .AssertDropped(DropReason.LayerDefaultBlock, "nat/default");
    }

    [Fact]
    public void Sctp_is_translated_by_address_alone()
    {
        using var bench = Bench(Pool(External, 5000, 5000));

        bench.Send("a", Out("10.0.0.1").Sctp(1000, 3868).Payload(16))
            .AssertLeft("b", Out(External).Sctp(1000, 3868).Payload(16));
        bench.Send("b", Back(External).Sctp(3868, 1000).Payload(16))
            .AssertLeft("a", Back("10.0.0.1").Sctp(3868, 1000).Payload(16));
    }

    [Fact]
    public void A_packet_of_the_other_family_is_not_translated()
    {
        using var bench = Bench(Pool(External, 5000, 5000));

        bench.Send("a", FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2").Udp(1, 2))
            .AssertDropped(DropReason.NatUnsupported, "nat/out/pool");
    }

    [Fact]
    public void Two_endpoints_that_share_a_layer_share_its_pool()
    {
        Layer shared = On("a", "nat", 10, Out(Rule("pool", Pool(External, 5000, 5000)))) with { Ports = ["a", "c"] };
        using var bench = new SwitchBench(shared);

        bench.Send("a", Query("10.0.0.1", 1000)).AssertLeft("b", Query(External, 5000));
        bench.Send("c", FrameBuilder.Ethernet(SwitchBench.MacC, SwitchBench.MacB)
            .Ipv4("10.0.0.3", "10.0.0.2").Udp(1000, 53)).AssertDropped(DropReason.NatExhausted);
    }

    [Fact]
    public void A_reset_first_packet_leaves_no_binding_behind()
    {
        using var bench = Bench(Pool(External, 5000, 5000));

        bench.Send("a", Out("10.0.0.1").Tcp(1000, 80, TcpFlags.Rst)).AssertForwarded("b");
        bench.Send("a", Out("10.0.0.1").Tcp(1001, 80, TcpFlags.Syn)).AssertForwarded("b");
        Assert.Equal(1, bench.Counters.FlowsActive);
    }

    private static SwitchBench Bench(RuleAction.DynamicNat pool) =>
        new(On("a", "nat", 10, PolicyParts.Out(Rule("pool", pool))));

    private static FrameBuilder Out(string source) => FrameBuilder.Ethernet().Ipv4(source, "10.0.0.2");

    private static FrameBuilder Back(string destination) =>
        FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4("10.0.0.2", destination);

    private static FrameBuilder Query(string source, int port, int to = 53) => Out(source).Udp(port, to).Payload("q");

    private static FrameBuilder Answer(string destination, int port, int from = 53) =>
        Back(destination).Udp(from, port).Payload("answer");

    private static Group Out(params Rule[] rules) => PolicyParts.Out(rules);

    private static int SourcePort(BenchOutcome outcome) =>
        BinaryPrimitives.ReadUInt16BigEndian(outcome.Frame.AsSpan(34));
}
