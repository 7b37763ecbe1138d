using System.Buffers.Binary;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Pipeline;
using Xunit;
using static VxlanEngine.Tests.Pipeline.WorkerPolicies;

namespace VxlanEngine.Tests;

/// <summary>Workers that share ports, on the test's thread and on threads of their own.</summary>
public sealed class SwitchWorkersPortsTests : IDisposable
{
    private const long Second = 1_000_000_000;
    private const int Lane = 32;
    private static readonly string[] Names = ["lan", "near", "uplink"];

    private readonly Dictionary<string, MemoryPort> _ports = Names.ToDictionary(name => name, _ => new MemoryPort());

    public void Dispose()
    {
        foreach (MemoryPort port in _ports.Values)
        {
            port.Dispose();
        }
    }

    [Fact]
    public void Who_shares_a_queue_flushes_for_each_burst_that_others_may_bring()
    {
        IReadOnlyList<IPacketPort> one = [_ports["lan"]];
        IReadOnlyList<IPacketPort> two = [_ports["near"], _ports["uplink"]];
        var options = new SwitchWorkersOptions();
        Assert.Equal([false, false], WorkerPorts.Share(2, [(1, two)], options).Select(HasShared));
        Assert.Equal([true, true], WorkerPorts.Share(2, [(1, two), (0, one)], options).Select(HasShared));
        Assert.Equal([false], WorkerPorts.Share(1, [(0, one)], options).Select(HasShared));

        static bool HasShared(WorkerPorts ports)
        {
            using (ports)
            {
                return ports.HasSharedQueues;
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Ports_of_one_queue_send_what_they_send_with_one_worker(int count)
    {
        SwitchPolicy policy = With(StatefulAcl + StaticNat);
        var traffic = new WorkerTraffic(seed: 9, conversations: 32);
        using var one = new WorkerBench(policy, 1);
        using SwitchWorkers several = Make(policy, count);
        long now = 1_700_000_000 * Second;
        for (int round = 0; round < 100; round++)
        {
            List<TrafficFrame> frames = traffic.NextRound();
            IReadOnlyList<SentFrame> expected = one.Send(frames, now);
            frames.ForEach(frame => _ports[frame.Port].Send(frame.Bytes, now));
            while (several.RunOnce(receives: true))
            {
            }

            several.RunOnce(receives: false);
            foreach (string name in Names)
            {
                Assert.Equal(
                    expected.Where(f => f.Port == name).Select(f => Convert.ToHexString(f.Bytes)).Order(),
                    Taken(name).Order());
            }

            traffic.Learn(expected);
            now += Second / 4;
        }

        SwitchCounters counters = several.ReadCounters();
        CounterText.AssertEqual(one.Workers.ReadCounters(), counters);
        Assert.True(several.HandedOver > 0);
        Assert.Equal(0, several.BuffersInUse);
        IReadOnlyList<WorkerReport> reports = several.ReadWorkers();
        Assert.Equal(Enumerable.Range(0, count), reports.Select(r => r.Number));
        Assert.Equal(counters.Received, reports.Sum(r => r.Packets));
        Assert.All(reports, r => Assert.True(r.Packets > 0));
        Assert.Equal(several.HandedOver, reports.Sum(r => r.HandedOver));
        Assert.Equal(counters.FlowsActive, several.ReadFlows(int.MaxValue).Count);
        Assert.Equal(3, several.ReadFlows(3).Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [Trait("Scenario", "VE09")]
    public void Flows_spread_over_the_queues_of_a_port_and_each_leaves_by_one(int count)
    {
        MemoryPort[] queues = [.. Enumerable.Range(0, count).Select(_ => new MemoryPort())];
        var ports = Names.ToDictionary(
            name => name, name => (IReadOnlyList<IPacketPort>)(name == "uplink" ? [.. queues] : [_ports[name]]));
        using var several = new SwitchWorkers(
            With(StatefulAcl), count, ports, new SwitchWorkersOptions { BufferCount = 1024, FrameCapacity = 2048 });
        for (int i = 0; i < 3 * 128; i++)
        {
            byte[] frame = FrameBuilder.Ethernet(WorkerTraffic.Lan, WorkerTraffic.Far)
                .Ipv4("10.0.0.1", "10.0.0.9").Udp(1000 + (i % 128), 53).Payload(8).Build();
            _ports["lan"].Send(frame, Second);
        }

        while (several.RunOnce(receives: true))
        {
        }

        several.RunOnce(receives: false);
        var used = new List<(ushort Flow, int Queue)>();
        for (int queue = 0; queue < count; queue++)
        {
            while (queues[queue].TryTake(out ReadOnlyMemory<byte> frame))
            {
                const int sourcePortAt = 50 + 34;
                used.Add((BinaryPrimitives.ReadUInt16BigEndian(frame.Span[sourcePortAt..]), queue));
            }
        }

        Assert.Equal(3 * 128, used.Count);
        Assert.All(used.GroupBy(u => u.Flow), flow => Assert.Single(flow.Select(u => u.Queue).Distinct()));
        Assert.Equal(128, used.Select(u => u.Flow).Distinct().Count());
        Assert.Equal(count, used.Select(u => u.Queue).Distinct().Count());
        Array.ForEach(queues, queue => queue.Dispose());
    }

    [Fact]
    public void What_a_full_port_leaves_waits_in_the_lanes_and_then_the_sender_drops()
    {
        using var full = new MemoryPort(capacity: 1);
        SwitchPolicy policy = With(StatefulAcl);
        using SwitchWorkers several = Make(policy, 2, uplink: full);
        var traffic = new WorkerTraffic(seed: 3, conversations: 64);
        for (int round = 0; round < 40; round++)
        {
            traffic.NextRound().ForEach(frame => _ports["lan"].Send(frame.Bytes, Second));
            while (several.RunOnce(receives: true))
            {
            }
        }

        SwitchCounters counters = several.ReadCounters();
        Assert.True(counters.AddsUp);
        long sent = counters.Ports.Single(p => p.Key == "uplink").Value.Sent;
        Assert.InRange(sent, 2, 1 + Lane + 64);
        Assert.True(counters.DroppedByReason.Any(d => d.Key == DropReason.EgressFull), "Nothing was dropped.");
        int left = 0;
        for (int i = 0; i < sent + 1; i++)
        {
            left += full.TryTake(out _) ? 1 : 0;
            several.RunOnce(receives: false);
        }

        Assert.Equal(sent, left);
        Assert.Equal(0, several.BuffersInUse);
    }

    [Fact]
    public void What_a_port_has_not_taken_when_the_workers_stop_was_not_sent_but_dropped()
    {
        using var full = new MemoryPort(capacity: 1);
        using SwitchWorkers several = Make(With(StatefulAcl), 2, uplink: full);
        var traffic = new WorkerTraffic(seed: 3, conversations: 64);
        for (int round = 0; round < 40; round++)
        {
            traffic.NextRound().ForEach(frame => _ports["lan"].Send(frame.Bytes, Second));
            while (several.RunOnce(receives: true))
            {
            }
        }

        SwitchCounters before = several.ReadCounters();
        Assert.True(before.Ports.Single(p => p.Key == "uplink").Value.Sent > 1);
        several.Stop();
        SwitchCounters after = several.ReadCounters();
        Assert.True(after.AddsUp);
        Assert.Equal(1, after.Ports.Single(p => p.Key == "uplink").Value.Sent);
        Assert.Equal(after.Forwarded, after.Ports.Sum(p => p.Value.Sent));
        Assert.Equal(before.Forwarded + before.Dropped, after.Forwarded + after.Dropped);
        Assert.Equal(0, several.BuffersInUse);
        several.RunOnce(receives: false);
        Assert.True(full.TryTake(out _));
        Assert.False(full.TryTake(out _));
    }

    [Fact]
    public void A_super_frame_that_cannot_be_cut_keeps_nothing_behind_it_waiting()
    {
        using var port = new MemoryPort();
        using var pool = new PacketPool(8, 2048);
        var options = new SwitchWorkersOptions { FrameCapacity = 2048, LaneCapacity = 8 };
        using var shared = new SharedQueue(port, 0, 2, options, _ => { });
        var near = (SharedQueue.NearEnd)shared.EndOf(0);
        List<int> lost = [];
        near.Lost = frame => lost.Add(frame.Port);
        IPacketPort far = shared.EndOf(1);
        foreach (int segmentSize in new[] { 700, 0 })
        {
            Assert.True(pool.TryRent(60, out FrameDescriptor frame));
            pool.Frame(frame).Clear();
            frame.SegmentSize = (ushort)segmentSize;
            frame.Segment = segmentSize > 0 ? SegmentKind.TcpIpv4 : SegmentKind.None;
            frame.Port = 5;
            Assert.Equal(1, far.Transmit(pool, [frame]));
        }

        far.Flush(pool);
        near.Flush(pool);
        Assert.Equal([5], lost);
        Assert.True(port.TryTake(out _));
        Assert.False(near.HasUnsent);
        Assert.Equal(pool.Count, pool.FreeCount);
    }

    [Fact]
    public void Who_has_a_port_is_woken_for_whole_batches_too()
    {
        using var port = new MemoryPort();
        using var pool = new PacketPool(8, 2048);
        int woken = 0;
        var options = new SwitchWorkersOptions { FrameCapacity = 2048, LaneCapacity = 64 };
        using var shared = new SharedQueue(port, 0, 2, options, _ => woken++);
        IPacketPort far = shared.EndOf(1);
        int taken = 0;
        for (int i = 0; i < 70; i++)
        {
            Assert.True(pool.TryRent(60, out FrameDescriptor frame));
            int count = far.Transmit(pool, [frame]);
            taken += count;
            if (count == 0)
            {
                pool.Return(frame);
            }
        }

        // A batch and a ring are full: nothing is left for the last step to put in.
        Assert.Equal(64, taken);
        far.Flush(pool);
        Assert.Equal(1, woken);
        far.Flush(pool);
        Assert.Equal(1, woken);
    }

    [Fact]
    public void Threads_that_sleep_take_over_policies_answer_and_end()
    {
        SwitchPolicy policy = With(StatefulAcl);
        using SwitchWorkers several = Make(policy, 2);
        several.Start();
        Thread.Sleep(20);
        Assert.True(several.Apply(With(StatefulAcl + TcpMeter)));
        Assert.True(SpinWait.SpinUntil(() => several.IsSettled, TimeSpan.FromSeconds(5)));
        Assert.True(several.ReadCounters().AddsUp);
        Assert.Equal(2, several.ReadWorkers().Count);
        Assert.InRange(several.SinceLook(1), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Null(several.Failure);
        several.Stop();
    }

    [Fact]
    public void Ports_that_do_not_fit_are_refused()
    {
        SwitchPolicy policy = With(StatefulAcl);
        Assert.Throws<ArgumentException>(() => Share(("lan", 2)));
        Assert.Throws<ArgumentException>(() => Share(("wan", 1)));
        Assert.Throws<NotSupportedException>(() => new SwitchWorkers(With(RateLimit), 3, Queues(("lan", 1))));

        void Share(params (string, int)[] queues) => new SwitchWorkers(policy, 3, Queues(queues)).Dispose();

        Dictionary<string, IReadOnlyList<IPacketPort>> Queues(params (string Name, int Count)[] queues) =>
            queues.ToDictionary(
                q => q.Name, q => (IReadOnlyList<IPacketPort>)[.. Enumerable.Repeat(_ports["lan"], q.Count)]);
    }

    private SwitchWorkers Make(SwitchPolicy policy, int count, MemoryPort? uplink = null) => new(
        policy,
        count,
        Names.ToDictionary(
            name => name,
            name => (IReadOnlyList<IPacketPort>)[name == "uplink" && uplink is not null ? uplink : _ports[name]]),
        new SwitchWorkersOptions
        {
            BufferCount = 256,
            FrameCapacity = 2048,
            LaneCapacity = uplink is null ? 1024 : Lane,
            Limits = new SwitchLimits { FlowPairs = 1 << 14 },
        });

    private IEnumerable<string> Taken(string name)
    {
        while (_ports[name].TryTake(out ReadOnlyMemory<byte> frame))
        {
            yield return Convert.ToHexString(frame.Span);
        }
    }
}
