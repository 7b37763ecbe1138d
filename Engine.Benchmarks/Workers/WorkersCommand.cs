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
/// leave. The three ways take turns, because a shared machine's speed wanders: ratios are within a turn. What others
/// run on the same cores slows two workers more than one; the time that workers had a core tells that apart.
/// </remarks>
internal static class WorkersCommand
{
    private const int Flows = 60_000;
    private const int Turns = 5;
    private const int FirstPort = 1024;

    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1.5);

    /// <summary>Measures, and prints a line a turn and the medians.</summary>
    /// <returns>The exit code: 0 when nothing was lost but at full lanes.</returns>
    public static int Run()
    {
        (int Number, int Owner)[] flows = [.. Enumerable.Range(0, Flows).Select(i => (i, OwnerOf(i)))];
        using var frames = new LoopedFrames([.. flows.Select(f => FrameOf(f.Number))]);
        int[] all = [.. flows.Select(f => f.Number)];
        int[][] own = [.. Enumerable.Range(0, 2).Select(w => flows.Where(f => f.Owner == w).Select(f => f.Number))
            .Select(f => f.ToArray())];
        int[][] mixed = [Interleave(own[0], own[1]), Interleave(own[1], own[0])];
        using var one = new Way(frames, [all]);
        using var two = new Way(frames, own);
        using var half = new Way(frames, mixed);
        Way[] ways = [one, two, half];
        foreach (Way way in ways)
        {
            way.Measure(Warmup);
        }

        var turns = new List<Rate[]>();
        Console.WriteLine("million packets a second, by the clock and (for each second that a worker had a core)");
        Console.WriteLine("one worker        two, own frames   two, half handed over");
        for (int i = 0; i < Turns; i++)
        {
            Rate[] turn = [.. ways.Select(w => w.Measure(Turn))];
            turns.Add(turn);
            Console.WriteLine(string.Join("   ", turn.Select(r => Invariant($"{r.ByClock,6:F2} ({r.ByCore,6:F2})"))));
        }

        Console.WriteLine(Invariant(
            $"two beside one, medians: {Median(turns, 1, r => r.ByClock):F2}× by the clock, ")
            + Invariant($"{2 * Median(turns, 1, r => r.ByCore):F2}× on two whole cores"));
        Console.WriteLine(Invariant(
            $"half handed over: {Median(turns, 2, r => r.ByClock):F2}× by the clock, ")
            + Invariant($"{2 * Median(turns, 2, r => r.ByCore):F2}× on two whole cores"));
        return ways.All(w => w.PrintLosses()) ? 0 : 1;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static double Median(List<Rate[]> turns, int way, Func<Rate, double> rate) =>
        turns.Select(t => rate(t[way]) / rate(t[0])).Order().ElementAt(turns.Count / 2);

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

    private static byte[] FrameOf(int flow) => FrameBuilder.Ethernet("02:00:00:00:00:01", "02:00:00:00:00:09")
        .Ipv4("10.0.0.1", "10.0.0.9").Udp(FirstPort + flow, 53).Payload(18).Build();

    /// <summary>Million packets a second, by the clock and for each second that a worker had a core.</summary>
    private readonly record struct Rate(double ByClock, double ByCore);

    /// <summary>A switch, and the frames that its workers loop over.</summary>
    private sealed class Way : IDisposable
    {
        private readonly LoopPort[] _ports;
        private readonly SwitchWorkers _workers;

        public Way(LoopedFrames frames, int[][] perWorker)
        {
            _ports = [.. perWorker.Select(p => new LoopPort(frames, p))];
            _workers = new SwitchWorkers(
                PolicyJson.Parse(Policy),
                perWorker.Length,
                n => _ports[n],
                new SwitchWorkersOptions { FrameCapacity = 2048, BufferCount = 256, PinToCores = true });
        }

        /// <summary>Runs for a while.</summary>
        /// <returns>Packets that left, in all but the first fifth of it.</returns>
        public Rate Measure(TimeSpan duration)
        {
            _workers.Start();
            Thread.Sleep(duration / 5);
            long before = _ports.Sum(p => p.Sent);
            long start = Stopwatch.GetTimestamp();
            TimeSpan onCore = WorkerTime.Read();
            Thread.Sleep(duration * 4 / 5);
            onCore = WorkerTime.Read() - onCore;
            long sent = _ports.Sum(p => p.Sent) - before;
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            _workers.Stop();
            return new Rate(sent / elapsed.TotalMicroseconds, sent / onCore.TotalMicroseconds);
        }

        public bool PrintLosses()
        {
            SwitchCounters counters = _workers.ReadCounters();
            long full = counters.Ports.Sum(p => p.Value.DroppedFor(DropReason.HandoverFull));
            Console.WriteLine(
                Invariant($"{_workers.Count} workers: {counters.Received} received, ")
                + Invariant($"{_workers.HandedOver} handed over, ")
                + Invariant($"{full} dropped at full lanes, {counters.Dropped - full} otherwise"));
            return counters.AddsUp && counters.Dropped == full;
        }

        public void Dispose() => _workers.Dispose();
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
