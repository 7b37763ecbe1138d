using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <summary>Maps every address and MAC address in a policy; names, numbers and the order of rules stay.</summary>
/// <remarks>
/// A prefix becomes the prefix of the mapped addresses. A range that is no prefix has no image that is one range, so it
/// becomes the prefixes it is made of, at most 62 for IPv4 and 254 for IPv6. Keys of BFD become keys that are no
/// secrets.
/// </remarks>
public sealed class PolicyAnonymizer(AddressMapping addresses, MacMapping macs)
{
    /// <summary>The subnets that a policy names: their edges are worth keeping in the mapping.</summary>
    public static IEnumerable<IpPrefix> SubnetsOf(SwitchPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Networks.SelectMany(network => network.Subnets);
    }

    /// <summary>The UDP ports on which packets of a policy are tunnel packets, and the tunnels' kinds.</summary>
    public static IEnumerable<KeyValuePair<ushort, TunnelKind>> TunnelPortsOf(SwitchPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        IEnumerable<TunnelOptions> tunnels = policy.Networks.Select(network => network.Tunnel)
            .Concat(policy.Ports.Select(port => port.Bfd).OfType<BfdOptions>().Select(bfd => bfd.Tunnel))
            .Concat(policy.Layers.SelectMany(layer => layer.Groups).SelectMany(group => group.Rules)
                .Select(rule => rule.Action)
                .OfType<RuleAction.Encap>()
                .Select(encap => encap.Tunnel)
                .OfType<ExplicitTunnel>()
                .Select(tunnel => tunnel.Options));
        return policy.Ports
            .SelectMany(port => All(port.VxlanPorts, TunnelKind.Vxlan)
                .Concat(All(port.VxlanGpePorts, TunnelKind.VxlanGpe))
                .Concat(All(port.GenevePorts, TunnelKind.Geneve)))
            .Concat(tunnels.Select(tunnel => KeyValuePair.Create(tunnel.UdpPort, tunnel.Kind)))
            .Distinct();

        static IEnumerable<KeyValuePair<ushort, TunnelKind>> All(ValueArray<ushort> ports, TunnelKind kind) =>
            ports.Select(port => KeyValuePair.Create(port, kind));
    }

    /// <summary>What BFD packets of a policy are authenticated by.</summary>
    public static IEnumerable<BfdAuthentication> AuthenticationsOf(SwitchPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Ports.Select(port => port.Bfd?.Authentication).OfType<BfdAuthentication>();
    }

    /// <summary>Maps a policy.</summary>
    public SwitchPolicy Map(SwitchPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy with
        {
            Ports = Each(policy.Ports, Map),
            Networks = Each(policy.Networks, Map),
            Neighbors = Each(policy.Neighbors, neighbor => neighbor with
            {
                Address = addresses.Map(neighbor.Address),
                Mac = macs.Map(neighbor.Mac),
            }),
            AddressSets = Each(policy.AddressSets, set => set with { Addresses = Map(set.Addresses) }),
            Layers = Each(policy.Layers, layer => layer with { Groups = Each(layer.Groups, Map) }),
        };
    }

    private static ValueArray<T> Each<T>(ValueArray<T> items, Func<T, T> map) => items.Select(map).ToValueArray();

    private Port Map(Port port) => port with
    {
        Mac = macs.Map(port.Mac),
        Addresses = Map(port.Addresses),
        Bfd = port.Bfd is { } bfd
            ? bfd with
            {
                Vteps = Map(bfd.Vteps),
                Authentication = bfd.Authentication is { } secrets ? BfdSigner.Anonymous(secrets) : null,
            }
            : null,
        Routes = Each(port.Routes, route => route with
        {
            Prefix = addresses.Map(route.Prefix),
            Via = Map(route.Via),
            Source = Map(route.Source),
        }),
    };

    private Network Map(Network network) => network with
    {
        Subnets = Each(network.Subnets, addresses.Map),
        Gateway = network.Gateway is { } gateway
            ? gateway with { Addresses = Map(gateway.Addresses), Mac = macs.Map(gateway.Mac) }
            : null,
        Endpoints = Each(network.Endpoints, endpoint => endpoint with
        {
            Addresses = Map(endpoint.Addresses),
            Mac = macs.Map(endpoint.Mac),
            Vtep = addresses.Map(endpoint.Vtep),
        }),
        Routes = Each(network.Routes, route => route with
        {
            Prefix = addresses.Map(route.Prefix),
            Vteps = Map(route.Vteps),
            RouterMac = macs.Map(route.RouterMac),
        }),
        Vteps = Map(network.Vteps),
        MulticastGroup = network.MulticastGroup is { } group
            ? group with { Address = addresses.Map(group.Address), ReplicateTo = Map(group.ReplicateTo) }
            : null,
    };

    private Group Map(Group group) => group with
    {
        Source = Map(group.Source),
        Destination = Map(group.Destination),
        Rules = Each(group.Rules, rule => rule with { Match = Map(rule.Match), Action = Map(rule.Action) }),
    };

    private Match Map(Match match) => match with
    {
        Source = Map(match.Source),
        Destination = Map(match.Destination),
        SourceMac = Each(match.SourceMac, macs.Map),
        DestinationMac = Each(match.DestinationMac, macs.Map),
        OuterSource = Map(match.OuterSource),
        OuterDestination = Map(match.OuterDestination),
    };

    private RuleAction Map(RuleAction action) => action switch
    {
        RuleAction.Nat nat => nat with { Source = Map(nat.Source), Destination = Map(nat.Destination) },
        RuleAction.DynamicNat nat => nat with { Addresses = Map(nat.Addresses) },
        RuleAction.LoadBalance balance => balance with
        {
            Backends = Each(balance.Backends, backend => backend with { Address = addresses.Map(backend.Address) }),
        },
        RuleAction.Encap { Tunnel: { } tunnel } encap => encap with
        {
            Tunnel = tunnel with
            {
                Source = Map(tunnel.Source),
                Destinations = Map(tunnel.Destinations),
                RouterMac = Map(tunnel.RouterMac),
            },
        },
        RuleAction.Modify modify => modify with
        {
            SourceMac = Map(modify.SourceMac),
            DestinationMac = Map(modify.DestinationMac),
        },
        _ => action,
    };

    private IpAddress? Map(IpAddress? address) => address is { } value ? addresses.Map(value) : null;

    private MacAddress? Map(MacAddress? mac) => mac is { } value ? macs.Map(value) : null;

    private ValueArray<IpAddress> Map(ValueArray<IpAddress> list) => Each(list, addresses.Map);

    private AddressMatch Map(AddressMatch match) =>
        new(match.Terms.SelectMany(Map).ToValueArray());

    private IEnumerable<AddressTerm> Map(AddressTerm term)
    {
        if (term.Set is not null || !term.First.HasValue)
        {
            return [term];
        }

        return Prefixes(term.First, term.Last)
            .Select(prefix => new AddressTerm(addresses.Map(prefix), term.Negated));
    }

    /// <summary>The fewest prefixes that hold a range's addresses and no others.</summary>
    private static IEnumerable<IpPrefix> Prefixes(IpAddress first, IpAddress last)
    {
        UInt128 at = AddressMapping.BitsOf(first);
        UInt128 end = AddressMapping.BitsOf(last);
        while (true)
        {
            int host = Math.Min((int)UInt128.TrailingZeroCount(at), first.BitLength);
            while (LastOf(at, host) > end)
            {
                host--;
            }

            yield return new IpPrefix(AddressMapping.AddressOf(at, first.Family), first.BitLength - host);
            if (LastOf(at, host) == end)
            {
                yield break;
            }

            at = LastOf(at, host) + 1;
        }
    }

    private static UInt128 LastOf(UInt128 first, int hostBits) =>
        hostBits == 0 ? first : first | (UInt128.MaxValue >> (128 - hostBits));
}
