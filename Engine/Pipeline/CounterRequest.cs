namespace VxlanEngine.Pipeline;

/// <summary>Asks a worker for its counters at its next burst boundary.</summary>
/// <param name="NowNs">The latest time that any worker has seen.</param>
/// <param name="Answer">Where they go.</param>
internal sealed record CounterRequest(long NowNs, TaskCompletionSource<SwitchCounters> Answer);
