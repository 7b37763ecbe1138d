using VxlanEngine.Packets;
using VxlanEngine.Policy;

namespace VxlanEngine.Classification;

/// <summary>The compiled groups of one direction.</summary>
/// <remarks>
/// The last group that matches wins, unless a terminating rule won its group before. So groups without terminating
/// rules are one list, last group first; groups of nothing but terminating rules are another, first group first; only
/// groups that mix both stand for themselves.
/// </remarks>
internal sealed class DirectionRules
{
    private readonly GroupPart _ending;
    private readonly GroupPart _plain;
    private readonly GroupPart[] _mixed;

    /// <summary>Compiles the groups of a direction.</summary>
    /// <param name="direction">The direction.</param>
    /// <param name="rules">The layer's rules.</param>
    /// <param name="spaces">The addresses that named sets stand for.</param>
    /// <param name="older">What was made of an older version of the layer; null for none.</param>
    /// <param name="difference">Tells what is the same since.</param>
    public DirectionRules(
        Direction direction,
        LayerRules rules,
        AddressSpaces spaces,
        DirectionRules? older,
        RuleDifference difference)
    {
        var ending = new List<int>();
        var plain = new List<int>();
        var mixed = new List<int>();
        for (int i = 0; i < rules.Groups.Length; i++)
        {
            if (rules.Groups[i].Direction == direction && rules.Rules[i].Length > 0)
            {
                int terminating = rules.Rules[i].Count(r => r.Rule.Terminating);
                (terminating == 0 ? plain : terminating == rules.Rules[i].Length ? ending : mixed).Add(i);
            }
        }

        plain.Reverse();
        _ending = Compile(rules, ending, spaces, older?._ending, difference);
        _plain = Compile(rules, plain, spaces, older?._plain, difference);
        _mixed = [.. mixed.Select(i => Compile(
            rules, [i], spaces, older?.Mixed(rules.Groups[i].Name), difference))];
    }

    public long MemoryBytes => _ending.MemoryBytes + _plain.MemoryBytes + _mixed.Sum(m => m.MemoryBytes);

    /// <summary>Finds the rule that decides; null when none matches.</summary>
    public BoundRule? Classify(in PacketFacts facts)
    {
        BoundRule? end = _ending.Find(facts, out int endVisit);
        BoundRule? last = null;
        int lastVisit = -1;
        foreach (GroupPart part in _mixed)
        {
            if (end is not null && part.FirstVisit > endVisit)
            {
                break;
            }

            if (part.Find(facts, out int visit) is { } best)
            {
                if (best.Rule.Terminating)
                {
                    return best;
                }

                (last, lastVisit) = (best, visit);
            }
        }

        if (end is not null)
        {
            return end;
        }

        BoundRule? plain = _plain.Find(facts, out int plainVisit);
        return plain is not null && plainVisit > lastVisit ? plain : last;
    }

    private static GroupPart Compile(
        LayerRules rules, List<int> visits, AddressSpaces spaces, GroupPart? older, RuleDifference difference)
    {
        BoundRule[] ordered = new BoundRule[visits.Sum(i => rules.Rules[i].Length)];
        int[] visitOf = new int[ordered.Length];
        int start = 0;
        foreach (int visit in visits)
        {
            int length = rules.Rules[visit].Length;
            RulePrecedence.Sort(rules.Rules[visit], ordered.AsSpan(start, length));
            visitOf.AsSpan(start, length).Fill(visit);
            start += length;
        }

        OrderedRules compiled = older is null
            ? new OrderedRules(ordered, spaces)
            : older.Rules.Update(ordered, spaces, difference);
        return new GroupPart(compiled, visitOf);
    }

    private GroupPart? Mixed(string group) => _mixed.FirstOrDefault(
        m => string.Equals(m.Rules.First.Group.Name, group, StringComparison.Ordinal));
}
