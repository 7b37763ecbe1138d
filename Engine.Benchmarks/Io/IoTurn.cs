namespace VxlanEngine.Benchmarks.Io;

/// <summary>What one side did in one round.</summary>
/// <param name="Mpps">Million 64-byte frames a second that reached the peer; null when not measured.</param>
/// <param name="OfferedMpps">How many the tenant's interface took meanwhile.</param>
/// <param name="Gbps">TCP payload in gigabits a second; null when not measured.</param>
/// <param name="Alone">Latency at <see cref="IoMeasurement.ProbeRate"/> frames a second alone.</param>
/// <param name="AtHalf">Latency beside half of <paramref name="Mpps"/>.</param>
internal sealed record IoTurn(double? Mpps, double? OfferedMpps, double? Gbps, Latency? Alone, Latency? AtHalf)
{
    /// <summary>This, and what another turn has and this one has not.</summary>
    public IoTurn Or(IoTurn other) => new(
        Mpps ?? other.Mpps,
        OfferedMpps ?? other.OfferedMpps,
        Gbps ?? other.Gbps,
        Alone ?? other.Alone,
        AtHalf ?? other.AtHalf);
}
