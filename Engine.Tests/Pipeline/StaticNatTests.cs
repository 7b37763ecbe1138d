using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Static translation, byte by byte, there and back.</summary>
public sealed class StaticNatTests
{
    private const string Outside = "203.0.113.9";

    [Theory]
    [InlineData("tcp")]
    [InlineData("udp")]
    [InlineData("sctp")]
    [InlineData("other")]
    public void A_source_address_is_hidden_and_restored(string protocol)
    {
        using var bench = Bench(Nat(source: Outside));

        bench.Send("a", Transport(Out("10.0.0.1", "10.0.0.2"), protocol, 1000, 53))
            .AssertLeft("b", Transport(Out(Outside, "10.0.0.2"), protocol, 1000, 53));
        bench.Send("b", Transport(Back("10.0.0.2", Outside), protocol, 53, 1000))
            .AssertLeft("a", Transport(Back("10.0.0.2", "10.0.0.1"), protocol, 53, 1000));
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("udp")]
    [InlineData("sctp")]
    [InlineData("other")]
    public void A_source_address_is_hidden_and_restored_over_ipv6(string protocol)
    {
        using var bench = Bench(Nat(source: "2001:db8:ffff:1::9"));

        bench.Send("a", Transport(Out6("fd00::1", "fd00::2"), protocol, 1000, 53))
            .AssertLeft("b", Transport(Out6("2001:db8:ffff:1::9", "fd00::2"), protocol, 1000, 53));
        bench.Send("b", Transport(Back6("fd00::2", "2001:db8:ffff:1::9"), protocol, 53, 1000))
            .AssertLeft("a", Transport(Back6("fd00::2", "fd00::1"), protocol, 53, 1000));
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public void All_four_fields_change_at_once(string protocol)
    {
        using var bench = Bench(
            Nat(source: Outside, sourcePort: 40000, destination: "10.0.0.3", destinationPort: 5353));

        // What is for another address now goes to that address, so it gets its MAC address.
        bench.Send("a", Transport(Out("10.0.0.1", "10.0.0.2"), protocol, 1000, 53))
            .AssertLeft("c", Transport(
                FrameBuilder.Ethernet(SwitchBench.MacA, SwitchBench.MacC).Ipv4(Outside, "10.0.0.3", id: 5, tos: 0x10),
                protocol,
                40000,
                5353));
        bench.Send("c", Transport(
                FrameBuilder.Ethernet(SwitchBench.MacC, SwitchBench.MacA).Ipv4("10.0.0.3", Outside),
                protocol,
                5353,
                40000))
            .AssertLeft("a", Transport(
                FrameBuilder.Ethernet(SwitchBench.MacC, SwitchBench.MacA).Ipv4("10.0.0.2", "10.0.0.1"),
                protocol,
                53,
                1000));
    }

    [Fact]
    public void A_port_alone_can_be_translated()
    {
        using var bench = Bench(Nat(destinationPort: 5353));

        bench.Send("a", Out6("fd00::1", "fd00::2").Udp(1000, 53).Payload("odd"))
            .AssertLeft("b", Out6("fd00::1", "fd00::2").Udp(1000, 5353).Payload("odd"));
        bench.Send("b", Back6("fd00::2", "fd00::1").Udp(5353, 1000).Payload("odd"))
            .AssertLeft("a", Back6("fd00::2", "fd00::1").Udp(53, 1000).Payload("odd"));
    }

    [Fact]
    public void A_virtual_address_asked_for_at_the_router_is_routed_to_the_server()
    {
        using var bench = Bench(Nat(destination: "10.0.0.2", destinationPort: 8080), To("10.96.0.1"));

        bench.Send("a", FrameBuilder.Ethernet(SwitchBench.MacA, SwitchBench.MacRouter)
                .Ipv4("10.0.0.1", "10.96.0.1", ttl: 64, id: 7).Tcp(1000, 80, TcpFlags.Syn))
            .AssertLeft("b", FrameBuilder.Ethernet(SwitchBench.MacRouter, SwitchBench.MacB)
                .Ipv4("10.0.0.1", "10.0.0.2", ttl: 63, id: 7).Tcp(1000, 8080, TcpFlags.Syn));
    }

    [Fact]
    public void An_answer_to_a_translated_source_finds_its_way_through_the_router()
    {
        using var bench = Bench(Nat(source: Outside, sourcePort: 4000));
        bench.Send("a", Out("10.0.0.1", "10.0.0.2").Udp(1000, 53)).AssertForwarded("b");

        bench.Send("b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacRouter)
                .Ipv4("10.0.0.2", Outside, ttl: 64).Udp(53, 4000))
            .AssertLeft("a", FrameBuilder.Ethernet(SwitchBench.MacRouter, SwitchBench.MacA)
                .Ipv4("10.0.0.2", "10.0.0.1", ttl: 63).Udp(53, 1000));
        bench.Send("b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacRouter)
            .Ipv4("10.0.0.2", Outside).Udp(53, 4001)).AssertDropped(DropReason.DestinationUnknown);
    }

    [Fact]
    public void An_echo_keeps_its_identifier()
    {
        using var bench = Bench(Nat(source: Outside, sourcePort: 9));

        bench.Send("a", Out("10.0.0.1", "10.0.0.2").IcmpEchoRequest(77, 1).Payload(33))
            .AssertLeft("b", Out(Outside, "10.0.0.2").IcmpEchoRequest(77, 1).Payload(33));
        bench.Send("b", Back("10.0.0.2", Outside).IcmpEchoReply(77, 1).Payload(33))
            .AssertLeft("a", Back("10.0.0.2", "10.0.0.1").IcmpEchoReply(77, 1).Payload(33));
    }

    [Fact]
    public void An_echo_over_ipv6_has_its_checksum_moved_with_the_pseudo_header()
    {
        using var bench = Bench(Nat(source: "2001:db8::9"));

        bench.Send("a", Out6("fd00::1", "fd00::2").Icmpv6EchoRequest(77, 1).Payload(33))
            .AssertLeft("b", Out6("2001:db8::9", "fd00::2").Icmpv6EchoRequest(77, 1).Payload(33));
        bench.Send("b", Back6("fd00::2", "2001:db8::9").Icmpv6EchoReply(77, 1).Payload(33))
            .AssertLeft("a", Back6("fd00::2", "fd00::1").Icmpv6EchoReply(77, 1).Payload(33));
    }

    [Fact]
    public void A_udp_packet_without_checksum_stays_without()
    {
        using var bench = Bench(Nat(source: Outside, sourcePort: 4));

        bench.Send("a", Out("10.0.0.1", "10.0.0.2").Udp(1000, 53, checksum: 0).Payload("x"))
            .AssertLeft("b", Out(Outside, "10.0.0.2").Udp(4, 53, checksum: 0).Payload("x"));
        bench.Send("b", Back("10.0.0.2", Outside).Udp(53, 4, checksum: 0).Payload("x"))
            .AssertLeft("a", Back("10.0.0.2", "10.0.0.1").Udp(53, 1000, checksum: 0).Payload("x"));
    }

    // 10.0.0.1 → 10.0.0.5 adds 4 to the sum, so a checksum c becomes c − 4, right or not.
    [Theory]
    [InlineData("tcp", 0x1234, 0x1230)]
    [InlineData("udp", 0x1234, 0x1230)]
    [InlineData("tcp", 0x0002, 0xFFFD)] // One's complement: 2 − 4 borrows one more.
    [InlineData("udp", 0x0004, 0xFFFF)] // 4 − 4 is 0, which UDP writes as FFFF.
    [InlineData("tcp", 0x0004, 0x0000)]
    public void A_wrong_checksum_stays_as_wrong_as_it_was(string protocol, int before, int after)
    {
        using var bench = Bench(Nat(source: "10.0.0.5"));

        bench.Send("a", WithChecksum(Out("10.0.0.1", "10.0.0.2"), before))
            .AssertLeft("b", WithChecksum(Out("10.0.0.5", "10.0.0.2"), after));

        FrameBuilder WithChecksum(FrameBuilder ip, int checksum) => protocol == "tcp"
            ? ip.Tcp(1, 2, checksum: checksum)
            : ip.Udp(1, 2, checksum: checksum);
    }

    [Fact]
    public void A_wrong_ipv4_header_checksum_stays_as_wrong_as_it_was()
    {
        using var bench = Bench(Nat(source: "10.0.0.5"));

        bench.Send("a", FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", checksum: 0x1234).Udp(1, 2))
            .AssertLeft("b", FrameBuilder.Ethernet().Ipv4("10.0.0.5", "10.0.0.2", checksum: 0x1230).Udp(1, 2));
    }

    [Fact]
    public void Options_extension_headers_padding_and_tags_stay_where_they_are()
    {
        using var bench = Bench(Nat(source: Outside));
        bench.Send("a", Frame("10.0.0.1")).AssertLeft("b", Frame(Outside));

        using var bench6 = Bench(Nat(source: "2001:db8::9", sourcePort: 9));
        bench6.Send("a", Frame6("fd00::1", 1000)).AssertLeft("b", Frame6("2001:db8::9", 9));

        static FrameBuilder Frame(string source) => FrameBuilder.Ethernet().Vlan(5, priority: 3)
            .Ipv4(source, "10.0.0.2", options: [0x94, 4, 0, 0]).Tcp(1000, 53, options: [2, 4, 5, 180]).Padding(6);

        static FrameBuilder Frame6(string source, int port) => FrameBuilder.Ethernet().Ipv6(source, "fd00::2")
            .Extension(IpProtocol.HopByHop).Extension(IpProtocol.DestinationOptions).Udp(port, 53).Payload(5);
    }

    [Theory]
    [InlineData("2001:db8::9", null)]
    [InlineData(null, (ushort)9)]
    public void What_a_translation_cannot_do_is_dropped(string? source, ushort? port)
    {
        using var bench = Bench(Nat(source: source, sourcePort: port));

        bench.Send("a", Out("10.0.0.1", "10.0.0.2").Sctp(1, 2)).AssertDropped(DropReason.NatUnsupported, "nat/out/nat");
    }

    [Fact]
    public void A_stateless_translation_leaves_replies_to_a_rule_of_their_own()
    {
        using var bench = new SwitchBench(On(
            "a",
            "nat",
            10,
            PolicyParts.Out(Rule("there", Nat(source: Outside)) with { Stateful = false }),
            In(Rule("back", Nat(destination: "10.0.0.1"), To(Outside)) with { Stateful = false })));

        bench.Send("a", Out("10.0.0.1", "10.0.0.2").Udp(1, 2)).AssertLeft("b", Out(Outside, "10.0.0.2").Udp(1, 2));
        BenchOutcome reply = bench.Send("b", Back("10.0.0.2", Outside).Udp(2, 1))
            .AssertLeft("a", Back("10.0.0.2", "10.0.0.1").Udp(2, 1));

        Assert.Equal("nat/in/back", reply.DecidedBy);
        Assert.False(reply.FlowHit);
        Assert.Equal(0, bench.Counters.FlowsCreated);
    }

    [Fact]
    public void Fragments_are_translated_with_their_first_one()
    {
        using var bench = Bench(Nat(source: Outside, sourcePort: 40000), Udp("53"));

        bench.Send("a", First("10.0.0.1", 1000)).AssertLeft("b", First(Outside, 40000, Moved()));
        bench.Send("a", Later("10.0.0.1")).AssertLeft("b", Later(Outside));

        static FrameBuilder First(string source, int port, int checksum = 0x1234) => FrameBuilder.Ethernet()
            .Ipv4(source, "10.0.0.2", id: 9, moreFragments: true)
            .Udp(port, 53, length: 48, checksum: checksum).Payload(24);
        static FrameBuilder Later(string source) => FrameBuilder.Ethernet()
            .Ipv4(source, "10.0.0.2", id: 9, fragmentOffset: 32, protocol: 17).Payload(16);

        // Two whole datagrams that differ in the translated fields alone tell how a checksum moves.
        static int Moved()
        {
            int delta = Checksum(Outside, 40000) - Checksum("10.0.0.1", 1000);
            int moved = 0x1234 + delta;
            return moved < 0 ? moved - 1 + 0x10000 : moved > 0xFFFF ? moved + 1 - 0x10000 : moved;
        }

        static int Checksum(string source, int port)
        {
            byte[] frame = FrameBuilder.Ethernet().Ipv4(source, "10.0.0.2").Udp(port, 53).Payload(24).Build();
            return (frame[40] << 8) | frame[41];
        }
    }

    private static SwitchBench Bench(RuleAction action, Match? match = null) =>
        new(On("a", "nat", 10, PolicyParts.Out(Rule("nat", action, match))));

    private static FrameBuilder Out(string source, string destination) =>
        FrameBuilder.Ethernet(SwitchBench.MacA, SwitchBench.MacB).Ipv4(source, destination, id: 5, tos: 0x10);

    private static FrameBuilder Back(string source, string destination) =>
        FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4(source, destination, ttl: 3);

    private static FrameBuilder Out6(string source, string destination) =>
        FrameBuilder.Ethernet(SwitchBench.MacA, SwitchBench.MacB).Ipv6(source, destination, flowLabel: 0x12345);

    private static FrameBuilder Back6(string source, string destination) =>
        FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv6(source, destination);

    private static FrameBuilder Transport(FrameBuilder ip, string protocol, int from, int to) => protocol switch
    {
        "tcp" => ip.Tcp(from, to, TcpFlags.Syn, options: [2, 4, 5, 180]).Payload("odd"),
        "udp" => ip.Udp(from, to).Payload(17),
        "sctp" => ip.Sctp(from, to).Payload(16),
        _ => ip.Payload(24),
    };
}
