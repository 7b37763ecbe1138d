using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>A route of the underlay: what is behind an uplink, and which neighbour leads to it.</summary>
public sealed record UplinkRoute
{
    /// <summary>
    /// The destinations; of several routes to one the longest prefix is taken, over all uplinks, and of equal ones the
    /// first uplink's whose next hop is known. The default route is <c>0.0.0.0/0</c> or <c>::/0</c>.
    /// </summary>
    public required IpPrefix Prefix { get; init; }

    /// <summary>
    /// The routers on the link that lead there, of the prefix's family; none where the destinations are on the link.
    /// </summary>
    /// <remarks>
    /// Of several, the flow's hash chooses one whose MAC address is known, so that one that comes or goes moves only
    /// the flows that it has, or had (ECMP).
    /// </remarks>
    public ValueArray<IpAddress> Via { get; init; }

    /// <summary>Whether the destinations themselves are on the uplink's link.</summary>
    public bool OnLink { get; init; }

    /// <summary>
    /// The uplink's address that is the local VTEP where a tunnel names none; null for its first one of the family.
    /// </summary>
    public IpAddress? Source { get; init; }
}
