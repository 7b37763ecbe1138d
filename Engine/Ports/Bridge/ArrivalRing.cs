using System.Numerics;
using VxlanEngine.Packets;
using VxlanEngine.Queues;

namespace VxlanEngine.Ports.Bridge;

/// <summary>
/// Frames on their way from a thread that is told of each one, whose bytes are gone when it returns, to the thread that
/// polls the switch.
/// </summary>
/// <remarks>
/// Bounded in frames and in bytes; a frame that finds it full is lost and counted. Nothing is allocated for a frame,
/// and nobody waits. Thread: one puts, one takes; <see cref="Overflows"/> may be read by others.
/// </remarks>
internal sealed class ArrivalRing
{
    private readonly SpscRing<Arrival> _frames;
    private readonly byte[] _bytes;
    private long _written;
    private long _released;
    private long _overflows;
    private Arrival _next;
    private bool _hasNext;

    /// <summary>Makes an empty ring.</summary>
    /// <param name="frames">Most frames that it holds, a power of two.</param>
    /// <param name="bytes">Most bytes that it holds, a power of two.</param>
    public ArrivalRing(int frames, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        if (!BitOperations.IsPow2(bytes))
        {
            throw new ArgumentException("The number of bytes is no power of two.", nameof(bytes));
        }

        _frames = new SpscRing<Arrival>(frames);
        _bytes = new byte[bytes];
    }

    /// <summary>Frames that were lost because the ring was full.</summary>
    public long Overflows => Volatile.Read(ref _overflows);

    /// <summary>Copies a frame in. Thread: the one that puts.</summary>
    /// <param name="frame">The bytes that were captured.</param>
    /// <param name="wireLength">Bytes that the frame had on the wire.</param>
    /// <param name="timeNs">When it was received, in nanoseconds since 1970-01-01 UTC.</param>
    /// <returns>False when there is no room.</returns>
    public bool TryPut(ReadOnlySpan<byte> frame, int wireLength, long timeNs)
    {
        // A frame lies in one piece: what is left in front of the wrap is passed over where it is too little.
        int offset = OffsetOf(_written);
        long start = frame.Length <= _bytes.Length - offset ? _written : _written + _bytes.Length - offset;
        long end = start + frame.Length;
        if (end - Volatile.Read(ref _released) > _bytes.Length || _frames.Room(1) == 0)
        {
            Volatile.Write(ref _overflows, _overflows + 1);
            return false;
        }

        frame.CopyTo(_bytes.AsSpan(OffsetOf(start)));
        _written = end;
        return _frames.TryEnqueue(new Arrival(start, frame.Length, wireLength, timeNs));
    }

    /// <summary>Copies the next frame out. Thread: the one that takes.</summary>
    /// <param name="pool">Where its buffer comes from.</param>
    /// <param name="frame">
    /// The frame, with its time; what a buffer does not hold, or was not captured, is flagged.
    /// </param>
    /// <returns>False when no frame waits, or no buffer is free; it waits on then.</returns>
    public bool TryTake(PacketPool pool, out FrameDescriptor frame)
    {
        frame = default;
        if (!_hasNext && _frames.Dequeue(new Span<Arrival>(ref _next)) == 0)
        {
            return false;
        }

        int length = Math.Min(_next.Length, pool.FrameCapacity);
        _hasNext = !pool.TryRent(length, out frame);
        if (_hasNext)
        {
            return false;
        }

        _bytes.AsSpan(OffsetOf(_next.Start), length).CopyTo(pool.Frame(frame));
        frame.TimeNs = _next.TimeNs;
        frame.Flags = length < _next.Length ? FrameFlags.TooLong
            : length < _next.WireLength ? FrameFlags.Cut
            : FrameFlags.None;
        Volatile.Write(ref _released, _next.Start + _next.Length);
        return true;
    }

    private int OffsetOf(long position) => (int)(position & (_bytes.Length - 1));
}
