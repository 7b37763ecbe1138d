namespace VxlanEngine.Replay;

/// <summary>What became of a packet, in words, and which rule decided that.</summary>
/// <param name="Outcome"><c>forwarded to uplink</c>, <c>dropped: rule-block</c>, <c>punted: broadcast</c>.</param>
/// <param name="Rule"><c>layer/group/rule</c> or <c>layer/default</c>; null when no layer decided.</param>
public sealed record PacketFate(string Outcome, string? Rule)
{
    /// <summary><c>dropped: rule-block by acl/acl-out/no-http</c>.</summary>
    public override string ToString() => Rule is null ? Outcome : $"{Outcome} by {Rule}";
}
