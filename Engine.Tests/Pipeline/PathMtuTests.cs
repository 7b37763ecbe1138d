using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What routers of the underlay say of tunnel packets that were too big for them.</summary>
public sealed class PathMtuTests
{
    private const string MacUnderlayRouter = "02:aa:00:00:00:fe";
    private const string UnderlayRouter = "172.31.9.254";
    private const long Minute = 60_000_000_000;

    private static readonly SwitchPolicy Policy = Green.Policy.WithPort("up", p => p with { Mtu = 1500 });

    /// <summary>What is changed in a message that would be right without.</summary>
    public enum Flaw
    {
        None,
        OnlyEightBytesQuoted,
        AnotherRouter,
        MtuOfNobody,
        MtuThatIsNoneByRfc,
        FitsAsItIs,
        WrongChecksum,
        NotToUs,
        QuotesAnothersPacket,
        QuotesAnotherVtep,
        QuotesAnotherPort,
        QuotesAnotherVni,
        QuotesTcp,
        AnotherCode,
        Fragment,
    }

    [Theory]
    [InlineData(Flaw.None, true)]
    [InlineData(Flaw.OnlyEightBytesQuoted, true)]
    [InlineData(Flaw.AnotherRouter, true)]
    [InlineData(Flaw.MtuOfNobody, false)]
    [InlineData(Flaw.MtuThatIsNoneByRfc, false)]
    [InlineData(Flaw.FitsAsItIs, false)]
    [InlineData(Flaw.WrongChecksum, false)]
    [InlineData(Flaw.NotToUs, false)]
    [InlineData(Flaw.QuotesAnothersPacket, false)]
    [InlineData(Flaw.QuotesAnotherVtep, false)]
    [InlineData(Flaw.QuotesAnotherPort, false)]
    [InlineData(Flaw.QuotesAnotherVni, false)]
    [InlineData(Flaw.QuotesTcp, false)]
    [InlineData(Flaw.AnotherCode, false)]
    [InlineData(Flaw.Fragment, false)]
    [Trait("Scenario", "MT08")]
    public void Only_a_message_about_a_packet_of_ours_is_believed(Flaw flaw, bool isBelieved)
    {
        using var bench = new OverlayBench(Policy);
        byte[] sent = bench.Send("a", ToC(1450)).Left("up");
        Outcome outcome = bench.Send("up", TooBig(sent, 1400, flaw));
        if (isBelieved)
        {
            outcome.UsedUp();
            byte[] told = bench.Send("a", ToC(1351)).DroppedAndTold(DropReason.MtuExceeded, "a");
            Assert.Equal(1350, (told[40] << 8) | told[41]);
        }
        else
        {
            Assert.NotEmpty(outcome.Change.Drops);
        }

        bench.Send("a", ToC(isBelieved ? 1350 : 1450)).Left("up");
    }

    [Fact]
    [Trait("Scenario", "MT08")]
    public void It_is_believed_of_tunnels_that_were_used_only()
    {
        using var bench = new OverlayBench(Policy);
        byte[] sent = OverlayBench.Run(Policy, "a", ToC(1450)).Left("up");
        bench.Send("up", TooBig(sent, 1400)).DroppedFor(DropReason.NotVxlan);
        bench.Send("a", ToC(1450)).Left("up");
    }

    [Fact]
    [Trait("Scenario", "MT08")]
    public void It_ends_after_ten_minutes()
    {
        using var bench = new OverlayBench(Policy);
        bench.Send("up", TooBig(bench.Send("a", ToC(1450)).Left("up"), 1400)).UsedUp();
        bench.Send("a", ToC(1450), timeNs: (10 * Minute) - 1).DroppedAndTold(DropReason.MtuExceeded, "a");
        bench.Send("a", ToC(1450), timeNs: 10 * Minute).Left("up");
    }

    [Fact]
    [Trait("Scenario", "MT08")]
    public void An_ipv6_underlay_says_it_in_its_own_way()
    {
        byte[] Packet(int length) =>
            FromA(MacD).Ipv4(IpA, IpD, dontFragment: true).Udp(1, 2).Payload(length - 28).Build();
        byte[] Told(byte[] sent, uint mtu) => FrameBuilder.Ethernet(MacUnderlayRouter, MacUplink)
            .Ipv6("fd39::fe", Vtep6).Icmpv6(2, 0, mtu).Payload(sent[14..1246]).Build();
        using var bench = new OverlayBench(Policy);
        byte[] sent = bench.Send("a", Packet(1430)).Left("up");
        bench.Send("up", Told(sent, 1279)).DroppedFor(DropReason.NotVxlan);
        bench.Send("up", Told(sent, 1280)).UsedUp();
        bench.Send("a", Packet(1210)).Left("up");
        bench.Send("a", Packet(1211)).DroppedAndTold(DropReason.MtuExceeded, "a");
    }

    [Fact]
    [Trait("Scenario", "MT09")]
    public void The_path_to_another_vtep_stays_as_it_was_whatever_the_traffic_class()
    {
        byte[] ToE(int length) => FromA(MacE).Ipv4(IpA, IpE, dontFragment: true).Udp(1, 2).Payload(length - 28).Build();
        byte[] Marked(int length, byte tos) =>
            FromA().Ipv4(IpA, IpC, tos: tos, dontFragment: true).Udp(1000, 53).Payload(length - 28).Build();
        using var bench = new OverlayBench(Policy.WithTunnel(t => t with { Dscp = DscpMode.Uniform }));
        bench.Send("a", ToE(1450)).Left("up");
        byte[] sent = bench.Send("a", Marked(1450, 0xB9)).Left("up");
        bench.Send("up", TooBig(sent, 1400)).UsedUp();
        bench.Send("a", ToE(1450)).Left("up");
        for (byte tos = 0; tos < 8; tos++)
        {
            bench.Send("a", Marked(1350, tos)).Left("up");
            bench.Send("a", Marked(1351, tos)).DroppedAndTold(DropReason.MtuExceeded, "a");
        }
    }

    [Fact]
    [Trait("Scenario", "MT08")]
    public void Fragments_and_segments_become_smaller_too()
    {
        using var bench = new OverlayBench(Policy);
        bench.Send("up", TooBig(bench.Send("a", ToC(1450)).Left("up"), 1400)).UsedUp();
        byte[] whole = FromA().Ipv4(IpA, IpC, id: 1).Udp(1, 2).Payload(1400).Build();
        byte[][] fragments = bench.Send("a", whole).LeftInFragments("up", 2);
        Assert.InRange(fragments[0].Length, 1400 + 14 - 7, 1400 + 14);
        byte[] Syn(int mss) => FromA().Ipv4(IpA, IpC)
            .Tcp(1, 80, TcpFlags.Syn, options: [2, 4, (byte)(mss >> 8), (byte)mss]).Build();
        bench.Send("a", Syn(1460)).Left("up", ToC(Syn(1310)));
    }

    [Fact]
    [Trait("Scenario", "MT08")]
    public void The_hosts_stack_hears_it_too()
    {
        SwitchPolicy policy = Policy.Plus(new Port { Name = "host", Kind = PortKind.Host });
        using var bench = new OverlayBench(policy);
        byte[] message = TooBig(bench.Send("a", ToC(1450)).Left("up"), 1400);
        bench.Send("up", message).Left("host", message);
        bench.Send("a", ToC(1351)).DroppedAndTold(DropReason.MtuExceeded, "a");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [Trait("Scenario", "MT08")]
    public void Every_worker_heeds_it_at_once_for_flows_it_knows(int count)
    {
        using var bench = new WorkerBench(Policy, count);
        TrafficFrame[] flows = [.. Enumerable.Range(0, 32).Select(i => Frame("a", Flow(i, 1450), i))];
        Assert.Equal(32, bench.Send(flows, 0).Count);
        byte[] sent = bench.Send(flows, 1)[0].Bytes;
        long hits = bench.Workers.FastPathHits;
        Assert.True(hits >= 32, $"{hits} of 32 packets like earlier ones went the short way.");

        Assert.Empty(bench.Send([Frame("up", TooBig(sent, 1400), 0)], 2));
        TrafficFrame[] smaller = [.. Enumerable.Range(0, 32).Select(i => Frame("a", Flow(i, 1350), i))];
        IReadOnlyList<SentFrame> answers = bench.Send(flows, 1_000_000_000);
        Assert.All(answers, f => Assert.Equal("a", f.Port));

        // Ten a second at a port, shared out to its workers.
        Assert.Equal(10 / count * count, answers.Count);
        Assert.All(bench.Send(smaller, 1_000_000_001), f => Assert.Equal("up", f.Port));
        Assert.All(bench.Send(smaller, 1_000_000_002), f => Assert.Equal("up", f.Port));
        Assert.True(bench.Workers.FastPathHits >= hits + 32, "Smaller packets go the short way again.");
        Assert.Equal(32, bench.Send(flows, 11 * Minute).Count(f => f.Port == "up"));
    }

    [Fact]
    [Trait("Scenario", "MT08")]
    public void Packets_of_the_burst_that_brings_it_are_held_to_it()
    {
        using var bench = new WorkerBench(Policy, 1);
        TrafficFrame packet = Frame("a", Flow(0, 1450), 0);
        bench.Send([packet], 0);
        byte[] sent = bench.Send([packet], 1)[0].Bytes;
        IReadOnlyList<SentFrame> left =
            bench.Send([packet, Frame("up", TooBig(sent, 1400), 1), packet with { Id = 2 }], 2);
        Assert.Equal([(0, "up"), (2, "a")], left.Select(f => ((int)f.Id, f.Port)));
    }

    private static TrafficFrame Frame(string port, byte[] bytes, int id) => new(port, bytes, 0, (uint)id);

    private static byte[] Flow(int number, int length) =>
        FromA().Ipv4(IpA, IpC, dontFragment: true).Udp(1000 + number, 53).Payload(length - 28).Build();

    private static byte[] ToC(int length) => Flow(0, length);

    private static byte[] ToC(byte[] inner) => Green.ToC(inner);

    /// <summary>What a router says of a packet that the switch sent.</summary>
    private static byte[] TooBig(byte[] sent, uint mtu, Flaw flaw = Flaw.None)
    {
        byte[] quoted = sent[14..];
        int most = flaw == Flaw.OnlyEightBytesQuoted ? 28 : 548;
        quoted = quoted[..Math.Min(quoted.Length, most)];
        switch (flaw)
        {
            case Flaw.QuotesAnothersPacket:
                quoted[15]++;
                break;
            case Flaw.QuotesAnotherVtep:
                quoted[19] += 100;
                break;
            case Flaw.QuotesAnotherPort:
                quoted[23]++;
                break;
            case Flaw.QuotesAnotherVni:
                quoted[34]++;
                break;
            case Flaw.QuotesTcp:
                quoted[9] = 6;
                break;
        }

        uint claimed = flaw switch
        {
            Flaw.MtuOfNobody => 0,
            Flaw.MtuThatIsNoneByRfc => 67,
            Flaw.FitsAsItIs => 1500,
            _ => mtu,
        };
        return FrameBuilder.Ethernet(MacUnderlayRouter, MacUplink)
            .Ipv4(
                flaw == Flaw.AnotherRouter ? "198.51.100.1" : UnderlayRouter,
                flaw == Flaw.NotToUs ? "172.31.9.77" : Vtep,
                tos: 0xC0,
                moreFragments: flaw == Flaw.Fragment)
            .Icmp(
                3,
                flaw == Flaw.AnotherCode ? (byte)3 : (byte)4,
                claimed,
                checksum: flaw == Flaw.WrongChecksum ? 0x1234 : null)
            .Payload(quoted).Build();
    }
}
