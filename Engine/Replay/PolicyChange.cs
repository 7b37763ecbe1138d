using VxlanEngine.Policy;

namespace VxlanEngine.Replay;

/// <summary>A policy that takes over in the middle of a replay.</summary>
/// <param name="After">How long after the first frame; frames from this time on see it.</param>
/// <param name="Policy">The policy.</param>
public sealed record PolicyChange(TimeSpan After, SwitchPolicy Policy);
