using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Next hops that the engine asks for itself.</summary>
public sealed class NeighborResolutionTests
{
    private const long Second = 1_000_000_000;
    private const string NewMac = "02:aa:00:00:00:77";

    private static readonly SwitchPolicy Resolving =
        (Green.Policy with { Neighbors = [] }).WithPort("up", p => p with { ResolveNeighbors = true });

    private static readonly byte[] Request =
        FrameBuilder.Ethernet(MacUplink, Broadcast).ArpRequest(MacUplink, Vtep, VtepC).Build();

    [Fact]
    [Trait("Scenario", "VE15")]
    public void The_first_packet_asks_once_and_waits_and_the_answer_lets_all_go_in_order()
    {
        using var bench = new OverlayBench(Resolving);
        Asked(bench.Send("a", ToC(1)), Request);
        Silent(bench.Send("a", ToC(2), Second / 2));
        Assert.Equal(2, bench.Counters.Held);

        Outcome answer = bench.Send("up", Reply(), Second * 3 / 4);
        Assert.Equal(
            [Hex.Text(ToC(ToC(1))), Hex.Text(ToC(ToC(2)))], answer.Frames.Select(f => Hex.Text(f.Bytes)));
        Assert.All(answer.Frames, f => Assert.Equal(("up", FrameOrigin.Received), (f.Port, f.Origin)));
        Assert.Equal(1, answer.Change.Consumed);
        Assert.Equal(0, bench.Counters.Held);
        bench.Send("a", ToC(3), Second).Left("up", ToC(ToC(3)));
    }

    [Fact]
    public void Over_ipv6_the_solicited_node_group_is_asked()
    {
        byte[] frame = FromA(MacD).Ipv4(IpA, IpD).Udp(1000, 53).Payload("query").Build();
        using var bench = new OverlayBench(Resolving);
        Asked(
            bench.Send("a", frame),
            FrameBuilder.Ethernet(MacUplink, "33:33:ff:00:00:02").Ipv6(Vtep6, "ff02::1:ff00:2", hopLimit: 255)
                .NeighborSolicitation(VtepD, MacUplink).Build());
        byte[] advertisement = FrameBuilder.Ethernet(MacVtepD, MacUplink).Ipv6(VtepD, Vtep6, hopLimit: 255)
            .NeighborAdvertisement(VtepD, MacVtepD).Build();
        OverlayBench.Sent sent = Assert.Single(bench.Send("up", advertisement).Frames);
        Assert.Equal(
            Hex.Text(FrameBuilder.Ethernet(MacUplink, MacVtepD).Ipv6(Vtep6, VtepD).Vxlan(VniValue).Payload(frame)
                .Build()),
            Hex.Text(sent.Bytes));
    }

    [Fact]
    [Trait("Scenario", "VE15")]
    public void The_fourth_packet_takes_the_place_of_the_first()
    {
        using var bench = new OverlayBench(Resolving);
        for (int i = 1; i <= 3; i++)
        {
            bench.Send("a", ToC(i));
        }

        Outcome fourth = bench.Send("a", ToC(4));
        Assert.Equal(DropReason.NeighborUnresolved, Assert.Single(fourth.Retired).Drop);
        Assert.Equal(3, bench.Counters.Held);
        Assert.Equal(
            [Hex.Text(ToC(ToC(2))), Hex.Text(ToC(ToC(3))), Hex.Text(ToC(ToC(4)))],
            bench.Send("up", Reply()).Frames.Select(f => Hex.Text(f.Bytes)));
    }

    [Fact]
    [Trait("Scenario", "VE15")]
    public void Where_nobody_answers_packets_are_dropped_and_the_next_question_comes_after_a_pause()
    {
        using var bench = new OverlayBench(Resolving);
        Asked(bench.Send("a", ToC(1)), Request);
        Asked(bench.Send("a", ToC(2), Second), Request);
        Asked(bench.Send("a", ToC(3), 2 * Second), Request);
        Outcome last = bench.Send("a", ToC(4), 3 * Second);
        Assert.Equal(4, last.Retired.Count(v => v.Drop == DropReason.NeighborUnresolved));
        Assert.Equal(0, bench.Counters.Held);
        bench.Send("a", ToC(5), 3 * Second).DroppedFor(DropReason.NeighborUnresolved);
        Asked(bench.Send("a", ToC(6), 4 * Second), Request);
        Assert.Equal(1, bench.Counters.Held);
    }

    [Fact]
    public void Neighbours_of_the_policy_are_never_asked_for_and_never_change()
    {
        SwitchPolicy policy = Green.Policy.WithPort("up", p => p with { ResolveNeighbors = true });
        using var bench = new OverlayBench(policy);
        bench.Send("a", ToC(1)).Left("up", ToC(ToC(1)));
        bench.Send("up", Reply(NewMac)).DroppedFor(DropReason.NotVxlan);
        bench.Send("a", ToC(2)).Left("up", ToC(ToC(2)));
    }

    [Fact]
    public void A_policy_that_names_the_neighbour_takes_over_at_once()
    {
        using var bench = new OverlayBench(Resolving);
        bench.Send("a", ToC(1));
        bench.Apply(Green.Policy);
        Assert.Equal(1, bench.Counters.Dropped);
        Assert.Equal(0, bench.Counters.Held);
        bench.Send("a", ToC(2)).Left("up", ToC(ToC(2)));
    }

    [Fact]
    public void What_nobody_asked_for_is_not_learnt()
    {
        using var bench = new OverlayBench(Resolving);
        bench.Send("up", Reply()).DroppedFor(DropReason.NotVxlan);
        Asked(bench.Send("a", ToC(1)), Request);

        byte[] toOther = FrameBuilder.Ethernet(MacVtepC, MacUplink)
            .ArpReply(MacVtepC, VtepC, MacUplink, "172.31.9.200").Build();
        bench.Send("up", toOther).DroppedFor(DropReason.NotVxlan);
        byte[] ofOther = FrameBuilder.Ethernet(MacVtepC, MacUplink)
            .ArpReply(MacVtepC, VtepE, MacUplink, Vtep).Build();
        bench.Send("up", ofOther).DroppedFor(DropReason.NotVxlan);
        byte[] ours = FrameBuilder.Ethernet(MacVtepC, MacUplink).ArpReply(MacUplink, VtepC, MacUplink, Vtep).Build();
        bench.Send("up", ours).DroppedFor(DropReason.NotVxlan);
        byte[] group = FrameBuilder.Ethernet(MacVtepC, MacUplink).ArpReply(Broadcast, VtepC, MacUplink, Vtep).Build();
        bench.Send("up", group).DroppedFor(DropReason.NotVxlan);
        Assert.Equal(1, bench.Counters.Held);
        Assert.Single(bench.Send("up", Reply()).Frames);
    }

    [Theory]
    [InlineData(64, 0x60, true)]
    [InlineData(255, 0x60, false)]
    public void An_advertisement_that_is_not_as_it_must_be_is_not_learnt(byte hopLimit, byte flags, bool isAddressed)
    {
        using var bench = new OverlayBench(Resolving);
        bench.Send("a", FromA(MacD).Ipv4(IpA, IpD).Udp(1000, 53).Build());

        // RFC 4861 §7.1.2: hop limit 255, and no solicited advertisement to a group.
        byte[] advertisement = FrameBuilder.Ethernet(MacVtepD, isAddressed ? MacUplink : AllNodes)
            .Ipv6(VtepD, isAddressed ? Vtep6 : "ff02::1", hopLimit: hopLimit)
            .NeighborAdvertisement(VtepD, MacVtepD, flags).Build();
        bench.Send("up", advertisement);
        Assert.Equal(1, bench.Counters.Held);
    }

    [Fact]
    [Trait("Scenario", "VE16")]
    public void A_neighbour_that_asks_us_or_announces_itself_tells_its_new_address()
    {
        using var bench = new OverlayBench(Resolving);
        bench.Send("a", ToC(1));
        bench.Send("up", Reply());
        byte[] question = FrameBuilder.Ethernet(NewMac, Broadcast).ArpRequest(NewMac, VtepC, Vtep).Build();
        bench.Send("up", question).Answered("up");
        Assert.Equal(NewMac, NextHopOf(bench.Send("a", ToC(2)).Left("up")));

        byte[] announcement = FrameBuilder.Ethernet(MacVtepC, Broadcast).ArpRequest(MacVtepC, VtepC, VtepC).Build();
        bench.Send("up", announcement).UsedUp();
        bench.Send("a", ToC(3)).Left("up", ToC(ToC(3)));
    }

    [Fact]
    [Trait("Scenario", "VE16")]
    public void A_new_address_changes_the_very_next_packet_of_a_flow_that_took_the_short_way()
    {
        using var live = new Live();
        live.Run(("a", ToC(1), 0), ("up", Reply(), 1));
        Assert.Equal(2, live.Sent.Count);
        live.Sent.Clear();

        // One burst from each port: packets of one flow, then the news, then the flow again.
        live.Run(("a", ToC(1), 2), ("a", ToC(1), 3), ("a", ToC(1), 4));
        long hits = live.Switch.FastPathHits;
        Assert.True(hits > 0, "The short way was not taken.");
        live.Run(("up", Reply(NewMac), 5));
        live.Run(("a", ToC(1), 6), ("a", ToC(1), 7));
        Assert.True(live.Switch.FastPathHits > hits, "The short way was not taken again.");
        Assert.Equal(
            [MacVtepC, MacVtepC, MacVtepC, NewMac, NewMac],
            live.Sent.Select(NextHopOf));
    }

    [Fact]
    public void A_flow_on_the_short_way_has_its_next_hop_confirmed_after_a_minute()
    {
        using var live = new Live();
        live.Run(("a", ToC(1), 0), ("up", Reply(), 1));
        live.Sent.Clear();
        for (int second = 1; second <= 70; second++)
        {
            live.Run(("a", ToC(1), second * Second));
        }

        byte[] question = FrameBuilder.Ethernet(MacUplink, MacVtepC).ArpRequest(MacUplink, Vtep, VtepC).Build();
        string[] questions = [.. live.Sent.Where(f => f.Length == 42).Select(f => Hex.Text(f))];

        // Three to it alone, which it does not answer; then all are asked, and packets wait.
        Assert.Equal(Enumerable.Repeat(Hex.Text(question), 3), questions[..3]);
        Assert.Equal(Hex.Text(Request), questions[3]);
        Assert.True(live.Switch.ReadCounters().AddsUp);
    }

    private static byte[] ToC(int number) =>
        FromA().Ipv4(IpA, IpC).Udp(1000, 53).Payload($"query {number}").Build();

    private static byte[] ToC(byte[] inner) => Green.ToC(inner);

    private static byte[] Reply(string mac = MacVtepC) =>
        FrameBuilder.Ethernet(mac, MacUplink).ArpReply(mac, VtepC, MacUplink, Vtep).Build();

    private static string NextHopOf(byte[] frame) => string.Join(':', frame[..6].Select(b => $"{b:x2}"));

    private static void Asked(Outcome outcome, byte[] question)
    {
        OverlayBench.Sent sent = Assert.Single(outcome.Frames);
        Assert.Equal(("up", FrameOrigin.Question), (sent.Port, sent.Origin));
        Assert.Equal(Hex.Text(question), Hex.Text(sent.Bytes));
        Assert.Equal(1, outcome.Change.Generated);
        Assert.Empty(outcome.Retired);
    }

    private static void Silent(Outcome outcome)
    {
        Assert.Empty(outcome.Frames);
        Assert.Empty(outcome.Retired);
        Assert.Equal(0, outcome.Change.Generated);
    }

    /// <summary>A switch that nobody observes, so that packets take the short way.</summary>
    private sealed class Live : IDisposable
    {
        private readonly MemoryPort _a = new();
        private readonly MemoryPort _up = new();

        public Live()
        {
            Switch = new VirtualSwitch(Resolving);
            Switch.Attach("a", _a);
            Switch.Attach("up", _up);
        }

        public VirtualSwitch Switch { get; }

        /// <summary>What left through the uplink.</summary>
        public List<byte[]> Sent { get; } = [];

        public void Run(params (string Port, byte[] Frame, long TimeNs)[] frames)
        {
            foreach ((string port, byte[] frame, long timeNs) in frames)
            {
                (port == "a" ? _a : _up).Send(frame, timeNs);
            }

            Switch.Poll();
            while (_up.TryTake(out ReadOnlyMemory<byte> frame))
            {
                Sent.Add(frame.ToArray());
            }
        }

        public void Dispose() => Switch.Dispose();
    }
}
