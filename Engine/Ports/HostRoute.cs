using VxlanEngine.Wire;

namespace VxlanEngine.Ports;

/// <summary>A next hop of the machine's own routing table; a route with several is several of these.</summary>
/// <param name="Prefix">The destinations.</param>
/// <param name="Metric">Of two routes to one prefix the lower one is taken.</param>
/// <param name="Interface">
/// Index of the interface that leads there; 0 where none does, or by a way that is not followed.
/// </param>
/// <param name="Via">
/// The router on the link, of the other family too; null where the destinations are on it themselves.
/// </param>
/// <param name="Source">The address that the machine sends from; null for no preference.</param>
internal readonly record struct HostRoute(
    IpPrefix Prefix, uint Metric, int Interface, IpAddress? Via, IpAddress? Source);
