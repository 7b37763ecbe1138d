namespace VxlanEngine;

/// <summary>How an uplink follows the machine's own routes and neighbours.</summary>
/// <param name="Port">Name of the uplink.</param>
/// <param name="Interface">The interface that it stands on; null where it stands on none.</param>
/// <param name="Routes">Number of the machine's routes that lead out of that interface.</param>
/// <param name="Fault">Why it does not follow them, or what it cannot do; null when all is well.</param>
public sealed record HostTablesSummary(string Port, string? Interface, int Routes, string? Fault);
