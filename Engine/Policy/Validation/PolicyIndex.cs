using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>What a policy's parts look up in one another; of several with one name the first counts.</summary>
internal sealed class PolicyIndex
{
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
    public Families FamiliesOf(AddressMatch match) => FamiliesOf(match, []);

    private Families FamiliesOf(AddressMatch match, HashSet<string> visited)
    {
        Families families = Families.None;
        bool isLimited = false;
        foreach (AddressTerm term in match.Terms)
        {
            if (term.Negated)
            {
                continue;
            }

            isLimited = true;
            families |= term.Set is null ? term.First.Family.ToSet() : FamiliesOfSet(term.Set, visited);
        }

        return isLimited ? families : Families.Any;
    }

    private Families FamiliesOfSet(string name, HashSet<string> visited)
    {
        // An unknown or circular set is a mistake of its own and makes nothing else look wrong.
        if (!Sets.TryGetValue(name, out AddressSet? set) || !visited.Add(name))
        {
            return Families.Any;
        }

        Families families = set.Addresses.IsEmpty ? Families.Any : FamiliesOf(set.Addresses, visited);
        visited.Remove(name);
        return families;
    }
}
