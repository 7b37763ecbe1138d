using VxlanEngine.Flows;
using VxlanEngine.Pipeline;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Pipeline;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.WorkerPolicies;
using static VxlanEngine.Tests.Pipeline.WorkerTraffic;

namespace VxlanEngine.Tests;

/// <summary>Frames come to the workers that own their flows, as an adapter sends them, or nearly all do.</summary>
public sealed class SwitchWorkersSteeringTests
{
    private const int Flows = 96;
    private const int Rounds = 40;
    private const int FirstPort = 2000;
    private const long Millisecond = 1_000_000;

    [Theory]
    [InlineData(2, "", 0)]
    [InlineData(2, StatefulAcl, 0)]
    [InlineData(4, StatefulAcl, 0)]
    [InlineData(2, StatefulAcl, 3)]
    [InlineData(4, StatefulAcl, 3)]
    [InlineData(4, StatefulAcl, 40)]
    public void Only_strays_are_handed_over_and_the_same_leaves(int count, string layers, int straysOf100)
    {
        using var one = new WorkerBench(With(layers), 1);
        using var many = new WorkerBench(With(layers), count);
        int strays = Exchange(one, many, count, straysOf100, answers: layers.Length > 0);

        SwitchCounters counters = many.Workers.ReadCounters();
        CounterText.AssertEqual(one.Workers.ReadCounters(), counters);
        Assert.Equal(counters.Received, counters.Forwarded);
        Assert.Equal(strays, many.Workers.HandedOver);
        Assert.Equal(0, many.Workers.BuffersInUse);

        // All but the packets that open a kind, and the few that a stray's kind takes on its way.
        Assert.InRange(many.Workers.FastPathHits, counters.Received * 8 / 10, counters.Received);
    }

    /// <summary>A translation's answers hash elsewhere, so that flows are not all where their hash says.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Translated_flows_leave_as_with_one_worker(int count)
    {
        string layers = StatefulAcl + StaticNat;
        using var one = new WorkerBench(With(layers), 1);
        using var many = new WorkerBench(With(layers), count);
        Exchange(one, many, count, straysOf100: 5, answers: false);

        SwitchCounters counters = many.Workers.ReadCounters();
        CounterText.AssertEqual(one.Workers.ReadCounters(), counters);
        Assert.Equal(counters.Received, counters.Forwarded);
        Assert.Equal(0, many.Workers.BuffersInUse);
    }

    /// <summary>Sends both the same frames.</summary>
    /// <returns>How many came to another worker than their owner.</returns>
    private static int Exchange(WorkerBench one, WorkerBench many, int count, int straysOf100, bool answers)
    {
        var shards = new FlowShards(new SwitchLimits().HashKey, 0, count);
        var random = new Random(straysOf100 + count);
        int strays = 0;
        uint id = 0;
        for (int round = 0; round < Rounds; round++)
        {
            var frames = new List<TrafficFrame>();
            for (int flow = 0; flow < Flows; flow++)
            {
                int owner = shards.OwnerOf(shards.Hash(TupleOf(flow)));
                bool isStray = random.Next(100) < straysOf100;
                strays += isStray ? 1 : 0;
                bool isAnswer = answers && round % 2 == 1;
                frames.Add(new TrafficFrame(
                    isAnswer ? "uplink" : "lan",
                    isAnswer ? AnswerOf(flow) : FrameOf(flow),
                    isStray ? owner + 1 : owner,
                    id++));
            }

            long now = (1_700_000_000_000 + round) * Millisecond;
            IReadOnlyList<SentFrame> expected = one.Send(frames, now);
            IReadOnlyList<SentFrame> sent = many.Send(frames, now);
            Assert.Equal(Flows, expected.Count);
            Assert.Equal(expected.Select(Line), sent.Select(Line));
        }

        return strays;
    }

    private static string Line(SentFrame frame) => $"{frame.Id} {frame.Port} {Convert.ToHexString(frame.Bytes)}";

    private static FlowTuple TupleOf(int flow) => new(
        IpAddress.Parse("10.0.0.1"), IpAddress.Parse("10.0.0.9"), IpProtocol.Udp, (ushort)(FirstPort + flow), 53, 0);

    private static byte[] FrameOf(int flow) => FrameBuilder.Ethernet(Lan, Far)
        .Ipv4("10.0.0.1", "10.0.0.9").Udp(FirstPort + flow, 53).Payload(18).Build();

    private static byte[] AnswerOf(int flow) => FrameBuilder.Ethernet(Peer, Uplink)
        .Ipv4("172.31.0.2", "172.31.0.1").Vxlan(42).InnerEthernet(Far, Lan)
        .Ipv4("10.0.0.9", "10.0.0.1").Udp(53, FirstPort + flow).Payload(18).Build();
}
