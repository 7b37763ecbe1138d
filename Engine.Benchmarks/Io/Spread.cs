namespace VxlanEngine.Benchmarks.Io;

/// <summary>Median, least and most of some numbers.</summary>
internal readonly record struct Spread(double Median, double Min, double Max)
{
    /// <summary>That of the numbers that are there; null when none are.</summary>
    public static Spread? Of(IEnumerable<double?> values)
    {
        double[] sorted = [.. values.OfType<double>().Order()];
        int middle = sorted.Length / 2;
        return sorted.Length == 0
            ? null
            : new Spread(
                sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2,
                sorted[0],
                sorted[^1]);
    }
}
