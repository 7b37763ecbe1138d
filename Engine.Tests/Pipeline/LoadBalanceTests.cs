using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Flows to a virtual address get a backend, and keep it.</summary>
public sealed class LoadBalanceTests
{
    private const string Virtual = "10.0.0.100";
    private const string VirtualMac = "02:00:00:00:00:64";

    [Fact]
    public void A_flow_goes_to_its_backend_and_the_answer_comes_from_the_virtual_address()
    {
        using var bench = Bench(Backend("10.0.0.2", 8080));

        bench.Send("a", Syn(1000)).AssertLeft("b", FrameBuilder.Ethernet(SwitchBench.MacA, SwitchBench.MacB)
            .Ipv4("10.0.0.1", "10.0.0.2").Tcp(1000, 8080, TcpFlags.Syn));
        bench.Send("b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
                .Ipv4("10.0.0.2", "10.0.0.1").Tcp(8080, 1000, TcpFlags.Syn | TcpFlags.Ack))
            .AssertLeft("a", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
                .Ipv4(Virtual, "10.0.0.1").Tcp(80, 1000, TcpFlags.Syn | TcpFlags.Ack));
    }

    [Fact]
    public void A_flow_whose_answers_would_be_those_to_another_one_is_dropped_while_that_lasts()
    {
        FrameBuilder direct = FrameBuilder.Ethernet(SwitchBench.MacA, SwitchBench.MacB)
            .Ipv4("10.0.0.1", "10.0.0.2").Tcp(1000, 8080, TcpFlags.Syn);
        using var bench = new SwitchBench(
            On("a", "acl", 5, Out(Rule("any", Allow))).Stateful(),
            On("a", "lb", 10, Out(Rule("vip", Balance(Backend("10.0.0.2", 8080)), To(Virtual)))));
        bench.Send("a", Syn(1000)).AssertForwarded("b");

        bench.Send("a", direct).AssertDropped(DropReason.FlowCollision);
        bench.Send("a", FrameBuilder.Ethernet(SwitchBench.MacA, SwitchBench.MacB)
            .Ipv4("10.0.0.1", "10.0.0.2").Tcp(1001, 8080, TcpFlags.Syn)).AssertForwarded("b");
        bench.Send("a", Syn(1001)).AssertDropped(DropReason.FlowCollision);
        bench.Send("b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
                .Ipv4("10.0.0.2", "10.0.0.1").Tcp(8080, 1000, TcpFlags.Syn | TcpFlags.Ack))
            .AssertLeft("a", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
                .Ipv4(Virtual, "10.0.0.1").Tcp(80, 1000, TcpFlags.Syn | TcpFlags.Ack));
        Assert.Equal((2, 2L), (bench.Counters.FlowsActive, bench.Counters.FlowsCreated));
    }

    [Fact]
    public void A_backend_without_port_keeps_the_one_asked_for()
    {
        using var bench = Bench(Backend("10.0.0.2"));

        bench.Send("a", Syn(1000)).AssertLeft("b", FrameBuilder.Ethernet(SwitchBench.MacA, SwitchBench.MacB)
            .Ipv4("10.0.0.1", "10.0.0.2").Tcp(1000, 80, TcpFlags.Syn));
    }

    [Fact]
    public void All_packets_of_a_flow_go_to_one_backend()
    {
        using var bench = Bench(Backend("10.0.0.2"), Backend("10.0.0.3"));
        for (int port = 1000; port < 1040; port++)
        {
            string chosen = Target(bench.Send("a", Syn(port)));
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(chosen, Target(bench.Send("a", Segment(port, TcpFlags.Ack))));
            }
        }
    }

    [Theory]
    [InlineData(1, 1, 0.5)]
    [InlineData(3, 1, 0.75)]
    [InlineData(1, 9, 0.1)]
    public void Backends_get_flows_by_their_weight(int weightB, int weightC, double shareOfB)
    {
        const int flows = 4000;
        using var bench = Bench(Backend("10.0.0.2", weight: weightB), Backend("10.0.0.3", weight: weightC));

        int atB = Enumerable.Range(1000, flows).Count(port => Target(bench.Send("a", Syn(port))) == "b");

        double tolerance = 4 * Math.Sqrt(shareOfB * (1 - shareOfB) / flows); // Four standard deviations of such throws.
        Assert.InRange(atB / (double)flows, shareOfB - tolerance, shareOfB + tolerance);
    }

    [Fact]
    public void A_backend_of_weight_zero_gets_no_new_flow_and_keeps_its_old_ones()
    {
        using var bench = Bench(Backend("10.0.0.2"), Backend("10.0.0.3"));
        var before = Enumerable.Range(1000, 50).ToDictionary(port => port, port => Target(bench.Send("a", Syn(port))));
        Assert.Contains("b", before.Values);
        bench.Apply(LayerOf(Balance(Backend("10.0.0.2", weight: 0), Backend("10.0.0.3"))));

        Assert.All(before, f => Assert.Equal(f.Value, Target(bench.Send("a", Segment(f.Key, TcpFlags.Ack)))));
        Assert.All(Enumerable.Range(2000, 50), port => Assert.Equal("c", Target(bench.Send("a", Syn(port)))));
    }

    [Fact]
    public void A_new_backend_takes_no_open_flow()
    {
        using var bench = Bench(Backend("10.0.0.2"));
        for (int port = 1000; port < 1050; port++)
        {
            Assert.Equal("b", Target(bench.Send("a", Syn(port))));
        }

        bench.Apply(LayerOf(Balance(Backend("10.0.0.2"), Backend("10.0.0.3"))));
        for (int port = 1000; port < 1050; port++)
        {
            Assert.Equal("b", Target(bench.Send("a", Segment(port, TcpFlags.Ack))));
        }

        Assert.Contains(Enumerable.Range(2000, 50), port => Target(bench.Send("a", Syn(port))) == "c");
    }

    [Fact]
    public void A_backend_that_is_gone_keeps_open_connections_and_loses_half_open_ones()
    {
        using var bench = Bench(Backend("10.0.0.2"));
        bench.Send("a", Syn(1000)).AssertForwarded("b");
        bench.Send("b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA)
            .Ipv4("10.0.0.2", "10.0.0.1").Tcp(80, 1000, TcpFlags.Syn | TcpFlags.Ack)).AssertForwarded("a");
        bench.Send("a", Segment(1000, TcpFlags.Ack)).AssertForwarded("b");
        bench.Send("a", Syn(1001)).AssertForwarded("b");
        bench.Apply(LayerOf(Balance(Backend("10.0.0.3"))));

        bench.Send("a", Segment(1000, TcpFlags.Ack)).AssertForwarded("b");
        bench.Send("a", Syn(1001)).AssertForwarded("c");
    }

    [Fact]
    public void Without_a_backend_of_any_weight_the_packet_is_dropped()
    {
        using var bench = Bench(Backend("10.0.0.2", weight: 0));

        bench.Send("a", Syn(1000)).AssertDropped(DropReason.BackendUnavailable, "lb/out/vip");
    }

    [Theory]
    [InlineData(LoadBalanceHash.SourceAddress, true)]
    [InlineData(LoadBalanceHash.SourceAddressProtocol, true)]
    [InlineData(LoadBalanceHash.FiveTuple, false)]
    public void A_client_sticks_to_a_backend_when_only_its_address_chooses(LoadBalanceHash hash, bool sticks)
    {
        RuleAction balance = Balance(Backend("10.0.0.2"), Backend("10.0.0.3")) with { Hash = hash };
        using var bench = new SwitchBench(LayerOf(balance));

        int chosen = Enumerable.Range(1000, 40).Select(port => Target(bench.Send("a", Syn(port)))).Distinct().Count();

        Assert.Equal(sticks ? 1 : 2, chosen);
    }

    [Fact]
    public void A_backend_of_the_other_family_serves_nobody()
    {
        using var bench = Bench(Backend("10.0.0.2"));

        bench.Send("a", FrameBuilder.Ethernet(SwitchBench.MacA, VirtualMac).Ipv6("fd00::1", "fd00::64").Tcp(1, 80))
            .AssertDropped(DropReason.NatUnsupported, "lb/out/vip");
    }

    [Fact]
    public void The_same_flow_chooses_the_same_backend_on_every_run()
    {
        string[] first = Run();
        Assert.Equal(first, Run());

        static string[] Run()
        {
            using var bench = Bench(Backend("10.0.0.2"), Backend("10.0.0.3"));
            return [.. Enumerable.Range(1000, 40).Select(port => Target(bench.Send("a", Syn(port))))];
        }
    }

    private static SwitchBench Bench(params Backend[] backends) => new(LayerOf(Balance(backends)));

    private static Layer LayerOf(RuleAction action) => On("a", "lb", 10, Out(Rule("vip", action)));

    private static FrameBuilder Syn(int port) => Segment(port, TcpFlags.Syn);

    private static FrameBuilder Segment(int port, TcpFlags flags) =>
        FrameBuilder.Ethernet(SwitchBench.MacA, VirtualMac).Ipv4("10.0.0.1", Virtual).Tcp(port, 80, flags);

    private static string Target(BenchOutcome outcome)
    {
        Assert.Equal(Verdict.Forwarded, outcome.Own.Verdict);
        return outcome.Own.Port!;
    }
}
