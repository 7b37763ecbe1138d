using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Routes by several routers, among which each flow chooses one.</summary>
public sealed class NextHopChoiceTests
{
    private const int Flows = 60;
    private const long Second = 1_000_000_000;

    private static readonly string[] Routers = ["172.31.9.251", "172.31.9.252", "172.31.9.253"];

    private static readonly SwitchPolicy Routed = Green.Policy.WithPort("up", p => p with
    {
        Routes = [new UplinkRoute { Prefix = IpPrefix.Parse("0.0.0.0/0"), Via = Routers.Select(Ip).ToValueArray() }],
    });

    private static readonly SwitchPolicy Resolving =
        (Routed with { Neighbors = [] }).WithPort("up", p => p with { ResolveNeighbors = true });

    [Fact]
    [Trait("Scenario", "VE25")]
    public void Flows_spread_over_the_routers_and_keep_to_theirs()
    {
        using var bench = new OverlayBench(With(0, 1, 2));
        int[] chosen = Choices(bench);
        Assert.Equal([0, 1, 2], chosen.Distinct().Order());
        Assert.Equal(chosen, Choices(bench));
        Assert.All(chosen.CountBy(c => c), c => Assert.InRange(c.Value, 8, 35));
    }

    [Fact]
    [Trait("Scenario", "VE25")]
    public void Only_flows_of_a_router_whose_address_is_not_known_any_longer_move_and_come_back()
    {
        using var bench = new OverlayBench(With(0, 1, 2));
        int[] before = Choices(bench);
        bench.Apply(With(0, 2));
        int[] without = Choices(bench);
        Assert.All(before.Zip(without), c => Assert.True(c.First == 1 ? c.Second != 1 : c.Second == c.First));
        Assert.Equal([0, 2], without.Distinct().Order());
        bench.Apply(With(0, 1, 2));
        Assert.Equal(before, Choices(bench));
        bench.Apply(With());
        bench.Send("a", Flow(1)).DroppedFor(DropReason.NeighborUnresolved);
    }

    [Fact]
    public void A_second_tunnel_has_the_choice_of_the_flow_that_is_in_both()
    {
        var around = new ExplicitTunnel { Vni = new Vni(9000), Destinations = [Ip(VtepFar)] };
        Layer outside = UplinkLayer(new RuleAction.Encap { Tunnel = around }) with
        {
            Groups = [GroupOf("out", Direction.Out, new RuleAction.Encap { Tunnel = around })],
        };
        using var plain = new OverlayBench(With(0, 1, 2));
        using var nested = new OverlayBench(With(0, 1, 2).Plus(outside));
        Assert.Equal(Choices(plain), Choices(nested));
    }

    [Fact]
    [Trait("Scenario", "VE25")]
    public void Packets_take_the_router_that_has_answered_until_theirs_has()
    {
        using var bench = new OverlayBench(Resolving);
        Outcome first = bench.Send("a", Flow(0));
        Assert.Equal(3, first.Frames.Count(f => Parsed(f.Bytes).IsArp));
        Assert.Equal(1, bench.Counters.Held);
        bench.Send("up", Reply(0), 1);
        Assert.All(Choices(bench, 2), c => Assert.Equal(0, c));
        bench.Send("up", Reply(1), 3);
        bench.Send("up", Reply(2), 4);
        Assert.Equal(0, bench.Counters.Held);
        using var known = new OverlayBench(With(0, 1, 2));
        Assert.Equal(Choices(known), Choices(bench, 5));
    }

    [Fact]
    [Trait("Scenario", "VE25")]
    public void A_router_that_does_not_answer_is_passed_over_and_asked_again_without_packets()
    {
        using var bench = new OverlayBench(Resolving);
        bench.Send("a", Flow(0));
        bench.Send("up", Reply(0), 1);
        bench.Send("up", Reply(2), 1);
        for (long time = Second; time <= 4 * Second; time += Second)
        {
            Assert.DoesNotContain(1, Choices(bench, time));
        }

        // Back-off: one second, then two, then four; nobody sends a packet to it.
        int asked = 0;
        for (long time = 5 * Second; time < 20 * Second; time += Second / 2)
        {
            asked += bench.Send("up", FrameBuilder.Ethernet(MacVtepC, MacUplink).ArpReply(
                MacVtepC, "172.31.9.77", MacUplink, Vtep).Build(), time).Frames.Count;
        }

        Assert.InRange(asked, 5, 9);
        bench.Send("up", Reply(1), 20 * Second);
        Assert.Contains(1, Choices(bench, 20 * Second));
    }

    [Fact]
    [Trait("Scenario", "VE25")]
    public void Flows_that_take_the_short_way_heed_a_router_that_comes_or_goes_with_the_next_packet()
    {
        using var port = new MemoryPort();
        using var up = new MemoryPort();
        using var vswitch = new VirtualSwitch(Resolving);
        vswitch.Attach("a", port);
        vswitch.Attach("up", up);
        Run(0);
        Answer(0, 1);
        Run(2);
        long hits = vswitch.FastPathHits;
        Assert.All(Run(3), c => Assert.Equal(0, c));
        Assert.True(vswitch.FastPathHits >= hits + Flows, "The short way was not taken.");

        Answer(1, 4);
        Answer(2, 4);
        using var known = new OverlayBench(With(0, 1, 2));
        int[] all = Choices(known);
        Assert.Equal(all, Run(5));
        Assert.Equal(all, Run(6));

        // A minute later all are asked whether they are there, and one does not answer.
        hits = vswitch.FastPathHits;
        long time = (61 * Second) + 10;
        Run(time);
        Answer(0, time + 1);
        Answer(2, time + 1);
        Run(time + Second);
        Run(time + (2 * Second));
        Run(time + (3 * Second));
        int[] without = Run(time + (3 * Second) + 1);
        Assert.All(all.Zip(without), c => Assert.True(c.First == 1 ? c.Second != 1 : c.Second == c.First));
        Assert.True(vswitch.FastPathHits > hits);
        Answer(1, time + (3 * Second) + 2);
        Assert.Equal(all, Run(time + (3 * Second) + 3));

        int[] Run(long timeNs)
        {
            Drain();
            for (int i = 0; i < Flows; i++)
            {
                port.Send(Flow(i), timeNs);
                vswitch.Poll();
            }

            return [.. Drain().Select(Choice)];
        }

        void Answer(int router, long timeNs)
        {
            up.Send(Reply(router), timeNs);
            vswitch.Poll();
        }

        List<byte[]> Drain()
        {
            var tunnelled = new List<byte[]>();
            while (up.TryTake(out ReadOnlyMemory<byte> frame))
            {
                if (Parsed(frame.ToArray()).IsIp)
                {
                    tunnelled.Add(frame.ToArray());
                }
            }

            return tunnelled;
        }
    }

    /// <summary>The network green behind routers, some of which the policy knows.</summary>
    private static SwitchPolicy With(params int[] known) => Routed with
    {
        Neighbors = known
            .Select(i => new Neighbor { Port = "up", Address = Ip(Routers[i]), Mac = Mac(MacOf(i)) }).ToValueArray(),
    };

    private static int[] Choices(OverlayBench bench, long timeNs = 0) =>
    [
        .. Enumerable.Range(0, Flows)
            .Select(i => bench.Send("a", Flow(i), timeNs).Frames.Single(f => Parsed(f.Bytes).IsIp))
            .Select(f => Choice(f.Bytes)),
    ];

    private static int Choice(byte[] frame) =>
        Array.FindIndex(Routers, r => Parsed(frame).DestinationMac == Mac(MacOf(Array.IndexOf(Routers, r))));

    private static ParsedFrame Parsed(byte[] frame)
    {
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(frame, 0, out ParsedFrame parsed));
        return parsed;
    }

    private static string MacOf(int router) => $"02:aa:00:00:00:f{router}";

    private static byte[] Flow(int number) =>
        FromA().Ipv4(IpA, IpC).Udp(1000 + number, 53).Payload("query").Build();

    private static byte[] Reply(int router) => FrameBuilder.Ethernet(MacOf(router), MacUplink)
        .ArpReply(MacOf(router), Routers[router], MacUplink, Vtep).Build();
}
