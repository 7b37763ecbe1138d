using System.Buffers.Binary;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Pipeline;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.WorkerPolicies;

namespace VxlanEngine.Tests;

public sealed class SwitchWorkersTests
{
    private const long Second = 1_000_000_000;

    public static TheoryData<int, string> Policies { get; } = new()
    {
        { 1, "" },
        { 2, StatefulAcl },
        { 3, StatefulAcl + StaticNat },
        { 4, StatefulAcl + DynamicNat },
        { 5, StatefulAcl + Vip },
        { 6, DynamicNat + Vip + TcpMeter },
    };

    [Theory]
    [MemberData(nameof(Policies))]
    public void The_same_leaves_with_one_worker_two_and_four(int seed, string layers)
    {
        var random = new Random(seed);
        var traffic = new WorkerTraffic(seed, conversations: 48);
        SwitchPolicy policy = With(layers);
        using var one = new WorkerBench(policy, 1);
        using var two = new WorkerBench(policy, 2);
        using var four = new WorkerBench(policy, 4);
        WorkerBench[] all = [one, two, four];
        long now = 1_700_000_000 * Second;
        int answers = 0;
        for (int round = 0; round < 250; round++)
        {
            List<TrafficFrame> frames = traffic.NextRound();
            answers += frames.Count(f => f.Port == "uplink");
            IReadOnlyList<SentFrame> expected = one.Send(frames, now);
            Assert.Equal(Lines(expected), Lines(two.Send(frames, now)));
            Assert.Equal(Lines(expected), Lines(four.Send(frames, now)));
            traffic.Learn(expected);
            now += random.NextInt64(Second) + (random.Next(40) == 0 ? 200 * Second : 0);
            if (random.Next(20) == 0)
            {
                SwitchPolicy next = With(random.Next(2) == 0 ? layers : StatefulAcl + TcpMeter);
                Assert.Single(all.Select(b => b.Workers.Apply(next)).Distinct());
                Assert.All(all, b => Assert.True(b.Workers.IsSettled));
            }
        }

        SwitchCounters counters = one.Workers.ReadCounters();
        Assert.All(all, b => CounterText.AssertEqual(counters, b.Workers.ReadCounters()));
        Assert.All(all, b => Assert.Equal(0, b.Workers.BuffersInUse));
        Assert.True(counters.AddsUp);
        Assert.InRange(counters.Forwarded, counters.Received / 4, counters.Received);
        Assert.InRange(answers, 500, counters.Received);
        Assert.Equal(0, one.Workers.HandedOver);
        Assert.InRange(two.Workers.HandedOver, counters.Received / 4, counters.Received);
        Assert.True(four.Workers.HandedOver > two.Workers.HandedOver);
    }

    [Fact]
    public void Flows_keep_their_order_under_load_and_everything_adds_up()
    {
        using var load = new WorkerLoad(
            With(StatefulAcl), workers: 4, flows: 200, framesPerWorker: 60_000, window: 1500);
        load.Workers.Start();
        load.WaitUntilReceived();
        load.Workers.Stop();

        SwitchCounters counters = load.Workers.ReadCounters();
        Assert.Equal("", load.Disorder);
        Assert.True(counters.AddsUp);
        Assert.Equal(load.Received, counters.Received);
        Assert.Equal(load.Sent, counters.Forwarded);
        Assert.Equal(load.Received, counters.Forwarded + counters.Dropped);
        Assert.Equal(counters.Dropped, Drops(counters));
        Assert.InRange(load.Sent, 1, load.Received);
        Assert.InRange(load.Workers.HandedOver, load.Received / 10, load.Received);
        Assert.Equal(0, load.Workers.BuffersInUse);
        Assert.Equal(200, counters.FlowsActive);
    }

    [Fact]
    public void A_policy_that_changes_under_load_loses_nothing()
    {
        SwitchPolicy[] policies = [With(StatefulAcl), With(StatefulAcl + TcpMeter)];
        using var load = new WorkerLoad(policies[0], workers: 3, flows: 100, framesPerWorker: 200_000, window: 300);
        load.Workers.Start();
        int applied = 0;
        while (!load.HasReceivedAll)
        {
            applied++;
            Assert.True(load.Workers.Apply(policies[applied % 2]));
            Assert.True(SpinWait.SpinUntil(() => load.Workers.IsSettled, TimeSpan.FromSeconds(20)));
            Assert.Equal((uint)applied + 1, load.Workers.Generation);
            Assert.InRange(load.Workers.ReadCounters().Received, 0, load.Total);
        }

        load.Workers.Stop();
        SwitchCounters counters = load.Workers.ReadCounters();
        Assert.Equal((load.Total, load.Total, 0L), (counters.Received, counters.Forwarded, counters.Dropped));
        Assert.Equal("", load.Disorder);
        Assert.True(applied >= 2, $"only {applied} policies");
    }

    [Fact]
    public void A_vtep_that_is_said_to_be_down_changes_once_and_loses_nothing()
    {
        using var load = new WorkerLoad(With(""), workers: 2, flows: 20, framesPerWorker: 100_000, window: 300);
        load.Workers.Start();
        IpAddress vtep = IpAddress.Parse("172.31.0.2");
        for (uint i = 0; i < 10; i++)
        {
            Assert.True(load.Workers.SetVtepState(vtep, isUp: i % 2 == 1));
            Assert.False(load.Workers.SetVtepState(vtep, isUp: i % 2 == 1));
            Assert.True(SpinWait.SpinUntil(() => load.Workers.IsSettled, TimeSpan.FromSeconds(20)));
            Assert.Equal(i + 2, load.Workers.Generation);
        }

        load.WaitUntilReceived();
        load.Workers.Stop();
        SwitchCounters counters = load.Workers.ReadCounters();
        Assert.Equal((load.Total, load.Total, 0L), (counters.Received, counters.Forwarded, counters.Dropped));
        Assert.Equal("", load.Disorder);
    }

    [Fact]
    public void Workers_that_were_drained_receive_again_when_started()
    {
        using var load = new WorkerLoad(With(""), workers: 2, flows: 20, framesPerWorker: int.MaxValue, window: 1500);
        for (int i = 0; i < 5; i++)
        {
            long before = load.Received;
            load.Workers.Start();
            Assert.True(SpinWait.SpinUntil(() => load.Received > before, TimeSpan.FromSeconds(20)));
            load.Workers.Drain();
            SwitchCounters counters = load.Workers.ReadCounters();
            Assert.True(counters.AddsUp);
            Assert.Equal(load.Received, counters.Received);
            Assert.Equal(0, load.Workers.BuffersInUse);
        }

        load.Workers.Stop();
    }

    [Fact]
    public void A_full_lane_drops_with_its_reason()
    {
        using var bench = new WorkerBench(With(""), 2, laneCapacity: 16);
        byte[] frame = Frame(1000);

        // Of two queues, one is the owner's. Of each burst of 64 from the other, and of the last 28, 16 find room.
        int[] left = [.. new[] { 0, 1 }.Select(queue => bench.Send(
            Enumerable.Range(0, 1500).Select(i => new TrafficFrame("lan", frame, queue, (uint)i)), 1).Count)];

        Assert.Equal([384, 1500], left.Order());
        SwitchCounters counters = bench.Workers.ReadCounters();
        Assert.True(counters.AddsUp);
        Assert.Equal((3000L, 1884L), (counters.Received, counters.Forwarded));
        Assert.Equal((384L, 1116L), (bench.Workers.HandedOver, Drops(counters)));
        Assert.Equal(0, bench.Workers.BuffersInUse);
    }

    [Fact]
    public void Neighbours_are_resolved_by_one_worker_only()
    {
        SwitchPolicy policy = Green.Policy.WithPort("up", p => p with { ResolveNeighbors = true });
        using var one = new WorkerBench(policy, 1);
        Assert.Contains(
            "'up' resolves neighbours",
            Assert.Throws<NotSupportedException>(() => new WorkerBench(policy, 2)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_hosts_tables_are_followed_by_no_workers()
    {
        SwitchPolicy policy = Green.Policy.WithPort("up", p => p with { HostTables = true });
        Assert.Equal(
            "Port 'up' follows the host's tables, which workers cannot, not even one: use a VirtualSwitch, or vxe run "
                + "without --workers and --pin.",
            Assert.Throws<NotSupportedException>(() => new WorkerBench(policy, 1)).Message);
    }

    [Fact]
    public void Bfd_is_refused_whatever_the_number_of_workers()
    {
        SwitchPolicy policy = BfdTests.Watching(Green.VtepC);
        Assert.Equal(
            "Port 'up' watches VTEPs by BFD, which workers cannot, not even one: use a VirtualSwitch, or vxe run "
                + "without --workers and --pin.",
            Assert.Throws<NotSupportedException>(() => new WorkerBench(policy, 1)).Message);
        using var bench = new WorkerBench(Green.Policy, 2);
        Assert.Throws<NotSupportedException>(() => bench.Workers.Apply(policy));
        Assert.Equal(1u, bench.Workers.Generation);
    }

    [Fact]
    public void Stations_are_learnt_by_one_worker_only()
    {
        SwitchPolicy policy = Green.Policy.With(n => n with { Learning = new Learning() });
        using var one = new WorkerBench(policy, 1);
        SwitchCounters counters = one.Workers.ReadCounters();
        Assert.Equal(0, Assert.Single(counters.Stations).Value.Known);
        Assert.Equal(
            "Network 'green' learns stations, which workers do not share: use one worker.",
            Assert.Throws<NotSupportedException>(() => new WorkerBench(policy, 2)).Message);
    }

    [Fact]
    public void Rates_of_a_port_are_refused_unless_there_is_one_worker()
    {
        SwitchPolicy policy = Green.Policy.WithPort(
            "a", p => p with { Rates = new PortRates { NewFlowsPerSecond = 1000 } });
        using var one = new WorkerBench(policy, 1);
        Assert.Equal(
            "Port 'a' has rates, which workers do not share: use one worker.",
            Assert.Throws<NotSupportedException>(() => new WorkerBench(policy, 2)).Message);
    }

    [Fact]
    public void A_rate_limit_is_refused_unless_there_is_one_worker()
    {
        using var one = new WorkerBench(With(RateLimit), 1);
        Assert.Equal("Rule 'slow' limits a rate, which workers do not share: use one worker.",
            Assert.Throws<NotSupportedException>(() => new WorkerBench(With(RateLimit), 2)).Message);

        using var two = new WorkerBench(With(""), 2);
        Assert.Throws<NotSupportedException>(() => two.Workers.Apply(With(RateLimit)));
        Assert.Equal(1u, two.Workers.Generation);
    }

    [Fact]
    public void A_worker_that_fails_ends_the_others_and_stop_tells_why()
    {
        using var workers = new SwitchWorkers(
            With(""), 2, n => new FailingPort(n == 1), new SwitchWorkersOptions { PinToCores = true });

        // It may fail while the other one starts, or later.
        Exception? e = Record.Exception(() =>
        {
            workers.Start();
            workers.Stop();
        });
        Assert.Equal("broken cable", Assert.IsType<InvalidOperationException>(e).InnerException?.Message);
        Assert.Throws<InvalidOperationException>(workers.Start);
    }

    private static long Drops(SwitchCounters counters) =>
        counters.Ports.Sum(p => p.Value.DroppedFor(DropReason.HandoverFull));

    private static byte[] Frame(int port) => FrameBuilder.Ethernet(WorkerTraffic.Lan, WorkerTraffic.Far)
        .Ipv4("10.0.0.1", "10.0.0.9").Udp(port, 53).Payload(10).Build();

    private static IEnumerable<string> Lines(IEnumerable<SentFrame> frames) =>
        frames.Select(f => $"{f.Id} {f.Port} {Convert.ToHexString(f.Bytes)}");

    private sealed class FailingPort(bool fails) : IWorkerPort
    {
        public int Receive(PacketPool pool, Span<FrameDescriptor> frames) =>
            fails ? throw new IOException("broken cable") : 0;

        public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report) => false;

        public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
        {
        }
    }

    /// <summary>Queues that make numbered frames as fast as they are taken, and look at what leaves.</summary>
    private sealed class WorkerLoad : IDisposable
    {
        private readonly Queue[] _queues;
        private readonly int[] _last;
        private readonly int _window;
        private long _underWay;
        private volatile string _disorder = "";

        public WorkerLoad(SwitchPolicy policy, int workers, int flows, int framesPerWorker, int window)
        {
            _last = new int[flows];
            _window = window;
            Total = (long)workers * framesPerWorker;
            byte[][] frames = [.. Enumerable.Range(0, flows).Select(f => Frame(1000 + f))];
            _queues =
            [
                .. Enumerable.Range(0, workers).Select(n => new Queue(this, framesPerWorker,
                    [.. Enumerable.Range(0, flows).Where(f => f % workers == n).Select(f => (f, frames[f]))])),
            ];
            Workers = new SwitchWorkers(
                policy, workers, n => _queues[n], new SwitchWorkersOptions { BufferCount = 256, FrameCapacity = 512 });
        }

        public SwitchWorkers Workers { get; }

        public long Total { get; }

        public string Disorder => _disorder;

        public long Received => _queues.Sum(q => Volatile.Read(ref q.Received));

        public long Sent => _queues.Sum(q => Volatile.Read(ref q.Sent));

        public bool HasReceivedAll => Received == Total;

        public void WaitUntilReceived() =>
            Assert.True(SpinWait.SpinUntil(() => HasReceivedAll, TimeSpan.FromSeconds(60)), $"{Received} received");

        public void Dispose() => Workers.Dispose();

        private sealed class Queue(WorkerLoad load, int total, (int Flow, byte[] Bytes)[] frames) : IWorkerPort
        {
            public long Received;
            public long Sent;

            public bool WantsReports => false;

            public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
            {
                int count = 0;
                bool isOpen = Volatile.Read(ref load._underWay) < load._window;
                while (isOpen && count < burst.Length / 2 && Received < total)
                {
                    (int flow, byte[] bytes) = frames[Received % frames.Length];
                    pool.TryRent(bytes.Length, out burst[count]);
                    Span<byte> frame = pool.Frame(burst[count++]);
                    bytes.CopyTo(frame);
                    BinaryPrimitives.WriteInt32LittleEndian(frame[^8..], flow);
                    BinaryPrimitives.WriteInt32LittleEndian(frame[^4..], (int)(Received / frames.Length) + 1);
                    Volatile.Write(ref Received, Received + 1);
                }

                Interlocked.Add(ref load._underWay, count);
                return count;
            }

            public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
                Forward(pool, new ReadOnlySpan<FrameDescriptor>(in frame), report.Egress) == 1;

            public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> sent, int egress)
            {
                foreach (ref readonly FrameDescriptor descriptor in sent)
                {
                    Span<byte> frame = pool.Frame(descriptor);
                    int flow = BinaryPrimitives.ReadInt32LittleEndian(frame[^8..]);
                    int number = BinaryPrimitives.ReadInt32LittleEndian(frame[^4..]);
                    int before = Interlocked.Exchange(ref load._last[flow], number);
                    load._disorder = number > before ? load._disorder : $"flow {flow}: {number} after {before}";
                }

                Volatile.Write(ref Sent, Sent + sent.Length);
                Interlocked.Add(ref load._underWay, -sent.Length);
                pool.Return(sent);
                return sent.Length;
            }

            public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
                Interlocked.Decrement(ref load._underWay);
        }
    }
}
