using VxlanEngine.Packets;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>How much room a replay's frames find: ample by default, so that only packets and policy decide.</summary>
/// <remarks>Less shows what becomes of packets on a switch that runs out of it.</remarks>
internal sealed record ReplayRoom
{
    /// <summary>Packet buffers, at least 1. A burst of frames takes all but one, and one at least.</summary>
    public int Buffers { get; init; } = ReplayFeed.BufferCount;

    /// <summary>Bytes of the longest frame that a buffer holds, at least 64; a longer one arrives cut off.</summary>
    public int FrameCapacity { get; init; } = CaptureWriter.MaximumPacketLength;

    /// <summary>Bytes free in front of a received frame, as its adapter puts it into the buffer.</summary>
    public int Headroom { get; init; } = PacketPool.Headroom;

    /// <summary>Frames that a port takes before it is full for good, by the port's name; others never are.</summary>
    public IReadOnlyDictionary<string, int> Ports { get; init; } = new Dictionary<string, int>();
}
