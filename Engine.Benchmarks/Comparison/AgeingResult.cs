namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>How flows left that were idle too long.</summary>
/// <param name="Aged">Flows that ended.</param>
/// <param name="Bursts">Bursts until the last one had.</param>
/// <param name="MostInBurst">Most that ended in one burst.</param>
/// <param name="SlowestUs">Longest time of a burst, in microseconds.</param>
/// <param name="RareUs">Time that one burst of a hundred exceeds.</param>
internal sealed record AgeingResult(int Aged, int Bursts, int MostInBurst, double SlowestUs, double RareUs);
