namespace VxlanEngine.Tests.Scenarios;

/// <summary>The workers of a scenario, if it has several.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="LaneCapacity">Most frames that wait on the way from one to another, a power of two.</param>
/// <param name="Burst">Frames that come at once.</param>
internal sealed record WorkersRoom(int Count, int LaneCapacity, int Burst);
