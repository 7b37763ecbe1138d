namespace VxlanEngine.Pipeline;

/// <summary>What one worker tells another: that it has, or no longer has, a flow that is steered there.</summary>
/// <param name="Hash">The flow's hash.</param>
/// <param name="Owner">The worker that has the flow.</param>
/// <param name="Change">1 for a flow that begins, −1 for one that has ended.</param>
internal readonly record struct FlowStub(ulong Hash, int Owner, int Change);
