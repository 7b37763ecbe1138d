using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>An interface of a capture whose frames were dropped because they are not Ethernet.</summary>
/// <param name="Capture">Name of the capture.</param>
/// <param name="Interface">The interface.</param>
public sealed record ForeignInterface(string Capture, CaptureInterface Interface);
