using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>The engine's side of a cell.</summary>
internal static class EngineSide
{
    /// <summary>Loops a capture from memory; each frame is copied once into a buffer of the engine's.</summary>
    /// <returns>Nanoseconds a packet.</returns>
    /// <exception cref="ComparisonException">Not every frame left, or the counters do not add up.</exception>
    public static double Measure(Cell cell, string capture, TimeSpan duration)
    {
        var options = new ReplayOptions
        {
            Policy = ComparisonPolicy.For(cell.Work),
            Inputs = [new ReplayInput(PortOf(cell), CaptureReader.Open(capture))],
        };
        ReplayBenchmarkResult result = ReplayBenchmark.Run(options, duration);
        return result.Sent == result.Packets && result.Counters.AddsUp && result.Counters.Dropped == 0
            ? result.NsPerPacket
            : throw new ComparisonException(
                $"{cell.Name}: {result.Sent} of {result.Packets} frames left; "
                + string.Join(", ", result.Counters.DroppedByReason.Select(d => $"{d.Key}: {d.Value}")));
    }

    /// <summary>Sends the first frames twice, as new flows and as known ones, and reads what leaves.</summary>
    /// <returns>What came and what left.</returns>
    public static IEnumerable<(byte[] Came, byte[] Left)> Sample(Cell cell)
    {
        byte[][] came = [.. cell.Flows.Frames().Take(OutputCheck.SampleLength)];
        using var source = new FramePort([.. came, .. came]);
        using var sink = new FramePort([]);
        using var vswitch = new VirtualSwitch(ComparisonPolicy.For(cell.Work));
        bool isDecap = cell.Work == Workload.Decap;
        vswitch.Attach(ComparisonPolicy.Tenant, isDecap ? sink : source);
        vswitch.Attach(ComparisonPolicy.Underlay, isDecap ? source : sink);
        while (vswitch.Poll() > 0)
        {
        }

        return sink.Taken.Count == 2 * came.Length
            ? came.Concat(came).Zip(sink.Taken)
            : throw new ComparisonException($"{cell.Name}: {sink.Taken.Count} of {2 * came.Length} frames left.");
    }

    private static string PortOf(Cell cell) =>
        cell.Work == Workload.Decap ? ComparisonPolicy.Underlay : ComparisonPolicy.Tenant;
}
