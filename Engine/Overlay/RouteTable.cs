using System.Diagnostics.CodeAnalysis;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>The routes of an uplink: where on its link packets to an address go first.</summary>
/// <remarks>
/// Never changes; a policy change makes a new one. One hash table for each prefix length that occurs, the longest
/// first, so that a look-up takes as many probes as there are different lengths, however many routes. Where the uplink
/// follows the machine's own routes, they are looked up beside; of equal prefixes the policy's is taken.
/// </remarks>
internal sealed class RouteTable
{
    private readonly Port _uplink;
    private readonly int _index;
    private readonly HostTables? _host;
    private readonly Level[] _ipv4;
    private readonly Level[] _ipv6;

    /// <summary>Reads the routes of an uplink of a valid policy.</summary>
    /// <param name="uplink">The uplink.</param>
    /// <param name="index">Its number.</param>
    /// <param name="host">The machine's own tables, for an uplink that follows them.</param>
    public RouteTable(Port uplink, int index = 0, HostTables? host = null)
    {
        _uplink = uplink;
        _index = index;
        _host = uplink.HostTables ? host : null;
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
    /// <param name="route">
    /// What was found; an uplink without routes has everybody on its link, unless it follows the machine's.
    /// </param>
    public bool TryFind(IpAddress? local, IpAddress remote, out FoundRoute route)
    {
        route = default;
        if (!TryFindLocal(local, remote, out IpAddress from))
        {
            return false;
        }

        if (_uplink.Routes.IsEmpty && !_uplink.HostTables)
        {
            route = new FoundRoute(from, remote, [], 0);
            return true;
        }

        int length = -1;
        if (TryFindOwn(remote, out UplinkRoute? found))
        {
            length = found.Prefix.PrefixLength;
            route = new FoundRoute(local ?? found.Source ?? from, remote, found.Via, length);
        }

        if (_host is not null
            && _host.TryFindRoute(_index, remote, out HostRoute host)
            && host.Prefix.PrefixLength > length)
        {
            // The machine's preferred source is often an address that the uplink does not have.
            IpAddress? source = host.Source is { } own && _uplink.Addresses.AsSpan().Contains(own) ? own : null;

            // A router of the other family is asked for from an address that the uplink may not have; the machine can.
            bool canAsk = host.Via is not { } via || via.Family == remote.Family || !_uplink.ResolveNeighbors;
            length = host.Interface == 0 || !canAsk ? -1 : host.Prefix.PrefixLength;
            route = new FoundRoute(local ?? source ?? from, remote, _host.RoutersOf(host), length);
        }

        return length >= 0;
    }

    private bool TryFindOwn(IpAddress remote, [NotNullWhen(true)] out UplinkRoute? route)
    {
        foreach (Level level in remote.Family == IpFamily.V4 ? _ipv4 : _ipv6)
        {
            if (level.Routes.TryGetValue(IpPrefix.Mask(remote, level.PrefixLength), out route))
            {
                return true;
            }
        }

        route = null;
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
