using VxlanEngine.Packets;
using VxlanEngine.Policy;

namespace VxlanEngine.Classification;

/// <summary>Groups of a direction that were made one list of rules.</summary>
/// <param name="rules">The rules in the order in which they take precedence.</param>
/// <param name="visits">For each rule the place of its group in the order of visits.</param>
internal sealed class GroupPart(OrderedRules rules, int[] visits)
{
    public OrderedRules Rules => rules;

    /// <summary>The visit of the best rule; of all rules, when the part is one group.</summary>
    public int FirstVisit => visits[0];

    public long MemoryBytes => rules.MemoryBytes + ((long)visits.Length * sizeof(int));

    /// <summary>Finds the first rule that matches; null when none does.</summary>
    /// <param name="facts">The packet.</param>
    /// <param name="visit">The visit of the rule's group; −1 without a rule.</param>
    public BoundRule? Find(in PacketFacts facts, out int visit)
    {
        int rank = visits.Length == 0 ? -1 : rules.Find(facts);
        visit = rank < 0 ? -1 : visits[rank];
        return rank < 0 ? null : rules[rank];
    }
}
