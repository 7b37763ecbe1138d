using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>When flows end, by the time of the frames.</summary>
public sealed class FlowTimeoutTests
{
    private const string External = "203.0.113.1";

    // Each letter is a packet, lower case from a, upper case from b: s = SYN, a = ACK, f = FIN, r = RST, u = UDP,
    // e = echo.
    [Theory]
    [InlineData("s", 30)]
    [InlineData("sS", 30)]
    [InlineData("sSa", 7200)]
    [InlineData("sSaf", 7200)]
    [InlineData("sSafF", 120)]
    [InlineData("sSaFf", 120)]
    [InlineData("sSafFA", 120)]
    [InlineData("sR", 5)]
    [InlineData("sSaR", 5)]
    [InlineData("sSar", 5)]
    [InlineData("a", 30)]
    [InlineData("aA", 7200)]
    [InlineData("u", 30)]
    [InlineData("uu", 30)]
    [InlineData("uU", 180)]
    [InlineData("e", 30)]
    [InlineData("eE", 30)]
    public void A_flow_ends_when_it_was_idle_for_its_time(string packets, int seconds)
    {
        AssertEnds(packets, seconds, FlowStateTests.Acl(Rule("any", Allow)), "10.0.0.1");
    }

    [Theory]
    [InlineData("s", 240)]
    [InlineData("sSa", 7440)]
    [InlineData("sSafF", 240)]
    [InlineData("sSar", 240)]
    [InlineData("u", 300)]
    [InlineData("uU", 300)]
    [InlineData("e", 60)]
    [InlineData("eE", 60)]
    public void A_translated_flow_has_the_times_of_the_rfcs(string packets, int seconds)
    {
        Layer nat = On("a", "nat", 10, Out(Rule("hide", Nat(source: External)))).BlockingByDefault();
        AssertEnds(packets, seconds, nat, External);
    }

    [Theory]
    [InlineData("u", 7)]
    [InlineData("uU", 7)]
    [InlineData("sSa", 7)]
    [InlineData("s", 30)] // A half-open connection does not get the time of an open one.
    [InlineData("sSafF", 120)]
    public void A_rule_may_state_how_long_its_flows_live(string packets, int seconds)
    {
        Rule rule = Rule("any", Allow) with { IdleTimeout = TimeSpan.FromSeconds(7) };
        AssertEnds(packets, seconds, FlowStateTests.Acl(rule), "10.0.0.1");
    }

    [Fact]
    public void Times_can_be_configured()
    {
        var limits = new SwitchLimits { FlowTimeouts = new FlowTimeouts { UdpUnreplied = TimeSpan.FromSeconds(2) } };
        AssertEnds("u", 2, FlowStateTests.Acl(Rule("any", Allow)), "10.0.0.1", limits);
    }

    [Fact]
    public void Every_packet_of_either_direction_starts_the_time_again()
    {
        using var bench = new SwitchBench(FlowStateTests.Acl(Rule("any", Allow)));
        Send(bench, 'u', "10.0.0.1").AssertForwarded("b");
        for (int i = 0; i < 5; i++)
        {
            bench.Wait(29);
            Assert.True(Send(bench, 'u', "10.0.0.1").AssertForwarded("b").FlowHit);
        }

        for (int i = 0; i < 5; i++)
        {
            bench.Wait(i == 0 ? 29 : 179);
            Send(bench, 'U', "10.0.0.1").AssertForwarded("a");
        }

        Assert.Equal(1, bench.Counters.FlowsCreated);
    }

    [Fact]
    public void Frames_whose_time_goes_back_neither_shorten_nor_revive_a_flow()
    {
        using var bench = new SwitchBench(FlowStateTests.Acl(Rule("any", Allow)));
        bench.Wait(100);
        Send(bench, 'u', "10.0.0.1").AssertForwarded("b");
        bench.Wait(-90);
        Send(bench, 'U', "10.0.0.1").AssertForwarded("a");
        bench.Wait(90 + 179);
        Send(bench, 'U', "10.0.0.1").AssertForwarded("a");
        bench.Wait(180);
        Send(bench, 'U', "10.0.0.1").AssertDropped(DropReason.LayerDefaultBlock);
        bench.Wait(-180);
        Send(bench, 'U', "10.0.0.1").AssertDropped(DropReason.LayerDefaultBlock);
    }

    [Fact]
    public void An_ended_flow_is_counted_no_more()
    {
        using var bench = new SwitchBench(FlowStateTests.Acl(Rule("any", Allow)));
        Send(bench, 'u', "10.0.0.1").AssertForwarded("b");
        Assert.Equal(1, bench.Counters.FlowsActive);
        bench.Wait(30);
        bench.Send("b", FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacC)
            .Ipv4("10.0.0.2", "10.0.0.3").Udp(1, 2)).AssertForwarded("c");

        Assert.Equal((1L, 0), (bench.Counters.FlowsCreated, bench.Counters.FlowsActive));
    }

    /// <summary>One tick before its time an answer still passes; at its time it does not.</summary>
    private static void AssertEnds(
        string packets, int seconds, Layer layer, string outside, SwitchLimits? limits = null)
    {
        foreach (bool isLate in new[] { false, true })
        {
            using var bench = new SwitchBench(SwitchBench.PolicyOf(layer), limits);
            foreach (char packet in packets)
            {
                bench.Wait(1);
                Send(bench, packet, outside).AssertForwarded(char.IsLower(packet) ? "b" : "a");
            }

            bench.Clock += TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(isLate ? 0 : 1);
            BenchOutcome answer = Send(bench, packets[0] switch { 'u' => 'U', 'e' => 'E', _ => 'A' }, outside);
            if (isLate)
            {
                answer.AssertDropped(DropReason.LayerDefaultBlock);
            }
            else
            {
                answer.AssertForwarded("a");
            }
        }
    }

    private static BenchOutcome Send(SwitchBench bench, char packet, string outside)
    {
        bool isFromA = char.IsLower(packet);
        FrameBuilder ip = isFromA
            ? FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2")
            : FrameBuilder.Ethernet(SwitchBench.MacB, SwitchBench.MacA).Ipv4("10.0.0.2", outside);
        (int from, int to) = isFromA ? (1000, 80) : (80, 1000);
        FrameBuilder frame = packet switch
        {
            's' => ip.Tcp(from, to, TcpFlags.Syn),
            'S' => ip.Tcp(from, to, TcpFlags.Syn | TcpFlags.Ack),
            'a' or 'A' => ip.Tcp(from, to, TcpFlags.Ack),
            'f' or 'F' => ip.Tcp(from, to, TcpFlags.Fin | TcpFlags.Ack),
            'r' or 'R' => ip.Tcp(from, to, TcpFlags.Rst),
            'u' or 'U' => ip.Udp(from, to),
            'e' => ip.IcmpEchoRequest(7, 1),
            _ => ip.IcmpEchoReply(7, 1),
        };
        return bench.Send(isFromA ? "a" : "b", frame);
    }
}
