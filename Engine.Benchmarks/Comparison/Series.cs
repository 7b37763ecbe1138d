using System.Text.Json.Serialization;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>The runs of one side of a cell.</summary>
internal sealed record Series(IReadOnlyList<Measurement> Runs)
{
    /// <summary>Million packets a second in the median run.</summary>
    [JsonIgnore]
    public double Mpps => Median(Runs.Select(r => r.Mpps));

    /// <summary>In the slowest run.</summary>
    [JsonIgnore]
    public double MinMpps => Runs.Min(r => r.Mpps);

    /// <summary>In the fastest run.</summary>
    [JsonIgnore]
    public double MaxMpps => Runs.Max(r => r.Mpps);

    /// <summary>Cycles a packet in the median run.</summary>
    [JsonIgnore]
    public double Cycles => Median(Runs.Select(r => r.Cycles));

    /// <summary>The median, over the rounds, of how many times the other side's rate this one makes.</summary>
    public double MedianBeside(Series other) => Median(Runs.Zip(other.Runs, (own, its) => own.Mpps / its.Mpps));

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
