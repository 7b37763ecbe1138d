using VxlanEngine.Policy;

namespace VxlanEngine.Classification;

/// <summary>Finds what stays the same from one version of a layer to the next.</summary>
/// <param name="changedSets">Names of the sets that hold other addresses than before.</param>
internal sealed class RuleDifference(HashSet<string> changedSets)
{
    private (Group Old, Group New, bool IsSame) _lastGroups;

    /// <summary>Finds for each rule its rank in an older list.</summary>
    /// <returns>The ranks, ascending, with −1 for rules that were not there or match other packets now.</returns>
    public int[] Align(BoundRule[] older, BoundRule[] newer) => Alignment.Of(
        older, newer, IsSame, old => old.Rule, rule => rule.Rule, ReferenceEqualityComparer.Instance!);

    private bool IsSame(BoundRule old, BoundRule rule) =>
        ReferenceEquals(old.Rule, rule.Rule)
        && IsSame(old.Group, rule.Group)
        && (changedSets.Count == 0 || !NamesChanged(rule.Rule.Match));

    private bool IsSame(Group old, Group group)
    {
        if (!ReferenceEquals(old, _lastGroups.Old) || !ReferenceEquals(group, _lastGroups.New))
        {
            bool isSame = old.Family == group.Family
                && old.Protocols == group.Protocols
                && old.Source == group.Source
                && old.Destination == group.Destination
                && !NamesChanged(group.Source)
                && !NamesChanged(group.Destination);
            _lastGroups = (old, group, isSame);
        }

        return _lastGroups.IsSame;
    }

    private bool NamesChanged(Match match) =>
        NamesChanged(match.Source) || NamesChanged(match.Destination)
        || NamesChanged(match.OuterSource) || NamesChanged(match.OuterDestination);

    private bool NamesChanged(AddressMatch match)
    {
        foreach (AddressTerm term in match.Terms)
        {
            if (term.Set is not null && changedSets.Contains(term.Set))
            {
                return true;
            }
        }

        return false;
    }
}
