namespace VxlanEngine.Tracing;

/// <summary>What a group of a layer had to say about a packet.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="Visited">
/// False when its condition kept the packet out, or a terminating rule had decided before.
/// </param>
/// <param name="Rule">Id of its best match; null without one.</param>
/// <param name="Rules">Every rule and why it did or did not match.</param>
public sealed record GroupStory(string Group, bool Visited, string? Rule, IReadOnlyList<RuleExplanation> Rules);
