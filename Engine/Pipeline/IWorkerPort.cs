using VxlanEngine.Packets;

namespace VxlanEngine.Pipeline;

/// <summary>Where one worker's frames come from and go to: its queue of every port of the switch.</summary>
/// <remarks>
/// Frames of any flow may come in: those of another worker's are handed over. It is fastest when most are the worker's
/// own, as when a network adapter spreads flows over its queues. Thread: the worker's.
/// </remarks>
public interface IWorkerPort : IFrameSink
{
    /// <summary>Receives frames.</summary>
    /// <param name="pool">Where to take buffers from.</param>
    /// <param name="frames">
    /// Where frames go, in order, each with <see cref="FrameDescriptor.Port"/> set to its port's number.
    /// </param>
    /// <returns>How many came; 0 when there are none now.</returns>
    int Receive(PacketPool pool, Span<FrameDescriptor> frames);
}
