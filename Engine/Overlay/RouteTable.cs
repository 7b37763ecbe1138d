using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>The routes of an uplink: where on its link packets to an address go first.</summary>
/// <remarks>
/// Never changes; a policy change makes a new one. One hash table for each prefix length that occurs, the longest
/// first, so that a look-up takes as many probes as there are different lengths, however many routes.
/// </remarks>
internal sealed class RouteTable
{
    private readonly Port _uplink;
    private readonly Level[] _ipv4;
    private readonly Level[] _ipv6;

    /// <summary>Reads the routes of an uplink of a valid policy.</summary>
    public RouteTable(Port uplink)
    {
        _uplink = uplink;
        _ipv4 = Levels(uplink.Routes, IpFamily.V4);
        _ipv6 = Levels(uplink.Routes, IpFamily.V6);
    }

    /// <summary>True when the uplink has an address that may send to another.</summary>
    /// <param name="local">The address; null for any of the family.</param>
    /// <param name="remote">The other address.</param>
    public bool MayReach(IpAddress? local, IpAddress remote) => TryFindLocal(local, remote, out _);

    /// <summary>Finds the way to an address.</summary>
    /// <param name="local">The uplink's own address to send from; null for the route's, or the first.</param>
    /// <param name="remote">The address.</param>
    /// <param name="route">What was found; an uplink without routes has everybody on its link.</param>
    public bool TryFind(IpAddress? local, IpAddress remote, out FoundRoute route)
    {
        route = default;
        if (!TryFindLocal(local, remote, out IpAddress from))
        {
            return false;
        }

        if (_uplink.Routes.IsEmpty)
        {
            route = new FoundRoute(from, remote, [], 0);
            return true;
        }

        foreach (Level level in remote.Family == IpFamily.V4 ? _ipv4 : _ipv6)
        {
            if (level.Routes.TryGetValue(IpPrefix.Mask(remote, level.PrefixLength), out UplinkRoute? found))
            {
                from = local ?? found.Source ?? from;
                route = new FoundRoute(from, remote, found.Via, level.PrefixLength);
                return true;
            }
        }

        return false;
    }

    private bool TryFindLocal(IpAddress? local, IpAddress remote, out IpAddress found)
    {
        foreach (IpAddress address in _uplink.Addresses)
        {
            if (address.Family == remote.Family && (local is null || local == address))
            {
                found = address;
                return true;
            }
        }

        found = default;
        return false;
    }

    private static Level[] Levels(ValueArray<UplinkRoute> routes, IpFamily family) =>
    [
        .. routes.Where(route => route.Prefix.Address.Family == family)
            .GroupBy(route => route.Prefix.PrefixLength)
            .OrderByDescending(level => level.Key)
            .Select(level => new Level(level.Key, level.ToDictionary(route => route.Prefix.Address))),
    ];

    private sealed record Level(int PrefixLength, Dictionary<IpAddress, UplinkRoute> Routes);
}
