using VxlanEngine.Pipeline;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>How a replay ended.</summary>
/// <param name="Counters">What became of the frames.</param>
/// <param name="Faults">Captures that were damaged; their frames before the damage were replayed.</param>
/// <param name="LinkTypes">Interfaces whose frames are not Ethernet, once each.</param>
/// <param name="Unfound">Inputs that name an interface which their capture does not have, up to its end.</param>
public sealed record ReplayResult(
    SwitchCounters Counters,
    IReadOnlyList<CaptureFault> Faults,
    IReadOnlyList<ForeignInterface> LinkTypes,
    IReadOnlyList<ReplayInput> Unfound);
