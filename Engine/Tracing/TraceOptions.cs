using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Replay;

namespace VxlanEngine.Tracing;

/// <summary>What to trace.</summary>
public sealed record TraceOptions
{
    /// <summary>The policy to start with.</summary>
    public required SwitchPolicy Policy { get; init; }

    /// <summary>The captures; frames of equal time are taken in this order.</summary>
    public required IReadOnlyList<ReplayInput> Inputs { get; init; }

    /// <summary>Policies that take over later, in ascending time.</summary>
    public IReadOnlyList<PolicyChange> Changes { get; init; } = [];

    /// <summary>Limits and timeouts of flow state.</summary>
    public SwitchLimits Limits { get; init; } = new();
}
