using VxlanEngine.Packets;

namespace VxlanEngine.Ports;

/// <summary>A source and sink of frames that a switch's port is attached to.</summary>
/// <remarks>
/// <para>Thread: one worker calls all methods. None may block, throw, or allocate once the port is open. A port that
/// has failed receives nothing and takes nothing until it works again.</para>
/// <para>Checksums of received frames are finished before the switch sees them. Only a super-frame's transport checksum
/// is not (<see cref="ChecksumStatus.Partial"/>): whoever sends its segments computes theirs.</para>
/// </remarks>
public interface IPacketPort : IDisposable
{
    /// <summary>
    /// True when <see cref="Transmit"/> takes super-frames; the switch cuts them for ports that do not.
    /// </summary>
    bool TakesSuperFrames => false;

    /// <summary>Receives frames into buffers taken from <paramref name="pool"/>.</summary>
    /// <param name="pool">Where buffers come from; when it runs out the port counts the frames it had to leave.</param>
    /// <param name="burst">Receives the frames; the buffers are the caller's from then on.</param>
    /// <returns>The number of frames received, 0 when none wait.</returns>
    int Receive(PacketPool pool, Span<FrameDescriptor> burst);

    /// <summary>Sends frames in order.</summary>
    /// <param name="pool">
    /// Where the port returns the buffers of the frames it took, at once or when they are sent.
    /// </param>
    /// <param name="burst">The frames.</param>
    /// <returns>The number of frames taken, from the first on; the others stay the caller's.</returns>
    int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst);

    /// <summary>Sends on what <see cref="Transmit"/> has only taken so far; called after every burst.</summary>
    /// <param name="pool">Where the port returns the buffers of the frames it sent.</param>
    void Flush(PacketPool pool)
    {
    }
}
