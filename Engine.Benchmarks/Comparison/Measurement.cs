namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>One run of one side of a cell.</summary>
/// <param name="Mpps">Million packets a second.</param>
/// <param name="Cycles">Cycles of the time stamp counter a packet.</param>
internal sealed record Measurement(double Mpps, double Cycles);
