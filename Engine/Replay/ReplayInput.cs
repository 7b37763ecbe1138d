using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>A capture whose frames enter at a port.</summary>
/// <param name="Port">Name of the port.</param>
/// <param name="Reader">The capture; the replay disposes it.</param>
/// <param name="Interface">Name or number of the capture's interface to take frames from; null for all.</param>
public sealed record ReplayInput(string Port, CaptureReader Reader, string? Interface = null);
