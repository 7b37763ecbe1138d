namespace VxlanEngine.Ports.Linux;

/// <summary>A place in a queue of frames: a frame, and how much of its payload lies before the place.</summary>
/// <param name="Frame">The frame, 0 for the oldest.</param>
/// <param name="Start">Payload bytes of a super-frame that were sent already; 0 for others.</param>
internal readonly record struct QueuePosition(int Frame, int Start);
