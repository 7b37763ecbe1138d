using VxlanEngine.Tracing;

namespace VxlanEngine.Cli;

/// <summary>Which packets are wanted.</summary>
/// <param name="FlowText">Those of a flow, as it was written; null for all.</param>
/// <param name="Flow">The same, understood.</param>
/// <param name="Vni">Those that came with a VNI; null for all.</param>
/// <param name="Verdict">Those with a fate, or a drop reason; null for all.</param>
internal sealed record PacketFilter(string? FlowText, TracePattern? Flow, uint? Vni, string? Verdict)
{
    /// <summary>True when a story's packet is wanted.</summary>
    public bool Wants(PacketStory story) =>
        (Vni is null || story.Vni == Vni)
        && (Verdict is null || story.Verdict == Verdict || story.Reason == Verdict)
        && (Flow is null || Flow.Matches(story));
}
