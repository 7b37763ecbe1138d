namespace VxlanEngine.Packets;

/// <summary>Where a frame lies in memory among others, and where it is to enter.</summary>
/// <param name="Start">Index of its first byte.</param>
/// <param name="Length">Bytes of the frame.</param>
/// <param name="Port">Index of the port.</param>
internal readonly record struct StoredFrame(int Start, int Length, ushort Port);
