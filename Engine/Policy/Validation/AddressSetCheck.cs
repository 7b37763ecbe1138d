using VxlanEngine.Policy.Json;

namespace VxlanEngine.Policy.Validation;

/// <summary>Checks the named sets of addresses.</summary>
internal sealed class AddressSetCheck(PolicyIndex index, Findings findings)
{
    public void Run()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (AddressSet set in index.Policy.AddressSets)
        {
            string path = "$.addressSets" + JsonPath.Member(set.Name ?? "");
            findings.Name(path, set.Name ?? "", "address set", names);
            Terms(index, findings, path, set.Addresses);
            Nesting(path, set);
        }
    }

    /// <summary>Checks that the terms of a condition say something, and that its sets exist.</summary>
    public static void Terms(PolicyIndex index, Findings findings, string path, AddressMatch match)
    {
        for (int i = 0; i < match.Terms.Count; i++)
        {
            AddressTerm term = match.Terms[i];
            string termPath = match.Terms.Count == 1 ? path : $"{path}[{i}]";
            if (term.Set is null && !term.First.HasValue)
            {
                findings.Add(termPath, "Expected an address, a range or a set, found none.");
            }
            else if (term.Set is not null && !index.Sets.ContainsKey(term.Set))
            {
                findings.Dangling(termPath, "address set", term.Set, index.Sets.Keys);
            }
        }
    }

    /// <summary>Looks for a way from a set back to itself, and for one that is too long.</summary>
    private void Nesting(string path, AddressSet start)
    {
        var visited = new HashSet<string>(StringComparer.Ordinal);
        var way = new List<string> { start.Name };
        if (Visit(start))
        {
            findings.Add(path, way.Count > PolicyIndex.MaxSetDepth
                ? $"The sets that this one holds are nested more than {PolicyIndex.MaxSetDepth} deep."
                : $"The set contains itself: {string.Join(" → ", way)}.");
        }

        bool Visit(AddressSet set)
        {
            foreach (AddressTerm term in set.Addresses.Terms)
            {
                if (term.Set is null || !index.Sets.TryGetValue(term.Set, out AddressSet? next))
                {
                    continue;
                }

                way.Add(term.Set);
                if (way.Count > PolicyIndex.MaxSetDepth
                    || term.Set == start.Name
                    || (visited.Add(term.Set) && Visit(next)))
                {
                    return true;
                }

                way.RemoveAt(way.Count - 1);
            }

            return false;
        }
    }
}
