using VxlanEngine.Classification;
using VxlanEngine.Packets;
using VxlanEngine.Policy;

namespace VxlanEngine.Tracing;

/// <summary>Asks the oracle why each rule of a layer did or did not decide.</summary>
internal static class ClassifierExplanation
{
    /// <summary>Explains every group of a direction.</summary>
    public static IReadOnlyList<GroupStory> Explain(
        this LinearClassifier classifier, Direction direction, in PacketFacts facts)
    {
        var groups = new List<GroupStory>();
        bool isSettled = false;
        foreach (IGrouping<Group, BoundRule> group in classifier.Rules.GroupBy(r => r.Group))
        {
            if (group.Key.Direction != direction)
            {
                continue;
            }

            bool visited = !isSettled && classifier.Visits(group.Key, facts);
            Rule? best = visited ? Best(classifier, group.Key, facts) : null;
            var rules = new List<RuleExplanation>();
            foreach (BoundRule rule in visited ? group : Enumerable.Empty<BoundRule>())
            {
                rules.Add(ExplainRule(classifier, rule.Rule, best, facts));
            }

            groups.Add(new GroupStory(group.Key.Name, visited, best?.Id, rules));
            isSettled |= best is { Terminating: true };
        }

        return groups;
    }

    private static Rule? Best(LinearClassifier classifier, Group group, in PacketFacts facts)
    {
        Rule? best = null;
        foreach (Rule rule in group.Rules)
        {
            if (classifier.Matches(rule.Match, facts) && LinearClassifier.Precedes(rule, best))
            {
                best = rule;
            }
        }

        return best;
    }

    private static RuleExplanation ExplainRule(
        LinearClassifier classifier, Rule rule, Rule? best, in PacketFacts facts)
    {
        string? unmet = classifier.FirstUnmet(rule.Match, facts);
        string? reason = unmet is not null ? $"{unmet} does not hold"
            : ReferenceEquals(rule, best) ? null
            : $"{best!.Id} goes before it";
        return new RuleExplanation(rule.Id, unmet is null, reason);
    }
}
