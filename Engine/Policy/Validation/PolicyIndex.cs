using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>What a policy's parts look up in one another; of several with one name the first counts.</summary>
internal sealed class PolicyIndex
{
    /// <summary>How deep address sets may hold one another.</summary>
    public const int MaxSetDepth = 32;

    private readonly Dictionary<string, Families> _setFamilies = new(StringComparer.Ordinal);

    public PolicyIndex(SwitchPolicy policy)
    {
        Policy = policy;
        foreach (Port port in policy.Ports)
        {
            Ports.TryAdd(port.Name, port);
            if (port.Kind == PortKind.Uplink)
            {
                UplinkAddresses.UnionWith((IEnumerable<IpAddress>)port.Addresses);
            }
        }

        foreach (Network network in policy.Networks)
        {
            Networks.TryAdd(network.Name, network);
        }

        foreach (AddressSet set in policy.AddressSets)
        {
            Sets.TryAdd(set.Name, set);
        }
    }

    public SwitchPolicy Policy { get; }

    public Dictionary<string, Port> Ports { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, Network> Networks { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, AddressSet> Sets { get; } = new(StringComparer.Ordinal);

    /// <summary>The local VTEP addresses.</summary>
    public HashSet<IpAddress> UplinkAddresses { get; } = [];

    /// <summary>The families of the addresses that a condition lets through.</summary>
    public Families FamiliesOf(AddressMatch match) => FamiliesOf(match, 0);

    private Families FamiliesOf(AddressMatch match, int depth)
    {
        Families families = Families.None;
        bool isLimited = false;
        foreach (AddressTerm term in match.Terms)
        {
            if (!term.Negated)
            {
                isLimited = true;
                families |= term.Set is null ? term.First.Family.ToSet() : FamiliesOfSet(term.Set, depth);
            }
        }

        return isLimited ? families : Families.Any;
    }

    private Families FamiliesOfSet(string name, int depth)
    {
        // An unknown, circular or too deep set is a mistake of its own and makes nothing else look wrong.
        if (depth == MaxSetDepth || !Sets.TryGetValue(name, out AddressSet? set))
        {
            return Families.Any;
        }

        if (!_setFamilies.TryGetValue(name, out Families families))
        {
            _setFamilies[name] = Families.Any;
            families = FamiliesOf(set.Addresses, depth + 1);
            _setFamilies[name] = families;
        }

        return families;
    }
}
