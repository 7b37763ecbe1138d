using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>The machine's own routes and neighbours, as far as uplinks follow them.</summary>
/// <remarks>
/// Says which way the machine itself would send: by the longest prefix of all its routes, of equal ones by the lowest
/// metric. An uplink is the way only where that one leads out of its interface; of several next hops there it is the
/// first. Thread: the worker's, between two bursts where it changes.
/// </remarks>
internal sealed class HostTables
{
    private readonly Dictionary<int, int> _interfaces = [];
    private readonly Dictionary<(int Interface, IpAddress Address), HostNeighbor> _neighbors = [];
    private readonly Dictionary<IpAddress, ValueArray<IpAddress>> _routers = [];
    private List<HostRoute> _routes = [];
    private Level[] _ipv4 = [];
    private Level[] _ipv6 = [];

    /// <summary>Another number whenever packets may have to go another way.</summary>
    public uint Version { get; private set; }

    /// <summary>Number of neighbours.</summary>
    public int NeighborCount => _neighbors.Count;

    /// <summary>Says which interface an uplink stands on.</summary>
    /// <param name="port">Index of the uplink.</param>
    /// <param name="interfaceIndex">Index of the interface; 0 while there is none.</param>
    /// <returns>False when it was said before.</returns>
    public bool Bind(int port, int interfaceIndex)
    {
        if (_interfaces.GetValueOrDefault(port) == interfaceIndex)
        {
            return false;
        }

        _interfaces[port] = interfaceIndex;
        Version++;
        return true;
    }

    /// <summary>Index of the interface that an uplink stands on; 0 for none.</summary>
    public int InterfaceOf(int port) => _interfaces.GetValueOrDefault(port);

    /// <summary>The uplinks that stand on an interface.</summary>
    public IEnumerable<int> PortsOn(int interfaceIndex) =>
        _interfaces.Where(bound => bound.Value == interfaceIndex).Select(bound => bound.Key);

    /// <summary>Number of routes whose way is out of an interface.</summary>
    public int CountRoutes(int interfaceIndex) => _routes.Count(route => route.Interface == interfaceIndex);

    /// <summary>Takes the routes' place.</summary>
    /// <param name="routes">All of them, in the machine's order.</param>
    /// <returns>False when they are the same as before.</returns>
    public bool SetRoutes(List<HostRoute> routes)
    {
        if (routes.SequenceEqual(_routes))
        {
            return false;
        }

        _routes = routes;
        _ipv4 = Levels(IpFamily.V4);
        _ipv6 = Levels(IpFamily.V6);
        _routers.Clear();
        foreach (IpAddress router in routes.Select(route => route.Via).OfType<IpAddress>())
        {
            _routers[router] = [router];
        }

        Version++;
        return true;
    }

    /// <summary>Finds the way that the machine itself would send.</summary>
    /// <param name="port">Index of the uplink that wants to know.</param>
    /// <param name="remote">The address.</param>
    /// <param name="route">
    /// The route; it has no interface where the way is not the uplink's, which holds for shorter prefixes too.
    /// </param>
    public bool TryFindRoute(int port, IpAddress remote, out HostRoute route)
    {
        route = default;
        int own = InterfaceOf(port);
        foreach (Level level in remote.Family == IpFamily.V4 ? _ipv4 : _ipv6)
        {
            if (level.Routes.TryGetValue(IpPrefix.Mask(remote, level.PrefixLength), out HostRoute[]? hops))
            {
                route = hops[0] with { Interface = 0 };
                for (int i = hops.Length - 1; i >= 0 && own != 0; i--)
                {
                    route = hops[i].Interface == own ? hops[i] : route;
                }

                return true;
            }
        }

        return false;
    }

    /// <summary>The router of a route that was found, as routes of the policy name theirs; allocates nothing.</summary>
    public ValueArray<IpAddress> RoutersOf(in HostRoute route) => route.Via is IpAddress via ? _routers[via] : [];

    /// <summary>Takes all neighbours' place.</summary>
    public void SetNeighbors(IEnumerable<HostNeighbor> neighbors)
    {
        _neighbors.Clear();
        foreach (HostNeighbor neighbor in neighbors)
        {
            SetNeighbor(neighbor);
        }
    }

    /// <summary>Takes one neighbour's place; those of interfaces that no uplink stands on are of no interest.</summary>
    /// <returns>True when it is of interest.</returns>
    public bool SetNeighbor(in HostNeighbor neighbor)
    {
        if (!_interfaces.ContainsValue(neighbor.Interface))
        {
            return false;
        }

        if (neighbor.State == HostNeighborState.Unknown)
        {
            _neighbors.Remove((neighbor.Interface, neighbor.Address));
        }
        else
        {
            _neighbors[(neighbor.Interface, neighbor.Address)] = neighbor;
        }

        return true;
    }

    /// <summary>Finds a neighbour that has a MAC address which may be used.</summary>
    public bool TryFindNeighbor(int port, IpAddress address, out HostNeighbor neighbor) =>
        _neighbors.TryGetValue((InterfaceOf(port), address), out neighbor);

    private Level[] Levels(IpFamily family) =>
    [
        .. _routes.Where(route => route.Prefix.Address.Family == family)
            .GroupBy(route => route.Prefix.PrefixLength)
            .OrderByDescending(level => level.Key)
            .Select(level => new Level(
                level.Key, level.GroupBy(route => route.Prefix.Address).ToDictionary(same => same.Key, Best))),
    ];

    private static HostRoute[] Best(IEnumerable<HostRoute> routes)
    {
        uint lowest = routes.Min(route => route.Metric);
        return [.. routes.Where(route => route.Metric == lowest)];
    }

    private sealed record Level(int PrefixLength, Dictionary<IpAddress, HostRoute[]> Routes);
}
