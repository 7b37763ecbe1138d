using VxlanEngine.Replay;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>What came of a scenario.</summary>
/// <param name="Output">The capture of frames that left.</param>
/// <param name="Drops">The capture of frames that were dropped.</param>
/// <param name="Result">Counters and faults.</param>
internal sealed record ScenarioRun(byte[] Output, byte[] Drops, ReplayResult Result);
