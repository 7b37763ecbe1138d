using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Pipeline;
using VxlanEngine.Tests.Ports.Wrappers;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests;

public sealed class VirtualSwitchTests
{
    private static readonly byte[] ToB = FromA(MacB).Ipv4(IpA, IpB).Udp(1000, 53).Build();
    private static readonly byte[] ToC = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Build();

    private static readonly SwitchPolicy Resolving =
        (Green.Policy with { Neighbors = [] }).WithPort("up", p => p with { ResolveNeighbors = true });

    private static readonly byte[] Question =
        FrameBuilder.Ethernet(MacUplink, Broadcast).ArpRequest(MacUplink, Vtep, VtepC).Build();

    [Fact]
    public void Frames_go_from_port_to_port_when_the_switch_is_polled()
    {
        using var bench = new Bench(Green.Policy);
        bench.Port("a").Send(ToB);
        bench.Port("a").Send(ToC);
        Assert.Equal(0, bench.Port("b").Available);
        Assert.Equal(2, bench.Switch.Poll());
        Assert.Equal([Hex.Text(ToB)], bench.Taken("b"));
        Assert.Equal([Hex.Text(ToC(ToC))], bench.Taken("up"));
        Assert.Equal(0, bench.Switch.Poll());
        SwitchCounters counters = bench.Switch.ReadCounters();
        Assert.True(counters.AddsUp);
        Assert.Equal((2, 2), (counters.Received, counters.Forwarded));
    }

    [Fact]
    public void Ports_are_polled_in_the_order_in_which_they_were_attached_a_few_bursts_each()
    {
        var order = new List<string>();
        using var vswitch = new VirtualSwitch(
            Green.Policy, new VirtualSwitchOptions { Observer = new Observer((r, _) => order.Add($"{r.Ingress}")) });
        using var a = new MemoryPort();
        using var b = new MemoryPort();
        using var up = new MemoryPort();
        vswitch.Attach("b", b);
        vswitch.Attach("up", up);
        vswitch.Attach("a", a);
        byte[] toA = FrameBuilder.Ethernet(MacB, MacA).Ipv4(IpB, IpA).Udp(1, 2).Build();
        for (int i = 0; i < 257; i++)
        {
            a.Send(ToB);
            b.Send(toA);
        }

        Assert.Equal(512, vswitch.Poll());
        Assert.Equal(2, vswitch.Poll());
        Assert.Equal(0, vswitch.Poll());
        string[] expected =
            [.. Enumerable.Repeat("1", 256), .. Enumerable.Repeat("0", 256), "1", "0"];
        Assert.Equal(expected, order);
        Assert.Equal(("a", "b", "up"), (vswitch.PortName(0), vswitch.PortName(1), vswitch.PortName(2)));
    }

    [Fact]
    public void Ports_send_what_they_keep_before_buffers_run_out()
    {
        using var vswitch = new VirtualSwitch(Green.Policy, new VirtualSwitchOptions { BufferCount = 256 });
        using var a = new MemoryPort();
        using var b = new KeepingPort();
        vswitch.Attach("a", a);
        vswitch.Attach("b", b);
        for (int i = 0; i < 600; i++)
        {
            a.Send(ToB);
        }

        while (vswitch.Poll() > 0)
        {
        }

        Assert.Equal((600, 0), (b.Sent, b.Kept));
        Assert.InRange(b.MostKept, 64, 192);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [Trait("Scenario", "VE21")]
    public void Frames_of_a_burst_come_out_as_they_would_alone(int count)
    {
        using var together = new Bench(Green.Policy);
        using var alone = new Bench(Green.Policy);
        for (int i = 0; i < count; i++)
        {
            byte[] frame = FromA(i % 3 == 0 ? MacB : MacC).Ipv4(IpA, IpC, id: i).Udp(1000 + i, 53).Build();
            together.Port("a").Send(frame, i);
            alone.Port("a").Send(frame, i);
            Assert.Equal(1, alone.Switch.Poll());
        }

        while (together.Switch.Poll() > 0)
        {
        }

        foreach (string port in new[] { "b", "up" })
        {
            Assert.Equal(alone.Taken(port), together.Taken(port));
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Flows_leave_a_vtep_that_is_down_and_come_back_when_it_is_up(bool isStateful, bool isExplicit)
    {
        using var bench = new Bench(ToThreeVteps(isStateful, isExplicit));
        IpAddress down = Ip(VtepE);
        string[] before = Vteps(bench);
        Assert.Equal([Hex4(VtepC), Hex4(VtepE), Hex4(VtepFar)], before.Distinct().Order(StringComparer.Ordinal));

        Assert.True(bench.Switch.SetVtepState(down, isUp: false));
        Assert.False(bench.Switch.SetVtepState(down, isUp: false));
        AssertMoved(before, Vteps(bench));
        SwitchPolicy next = ToThreeVteps(isStateful, isExplicit).WithPort("up", p => p with { Mtu = 9000 });
        Assert.True(bench.Switch.Apply(next)); // What is down outlives a policy.
        AssertMoved(before, Vteps(bench));
        bench.Port("up").Send(Tunnelled(Inner, source: VtepE));
        bench.Switch.Poll();
        Assert.Equal([Hex.Text(Inner)], bench.Taken("a"));

        Assert.True(bench.Switch.SetVtepState(down, isUp: true));
        Assert.False(bench.Switch.SetVtepState(down, isUp: true));
        Assert.Equal(before, Vteps(bench));
        foreach (string all in new[] { VtepC, VtepE, VtepFar })
        {
            bench.Switch.SetVtepState(Ip(all), isUp: false);
        }

        Assert.Equal(before, Vteps(bench)); // Nobody to turn to: as if all were up.
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Next_hops_are_asked_for_again_and_given_up_by_the_clock_while_no_frame_comes(bool isObserved)
    {
        var clock = new SetClock();
        var fates = new List<DropReason>();
        IPacketObserver? observer = isObserved ? new Observer((r, _) => fates.Add(r.Verdict.Drop)) : null;
        using var bench = new Bench(Resolving, new VirtualSwitchOptions { Clock = clock, Observer = observer });
        bench.Port("a").Send(ToC);
        bench.Switch.Poll();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal([Hex.Text(Question)], bench.Taken("up"));
            clock.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
            bench.Switch.Poll();
            Assert.Empty(bench.Taken("up"));
            Assert.Equal(1, bench.Switch.ReadCounters().Held);
            clock.Advance(TimeSpan.FromTicks(1));
            Assert.Equal(0, bench.Switch.Poll());
        }

        Assert.Empty(bench.Taken("up"));
        SwitchCounters counters = bench.Switch.ReadCounters();
        Assert.True(counters.AddsUp);
        Assert.Equal((0, 1, 3), (counters.Held, counters.Dropped, counters.Forwarded));
        Assert.Equal(isObserved ? 1 : 0, fates.Count(f => f == DropReason.NeighborUnresolved));
    }

    [Fact]
    public void An_answer_to_a_question_that_the_clock_repeated_lets_the_frame_go()
    {
        var clock = new SetClock();
        using var bench = new Bench(Resolving, new VirtualSwitchOptions { Clock = clock });
        bench.Port("a").Send(ToC);
        bench.Switch.Poll();
        clock.Advance(TimeSpan.FromSeconds(1.5));
        bench.Switch.Poll();
        bench.Port("up").Send(
            FrameBuilder.Ethernet(MacVtepC, MacUplink).ArpReply(MacVtepC, VtepC, MacUplink, Vtep).Build());
        bench.Switch.Poll();
        Assert.Equal([Hex.Text(Question), Hex.Text(Question), Hex.Text(ToC(ToC))], bench.Taken("up"));
        Assert.True(bench.Switch.ReadCounters().AddsUp);
    }

    [Fact]
    public void Without_a_clock_and_live_ports_time_is_the_frames_own()
    {
        using var bench = new Bench(Resolving);
        bench.Port("a").Send(ToC);
        bench.Switch.Poll();
        Thread.Sleep(1100);
        bench.Switch.Poll();
        Assert.Equal([Hex.Text(Question)], bench.Taken("up"));
        Assert.Equal(1, bench.Switch.ReadCounters().Held);
    }

    [Fact]
    public void Nothing_is_due_before_the_first_frame()
    {
        var clock = new SetClock();
        clock.Advance(TimeSpan.FromDays(1));
        using var bench = new Bench(Resolving, new VirtualSwitchOptions { Clock = clock });
        Assert.Equal(0, bench.Switch.Poll());
        Assert.Empty(bench.Taken("up"));
    }

    private static void AssertMoved(string[] before, string[] after)
    {
        Assert.DoesNotContain(Hex4(VtepE), after);
        Assert.All(before.Zip(after), pair => Assert.True(pair.First == pair.Second || pair.First == Hex4(VtepE)));
        Assert.Equal(2, before.Zip(after).Where(p => p.First == Hex4(VtepE)).Select(p => p.Second).Distinct().Count());
    }

    /// <summary>The VTEPs that sixty flows of two packets each go to.</summary>
    private static string[] Vteps(Bench bench)
    {
        for (int i = 0; i < 120; i++)
        {
            bench.Port("a").Send(FromA(MacRouter).Ipv4(IpA, "10.8.0.1").Udp(1000 + (i % 60), 53).Build());
            bench.Switch.Poll();
        }

        string[] vteps = [.. bench.Taken("up").Select(frame => frame.Substring(60, 8))];
        Assert.Equal(120, vteps.Length);
        Assert.Equal(vteps[..60], vteps[60..]);
        return vteps[..60];
    }

    private static string Hex4(string address) => Hex.Text(System.Net.IPAddress.Parse(address).GetAddressBytes());

    private static SwitchPolicy ToThreeVteps(bool isStateful, bool isExplicit)
    {
        ValueArray<IpAddress> vteps = [Ip(VtepC), Ip(VtepE), Ip(VtepFar)];
        var route = new RemoteSubnet
        {
            Prefix = IpPrefix.Parse("10.8.0.0/16"),
            Vteps = vteps,
            RouterMac = Mac(MacFarRouter),
        };
        var tunnel = new ExplicitTunnel { Vni = new Vni(7), Destinations = vteps, RouterMac = Mac(MacFarRouter) };
        RuleAction encap = new RuleAction.Encap
        {
            Tunnel = isExplicit ? tunnel : null,
            Network = isExplicit ? null : "green",
        };
        return Green.Policy.With(n => n with { Routes = [route] }).WithLayers(Vnet with
        {
            Stateful = isStateful,
            Groups =
            [
                GroupOf("encap", Direction.Out, encap), GroupOf("decap", Direction.In, new RuleAction.Decap()),
            ],
        });
    }

    [Fact]
    public void Port_that_the_policy_does_not_have_or_that_has_an_adapter_cannot_be_attached()
    {
        using var vswitch = new VirtualSwitch(Green.Policy);
        using var port = new MemoryPort();
        Assert.Throws<ArgumentException>(() => vswitch.Attach("c", port));
        Assert.Throws<ArgumentNullException>(() => vswitch.Attach("a", null!));
        vswitch.Attach("a", port);
        Assert.Throws<ArgumentException>(() => vswitch.Attach("a", port));
        Assert.Equal(0, vswitch.Poll());
    }

    [Fact]
    public void Port_that_a_policy_adds_can_be_attached_then()
    {
        using var bench = new Bench(Green.Policy);
        using var port = new MemoryPort();
        Assert.Throws<ArgumentException>(() => bench.Switch.Attach("z", port));
        bench.Switch.Apply(Green.Policy.Plus(Endpoint("z", "02:42:0a:00:02:11", "10.0.2.11"))
            .WithLayers(Vnet with { Ports = ["a", "b", "z"] }));
        bench.Switch.Attach("z", port);
        bench.Port("a").Send(FromA("02:42:0a:00:02:11").Payload(46).Build());
        bench.Switch.Poll();
        Assert.Equal(1, port.Available);
    }

    [Fact]
    public void Port_that_only_an_earlier_policy_had_cannot_be_attached()
    {
        using var vswitch = new VirtualSwitch(Green.Policy);
        using var port = new MemoryPort();
        SwitchPolicy withoutB = Green.Policy.WithLayers(Vnet with { Ports = ["a"] }) with
        {
            Ports = Green.Policy.Ports.Where(p => p.Name != "b").ToValueArray(),
        };
        Assert.True(vswitch.Apply(withoutB));
        Assert.Throws<ArgumentException>(() => vswitch.Attach("b", port));
        Assert.True(vswitch.Apply(Green.Policy));
        vswitch.Attach("b", port);
    }

    [Fact]
    public void Policy_with_mistakes_is_refused_and_the_old_one_stays()
    {
        using var bench = new Bench(Green.Policy);
        SwitchPolicy wrong = Green.Policy.Plus(Endpoint("a", MacE, IpE));
        Assert.NotEmpty(Assert.Throws<PolicyException>(() => bench.Switch.Apply(wrong)).Errors);
        Assert.Same(Green.Policy, bench.Switch.Policy);
        Assert.Equal(1u, bench.Switch.Generation);
        bench.Port("a").Send(ToB);
        bench.Switch.Poll();
        Assert.Equal(1, bench.Port("b").Available);
        Assert.Throws<PolicyException>(() => new VirtualSwitch(wrong));
    }

    [Fact]
    public void Generation_rises_with_each_policy_that_changes_something()
    {
        using var bench = new Bench(Green.Policy);
        Assert.False(bench.Switch.Apply(Green.Policy with { }));
        Assert.Equal(1u, bench.Switch.Generation);
        SwitchPolicy other = Green.Policy.With(n => n with { Broadcast = Flooding.Replicate });
        Assert.True(bench.Switch.Apply(other));
        Assert.Equal(2u, bench.Switch.Generation);
        Assert.Equal(other, bench.Switch.Policy);
        bench.Port("a").Send(FromA(Broadcast).Payload(46).Build());
        bench.Switch.Poll();
        Assert.Equal(1, bench.Port("b").Available);
    }

    [Fact]
    public void Egress_port_that_is_full_or_not_attached_is_a_counted_drop()
    {
        using var vswitch = new VirtualSwitch(Green.Policy, new VirtualSwitchOptions { BufferCount = 2 });
        using var a = new MemoryPort();
        using var b = new MemoryPort(capacity: 2);
        vswitch.Attach("a", a);
        vswitch.Attach("b", b);
        for (int i = 0; i < 5; i++)
        {
            a.Send(ToB);
        }

        a.Send(ToC);
        while (vswitch.Poll() > 0)
        {
        }

        SwitchCounters counters = vswitch.ReadCounters();
        Assert.True(counters.AddsUp);
        Assert.Equal((6, 2, 4), (counters.Received, counters.Forwarded, counters.Dropped));
        Assert.Equal(4, counters.Ports.Single(p => p.Key == "a").Value.DroppedFor(DropReason.EgressFull));
        Assert.Equal(2, counters.Ports.Single(p => p.Key == "b").Value.Sent);
    }

    [Fact]
    public void Frame_longer_than_the_buffers_is_dropped_with_its_reason()
    {
        using var vswitch = new VirtualSwitch(Green.Policy, new VirtualSwitchOptions { FrameCapacity = 64 });
        using var a = new MemoryPort();
        vswitch.Attach("a", a);
        a.Send(FromA().Payload(51).Build());
        vswitch.Poll();
        KeyValuePair<DropReason, long> drop = Assert.Single(vswitch.ReadCounters().DroppedByReason);
        Assert.Equal((DropReason.FrameTooLong, 1L), (drop.Key, drop.Value));
    }

    [Fact]
    public void Observer_is_told_of_each_frame_once_with_the_bytes_it_left_or_came_with()
    {
        var seen = new List<string>();
        var options = new VirtualSwitchOptions
        {
            Observer = new Observer(
                (r, bytes) => seen.Add($"{r.Verdict.Kind} {r.Verdict.Drop} {Hex.Text(bytes.Span)}")),
        };
        using var bench = new Bench(Green.Policy, options);
        byte[] spoofed = FrameBuilder.Ethernet(MacB, MacC).Payload(46).Build();
        byte[] arp = FromA(Broadcast).ArpRequest(MacA, IpA, IpC).Build();
        byte[] answer = FrameBuilder.Ethernet(MacC, MacA).ArpReply(MacC, IpC, MacA, IpA).Build();
        bench.Port("a").Send(ToC);
        bench.Port("a").Send(spoofed);
        bench.Port("a").Send(arp);
        bench.Switch.Poll();
        string[] expected =
        [
            $"Forward None {Hex.Text(ToC(ToC))}",
            $"Drop SourceMacSpoofed {Hex.Text(spoofed)}",
            $"Forward None {Hex.Text(answer)}",
            $"Consume None {Hex.Text(arp)}",
        ];
        Assert.Equal(expected, seen);
    }

    [Fact]
    public void Observer_is_told_of_a_frame_that_a_full_port_refused_as_of_a_drop_alone()
    {
        var seen = new List<string>();
        var options = new VirtualSwitchOptions
        {
            Observer = new Observer((r, _) => seen.Add($"{r.Verdict.Kind} {r.Verdict.Drop} {r.Origin}")),
        };
        using var vswitch = new VirtualSwitch(
            Green.Policy.With(n => n with { Broadcast = Flooding.Replicate }), options);
        using var a = new MemoryPort();
        using var b = new MemoryPort(capacity: 1);
        using var up = new MemoryPort(capacity: 2);
        vswitch.Attach("a", a);
        vswitch.Attach("b", b);
        vswitch.Attach("up", up);
        a.Send(ToB);
        a.Send(ToB);
        a.Send(FromA(Broadcast).Payload(46).Build());
        vswitch.Poll();
        string[] expected =
        [
            "Forward None Received",
            "Drop EgressFull Received",
            "Forward None Received",
            "Forward None Replica",
            "Drop EgressFull Replica",
            "Drop EgressFull Replica",
        ];
        Assert.Equal(expected, seen);
    }

    [Fact]
    public void An_observer_may_come_and_go_and_while_there_is_none_packets_go_the_short_way()
    {
        using var bench = new Bench(Green.Policy);
        int told = 0;
        bench.Port("a").Send(ToB);
        bench.Port("a").Send(ToB);
        bench.Switch.Poll();
        Assert.Equal(1, bench.Switch.FastPathHits);
        bench.Switch.Observer = new Observer((_, _) => told++);
        bench.Port("a").Send(ToB);
        bench.Port("a").Send(ToC);
        bench.Switch.Poll();
        Assert.Equal((2, 1L), (told, bench.Switch.FastPathHits));
        bench.Switch.Observer = null;
        bench.Port("a").Send(ToB);
        bench.Switch.Poll();
        Assert.Equal((2, 2L), (told, bench.Switch.FastPathHits));
        Assert.Equal(4, bench.Taken("b").Count);
        SwitchCounters counters = bench.Switch.ReadCounters();
        Assert.Equal((5L, 5L, true), (counters.Received, counters.Forwarded, counters.AddsUp));
    }

    [Fact]
    public void Connections_can_be_looked_at_with_their_packets_both_ways_and_their_rules()
    {
        const long Start = 1_700_000_000_000_000_000;
        const long Second = 1_000_000_000;
        using var bench = new Bench(WorkerPolicies.With(WorkerPolicies.StatefulAcl + WorkerPolicies.StaticNat));
        FrameBuilder FromLan() => FrameBuilder.Ethernet(WorkerTraffic.Lan, WorkerTraffic.Far);
        byte[] question = FromLan().Ipv4("10.0.0.1", "10.0.0.9").Udp(1000, 53).Build();
        byte[] other = FromLan().Ipv4("10.0.0.1", "10.0.0.9").Udp(1001, 53).Build();
        byte[] answer = FrameBuilder.Ethernet(WorkerTraffic.Peer, WorkerTraffic.Uplink)
            .Ipv4("172.31.0.2", "172.31.0.1").Vxlan(42).InnerEthernet(WorkerTraffic.Far, WorkerTraffic.Lan)
            .Ipv4("10.0.0.9", "10.0.0.77").Udp(53, 1000).Build();
        bench.Port("lan").Send(question, Start);
        bench.Port("lan").Send(question, Start);
        bench.Port("lan").Send(question, Start);
        bench.Switch.Poll();
        bench.Port("uplink").Send(answer, Start + Second);
        bench.Switch.Poll();
        bench.Port("lan").Send(other, Start + (3 * Second));
        bench.Switch.Poll();

        IReadOnlyList<FlowSummary> flows = bench.Switch.ReadFlows(10);
        Assert.Equal(2, flows.Count);
        Assert.Single(bench.Switch.ReadFlows(1));
        FlowSummary flow = Assert.Single(flows, f => f.Forward.SourcePort == 1000);
        Assert.Equal(("lan", Direction.Out, true), (flow.Port, flow.Direction, flow.IsEstablished));
        Assert.Equal("udp 10.0.0.1:1000 > 10.0.0.9:53", flow.Forward.ToString());
        Assert.Equal("udp 10.0.0.9:53 > 10.0.0.77:1000", flow.Reverse.ToString());
        Assert.Equal((3L, 1L), (flow.ForwardPackets, flow.ReversePackets));
        Assert.Equal(TimeSpan.FromSeconds(2), flow.Idle);
        Assert.Equal(["acl/out/all", "nat/out/hide"], flow.Rules);
        Assert.False(Assert.Single(flows, f => f.Forward.SourcePort == 1001).IsEstablished);
    }

    private sealed class Observer(Action<PacketReport, ReadOnlyMemory<byte>> told) : IPacketObserver
    {
        public void OnPacket(PacketReport report, ReadOnlySpan<byte> frame) => told(report, frame.ToArray());
    }

    /// <summary>A switch with a memory port at each port of its policy.</summary>
    private sealed class Bench : IDisposable
    {
        private readonly Dictionary<string, MemoryPort> _ports = new(StringComparer.Ordinal);

        public Bench(SwitchPolicy policy, VirtualSwitchOptions? options = null)
        {
            Switch = new VirtualSwitch(policy, options);
            foreach (Port port in policy.Ports)
            {
                _ports.Add(port.Name, new MemoryPort());
                Switch.Attach(port.Name, _ports[port.Name]);
            }
        }

        public VirtualSwitch Switch { get; }

        public MemoryPort Port(string name) => _ports[name];

        public List<string> Taken(string name)
        {
            var frames = new List<string>();
            while (_ports[name].TryTake(out ReadOnlyMemory<byte> frame))
            {
                frames.Add(Hex.Text(frame.Span));
            }

            return frames;
        }

        public void Dispose()
        {
            Switch.Dispose();
            foreach (MemoryPort port in _ports.Values)
            {
                port.Dispose();
            }
        }
    }

    /// <summary>Keeps the buffers of what it has taken until it is told to send.</summary>
    private sealed class KeepingPort : IPacketPort
    {
        private readonly Queue<FrameDescriptor> _frames = new();

        public int Kept => _frames.Count;

        public int MostKept { get; private set; }

        public int Sent { get; private set; }

        public int Receive(PacketPool pool, Span<FrameDescriptor> burst) => 0;

        public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
        {
            foreach (FrameDescriptor frame in burst)
            {
                _frames.Enqueue(frame);
            }

            MostKept = Math.Max(MostKept, Kept);
            return burst.Length;
        }

        public void Flush(PacketPool pool)
        {
            for (; _frames.TryDequeue(out FrameDescriptor frame); Sent++)
            {
                pool.Return(frame);
            }
        }

        public void Dispose()
        {
        }
    }
}
