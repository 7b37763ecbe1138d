using System.Diagnostics;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Workers;

/// <summary>How much faster are two workers than one, when frames come to their owners and when half do not?</summary>
/// <remarks>
/// 60 000 UDP flows of 60-byte frames cross a stateful layer into tunnels. Frames come from memory and end where they
/// leave. The ways take turns, because a shared machine's speed wanders, and so does that of one core beside another's:
/// ratios are within a turn, and one worker runs on either core. Switches are made anew for each turn, because their
/// memory's place makes a difference of up to a fifth. Two switches of one worker each, which have nothing in
/// common, show what the machine gives two threads. What others run on the same cores slows two workers more than one;
/// the time that workers had a core tells that apart.
/// </remarks>
internal static class WorkersCommand
{
    private const int Flows = 60_000;
    private const int Turns = 11;
    private const int FirstPort = 1024;

    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(0.4);
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(0.8);

    /// <summary>Measures, and prints a line a turn and the medians.</summary>
    /// <returns>The exit code: 0 when nothing was lost but at full lanes.</returns>
    public static int Run()
    {
        int[] all = [.. Enumerable.Range(0, Flows)];
        int[][] own = [.. Enumerable.Range(0, 2).Select(w => all.Where(f => OwnerOf(f) == w).ToArray())];
        int[][] mixed = [Interleave(own[0], own[1]), Interleave(own[1], own[0])];
        Func<Way>[] ways =
        [
            () => new Way([PortOf(all, core: 0)]),
            () => new Way([PortOf(all, core: 1)]),
            () => new Way([PortOf(own[0], core: 0)], [PortOf(own[1], core: 1)]),
            () => new Way([PortOf(own[0], core: 0), PortOf(own[1], core: 1)]),
            () => new Way([PortOf(mixed[0], core: 0), PortOf(mixed[1], core: 1)]),
        ];
        var losses = new Losses[ways.Length];
        var turns = new List<Rate[]>();
        Console.WriteLine("million packets a second, by the clock and (for each second that a worker had a core)");
        Console.WriteLine("one, on core 0    one, on core 1    two switches      two, own          two, half handed");
        for (int i = 0; i <= Turns; i++)
        {
            Rate[] turn = [.. ways.Select((make, way) => Measure(make, ref losses[way]))];
            if (i == 0)
            {
                // Code is compiled in it.
                continue;
            }

            turns.Add(turn);
            Console.WriteLine(string.Join("   ", turn.Select(r => Invariant($"{r.ByClock,6:F2} ({r.ByCore,6:F2})"))));
        }

        PrintMedian("two beside one", turns, way: 3);
        PrintMedian("two switches with nothing in common beside one", turns, way: 2);
        PrintMedian("two, half of the frames handed over, beside one", turns, way: 4);
        Array.ForEach(losses, l => Console.WriteLine(l));
        return losses.All(l => l.AreExpected) ? 0 : 1;
    }

    private static Rate Measure(Func<Way> make, ref Losses losses)
    {
        using Way way = make();
        way.Measure(Warmup);
        Rate rate = way.Measure(Turn);
        losses = losses.Plus(way);
        return rate;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static void PrintMedian(string what, List<Rate[]> turns, int way) => Console.WriteLine(
        Invariant($"{what}, medians: {Median(turns, way, r => r.ByClock):F2}× by the clock, ")
        + Invariant($"{2 * Median(turns, way, r => r.ByCore):F2}× on two whole cores"));

    /// <summary>How a way compares with one worker, on the mean of both cores.</summary>
    private static double Median(List<Rate[]> turns, int way, Func<Rate, double> rate) =>
        turns.Select(t => rate(t[way]) / ((rate(t[0]) + rate(t[1])) / 2)).Order().ElementAt(turns.Count / 2);

    private static int[] Interleave(int[] first, int[] second) =>
        [.. first.Zip(second).SelectMany(p => new[] { p.First, p.Second })];

    private static int OwnerOf(int flow)
    {
        var shards = new FlowShards(new SwitchLimits().HashKey, 0, 2);
        var tuple = new FlowTuple(
            IpAddress.Parse("10.0.0.1"),
            IpAddress.Parse("10.0.0.9"),
            IpProtocol.Udp,
            (ushort)(FirstPort + flow),
            53,
            0);
        return shards.OwnerOf(shards.Hash(tuple));
    }

    private static LoopPort PortOf(int[] flows, int core) => new([.. flows.Select(FrameOf)], core);

    private static byte[] FrameOf(int flow) => FrameBuilder.Ethernet("02:00:00:00:00:01", "02:00:00:00:00:09")
        .Ipv4("10.0.0.1", "10.0.0.9").Udp(FirstPort + flow, 53).Payload(18).Build();

    /// <summary>Million packets a second, by the clock and for each second that a worker had a core.</summary>
    private readonly record struct Rate(double ByClock, double ByCore);

    /// <summary>What became of the frames of a way.</summary>
    private readonly record struct Losses(long Received, long HandedOver, long DroppedAtLanes, long DroppedOtherwise)
    {
        private bool IsWrong { get; init; }

        /// <summary>True when nothing was lost but at full lanes, and counters add up.</summary>
        public bool AreExpected => DroppedOtherwise == 0 && !IsWrong;

        /// <summary>Adds what a way has counted.</summary>
        public Losses Plus(Way way)
        {
            SwitchCounters[] counters = way.ReadCounters();
            long atLanes = counters.Sum(c => c.Ports.Sum(p => p.Value.DroppedFor(DropReason.HandoverFull)));
            return new Losses(
                Received + counters.Sum(c => c.Received),
                HandedOver + way.HandedOver,
                DroppedAtLanes + atLanes,
                DroppedOtherwise + counters.Sum(c => c.Dropped) - atLanes)
            {
                IsWrong = IsWrong || !counters.All(c => c.AddsUp),
            };
        }

        /// <inheritdoc/>
        public override string ToString() => Invariant(
            $"{Received} received, {HandedOver} handed over, {DroppedAtLanes} dropped at full lanes, ")
            + Invariant($"{DroppedOtherwise} otherwise");
    }

    /// <summary>Switches whose workers run at the same time.</summary>
    private sealed class Way : IDisposable
    {
        private readonly LoopPort[] _ports;
        private readonly SwitchWorkers[] _switches;

        /// <summary>Makes switches.</summary>
        /// <param name="switches">The queues of each switch's workers.</param>
        public Way(params LoopPort[][] switches)
        {
            _ports = [.. switches.SelectMany(s => s)];
            _switches =
            [
                .. switches.Select(ports => new SwitchWorkers(
                    PolicyJson.Parse(Policy),
                    ports.Length,
                    n => ports[n],
                    new SwitchWorkersOptions { FrameCapacity = 2048, BufferCount = 256 })),
            ];
        }

        /// <summary>Runs for a while.</summary>
        /// <returns>Packets that left, in all but the first fifth of it.</returns>
        public Rate Measure(TimeSpan duration)
        {
            Array.ForEach(_switches, s => s.Start());
            Thread.Sleep(duration / 5);
            long before = _ports.Sum(p => p.Sent);
            long start = Stopwatch.GetTimestamp();
            TimeSpan onCore = WorkerTime.Read();
            Thread.Sleep(duration * 4 / 5);
            onCore = WorkerTime.Read() - onCore;
            long sent = _ports.Sum(p => p.Sent) - before;
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            Array.ForEach(_switches, s => s.Stop());
            return new Rate(sent / elapsed.TotalMicroseconds, sent / onCore.TotalMicroseconds);
        }

        /// <summary>What became of all frames.</summary>
        public SwitchCounters[] ReadCounters() => [.. _switches.Select(s => s.ReadCounters())];

        /// <summary>Frames that went from one worker to another.</summary>
        public long HandedOver => _switches.Sum(s => s.HandedOver);

        public void Dispose()
        {
            Array.ForEach(_switches, s => s.Dispose());
            Array.ForEach(_ports, p => p.Dispose());
        }
    }

    private const string Policy = """
        { "version": 1,
          "ports": [
            { "name": "lan", "kind": "endpoint", "network": "n",
              "mac": "02:00:00:00:00:01", "addresses": ["10.0.0.1"] },
            { "name": "uplink", "kind": "uplink", "mac": "02:aa:00:00:00:01", "addresses": ["172.31.0.1"] } ],
          "networks": [ { "name": "n", "vni": 42, "subnets": ["10.0.0.0/24"], "endpoints": [
            { "mac": "02:00:00:00:00:09", "addresses": ["10.0.0.9"], "vtep": "172.31.0.2" } ] } ],
          "neighbors": [ { "port": "uplink", "address": "172.31.0.2", "mac": "02:aa:00:00:00:02" } ],
          "layers": [
            { "name": "acl", "ports": ["lan"], "priority": 100, "stateful": true, "default": "block", "groups": [
              { "name": "out", "direction": "out", "rules": [ { "id": "all", "action": "allow" } ] } ] },
            { "name": "vnet", "ports": ["lan"], "priority": 200, "default": "block", "groups": [
              { "name": "encap", "direction": "out", "rules": [
                { "id": "e", "action": { "encap": { "network": "n" } } } ] } ] } ] }
        """;
}
