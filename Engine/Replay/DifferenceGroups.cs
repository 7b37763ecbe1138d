namespace VxlanEngine.Replay;

/// <summary>Sorts differences by their cause, into a bounded number of groups.</summary>
internal sealed class DifferenceGroups(int maximumGroups, int examplesPerGroup)
{
    // Values that policies set; those of other fields differ from flow to flow.
    private static readonly string[] FieldsTellingCauses =
        ["tunnel", "tunnel destination mac", "tunnel source mac", "tunnel vlan", "vlan"];

    private readonly Dictionary<Cause, DifferenceGroup> _groups = [];

    /// <summary>Different packets so far.</summary>
    public long Total { get; private set; }

    /// <summary>Different packets that found no group.</summary>
    public long Ungrouped { get; private set; }

    /// <summary>Adds a packet's difference.</summary>
    /// <param name="ingress">Name of the port the packet entered at.</param>
    /// <param name="before">What becomes of it under the first policy.</param>
    /// <param name="after">What becomes of it under the second.</param>
    /// <param name="changes">How the frames that leave differ.</param>
    /// <returns>The group when the packet is to be one of its examples; else null.</returns>
    public DifferenceGroup? Add(string ingress, PacketFate before, PacketFate after, List<FieldChange> changes)
    {
        Total++;
        var cause = new Cause(ingress, before, after, string.Join(", ", changes.Select(NameOf)));
        if (!_groups.TryGetValue(cause, out DifferenceGroup? group))
        {
            if (_groups.Count >= maximumGroups)
            {
                Ungrouped++;
                return null;
            }

            group = new DifferenceGroup(ingress, before, after, changes);
            _groups.Add(cause, group);
        }

        group.Add(changes);
        return group.Examples.Count < Math.Max(examplesPerGroup, 1) ? group : null;
    }

    /// <summary>The groups, the largest first, of equal ones the one that begins first.</summary>
    public IReadOnlyList<DifferenceGroup> Sorted() =>
        [.. _groups.Values.OrderByDescending(g => g.Count).ThenBy(g => g.Examples[0].Number)];

    private static string NameOf(FieldChange change) =>
        FieldsTellingCauses.Contains(change.Field, StringComparer.Ordinal) ? change.ToString() : change.Field;

    private sealed record Cause(string Ingress, PacketFate Before, PacketFate After, string Changes);
}
