using VxlanEngine.Packets;
using VxlanEngine.Queues;

namespace VxlanEngine.Pipeline;

/// <summary>The way of frames from one worker to another: a ring, and slots that the bytes travel in.</summary>
/// <remarks>
/// Frames are copied, because a buffer belongs to its worker. Slots are used in turn, and there are a batch more than
/// the ring holds: those that the consumer is copying from, after it has taken them out of the ring, are not written
/// before it takes the next batch. Thread: one producer, one consumer.
/// </remarks>
internal sealed class HandoverLane : IDisposable
{
    /// <summary>Most frames of a batch, at either end.</summary>
    public const int BatchLength = 64;

    private readonly SpscRing<HandedFrame> _ring;
    private readonly NativeBlock<byte> _bytes;
    private readonly int _slotLength;
    private readonly int _slots;
    private readonly HandedFrame[] _staged = new HandedFrame[BatchLength];
    private int _stagedCount;
    private int _nextSlot;
    private bool _hasPushed;

    /// <summary>Makes an empty lane.</summary>
    /// <param name="ring">Its ring.</param>
    /// <param name="frameLength">Bytes of the longest frame.</param>
    public HandoverLane(SpscRing<HandedFrame> ring, int frameLength)
    {
        _ring = ring;
        _slots = ring.Capacity + BatchLength;
        _slotLength = (frameLength + 63) & ~63;
        _bytes = new NativeBlock<byte>(checked(_slots * _slotLength));
    }

    /// <summary>True when frames can be taken out. Thread: the consumer.</summary>
    public bool HasFrames => _ring.Count > 0;

    /// <summary>Copies a frame into the lane; <see cref="Publish"/> follows. Thread: the producer.</summary>
    /// <returns>False when the lane is full, or the frame too long.</returns>
    public bool TryStage(PacketPool pool, in FrameDescriptor frame, ulong hash, bool isFinal)
    {
        if (_stagedCount == BatchLength)
        {
            Push();
        }

        if (_ring.Room(_stagedCount + 1) <= _stagedCount || frame.Length > _slotLength)
        {
            return false;
        }

        pool.Frame(frame).CopyTo(_bytes.Slice(_nextSlot * _slotLength, _slotLength));
        FrameDescriptor handed = frame;
        handed.Buffer = _nextSlot;
        _staged[_stagedCount++] = new HandedFrame(handed, hash, isFinal);
        _nextSlot = _nextSlot + 1 == _slots ? 0 : _nextSlot + 1;
        return true;
    }

    /// <summary>Lets the consumer see what was staged. Thread: the producer.</summary>
    /// <returns>True when there is something new since the last time, so that the consumer is to be woken.</returns>
    public bool Publish()
    {
        Push();
        if (!_hasPushed)
        {
            // Nothing is written then: the consumer reads the same cache lines for each burst.
            return false;
        }

        _hasPushed = false;
        return true;
    }

    /// <summary>Takes frames out, in order. Thread: the consumer.</summary>
    /// <param name="frames">Where they go; at most <see cref="BatchLength"/>.</param>
    /// <returns>How many; all of them must be loaded before more are taken.</returns>
    public int Take(Span<HandedFrame> frames) => _ring.Dequeue(frames);

    /// <summary>Copies a frame that was taken out into a buffer. Thread: the consumer.</summary>
    /// <returns>False when no buffer is free.</returns>
    public bool TryLoad(PacketPool pool, in HandedFrame handed, out FrameDescriptor frame)
    {
        if (!pool.TryLoad(_bytes, handed.Frame.Buffer * _slotLength, handed.Frame.Length, out frame))
        {
            return false;
        }

        (int buffer, int offset) = (frame.Buffer, frame.Offset);
        frame = handed.Frame with { Buffer = buffer, Offset = offset };
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();

    private void Push()
    {
        if (_stagedCount > 0)
        {
            _ring.Enqueue(_staged.AsSpan(0, _stagedCount));
            _stagedCount = 0;
            _hasPushed = true;
        }
    }
}
