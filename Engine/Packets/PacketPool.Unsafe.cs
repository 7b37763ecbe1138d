// SAFETY: The pool owns one block of native memory for each class of buffers, allocated in the constructor, or when it
// is first extended, and freed once, in Dispose; memory that the internal constructor is given stays its giver's.
// _places, an array that does not move and that _place points into until both are replaced at once, says where buffers
// begin and how many bytes of each may be touched; every index is compared with _present, which is 0 once the pool is
// disposed; those in the stacks are of buffers, because none comes there but by Return, which finds it among _isRented.
// Spans are only made inside one buffer: Memory is one whole, Frame slices it and so checks offset and length. A span
// must not outlive the pool; the pool is disposed after every port and worker that uses it.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VxlanEngine.Packets;

/// <summary>Packet buffers of one size or two, allocated once; taking and returning one never allocates.</summary>
/// <remarks>
/// <code>
/// buffer:  |--- headroom (192) ---|------- frame -------|--- tail (64) ---|
/// </code>
/// The tail is readable, so that vector loads at a frame's end stay inside the buffer. Where longer frames are to be
/// held than most are, half of the buffers are small ones: most packets then lie close together, and only long ones,
/// and short ones when there is no small buffer left, take large ones. Ports that share memory with the kernel have the
/// pool extended by small buffers that lie there, and that short frames take first. Thread: one.
/// </remarks>
public sealed unsafe partial class PacketPool : IDisposable
{
    /// <summary>Bytes kept free before a received frame: room for the outer headers of two tunnels.</summary>
    public const int Headroom = 192;

    /// <summary>Readable bytes behind the longest frame.</summary>
    public const int Tail = 64;

    /// <summary>Bytes of the longest frame that a small buffer holds behind its headroom.</summary>
    public const int SmallCapacity = 2048;

    // How far behind a frame that is copied the next ones are asked for: some eight short ones.
    private const int LookAhead = 512;

    private readonly FramePlacement _placement;
    private readonly NativeAllocation[] _allocations = [];

    // Small buffers are numbered first, shared ones last. Free ones: small ones from the beginning, large ones from
    // _smallCount on, shared ones in a stack of their own.
    private readonly int _smallCount;
    private readonly int[] _free;
    private bool[] _isRented;
    private Place[] _places;
    private Place* _place;
    private uint _present;
    private int _smallFree;
    private int _largeFree;

    /// <summary>Allocates the buffers.</summary>
    /// <param name="count">Number of buffers, at least 1.</param>
    /// <param name="frameCapacity">
    /// Bytes of the longest frame a buffer holds, 64 to 1 MiB; above <see cref="SmallCapacity"/>, half of the buffers
    /// hold no more than that.
    /// </param>
    public PacketPool(int count, int frameCapacity)
        : this(count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frameCapacity, 64);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frameCapacity, 1 << 20);
        FrameCapacity = frameCapacity;
        _smallCount = frameCapacity > SmallCapacity ? count / 2 : 0;
        _allocations = new NativeAllocation[_smallCount > 0 ? 2 : 1];
        if (_smallCount > 0)
        {
            _allocations[1] = Allocate(0, _smallCount, SmallCapacity);
        }

        _allocations[0] = Allocate(_smallCount, count - _smallCount, frameCapacity);
        Release();
    }

    /// <summary>Takes buffers of foreign memory, which must outlive the pool.</summary>
    /// <param name="memory">The first buffer.</param>
    /// <param name="count">Number of buffers, at least 1.</param>
    /// <param name="stride">Bytes from one buffer to the next.</param>
    /// <param name="length">Bytes of a buffer that may be touched, at most <paramref name="stride"/>.</param>
    /// <param name="placement">Where frames lie in their buffers.</param>
    internal PacketPool(byte* memory, int count, int stride, int length, FramePlacement placement)
        : this(count)
    {
        FrameCapacity = length - Headroom - Tail;
        _placement = placement;
        for (int i = 0; i < count; i++)
        {
            _places[i] = new Place(memory + ((nint)i * stride), length);
        }

        Release();
    }

    private PacketPool(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _places = GC.AllocateArray<Place>(count, pinned: true);
        _place = (Place*)Unsafe.AsPointer(ref _places[0]);
        _present = (uint)count;
        _free = new int[count];
        _isRented = new bool[count];
    }

    /// <summary>Bytes of the longest frame a buffer holds behind its headroom.</summary>
    public int FrameCapacity { get; }

    /// <summary>Number of buffers that are not in use.</summary>
    public int FreeCount => _smallFree + _largeFree + _sharedFree;

    /// <summary>Number of buffers that are not in use and hold the longest frames.</summary>
    public int LargeFreeCount => _largeFree;

    /// <summary>Number of buffers.</summary>
    public int Count => _free.Length + SharedCount;

    /// <summary>True when its memory was freed.</summary>
    internal bool IsDisposed => _present == 0;

    /// <summary>True when of some kind of buffers most are in use, so that who keeps frames should send them.</summary>
    internal bool IsScarce =>
        _smallFree < _smallCount / 2
        || _largeFree < (_free.Length - _smallCount) / 2
        || _sharedFree < SharedCount / 8;

    /// <summary>Takes a buffer for a frame of <paramref name="length"/> bytes behind the headroom.</summary>
    /// <param name="length">Bytes of the frame, at most <see cref="FrameCapacity"/>.</param>
    /// <param name="frame">The frame's place; its bytes are whatever was there before.</param>
    /// <returns>False when no buffer is free or the frame is too long.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRent(int length, out FrameDescriptor frame)
    {
        frame = default;
        if ((uint)length > (uint)FrameCapacity)
        {
            return false;
        }

        if (_sharedFree > 0 && length <= SmallCapacity)
        {
            frame.Buffer = _freeShared[--_sharedFree];
        }
        else if (_smallFree > 0 && length <= SmallCapacity)
        {
            frame.Buffer = _free[--_smallFree];
        }
        else if (_largeFree > 0)
        {
            frame.Buffer = _free[_smallCount + --_largeFree];
        }
        else
        {
            return false;
        }

        _isRented[frame.Buffer] = true;
        frame.Offset = _placement == FramePlacement.AtEnd ? (int)_places[frame.Buffer].Length - length : Headroom;
        frame.Length = length;
        return true;
    }

    /// <summary>
    /// Has the system give every page of the buffers its memory now, so that no frame waits for it later.
    /// </summary>
    internal void Populate()
    {
        foreach (NativeAllocation allocation in _allocations)
        {
            allocation.Populate();
        }

        _shared?.Populate();
    }

    /// <summary>Moves a short frame that lies in a large buffer into a small one, where there is one.</summary>
    /// <param name="frame">The frame; what lies in front of it stays behind.</param>
    internal void MoveToSmall(ref FrameDescriptor frame)
    {
        bool isLarge = frame.Buffer >= _smallCount && frame.Buffer < FirstShared;
        if (!isLarge || _smallFree + _sharedFree == 0 || frame.Length > SmallCapacity)
        {
            return;
        }

        FrameDescriptor large = frame;
        frame.Buffer = _sharedFree > 0 ? _freeShared[--_sharedFree] : _free[--_smallFree];
        frame.Offset = Headroom;
        _isRented[frame.Buffer] = true;
        Copy(Address(large), Address(frame), frame.Length);
        Return(large);
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
    /// How many were copied: fewer when a frame is too long, or no buffer is free.
    /// </returns>
    internal int Load(
        NativeBlock<byte> source, ReadOnlySpan<StoredFrame> frames, long timeNs, Span<FrameDescriptor> burst)
    {
        int count = LoadQuickly(source, frames, timeNs, burst);
        while (count < frames.Length
            && IsWithin(source, frames[count])
            && TryLoad(source, frames[count].Start, frames[count].Length, out burst[count]))
        {
            (burst[count].Port, burst[count].TimeNs) = (frames[count].Port, timeNs);
            count++;
            count += LoadQuickly(source, frames[count..], timeNs, burst[count..]);
        }

        return count;
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
        if (frame.Buffer < _smallCount)
        {
            _free[_smallFree++] = frame.Buffer;
        }
        else if (frame.Buffer < _free.Length)
        {
            _free[_smallCount + _largeFree++] = frame.Buffer;
        }
        else
        {
            _freeShared[_sharedFree++] = frame.Buffer;
        }
    }

    /// <summary>Gives the buffers of frames back.</summary>
    /// <param name="frames">The frames; no span of theirs may be used any more.</param>
    /// <inheritdoc cref="Return(in FrameDescriptor)"/>
    public void Return(ReadOnlySpan<FrameDescriptor> frames)
    {
        bool[] isRented = _isRented;
        int[] free = _free;
        int smallCount = _smallCount;
        int small = _smallFree;
        int large = smallCount + _largeFree;
        for (int i = 0; i < frames.Length; i++)
        {
            int buffer = frames[i].Buffer;
            if (!isRented[buffer])
            {
                ThrowReturnedTwice(buffer);
            }

            isRented[buffer] = false;
            if (buffer < smallCount)
            {
                free[small++] = buffer;
            }
            else if (buffer < free.Length)
            {
                free[large++] = buffer;
            }
            else
            {
                _freeShared[_sharedFree++] = buffer;
            }
        }

        (_smallFree, _largeFree) = (small, large - smallCount);
    }

    /// <summary>The whole buffer that a frame lies in: headroom, frame and tail.</summary>
    public Span<byte> Memory(in FrameDescriptor frame)
    {
        ObjectDisposedException.ThrowIf(_present == 0, this);
        if ((uint)frame.Buffer >= _present)
        {
            throw new ArgumentOutOfRangeException(nameof(frame));
        }

        ref readonly Place place = ref _places[frame.Buffer];
        return new Span<byte>(place.First, (int)place.Length);
    }

    /// <summary>The bytes of a frame.</summary>
    public Span<byte> Frame(in FrameDescriptor frame) => Memory(frame).Slice(frame.Offset, frame.Length);

    /// <summary>The first byte of a frame, which lies with all its bytes in its buffer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* Address(in FrameDescriptor frame)
    {
        uint buffer = (uint)frame.Buffer;
        uint offset = (uint)frame.Offset;
        if (buffer >= _present || (ulong)offset + (uint)frame.Length > _place[buffer].Length)
        {
            ThrowOutside();
        }

        return _place[buffer].First + offset;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _present = 0;
        foreach (NativeAllocation allocation in _allocations)
        {
            allocation.Dispose();
        }

        _shared?.Dispose();
    }

    /// <summary>Loads frames as long as the first stack has buffers for them, which is that of the smallest.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int LoadQuickly(
        NativeBlock<byte> source, ReadOnlySpan<StoredFrame> frames, long timeNs, Span<FrameDescriptor> burst)
    {
        if (_present == 0)
        {
            return 0;
        }

        burst = burst[..frames.Length];
        ref int left = ref _smallCount > 0 ? ref _smallFree : ref _largeFree;
        int capacity = _placement == FramePlacement.AtEnd ? -1 : _smallCount > 0 ? SmallCapacity : FrameCapacity;
        ref int free = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_free), left);
        ref bool isRented = ref MemoryMarshal.GetArrayDataReference(_isRented);
        ref FrameDescriptor frame = ref MemoryMarshal.GetReference(burst);
        Place* places = _place;
        byte* first = source.First;
        int most = Math.Min(burst.Length, left);
        int i = 0;
        for (; i < most; i++)
        {
            StoredFrame stored = frames[i];
            if (stored.Length > capacity || !IsWithin(source, stored))
            {
                break;
            }

            free = ref Unsafe.Subtract(ref free, 1);
            int buffer = free;
            Unsafe.Add(ref isRented, buffer) = true;
            frame = default;
            (frame.Buffer, frame.Offset, frame.Length) = (buffer, Headroom, stored.Length);
            (frame.Port, frame.TimeNs) = (stored.Port, timeNs);
            frame = ref Unsafe.Add(ref frame, 1);
            byte* from = first + (uint)stored.Start;
            if (Sse.IsSupported)
            {
                // Asking for what lies behind the block is no fault.
                Sse.Prefetch0(from + LookAhead);
            }

            Copy(from, places[buffer].First + Headroom, stored.Length);
        }

        left -= i;
        return i;
    }

    private static bool IsWithin(NativeBlock<byte> source, StoredFrame frame) =>
        (ulong)(uint)frame.Start + (uint)frame.Length <= (uint)source.Count;

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

    private NativeAllocation Allocate(int first, int count, int frameCapacity)
    {
        // 128 bytes more than a multiple of 256, so that buffers do not all start in the same cache sets.
        int stride = ((Headroom + frameCapacity + Tail + 255) / 256 * 256) + 128;
        var allocation = new NativeAllocation((nuint)count * (nuint)stride);
        for (int i = 0; i < count; i++)
        {
            _places[first + i] = new Place(allocation.First + ((nint)i * stride), stride);
        }

        return allocation;
    }

    /// <summary>Lets all buffers be taken, those with the lowest numbers first.</summary>
    private void Release()
    {
        for (int i = 0; i < _free.Length; i++)
        {
            _free[i] = i < _smallCount ? _smallCount - 1 - i : _free.Length - 1 - (i - _smallCount);
        }

        _smallFree = _smallCount;
        _largeFree = _free.Length - _smallCount;
    }

    /// <summary>Where a buffer begins, and how many of its bytes may be touched.</summary>
    private readonly struct Place(byte* first, int length)
    {
        public readonly byte* First = first;
        public readonly uint Length = (uint)length;
    }
}
