using VxlanEngine.Flows;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>A network's customer addresses and where they are: VFP's CA → PA mappings.</summary>
/// <remarks>Never changes; a policy change makes a new one.</remarks>
public sealed class MappingSpace
{
    private static readonly Ipv6Address CustomaryRouter = new(0xFE80_0000_0000_0000, 1);

    private readonly Network _network;
    private readonly Dictionary<IpAddress, Mapping> _byAddress = [];
    private readonly Dictionary<MacAddress, Mapping> _byMac = [];
    private readonly RemoteSubnet[] _routes;
    private readonly HashSet<IpAddress> _vteps;
    private readonly HashSet<IpAddress> _routerAddresses;
    private readonly LocalEndpoint[] _locals;
    private readonly IpAddress[] _floodVteps;
    private readonly IReadOnlySet<IpAddress>? _downVteps;

    /// <summary>Reads a network.</summary>
    /// <param name="network">The network, of a valid policy.</param>
    /// <param name="locals">The endpoint ports that belong to it.</param>
    /// <param name="virtualAddresses">
    /// Addresses that rules translate; the router answers for those inside a subnet.
    /// </param>
    /// <param name="downVteps">VTEPs that routes with others avoid; null for none.</param>
    public MappingSpace(
        Network network,
        IEnumerable<LocalEndpoint> locals,
        IEnumerable<IpAddress> virtualAddresses,
        IReadOnlySet<IpAddress>? downVteps = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        _network = network;
        _downVteps = downVteps;
        _locals = [.. locals];
        HasUnguardedPort = _locals.Any(l => !l.Port.SourceGuard);
        foreach (LocalEndpoint local in _locals)
        {
            var mapping = new Mapping(MappingKind.Local, local.Port.Mac, local.Index, default, network.Vni);
            Add(mapping, local.Port.Addresses);
        }

        foreach (RemoteEndpoint remote in network.Endpoints)
        {
            Add(new Mapping(MappingKind.Remote, remote.Mac, -1, remote.Vtep, network.Vni), remote.Addresses);
        }

        // Longest prefix first, so that the first match is the longest.
        _routes = [.. network.Routes.OrderByDescending(r => r.Prefix.PrefixLength)];
        IpAddress[] named = [.. network.Endpoints.Select(e => e.Vtep).Concat(network.Vteps).Distinct()];
        ValueArray<IpAddress> besides = network.MulticastGroup?.ReplicateTo ?? [];
        _floodVteps = network.MulticastGroup is { } group ? [group.Address, .. besides] : named;
        _vteps = [.. named, .. besides, .. _routes.SelectMany(r => (IEnumerable<IpAddress>)r.Vteps)];
        _routerAddresses =
        [
            .. (IEnumerable<IpAddress>)(network.Gateway?.Addresses ?? []),
            .. virtualAddresses.Where(a => network.Subnets.Any(s => s.Contains(a)) && !_byAddress.ContainsKey(a)),
        ];
    }

    /// <summary>The local endpoints.</summary>
    public ReadOnlySpan<LocalEndpoint> Locals => _locals;

    /// <summary>
    /// What a flooded frame is sent to, each once, in the policy's order: the VTEPs, or the network's multicast group
    /// and the VTEPs that do not hear it.
    /// </summary>
    public ReadOnlySpan<IpAddress> FloodVteps => _floodVteps;

    /// <summary>True when a local endpoint may have stations behind it that the policy does not name.</summary>
    public bool HasUnguardedPort { get; }

    /// <summary>MAC address of the distributed router, or null in a network without one.</summary>
    public MacAddress? RouterMac => _network.Gateway?.Mac;

    /// <summary>True when a mapping, route or flood list names the VTEP.</summary>
    public bool HasVtep(IpAddress vtep) => _vteps.Contains(vtep);

    /// <summary>Finds the endpoint that has a MAC address.</summary>
    public bool TryFindMac(MacAddress mac, out Mapping mapping) => _byMac.TryGetValue(mac, out mapping);

    /// <summary>Finds the endpoint or route for a customer address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="hash">The flow's hash, which chooses among a route's VTEPs.</param>
    /// <param name="mapping">What was found.</param>
    public bool TryFindAddress(IpAddress address, ulong hash, out Mapping mapping)
    {
        if (_byAddress.TryGetValue(address, out mapping))
        {
            return true;
        }

        foreach (RemoteSubnet route in _routes)
        {
            if (route.Prefix.Contains(address))
            {
                IpAddress vtep = ChooseVtep(route.Vteps, hash, _downVteps);
                mapping = new Mapping(MappingKind.Routed, route.RouterMac, -1, vtep, route.Vni ?? _network.Vni);
                return true;
            }
        }

        return false;
    }

    /// <summary>True when the mapping or the route of a customer address names a VTEP, as one of several too.</summary>
    public bool IsBehind(IpAddress address, IpAddress vtep)
    {
        if (_byAddress.TryGetValue(address, out Mapping mapping))
        {
            return mapping.Vtep == vtep;
        }

        foreach (RemoteSubnet route in _routes)
        {
            if (route.Prefix.Contains(address))
            {
                return route.Vteps.AsSpan().Contains(vtep);
            }
        }

        return false;
    }

    /// <summary>Finds who answers for an address on the network's link.</summary>
    /// <param name="address">The address asked for.</param>
    /// <param name="mac">The MAC address to answer with.</param>
    /// <param name="isRouter">True when the distributed router answers.</param>
    public bool TryFindNeighbor(IpAddress address, out MacAddress mac, out bool isRouter)
    {
        if (_byAddress.TryGetValue(address, out Mapping mapping))
        {
            (mac, isRouter) = (mapping.Mac, false);
            return true;
        }

        (mac, isRouter) = (RouterMac ?? default, true);
        return IsRouter(address);
    }

    /// <summary>True when the distributed router has the address, its own or one that rules translate.</summary>
    public bool IsRouter(IpAddress address) => RouterMac is not null && _routerAddresses.Contains(address);

    /// <summary>True when an IPv6 link-local address is the router's, or that of another endpoint.</summary>
    /// <remarks>
    /// Stations choose these addresses themselves; known are the ones in the policy, those that MAC addresses make
    /// (RFC 4291, appendix A), and <c>fe80::1</c>, which a link's router has by custom.
    /// </remarks>
    /// <param name="address">The address.</param>
    /// <param name="own">MAC address of the station that may have it.</param>
    public bool IsLinkLocalOfAnother(Ipv6Address address, MacAddress own)
    {
        if (TryFindNeighbor(address, out MacAddress owner, out _))
        {
            return owner != own;
        }

        if (address == CustomaryRouter)
        {
            return RouterMac is not null;
        }

        return address.TryGetMac(out MacAddress mac) && mac != own && (mac == RouterMac || _byMac.ContainsKey(mac));
    }

    /// <summary>Chooses one of several VTEPs by rendezvous hashing, so that a change moves few flows.</summary>
    /// <param name="vteps">The VTEPs.</param>
    /// <param name="hash">The flow's hash.</param>
    /// <param name="down">VTEPs to avoid unless all of them are; null for none.</param>
    public static IpAddress ChooseVtep(
        ValueArray<IpAddress> vteps, ulong hash, IReadOnlySet<IpAddress>? down = null)
    {
        IpAddress best = default;
        ulong highest = 0;
        bool isBestUp = false;
        foreach (IpAddress vtep in vteps)
        {
            bool isUp = down is null || !down.Contains(vtep);
            ulong number = FlowHash.Mix(FlowHash.Mix(hash, vtep.High), vtep.Low);
            if (!best.HasValue || (isUp && !isBestUp) || (isUp == isBestUp && number > highest))
            {
                (best, highest, isBestUp) = (vtep, number, isUp);
            }
        }

        return best;
    }

    private void Add(Mapping mapping, ValueArray<IpAddress> addresses)
    {
        _byMac.TryAdd(mapping.Mac, mapping);
        foreach (IpAddress address in addresses)
        {
            _byAddress.TryAdd(address, mapping);
        }
    }
}
