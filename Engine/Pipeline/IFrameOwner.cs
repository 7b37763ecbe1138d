using VxlanEngine.Packets;

namespace VxlanEngine.Pipeline;

/// <summary>Says whose frames are, where several workers share the flows.</summary>
internal interface IFrameOwner
{
    /// <summary>Finds out whether a frame is this worker's, and gives it to its owner if it is not.</summary>
    /// <param name="frame">The frame.</param>
    /// <returns>True when it is to be processed here; otherwise its buffer is not the caller's any more.</returns>
    bool TryKeep(in FrameDescriptor frame);
}
