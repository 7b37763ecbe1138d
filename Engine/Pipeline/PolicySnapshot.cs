using System.Diagnostics.CodeAnalysis;
using VxlanEngine.Classification;
using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>
/// A policy made ready for packets: names resolved, layers ordered, mapping spaces and classifiers built.
/// </summary>
/// <remarks>
/// Never changes once built, but for the tunnels it interns as they are first used, and what the machine's own tables
/// say of ways to VTEPs. Thread: the worker's.
/// </remarks>
internal sealed class PolicySnapshot
{
    /// <summary>Most names of ports that a switch sees in its time: frames carry a port's number in 16 bits.</summary>
    public const int MaxPortNames = ushort.MaxValue + 1;

    /// <summary>
    /// Most tunnels that are kept ready; then all are made anew. Where source VTEPs are not checked, anybody can have
    /// answers sent into tunnels to anywhere.
    /// </summary>
    private const int MaxTunnels = 1 << 16;

    private readonly Dictionary<string, BoundLayer> _layers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BoundNetwork> _networks = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, BoundNetwork> _byVni = [];
    private readonly Dictionary<(int Port, IpAddress Address), MacAddress> _neighbors = [];
    private readonly Dictionary<TunnelName, TunnelTemplate> _tunnels = [];
    private readonly HashSet<(IpAddress Local, IpAddress Remote, ushort UdpPort, Vni? Vni)> _used = [];
    private readonly BoundPort?[] _ports;
    private readonly HostTables? _host;
    private readonly bool _followsHost;

    public PolicySnapshot(
        SwitchPolicy policy,
        uint generation,
        long appliedNs,
        NameDirectory portNames,
        NameDirectory networkNames,
        ClassifierKind classifiers = ClassifierKind.Compiled,
        PolicySnapshot? older = null,
        IReadOnlySet<IpAddress>? downVteps = null,
        HostTables? host = null)
    {
        Policy = policy;
        _host = host;
        _followsHost = policy.Ports.Any(p => p.HostTables);
        DownVteps = downVteps ?? older?.DownVteps;
        Generation = generation;
        AppliedNs = appliedNs;
        PortNames = portNames;
        NetworkNames = networkNames;
        foreach (Port port in policy.Ports)
        {
            portNames.GetOrAdd(port.Name);
        }

        if (portNames.Count > MaxPortNames)
        {
            throw new PolicyException(null, [new PolicyError(
                "$.ports",
                $"With these ports the switch has seen {portNames.Count} names of ports, and it can tell "
                    + $"{MaxPortNames} apart: use names again, or make the switch anew.")]);
        }

        foreach (Layer layer in policy.Layers)
        {
            BoundLayer? before = older?._layers.GetValueOrDefault(layer.Name);
            _layers.Add(layer.Name, new BoundLayer(layer, policy.AddressSets, classifiers, before));
        }

        IpAddress[] virtualAddresses = [.. _layers.Values.SelectMany(VirtualAddresses)];
        foreach (Network network in policy.Networks)
        {
            IEnumerable<LocalEndpoint> locals = policy.Ports
                .Where(p => string.Equals(p.Network, network.Name, StringComparison.Ordinal))
                .Select(p => new LocalEndpoint(portNames.GetOrAdd(p.Name), p));
            var space = new MappingSpace(network, locals, virtualAddresses, DownVteps);
            var bound = new BoundNetwork(networkNames.GetOrAdd(network.Name), network, space)
            {
                Group = GroupTunnel.Of(network, policy, portNames),
            };
            _networks.Add(network.Name, bound);
            _byVni.Add(network.Vni.Value, bound);
        }

        _ports = new BoundPort?[portNames.Count];
        foreach (Port port in policy.Ports)
        {
            int index = portNames.GetOrAdd(port.Name);
            _ports[index] = Bind(index, port);
        }

        Uplinks = [.. _ports.OfType<BoundPort>().Where(p => p.Port.Kind == PortKind.Uplink)];
        Translates = Rules.Any(r => r.Rule.Action
            is RuleAction.Nat or RuleAction.DynamicNat or RuleAction.LoadBalance);
        Host = _ports.FirstOrDefault(p => p is { Port.Kind: PortKind.Host });
        foreach (Neighbor neighbor in policy.Neighbors)
        {
            _neighbors[(portNames.GetOrAdd(neighbor.Port), neighbor.Address)] = neighbor.Mac;
        }
    }

    public SwitchPolicy Policy { get; }

    public uint Generation { get; }

    /// <summary>VTEPs that are said to be down; they outlive a policy. Null when none ever was.</summary>
    public IReadOnlySet<IpAddress>? DownVteps { get; }

    /// <summary>Numbers of all ports that this policy or an older one has named.</summary>
    public NameDirectory PortNames { get; }

    /// <summary>Numbers of all networks that this policy or an older one has named.</summary>
    public NameDirectory NetworkNames { get; }

    /// <summary>When the policy was applied; answers may follow an older one for a second.</summary>
    public long AppliedNs { get; }

    public BoundPort[] Uplinks { get; }

    public BoundPort? Host { get; }

    public IEnumerable<BoundRule> Rules => _layers.Values.SelectMany(l => l.Classifier.Rules);

    /// <summary>Number of port numbers in use.</summary>
    public int PortCount => _ports.Length;

    /// <summary>True when a rule may translate flows.</summary>
    public bool Translates { get; }

    /// <summary>The port with a number; null when the policy has none.</summary>
    public BoundPort? Port(int index) => (uint)index < (uint)_ports.Length ? _ports[index] : null;

    /// <summary>The port with a name that a valid policy refers to.</summary>
    public BoundPort Port(string name)
    {
        PortNames.TryFind(name, out int index);
        return _ports[index]!;
    }

    public BoundNetwork Network(string name) => _networks[name];

    public BoundNetwork? Network(uint vni) => _byVni.GetValueOrDefault(vni);

    /// <summary>The network with a number; null when the policy has none.</summary>
    public BoundNetwork? NetworkAt(int index) => _networks.GetValueOrDefault(NetworkNames[index]);

    /// <summary>True when a station that the policy does not name may be where a frame of it came from.</summary>
    public bool MayLearn(BoundNetwork network, MacAddress mac, StationPlace place)
    {
        if (mac == network.Space.RouterMac || network.Space.TryFindMac(mac, out _))
        {
            return false;
        }

        return place.Port < 0
            ? network.Network.SourceVtep == SourceVtepCheck.Off || network.Space.HasVtep(place.Vtep)
            : Port(place.Port) is { Port.SourceGuard: false } port && port.Network == network;
    }

    /// <summary>Resolves a tunnel by what it is called: VNI, remote VTEP and options.</summary>
    /// <param name="vni">The VNI.</param>
    /// <param name="source">The local VTEP; null for the first uplink address of the family.</param>
    /// <param name="remote">The remote VTEP.</param>
    /// <param name="options">How headers are written.</param>
    /// <param name="flow">The flow's hash, which chooses among several next hops.</param>
    /// <param name="neighbors">Next hops that the policy does not name.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="missing">Why there is no such tunnel.</param>
    public TunnelTemplate? Tunnel(
        Vni vni,
        IpAddress? source,
        IpAddress remote,
        TunnelOptions options,
        ulong flow,
        NeighborTable neighbors,
        long nowNs,
        out DropReason missing)
    {
        missing = DropReason.None;
        var name = new TunnelName(vni, source ?? default, remote, options, default);
        if (_tunnels.TryGetValue(name, out TunnelTemplate? tunnel) && !tunnel.IsNextHopLearnt)
        {
            return tunnel;
        }

        if (!TryFindWay(source, remote, flow, neighbors, nowNs, out Way way, out missing))
        {
            return null;
        }

        if (way.IsChosen)
        {
            name = name with { NextHop = way.Hop.Address };
            _tunnels.TryGetValue(name, out tunnel);
        }

        return IsBy(tunnel, way) ? tunnel : Intern(name, way);
    }

    private static bool IsBy([NotNullWhen(true)] TunnelTemplate? tunnel, in Way way) =>
        tunnel is not null
        && tunnel.NextHop == way.Hop.Mac
        && tunnel.NextHopAddress == way.Hop.Address
        && tunnel.Uplink == way.Hop.Uplink
        && tunnel.Local == way.Local;

    private TunnelTemplate Intern(in TunnelName name, in Way way)
    {
        if (_tunnels.Count >= MaxTunnels)
        {
            _tunnels.Clear();
            _used.Clear();
        }

        TunnelTemplate tunnel = VxlanEncapsulation.CreateTemplate(
            name.Vni, way.Local, name.Remote, name.Options, way.Hop);
        _tunnels[name] = tunnel;
        _used.Add((way.Local, name.Remote, name.Options.UdpPort, name.Vni));
        _used.Add((way.Local, name.Remote, name.Options.UdpPort, null));
        return tunnel;
    }

    /// <summary>True when packets were put into a tunnel under this policy.</summary>
    /// <param name="local">The local VTEP.</param>
    /// <param name="remote">The remote VTEP.</param>
    /// <param name="udpPort">The UDP port.</param>
    /// <param name="vni">The VNI; null for any.</param>
    public bool HasTunnel(IpAddress local, IpAddress remote, ushort udpPort, Vni? vni) =>
        _used.Contains((local, remote, udpPort, vni));

    /// <summary>True when a neighbour's MAC address is to be found the way that it is.</summary>
    public bool IsResolved(UnderlayNeighbor neighbor) =>
        Port(neighbor.Port) is { Port: { } uplink }
        && (neighbor.IsHost ? uplink.AsksHost : uplink.ResolveNeighbors)
        && uplink.Addresses.AsSpan().Contains(neighbor.Local)
        && !_neighbors.ContainsKey((neighbor.Port, neighbor.Address));

    /// <summary>True when frames in a tunnel would still leave the way that they were made for.</summary>
    public bool IsNextHop(TunnelTemplate tunnel) =>
        Port(tunnel.Uplink) is BoundPort uplink
        && uplink.Port.VlanTci == tunnel.VlanTci
        && uplink.Routes.TryFind(tunnel.Local, tunnel.Remote, out FoundRoute route)
        && route.LeadsBy(tunnel.NextHopAddress);

    /// <summary>Lets rules go on counting where the rules of the same id of an older policy stopped.</summary>
    public void ShareCounters(Dictionary<string, RuleCounter> counters)
    {
        foreach (BoundRule rule in Rules)
        {
            if (counters.TryGetValue(rule.Id, out RuleCounter? counter))
            {
                rule.Counter = counter;
            }
            else
            {
                counters.Add(rule.Id, rule.Counter);
            }
        }
    }

    /// <summary>
    /// Finds the uplink and the next hop to a VTEP: by the longest prefix, and then the policy's own neighbours first.
    /// </summary>
    private bool TryFindWay(
        IpAddress? source,
        IpAddress remote,
        ulong flow,
        NeighborTable neighbors,
        long nowNs,
        out Way way,
        out DropReason missing)
    {
        if (remote.IsMulticast && source is IpAddress local)
        {
            missing = DropReason.None;
            way = WayToGroup(local, remote);
            return true;
        }

        // To a group that no network has, such as an outer source address that was forged, there is no route.
        way = default;
        int longest = LongestPrefix(source, remote, out missing);
        foreach (BoundPort uplink in Uplinks)
        {
            if (uplink.Routes.TryFind(source, remote, out FoundRoute route)
                && route.PrefixLength == longest
                && TryKnownWay(uplink, route, flow, neighbors, nowNs, out way))
            {
                return true;
            }
        }

        foreach (BoundPort uplink in Uplinks)
        {
            if ((uplink.Port.ResolveNeighbors || uplink.Port.AsksHost)
                && uplink.Routes.TryFind(source, remote, out FoundRoute route)
                && route.PrefixLength == longest
                && TryLearnWay(uplink, route, flow, neighbors, nowNs, out way))
            {
                return true;
            }
        }

        return false;
    }

    private int LongestPrefix(IpAddress? source, IpAddress remote, out DropReason missing)
    {
        int longest = -1;
        missing = DropReason.UplinkUnknown;
        foreach (BoundPort uplink in Uplinks)
        {
            if (uplink.Routes.TryFind(source, remote, out FoundRoute route))
            {
                longest = Math.Max(longest, route.PrefixLength);
                missing = DropReason.NeighborUnresolved;
            }
            else if (longest < 0 && uplink.Routes.MayReach(source, remote))
            {
                missing = DropReason.RouteUnknown;
            }
        }

        return longest;
    }

    /// <summary>
    /// Takes the first of a route's next hops that the policy knows or, where there is a choice, that has answered.
    /// </summary>
    private bool TryKnownWay(
        BoundPort uplink, in FoundRoute route, ulong flow, NeighborTable neighbors, long nowNs, out Way way)
    {
        bool isHost = uplink.Port.AsksHost;
        bool asks = route.IsChoice && (uplink.Port.ResolveNeighbors || isHost);
        FoundRoute.Choices hops = route.For(flow);
        while (hops.MoveNext())
        {
            if (_neighbors.TryGetValue((uplink.Index, hops.Current), out MacAddress mac))
            {
                way = Way.By(uplink, route, hops.Current, mac, _followsHost);
                return true;
            }

            if (asks
                && neighbors.UseKnown(uplink.Index, route.Local, hops.Current, nowNs, isHost) is
                    UnderlayNeighbor neighbor)
            {
                way = Way.By(uplink, route, hops.Current, neighbor.Mac, isLearnt: true);
                return true;
            }
        }

        way = default;
        return false;
    }

    /// <summary>Has the first of a route's next hops asked for that may still answer.</summary>
    private static bool TryLearnWay(
        BoundPort uplink, in FoundRoute route, ulong flow, NeighborTable neighbors, long nowNs, out Way way)
    {
        FoundRoute.Choices hops = route.For(flow);
        while (hops.MoveNext())
        {
            if (neighbors.Use(uplink.Index, route.Local, hops.Current, nowNs, uplink.Port.AsksHost) is
                UnderlayNeighbor neighbor)
            {
                way = Way.By(uplink, route, hops.Current, neighbor.Mac, isLearnt: true);
                return true;
            }
        }

        way = default;
        return false;
    }

    /// <summary>The way to a group: out of the uplink that has the source, to all who listen there.</summary>
    private Way WayToGroup(IpAddress source, IpAddress group)
    {
        BoundPort uplink = Array.Find(Uplinks, u => u.Port.Addresses.AsSpan().Contains(source))!;
        MacAddress mac = MacAddress.ForMulticast(group);
        return new Way(source, NextHop.On(uplink.Index, uplink.Port, group, mac, isLearnt: false), IsChosen: false);
    }

    private static IEnumerable<IpAddress> VirtualAddresses(BoundLayer layer)
    {
        foreach (BoundRule rule in layer.Classifier.Rules)
        {
            bool isVirtual = rule.Rule.Action is RuleAction.LoadBalance or RuleAction.Nat { Destination: not null };
            IEnumerable<AddressTerm> terms = isVirtual ? rule.Rule.Match.Destination.Terms : [];
            foreach (AddressTerm term in terms)
            {
                if (term is { Set: null, Negated: false } && term.First == term.Last)
                {
                    yield return term.First;
                }
            }
        }
    }

    private BoundPort Bind(int index, Port port)
    {
        BoundLayer[] outbound =
        [
            .. _layers.Values
                .Where(l => l.Layer.Ports.AsSpan().Contains(port.Name))
                .OrderBy(l => l.Layer.Priority),
        ];
        return new BoundPort
        {
            Index = index,
            Port = port,
            Network = port.Network is null ? null : _networks[port.Network],
            Outbound = outbound,
            MayHoldState = outbound.Any(l => l.Classifier.Rules.Any(r => r.IsStateful)),
            Inbound = [.. outbound.Reverse()],
            Tunnels = port.Kind == PortKind.Uplink ? TunnelsAt(port) : [],
            Routes = new RouteTable(port, index, _host),
            Groups =
            [
                .. _networks.Values.Select(network => network.Group).OfType<GroupTunnel>()
                    .Where(group => group.Uplink == index)
                    .Select(group => group.Address)
                    .Distinct(),
            ],
        };
    }

    /// <summary>The UDP ports on which an uplink receives tunnel packets: its own, and those of all networks.</summary>
    private Dictionary<ushort, ITunnelProtocol> TunnelsAt(Port port)
    {
        ITunnelProtocol vxlan = port.GroupPolicy ? TunnelProtocols.VxlanGroupPolicy : TunnelProtocols.Vxlan;
        var tunnels = new Dictionary<ushort, ITunnelProtocol>();
        foreach (BoundNetwork network in _networks.Values)
        {
            TunnelOptions options = network.Network.Tunnel;
            tunnels[options.UdpPort] = options.Kind == TunnelKind.Vxlan ? vxlan : TunnelProtocols.Of(options.Kind)!;
        }

        Add(port.VxlanPorts.IsEmpty ? [VxlanHeader.UdpPort] : port.VxlanPorts, vxlan);
        Add(port.VxlanGpePorts, TunnelProtocols.VxlanGpe);
        Add(port.GenevePorts, TunnelProtocols.Geneve);
        Add(port.Bfd is { } bfd ? [bfd.Tunnel.UdpPort] : [], vxlan);
        return tunnels;

        void Add(ValueArray<ushort> ports, ITunnelProtocol protocol)
        {
            foreach (ushort number in ports)
            {
                tunnels.TryAdd(number, protocol);
            }
        }
    }

    /// <summary>Where packets to a VTEP leave.</summary>
    /// <param name="Local">The local VTEP.</param>
    /// <param name="Hop">The uplink, and the station on its link.</param>
    /// <param name="IsChosen">Whether other flows may take another one.</param>
    private readonly record struct Way(IpAddress Local, NextHop Hop, bool IsChosen)
    {
        public static Way By(
            BoundPort uplink, in FoundRoute route, IpAddress station, MacAddress mac, bool isLearnt) => new(
            route.Local, NextHop.On(uplink.Index, uplink.Port, station, mac, isLearnt), route.IsChoice);
    }

    /// <summary>What a tunnel is called.</summary>
    /// <param name="Vni">The VNI.</param>
    /// <param name="Source">The local VTEP that was asked for; no address for any.</param>
    /// <param name="Remote">The remote VTEP.</param>
    /// <param name="Options">How headers are written.</param>
    /// <param name="NextHop">The next hop where flows choose among several; else no address.</param>
    private readonly record struct TunnelName(
        Vni Vni, IpAddress Source, IpAddress Remote, TunnelOptions Options, IpAddress NextHop);
}
