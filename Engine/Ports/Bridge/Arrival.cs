namespace VxlanEngine.Ports.Bridge;

/// <summary>A frame in an <see cref="ArrivalRing"/>.</summary>
/// <param name="Start">Position of its first byte; positions count all bytes ever put in.</param>
/// <param name="Length">Bytes of it that were captured.</param>
/// <param name="WireLength">Bytes that it had on the wire.</param>
/// <param name="TimeNs">When it was received, in nanoseconds since 1970-01-01 UTC.</param>
internal readonly record struct Arrival(long Start, int Length, int WireLength, long TimeNs);
