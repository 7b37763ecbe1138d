// SAFETY: The pool owns one block of native memory of _count × _stride bytes, allocated in the constructor and freed
// once, in Dispose; memory that the internal constructor is given stays its giver's. Of each stride, the first _length
// bytes may be touched. Spans are only made inside one buffer: Memory checks the index, Frame slices that span and so
// checks offset and length. A span must not outlive the pool; the pool is disposed after every port and worker that
// uses it.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace VxlanEngine.Packets;

/// <summary>Packet buffers of one size, allocated once; taking and returning one never allocates.</summary>
/// <remarks>
/// <code>
/// buffer:  |--- headroom (192) ---|------- frame -------|--- tail (64) ---|
/// </code>
/// The tail is readable, so that vector loads at a frame's end stay inside the buffer. Thread: one.
/// </remarks>
public sealed unsafe class PacketPool : IDisposable
{
    /// <summary>Bytes kept free before a received frame: room for the outer headers of two tunnels.</summary>
    public const int Headroom = 192;

    /// <summary>Readable bytes behind the longest frame.</summary>
    public const int Tail = 64;

    private readonly int _count;
    private readonly nuint _stride;
    private readonly int _length;
    private readonly FramePlacement _placement;
    private readonly NativeAllocation? _allocation;
    private readonly int[] _free;
    private readonly bool[] _isRented;
    private byte* _memory;
    private int _present;
    private int _freeCount;

    /// <summary>Allocates the buffers.</summary>
    /// <param name="count">Number of buffers, at least 1.</param>
    /// <param name="frameCapacity">Bytes of the longest frame a buffer holds, 64 to 1 MiB.</param>
    public PacketPool(int count, int frameCapacity)
        : this(null, count, StrideFor(count, frameCapacity), StrideFor(count, frameCapacity), default)
    {
        FrameCapacity = frameCapacity;
        _allocation = new NativeAllocation((nuint)_count * _stride);
        _memory = _allocation.First;
    }

    /// <summary>Takes buffers of foreign memory, which must outlive the pool.</summary>
    /// <param name="memory">The first buffer.</param>
    /// <param name="count">Number of buffers, at least 1.</param>
    /// <param name="stride">Bytes from one buffer to the next.</param>
    /// <param name="length">Bytes of a buffer that may be touched, at most <paramref name="stride"/>.</param>
    /// <param name="placement">Where frames lie in their buffers.</param>
    internal PacketPool(byte* memory, int count, int stride, int length, FramePlacement placement)
    {
        FrameCapacity = length - Headroom - Tail;
        _memory = memory;
        _count = count;
        _stride = (nuint)stride;
        _length = length;
        _placement = placement;
        _free = new int[count];
        _isRented = new bool[count];
        for (int i = 0; i < count; i++)
        {
            _free[i] = count - 1 - i;
        }

        _freeCount = count;
        _present = count;
    }

    /// <summary>Bytes of the longest frame a buffer holds behind its headroom.</summary>
    public int FrameCapacity { get; }

    /// <summary>Number of buffers that are not in use.</summary>
    public int FreeCount => _freeCount;

    /// <summary>Number of buffers.</summary>
    public int Count => _count;

    /// <summary>Takes a buffer for a frame of <paramref name="length"/> bytes behind the headroom.</summary>
    /// <param name="length">Bytes of the frame, at most <see cref="FrameCapacity"/>.</param>
    /// <param name="frame">The frame's place; its bytes are whatever was there before.</param>
    /// <returns>False when no buffer is free or the frame is too long.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRent(int length, out FrameDescriptor frame)
    {
        frame = default;
        if (_freeCount == 0 || (uint)length > (uint)FrameCapacity)
        {
            return false;
        }

        frame.Buffer = _free[--_freeCount];
        _isRented[frame.Buffer] = true;
        frame.Offset = _placement == FramePlacement.AtEnd ? _length - length : Headroom;
        frame.Length = length;
        return true;
    }

    /// <summary>Takes a buffer and copies a frame into it.</summary>
    /// <param name="source">Where the frame comes from.</param>
    /// <param name="start">Index of its first byte.</param>
    /// <param name="length">Its length; start and length lie in <paramref name="source"/>.</param>
    /// <param name="frame">The frame's place.</param>
    /// <returns>False when no buffer is free or the frame is too long.</returns>
    internal bool TryLoad(NativeBlock<byte> source, int start, int length, out FrameDescriptor frame)
    {
        if ((ulong)(uint)start + (uint)length > (uint)source.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(length));
        }

        if (!TryRent(length, out frame))
        {
            return false;
        }

        byte* from = source.First + (uint)start;
        byte* to = Address(frame);
        if (_placement == FramePlacement.AtEnd)
        {
            Buffer.MemoryCopy(from, to, length, length);
        }
        else
        {
            Copy(from, to, length);
        }

        return true;
    }

    /// <summary>Takes buffers and copies frames into them, as long as there are buffers.</summary>
    /// <param name="source">Where the frames come from.</param>
    /// <param name="frames">Where they lie in it.</param>
    /// <param name="timeNs">When they are received.</param>
    /// <param name="burst">Receives the frames; as many as there are, at least.</param>
    /// <returns>
    /// How many were copied: fewer when a frame is too long, or no buffer is free, and none where frames lie at ends.
    /// </returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal int Load(
        NativeBlock<byte> source, ReadOnlySpan<StoredFrame> frames, long timeNs, Span<FrameDescriptor> burst)
    {
        burst = burst[..frames.Length];
        bool[] isRented = _isRented;
        int[] free = _free;
        int next = _freeCount;
        byte* first = source.First;
        byte* memory = _memory + Headroom;
        for (int i = 0; i < burst.Length; i++)
        {
            StoredFrame stored = frames[i];
            bool fits = (ulong)(uint)stored.Start + (uint)stored.Length <= (uint)source.Count
                && (uint)stored.Length <= (uint)FrameCapacity;
            if (!fits || next == 0 || _placement != FramePlacement.BehindHeadroom)
            {
                _freeCount = next;
                return i;
            }

            int buffer = free[--next];
            isRented[buffer] = true;
            ref FrameDescriptor frame = ref burst[i];
            frame = default;
            (frame.Buffer, frame.Offset, frame.Length) = (buffer, Headroom, stored.Length);
            (frame.Port, frame.TimeNs) = (stored.Port, timeNs);
            Copy(first + (uint)stored.Start, memory + ((uint)buffer * _stride), stored.Length);
        }

        _freeCount = next;
        return burst.Length;
    }

    /// <summary>Gives a buffer back.</summary>
    /// <param name="frame">A frame in the buffer; no span of it may be used any more.</param>
    /// <exception cref="InvalidOperationException">
    /// The buffer is not in use: it was returned before. Handed out twice, it would mix the packets of two tenants.
    /// </exception>
    public void Return(in FrameDescriptor frame)
    {
        if (!_isRented[frame.Buffer])
        {
            ThrowReturnedTwice(frame.Buffer);
        }

        _isRented[frame.Buffer] = false;
        _free[_freeCount++] = frame.Buffer;
    }

    /// <summary>Gives the buffers of frames back.</summary>
    /// <param name="frames">The frames; no span of theirs may be used any more.</param>
    /// <inheritdoc cref="Return(in FrameDescriptor)"/>
    public void Return(ReadOnlySpan<FrameDescriptor> frames)
    {
        bool[] isRented = _isRented;
        Span<int> free = _free.AsSpan(_freeCount);
        for (int i = 0; i < frames.Length; i++)
        {
            int buffer = frames[i].Buffer;
            if (!isRented[buffer])
            {
                ThrowReturnedTwice(buffer);
            }

            isRented[buffer] = false;
            free[i] = buffer;
        }

        _freeCount += frames.Length;
    }

    /// <summary>The whole buffer that a frame lies in: headroom, frame and tail.</summary>
    public Span<byte> Memory(in FrameDescriptor frame)
    {
        // The one invariant: 0 ≤ index < _count, and the block holds _count × _stride bytes.
        if ((uint)frame.Buffer >= (uint)_count)
        {
            throw new ArgumentOutOfRangeException(nameof(frame));
        }

        ObjectDisposedException.ThrowIf(_memory is null, this);
        return new Span<byte>(_memory + ((uint)frame.Buffer * _stride), _length);
    }

    /// <summary>The bytes of a frame.</summary>
    public Span<byte> Frame(in FrameDescriptor frame) => Memory(frame).Slice(frame.Offset, frame.Length);

    /// <summary>The first byte of a frame, which lies with all its bytes in its buffer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* Address(in FrameDescriptor frame)
    {
        bool isInside = (uint)frame.Buffer < (uint)_present
            && (ulong)(uint)frame.Offset + (uint)frame.Length <= (uint)_length;
        if (!isInside)
        {
            ThrowOutside();
        }

        return _memory + ((uint)frame.Buffer * _stride) + (uint)frame.Offset;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _allocation?.Dispose();
        _memory = null;
        _present = 0;
    }

    /// <summary>Copies a frame from a block to its place behind the headroom: both have room behind it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* from, byte* to, int length)
    {
        byte* end = to + length;
        do
        {
            Vector512.Load(from).Store(to);
            from += Tail;
            to += Tail;
        }
        while (to < end);
    }

    private static void ThrowOutside() =>
        throw new InvalidOperationException("The frame does not lie in a buffer of this pool.");

    private static void ThrowReturnedTwice(int buffer) =>
        throw new InvalidOperationException($"Buffer {buffer} is not in use; it was returned before.");

    private static int StrideFor(int count, int frameCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(frameCapacity, 64);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frameCapacity, 1 << 20);

        // 128 bytes more than a multiple of 256, so that buffers do not all start in the same cache sets.
        return ((Headroom + frameCapacity + Tail + 255) / 256 * 256) + 128;
    }
}
