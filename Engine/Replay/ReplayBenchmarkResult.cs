using VxlanEngine.Pipeline;

namespace VxlanEngine.Replay;

/// <summary>What <see cref="ReplayBenchmark"/> has counted.</summary>
/// <param name="Packets">Frames that were taken to their fate.</param>
/// <param name="Elapsed">In which time.</param>
/// <param name="FastestNs">Nanoseconds a packet in the fastest few milliseconds, which nothing disturbed.</param>
/// <param name="Sent">Frames that left.</param>
/// <param name="Hits">Frames that fared like earlier ones and were not decided anew.</param>
/// <param name="AllocatedBytes">Managed memory allocated meanwhile, in bytes.</param>
/// <param name="Counters">The switch's counters, those of the warm-up included.</param>
public sealed record ReplayBenchmarkResult(
    long Packets,
    TimeSpan Elapsed,
    double FastestNs,
    long Sent,
    long Hits,
    long AllocatedBytes,
    SwitchCounters Counters)
{
    /// <summary>Million packets a second.</summary>
    public double Mpps => Packets / Elapsed.TotalSeconds / 1e6;

    /// <summary>Nanoseconds a packet.</summary>
    public double NsPerPacket => Elapsed.TotalNanoseconds / Packets;

    /// <summary>Share of packets that fared like earlier ones, 0 to 1.</summary>
    public double HitRate => (double)Hits / Packets;
}
