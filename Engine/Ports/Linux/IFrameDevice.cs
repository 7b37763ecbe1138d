using VxlanEngine.Packets;

namespace VxlanEngine.Ports.Linux;

/// <summary>What a <see cref="FrameSender"/> must know of the device it sends to.</summary>
internal interface IFrameDevice
{
    /// <summary>Makes one message of what waits at a place in the queue.</summary>
    /// <param name="pool">The pool that holds the frames.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="at">The place.</param>
    /// <param name="batch">Receives the message; none when nothing can be made of the frame.</param>
    /// <returns>The place behind it.</returns>
    QueuePosition Fill(PacketPool pool, TransmitQueue queue, QueuePosition at, MessageBatch batch);

    /// <summary>Sends messages in order.</summary>
    /// <param name="batch">The messages.</param>
    /// <param name="error">Why not even one was sent, or 0.</param>
    /// <returns>How many were sent.</returns>
    int Send(MessageBatch batch, out int error);

    /// <summary>Is told that the device is down or gone.</summary>
    void OnLost(int error);
}
