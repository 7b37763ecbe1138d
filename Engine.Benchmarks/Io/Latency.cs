namespace VxlanEngine.Benchmarks.Io;

/// <summary>How long frames took, in microseconds.</summary>
/// <param name="P50">Half of them took at most so long.</param>
/// <param name="P99">99 of 100.</param>
/// <param name="P999">999 of 1000.</param>
/// <param name="Count">How many arrived.</param>
internal sealed record Latency(double P50, double P99, double P999, int Count)
{
    /// <summary>The percentiles of times; null when there are none.</summary>
    public static Latency? Of(IEnumerable<double> microseconds)
    {
        double[] sorted = [.. microseconds.Order()];
        return sorted.Length == 0
            ? null
            : new Latency(At(sorted, 0.5), At(sorted, 0.99), At(sorted, 0.999), sorted.Length);
    }

    // The nearest rank: the smallest value that the share of all does not exceed.
    private static double At(double[] sorted, double share) =>
        sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
}
