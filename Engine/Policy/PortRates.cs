namespace VxlanEngine.Policy;

/// <summary>How many packets a second may enter at a port, by what they ask of the switch.</summary>
/// <remarks>
/// Each rate is a whole number of 0 or more, where 0 means none at all; null means no limit. Bursts may hold what a
/// tenth of a second brings, and one packet at least. What exceeds a rate is dropped and uses nothing up.
/// </remarks>
public sealed record PortRates
{
    /// <summary>No limits.</summary>
    public static PortRates None { get; } = new();

    /// <summary>
    /// Frames that are replicated: broadcast, multicast and unknown unicast; at an uplink those inside tunnels.
    /// </summary>
    public int? FloodsPerSecond { get; init; }

    /// <summary>ICMP and ICMPv6 packets but for neighbour discovery; at an uplink those outside tunnels.</summary>
    public int? IcmpPerSecond { get; init; }

    /// <summary>ARP and neighbour discovery packets; at an uplink those outside tunnels.</summary>
    public int? NeighborsPerSecond { get; init; }

    /// <summary>
    /// IP packets that belong to no known flow where a layer may make one: those that have every rule read and state
    /// made. At an uplink those inside tunnels too.
    /// </summary>
    public int? NewFlowsPerSecond { get; init; }
}
