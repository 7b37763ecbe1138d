using System.Runtime.InteropServices;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Stations that the policy does not name, and whose frames tell where they are.</summary>
public sealed class LearningTests
{
    private const string New = "02:42:0a:00:02:70";
    private const string Other = "02:42:0a:00:02:71";
    private const long Second = 1_000_000_000;

    private static readonly string[] Everywhere = ["up", "up", "up", "b"];

    private static readonly SwitchPolicy Learning = Green.Policy.With(n => n with
    {
        Broadcast = Flooding.Replicate,
        UnknownUnicast = Flooding.Replicate,
        NeighborProxy = false,
        Learning = new Learning { Limit = 8, Age = TimeSpan.FromSeconds(40) },
    });

    // A bridge with stations of its own is behind b.
    private static readonly SwitchPolicy Bridged = Learning.WithPort("b", p => p with { SourceGuard = false });

    [Fact]
    [Trait("Scenario", "FD03")]
    public void A_station_that_was_heard_gets_its_frames_alone_and_once_forgotten_they_are_flooded_again()
    {
        using var bench = new OverlayBench(Learning);
        byte[] frame = To(New);
        bench.Send("a", frame).LeftAsCopies(Everywhere);
        bench.Send("up", Tunnelled(From(New))).Left("a", From(New));
        bench.Send("a", frame).Left("up", ToC(frame));
        Assert.Equal((1L, 1L), (Counters(bench).Known, Counters(bench).Learnt));

        Assert.Equal(1, bench.Core.ForgetStations(null, null, null));
        bench.Send("a", frame).LeftAsCopies(Everywhere);
    }

    [Fact]
    [Trait("Scenario", "FD04")]
    public void What_a_station_sends_keeps_it_known_and_what_is_sent_to_it_does_not()
    {
        using var bench = new OverlayBench(Learning);
        bench.Send("up", Tunnelled(From(New)), 0);
        bench.Send("up", Tunnelled(From(New)), 30 * Second);
        for (int i = 31; i < 70; i++)
        {
            bench.Send("a", To(New), i * Second).Left("up");
        }

        bench.Send("a", To(New), 80 * Second).LeftAsCopies(Everywhere);
        Assert.Equal((0L, 1L), (Counters(bench).Known, Counters(bench).Aged));
    }

    [Fact]
    [Trait("Scenario", "FD05")]
    public void Learning_is_off_unless_it_is_asked_for_and_can_be_switched_at_any_time()
    {
        SwitchPolicy off = Learning.With(n => n with { Learning = null });
        using var bench = new OverlayBench(off);
        bench.Send("up", Tunnelled(From(New)));
        bench.Send("a", To(New)).LeftAsCopies(Everywhere);
        Assert.Empty(bench.Counters.Stations);

        bench.Apply(Learning);
        bench.Send("up", Tunnelled(From(New)));
        bench.Send("a", To(New)).Left("up", ToC(To(New)));

        bench.Apply(off);
        bench.Send("a", To(New)).LeftAsCopies(Everywhere);
        Assert.Equal((0L, 1L), (Counters(bench).Known, Counters(bench).Forgotten));
    }

    [Fact]
    [Trait("Scenario", "FD06")]
    public void A_station_is_followed_from_here_to_one_vtep_and_to_another()
    {
        using var bench = new OverlayBench(Bridged);
        bench.Send("b", FrameBuilder.Ethernet(New, MacA).Payload(46).Build());
        bench.Send("a", To(New)).Left("b", To(New));
        bench.Send("up", Tunnelled(From(New)));
        bench.Send("a", To(New)).Left("up", ToC(To(New)));
        bench.Send("up", Tunnelled(From(New), source: VtepE));
        byte[] sent = bench.Send("a", To(New)).Left("up");
        Assert.Equal(Mac(MacVtepE), NextHop(sent));
        bench.Send("b", FrameBuilder.Ethernet(New, MacA).Payload(46).Build());
        bench.Send("a", To(New)).Left("b", To(New));
        bench.Send("up", Tunnelled(FrameBuilder.Ethernet(MacC, New).Payload(46).Build())).Left("b");
        Assert.Equal((1L, 3L), (Counters(bench).Learnt, Counters(bench).Moved));
    }

    [Fact]
    [Trait("Scenario", "AR07")]
    public void A_station_that_announces_itself_five_times_from_another_vtep_has_moved_once()
    {
        const string Address = "10.0.2.70";
        byte[] announcement = FrameBuilder.Ethernet(New, Broadcast).ArpRequest(New, Address, Address).Build();
        using var bench = new OverlayBench(Learning);
        bench.Send("up", Tunnelled(announcement)).LeftAsCopies("a", "b");
        bench.Send("a", To(New)).Left("up", ToC(To(New)));
        for (int i = 0; i < 5; i++)
        {
            // Everybody is told what it says, every time; that it has moved is noticed once.
            bench.Send("up", Tunnelled(announcement, source: VtepE)).LeftAsCopies("a", "b");
            Assert.Equal((1L, 1L), (Counters(bench).Learnt, Counters(bench).Moved));
            Assert.Equal(Mac(MacVtepE), NextHop(bench.Send("a", To(New)).Left("up")));
        }
    }

    [Fact]
    [Trait("Scenario", "FD06"), Trait("Scenario", "FD08")]
    public void What_the_policy_says_wins_and_survives_that_all_is_forgotten()
    {
        using var bench = new OverlayBench(Bridged);

        // c is behind its own VTEP by policy, whoever else speaks in its name; the router is nowhere.
        bench.Send("up", Tunnelled(From(MacC), source: VtepE));
        bench.Send("b", FrameBuilder.Ethernet(MacC, MacA).Payload(46).Build());
        bench.Send("b", FrameBuilder.Ethernet(MacRouter, MacA).Payload(46).Build());
        bench.Send("b", FrameBuilder.Ethernet(MacA, MacB).Payload(46).Build());
        Assert.Equal(0, Counters(bench).Learnt);
        bench.Core.ForgetStations(null, null, null);
        bench.Send("a", To(MacC)).Left("up", ToC(To(MacC)));

        // Learnt before the policy named it.
        bench.Send("up", Tunnelled(From(New), source: VtepE));
        bench.Apply(Bridged.With(n => n with
        {
            Endpoints = [.. n.Endpoints, new RemoteEndpoint { Mac = Mac(New), Vtep = Ip(VtepC) }],
        }));
        Assert.Equal((0L, 1L), (Counters(bench).Known, Counters(bench).Forgotten));
        bench.Send("a", To(New)).Left("up", ToC(To(New)));
    }

    [Fact]
    public void What_is_no_longer_in_the_policy_is_forgotten()
    {
        SwitchPolicy far = Bridged.With(n => n with { Vteps = [Ip(VtepFar)] });
        using var bench = new OverlayBench(far);
        bench.Send("up", Tunnelled(From(New), source: VtepFar));
        bench.Send("b", FrameBuilder.Ethernet(Other, MacA).Payload(46).Build());
        Assert.Equal(2, Counters(bench).Known);
        bench.Apply(Bridged);
        Assert.Equal(Mac(Other), Assert.Single(bench.Core.ReadStations(10)).Mac);
        bench.Apply(Learning);
        Assert.Empty(bench.Core.ReadStations(10));
    }

    [Fact]
    [Trait("Scenario", "FD08")]
    public void Stations_are_listed_and_forgotten_by_network_port_and_vtep()
    {
        using var bench = new OverlayBench(Bridged);
        Fill();
        Assert.Equal(
            [
                new LearntStation("green", Mac(New), "b", null, TimeSpan.Zero),
                new LearntStation("green", Mac(Other), null, Ip(VtepC), TimeSpan.Zero),
            ],
            bench.Core.ReadStations(10));
        Assert.Single(bench.Core.ReadStations(1));
        Assert.Equal(0, bench.Core.ForgetStations("blue", null, null));
        Assert.Equal(0, bench.Core.ForgetStations(null, "a", null));
        Assert.Equal(0, bench.Core.ForgetStations(null, null, Ip(VtepE)));
        Assert.Equal(1, bench.Core.ForgetStations("green", "b", null));
        Assert.Equal(1, bench.Core.ForgetStations("green", null, Ip(VtepC)));
        Fill();
        Assert.Equal(2, bench.Core.ForgetStations("green", null, null));

        void Fill()
        {
            bench.Send("b", FrameBuilder.Ethernet(New, MacA).Payload(46).Build());
            bench.Send("up", Tunnelled(From(Other)));
        }
    }

    [Fact]
    [Trait("Scenario", "FD07")]
    public void Many_addresses_behind_one_vtep_leave_those_behind_another()
    {
        using var bench = new OverlayBench(Learning);
        bench.Send("up", Tunnelled(From(New), source: VtepE));
        for (int i = 0x10; i < 0x30; i++)
        {
            bench.Send("up", Tunnelled(From($"02:00:00:00:00:{i:x2}")));
        }

        bench.Send("a", To(New)).Left("up");
        bench.Send("a", To("02:00:00:00:00:10")).LeftAsCopies(Everywhere);
        bench.Send("a", To("02:00:00:00:00:2f")).Left("up");
        Assert.Equal((8L, 25L), (Counters(bench).Known, Counters(bench).Evicted));
    }

    [Theory]
    [InlineData("01:00:5e:00:00:01", VtepC, DropReason.InnerSourceMacInvalid)]
    [InlineData("00:00:00:00:00:00", VtepC, DropReason.InnerSourceMacInvalid)]
    [InlineData(MacA, VtepC, DropReason.InnerSourceMacInvalid)]
    [InlineData(New, VtepFar, DropReason.VtepUnknown)]
    [Trait("Scenario", "FD14")]
    public void Nothing_is_learnt_from_what_the_guards_drop(string source, string vtep, DropReason reason)
    {
        using var bench = new OverlayBench(Learning);
        bench.Send("up", Tunnelled(From(source), source: vtep)).DroppedFor(reason);
        Assert.Equal(0, Counters(bench).Learnt);
        bench.Send("a", FrameBuilder.Ethernet(New, MacC).Payload(46).Build())
            .DroppedFor(DropReason.SourceMacSpoofed);
        Assert.Equal(0, Counters(bench).Learnt);
    }

    [Fact]
    public void Behind_an_unguarded_port_group_addresses_are_not_learnt()
    {
        using var bench = new OverlayBench(Bridged);
        bench.Send("b", FrameBuilder.Ethernet("01:00:5e:00:00:01", MacA).Payload(46).Build());
        bench.Send("b", FrameBuilder.Ethernet("00:00:00:00:00:00", MacA).Payload(46).Build());
        Assert.Equal(0, Counters(bench).Learnt);
    }

    [Fact]
    [Trait("Scenario", "FD10")]
    public void Networks_learn_each_for_itself()
    {
        SwitchPolicy two = Learning with
        {
            Networks =
            [
                .. Learning.Networks,
                Learning.Networks[0] with { Name = "blue", Vni = new Vni(5002), Endpoints = [] },
            ],
        };
        using var bench = new OverlayBench(two.With(n => n with { Vteps = [Ip(VtepC), Ip(VtepE), Ip(VtepD)] }));
        bench.Send("up", Tunnelled(From(New), vni: 5002));
        bench.Send("a", To(New)).LeftAsCopies(Everywhere);
        Assert.Equal([0L, 1L], bench.Counters.Stations.Select(s => s.Value.Known));
    }

    [Fact]
    [Trait("Scenario", "FD01"), Trait("Scenario", "FD13")]
    public void A_frame_from_a_tunnel_for_nobody_known_is_flooded_here_where_a_port_may_have_the_station()
    {
        byte[] inner = FrameBuilder.Ethernet(MacC, New).Ipv4(IpC, "10.0.2.70").Udp(1, 2).Build();
        OverlayBench.Run(Bridged, "up", Tunnelled(inner)).LeftAsCopies("a", "b");
        OverlayBench.Run(Learning, "up", Tunnelled(inner)).DroppedFor(DropReason.DestinationUnknown);
        OverlayBench.Run(Bridged.With(n => n with { UnknownUnicast = Flooding.Drop }), "up", Tunnelled(inner))
            .DroppedFor(DropReason.DestinationUnknown);

        // Split horizon: what is behind a VTEP is not reached through this switch.
        using var bench = new OverlayBench(Bridged);
        bench.Send("up", Tunnelled(From(New), source: VtepE));
        bench.Send("up", Tunnelled(inner)).DroppedFor(DropReason.DestinationUnknown);
    }

    [Fact]
    public void Two_stations_behind_one_port_reach_each_other_without_the_switch()
    {
        using var bench = new OverlayBench(Bridged);
        bench.Send("b", FrameBuilder.Ethernet(New, MacA).Payload(46).Build());
        bench.Send("b", FrameBuilder.Ethernet(Other, New).Payload(46).Build()).DroppedFor(DropReason.EgressIsIngress);
    }

    [Fact]
    [Trait("Scenario", "FD06")]
    public void Answers_follow_a_station_that_was_seen_to_move()
    {
        // No rule encapsulates: answers go back through the tunnel that the flow came from.
        SwitchPolicy returning = Learning.WithLayers(Vnet with
        {
            Stateful = true,
            Default = DefaultAction.Allow,
            Groups = [GroupOf("decap", Direction.In, new RuleAction.Decap())],
        });
        using var bench = new OverlayBench(returning);
        byte[] answer = FrameBuilder.Ethernet(MacA, New).Ipv4(IpA, "10.0.2.70").Udp(53, 1000).Build();
        bench.Send("up", Tunnelled(From(New)));
        bench.Send("a", answer).Left("up", ToC(answer));
        byte[] announcement = FrameBuilder.Ethernet(New, Broadcast).ArpRequest(New, "10.0.2.70", "10.0.2.70").Build();
        bench.Send("up", Tunnelled(announcement, source: VtepE));
        byte[] sent = bench.Send("a", answer).Left("up");
        Assert.Equal(Mac(MacVtepE), NextHop(sent));
    }

    private static byte[] To(string mac) => FromA(mac).Ipv4(IpA, "10.0.2.70").Udp(1000, 53).Build();

    private static byte[] From(string mac) =>
        FrameBuilder.Ethernet(mac, MacA).Ipv4("10.0.2.70", IpA).Udp(1000, 53).Build();

    private static MacAddress NextHop(byte[] sent) => MemoryMarshal.Read<MacAddress>(sent);

    private static StationCounters Counters(OverlayBench bench) => Assert.Single(bench.Counters.Stations).Value;
}
