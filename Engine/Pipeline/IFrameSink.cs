using VxlanEngine.Packets;

namespace VxlanEngine.Pipeline;

/// <summary>Takes what the pipeline has decided for each packet.</summary>
/// <remarks>Thread: the worker's. A report is valid during the call only.</remarks>
public interface IFrameSink
{
    /// <summary>Sends a frame out of the port <see cref="PacketReport.Egress"/>.</summary>
    /// <param name="pool">The pool that holds the frame.</param>
    /// <param name="frame">The frame; it owns its buffer from now on when it returns true.</param>
    /// <param name="report">Why.</param>
    /// <returns>False when the port did not take the frame.</returns>
    bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report);

    /// <summary>
    /// True when every packet's report is wanted: packets like earlier ones then go the long way too. Asked before
    /// every burst.
    /// </summary>
    bool WantsReports => true;

    /// <summary>True when reports may be unwanted at some time; asked once, for the short way to be there.</summary>
    bool MayLeaveReportsOut => !WantsReports;

    /// <summary>Sends frames that fare like earlier ones, without reports.</summary>
    /// <param name="pool">The pool that holds the frames.</param>
    /// <param name="frames">The frames, in order; it owns the buffers of those that it takes.</param>
    /// <param name="egress">Index of the port.</param>
    /// <returns>How many the port has taken, from the first on.</returns>
    int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress) => 0;

    /// <summary>
    /// Is told of a frame that was dropped, punted or consumed; the buffer is returned after the call.
    /// </summary>
    /// <param name="pool">The pool that holds the frame.</param>
    /// <param name="frame">
    /// The frame, as it was received; dropped by a full egress port, its bytes may be rewritten already.
    /// </param>
    /// <param name="report">Why.</param>
    void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report);
}
