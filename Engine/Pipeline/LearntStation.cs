using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>A station that a network has learnt from what it sent.</summary>
/// <param name="Network">Name of the network.</param>
/// <param name="Mac">MAC address of the station.</param>
/// <param name="Port">Name of the endpoint port it is behind; null for a remote one.</param>
/// <param name="Vtep">The VTEP it is behind; null for a local one.</param>
/// <param name="Silent">How long no frame of it has come, to a quarter of the network's age.</param>
public sealed record LearntStation(string Network, MacAddress Mac, string? Port, IpAddress? Vtep, TimeSpan Silent);
