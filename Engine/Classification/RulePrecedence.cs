using VxlanEngine.Policy;

namespace VxlanEngine.Classification;

/// <summary>The order in which the rules of one group take precedence.</summary>
internal static class RulePrecedence
{
    /// <summary>Sorts: the lower priority first, at equal priority block before the others, then as given.</summary>
    public static void Sort(ReadOnlySpan<BoundRule> given, Span<BoundRule> sorted)
    {
        given.CopyTo(sorted);
        var keys = new (int Priority, bool IsOther, int Place)[given.Length];
        bool isSorted = true;
        for (int i = 0; i < keys.Length; i++)
        {
            Rule rule = given[i].Rule;
            keys[i] = (rule.Priority, rule.Action is not RuleAction.Block, i);
            isSorted &= i == 0 || keys[i - 1].CompareTo(keys[i]) < 0;
        }

        if (!isSorted)
        {
            keys.AsSpan().Sort(sorted);
        }
    }
}
