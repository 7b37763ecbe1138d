using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>ICMP errors go the way of the packet they quote, translated outside and inside (RFC 5508 §4).</summary>
public sealed class IcmpErrorTests
{
    private const string External = "203.0.113.1";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(512)]
    public void An_error_from_the_far_end_is_translated_outside_and_inside(int payload)
    {
        using var bench = HidingBench();
        bench.Send("a", FromA("10.0.0.1", 1000, payload)).AssertLeft("b", FromA(External, 5000, payload));

        BenchOutcome outcome = bench.Send("b", Error(External, 5000)).AssertLeft("a", Error("10.0.0.1", 1000));

        Assert.True(outcome.FlowHit);
        Assert.Equal("a in nat/out/pool (flow)", outcome.Decisions[^1]);

        FrameBuilder Error(string source, int port) => FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
            .Ipv4("10.0.0.2", source).Icmp(3, 3).Ipv4(source, "10.0.0.2", ttl: 60).Udp(port, 53).Payload(payload);
    }

    [Fact]
    public void A_router_on_the_way_keeps_its_own_address()
    {
        using var bench = HidingBench();
        bench.Send("a", FromA("10.0.0.1", 1000, 4)).AssertForwarded("b");

        bench.Send("c", TooBig(External, 5000)).AssertLeft("a", TooBig("10.0.0.1", 1000));

        static FrameBuilder TooBig(string source, int port) =>
            FrameBuilder.Ethernet(SwitchBench.MacC, SwitchBench.MacA).Ipv4("10.0.0.3", source)
                .Icmp(3, 4, 1400).Ipv4(source, "10.0.0.2", dontFragment: true).Udp(port, 53).Payload(4);
    }

    [Fact]
    public void An_error_to_a_translated_address_finds_its_way_through_the_router()
    {
        using var bench = HidingBench();
        bench.Send("a", FromA("10.0.0.1", 1000, 4)).AssertForwarded("b");

        bench.Send("c", Exceeded(SwitchBench.MacC, SwitchBench.MacRouter, 64, External, 5000))
            .AssertLeft("a", Exceeded(SwitchBench.MacRouter, SwitchBench.MacA, 63, "10.0.0.1", 1000));

        static FrameBuilder Exceeded(string from, string to, byte ttl, string source, int port) =>
            FrameBuilder.Ethernet(from, to).Ipv4("10.0.0.3", source, ttl: ttl)
                .Icmp(11, 0).Ipv4(source, "10.0.0.2", ttl: 1).Udp(port, 53).Payload(4);
    }

    [Fact]
    public void Eight_quoted_bytes_of_tcp_are_enough()
    {
        using var bench = HidingBench();
        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2")
            .Tcp(1000, 80, TcpFlags.Syn, sequence: 0x01020304)).AssertForwarded("b");

        bench.Send("b", Error(External, "1388")).AssertLeft("a", Error("10.0.0.1", "03e8"));

        static FrameBuilder Error(string source, string port) =>
            FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4("10.0.0.2", source).Icmp(11, 0)
                .Ipv4(source, "10.0.0.2", protocol: 6, totalLength: 40).Payload(Hex.Bytes($"{port} 0050 01020304"));
    }

    [Fact]
    public void An_error_about_an_echo_finds_it_by_identifier()
    {
        using var bench = HidingBench();
        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").IcmpEchoRequest(77, 1).Payload(9))
            .AssertForwarded("b");

        bench.Send("b", Error(External, 5000)).AssertLeft("a", Error("10.0.0.1", 77));

        static FrameBuilder Error(string source, int id) =>
            FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4("10.0.0.2", source).Icmp(11, 0)
                .Ipv4(source, "10.0.0.2").IcmpEchoRequest(id, 1).Payload(9);
    }

    [Fact]
    public void An_error_over_ipv6_has_three_checksums_right()
    {
        using var bench = new SwitchBench(
            On("a", "nat", 10, Out(Rule("pool", Pool("fd99::1", 5000, 5000)))).BlockingByDefault());
        bench.Send("a", FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2").Udp(1000, 53).Payload(7))
            .AssertForwarded("b");

        bench.Send("b", Error("fd99::1", 5000)).AssertLeft("a", Error("fd00::1", 1000));

        static FrameBuilder Error(string source, int port) =>
            FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv6("fd00::2", source).Icmpv6(1, 4)
                .Ipv6(source, "fd00::2", hopLimit: 60).Udp(port, 53).Payload(7);
    }

    [Fact]
    public void A_quoted_udp_packet_without_checksum_stays_without()
    {
        using var bench = HidingBench();
        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(1000, 53, checksum: 0))
            .AssertForwarded("b");

        bench.Send("b", Error(External, 5000)).AssertLeft("a", Error("10.0.0.1", 1000));

        static FrameBuilder Error(string source, int port) =>
            FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4("10.0.0.2", source).Icmp(3, 3)
                .Ipv4(source, "10.0.0.2").Udp(port, 53, checksum: 0);
    }

    [Fact]
    public void An_error_from_a_server_behind_a_virtual_address_comes_from_that_address()
    {
        using var bench = new SwitchBench(
            On("a", "nat", 10, Out(Rule("vip", Nat(destination: "10.0.0.2", destinationPort: 5353), To("10.0.0.99"))))
                .BlockingByDefault());
        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.99").Udp(1000, 53)).AssertForwarded("b");

        bench.Send("b", Error("10.0.0.2", 5353)).AssertLeft("a", Error("10.0.0.99", 53));

        static FrameBuilder Error(string server, int port) =>
            FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4(server, "10.0.0.1").Icmp(3, 3)
                .Ipv4("10.0.0.1", server).Udp(1000, port);
    }

    [Fact]
    public void An_error_that_the_initiator_sends_about_an_answer_is_translated_like_what_it_sends()
    {
        using var bench = HidingBench();
        bench.Send("a", FromA("10.0.0.1", 1000, 4)).AssertForwarded("b");

        bench.Send("a", Error("10.0.0.1", 1000)).AssertLeft("b", Error(External, 5000));

        static FrameBuilder Error(string source, int port) => FrameBuilder.Ethernet().Ipv4(source, "10.0.0.2")
            .Icmp(3, 3).Ipv4("10.0.0.2", source).Udp(53, port).Payload("answer");
    }

    [Fact]
    public void A_translated_error_is_related_at_the_next_port_too()
    {
        using var bench = new SwitchBench(
            On("a", "nat", 10, Out(Rule("pool", Pool(External, 5000, 5000), Udp("53")))).BlockingByDefault(),
            On("b", "acl", 10, In(Rule("dns", Allow, Udp("53")))).Stateful().BlockingByDefault());
        bench.Send("a", FromA("10.0.0.1", 1000, 4)).AssertLeft("b", FromA(External, 5000, 4));

        // b's flow knows the packet by its external address and port alone.
        bench.Send("a", Error("10.0.0.1", 1000)).AssertLeft("b", Error(External, 5000));

        static FrameBuilder Error(string source, int port) => FrameBuilder.Ethernet().Ipv4(source, "10.0.0.2")
            .Icmp(3, 3).Ipv4("10.0.0.2", source).Udp(53, port).Payload("answer");
    }

    [Fact]
    public void A_mirror_behind_a_translation_sees_the_quoted_packet_translated()
    {
        using var bench = new SwitchBench(
            On("a", "copy", 5, In(Rule("tap", new VxlanEngine.Policy.RuleAction.Mirror { Port = "tap" }))),
            On("a", "nat", 10, Out(Rule("pool", Pool(External, 5000, 5000)))));
        bench.Send("a", FromA("10.0.0.1", 1000, 4)).AssertForwarded("b");

        BenchOutcome outcome = bench.Send("b", Error(External, 5000));

        Assert.All(outcome.Fates, f => Assert.Equal(Hex.Text(Error("10.0.0.1", 1000).Build()), Hex.Text(f.Frame)));
        Assert.Equal(["tap", "a"], outcome.Fates.Select(f => f.Port));

        static FrameBuilder Error(string source, int port) =>
            FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4("10.0.0.2", source)
                .Icmp(3, 3).Ipv4(source, "10.0.0.2").Udp(port, 53).Payload(4);
    }

    [Fact]
    public void An_error_about_no_known_flow_follows_the_rules()
    {
        using var bench = new SwitchBench(
            On("a", "acl", 10, Out(Rule("any", Allow)), In(Rule("web", Allow, Tcp("80"))))
                .Stateful().BlockingByDefault());
        bench.Send("a", FromA("10.0.0.1", 1000, 0)).AssertForwarded("b");

        bench.Send("b", Unreachable(1001)).AssertDropped(DropReason.LayerDefaultBlock, "acl/default");
        bench.Send("b", Unreachable(1000)).AssertLeft("a", Unreachable(1000));
        Assert.Equal(1, bench.Counters.FlowsCreated);
    }

    [Fact]
    public void An_error_keeps_no_flow_alive()
    {
        using var bench = new SwitchBench(
            On("a", "acl", 10, Out(Rule("any", Allow))).Stateful().BlockingByDefault());
        bench.Send("a", FromA("10.0.0.1", 1000, 0)).AssertForwarded("b");
        bench.Wait(29);
        bench.Send("b", Unreachable(1000)).AssertForwarded("a");
        bench.Wait(1);

        bench.Send("b", Unreachable(1000)).AssertDropped(DropReason.LayerDefaultBlock);
    }

    [Fact]
    public void Errors_about_a_flow_that_policy_now_blocks_stop_after_a_second()
    {
        using var bench = new SwitchBench(
            On("a", "acl", 10, Out(Rule("any", Allow))).Stateful().BlockingByDefault());
        bench.Send("a", FromA("10.0.0.1", 1000, 0)).AssertForwarded("b");
        bench.Apply(On("a", "acl", 10, Out(Rule("any", Block))).Stateful().BlockingByDefault());

        bench.Wait(0.5);
        bench.Send("b", Unreachable(1000)).AssertForwarded("a");
        bench.Wait(0.5);
        bench.Send("b", Unreachable(1000)).AssertDropped(DropReason.LayerDefaultBlock, "acl/default");
    }

    private static SwitchBench HidingBench() => new(
        On("a", "nat", 10, Out(Rule("pool", Pool(External, 5000, 5000)))).BlockingByDefault());

    private static FrameBuilder FromA(string source, int port, int payload) =>
        FrameBuilder.Ethernet().Ipv4(source, "10.0.0.2").Udp(port, 53).Payload(payload);

    private static FrameBuilder Unreachable(int port) => FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
        .Ipv4("10.0.0.2", "10.0.0.1").Icmp(3, 3).Ipv4("10.0.0.1", "10.0.0.2").Udp(port, 53);
}
