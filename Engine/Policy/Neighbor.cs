using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>The link-layer address of an underlay address that an uplink reaches.</summary>
public sealed record Neighbor
{
    /// <summary>Name of the uplink.</summary>
    public required string Port { get; init; }

    /// <summary>The neighbour's address.</summary>
    public required IpAddress Address { get; init; }

    /// <summary>The neighbour's MAC address.</summary>
    public required MacAddress Mac { get; init; }
}
