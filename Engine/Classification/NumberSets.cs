using VxlanEngine.Policy;

namespace VxlanEngine.Classification;

/// <summary>Turns conditions on numbers into sets of numbers.</summary>
internal static class NumberSets
{
    /// <summary>Every port.</summary>
    public static IntervalSet<uint> Ports { get; } = IntervalSet<uint>.Of(0, ushort.MaxValue);

    /// <summary>The numbers that meet a condition; all of them without one.</summary>
    public static IntervalSet<uint> Of(NumberMatch match)
    {
        // By far the most conditions are one range.
        if (match.Terms is [{ Negated: false }])
        {
            NumberRange only = match.Terms[0].Range;
            return IntervalSet<uint>.Of(only.First, only.Last);
        }

        var included = new List<Interval<uint>>();
        var excluded = new List<Interval<uint>>();
        foreach (NumberTerm term in match.Terms)
        {
            (term.Negated ? excluded : included).Add(new Interval<uint>(term.Range.First, term.Range.Last));
        }

        IntervalSet<uint> wanted = included.Count == 0 ? IntervalSet<uint>.All : IntervalSet<uint>.Union(included);
        return excluded.Count == 0 ? wanted : wanted.Intersect(IntervalSet<uint>.Union(excluded).Complement());
    }
}
