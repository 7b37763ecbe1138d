// SAFETY: As in PacketPool.Unsafe.cs. The shared buffers lie in one allocation that grows in its place, so that what
// the kernel was told of its beginning and length stays true; nothing behind TryExtend's count is touched.
using System.Runtime.CompilerServices;

namespace VxlanEngine.Packets;

/// <content>Small buffers in memory that ports share with the kernel.</content>
public sealed unsafe partial class PacketPool
{
    /// <summary>
    /// Bytes from one shared buffer's page to the next one's; none lies in two pages, which drivers may not cross.
    /// </summary>
    internal const int SharedStride = 4096;

    /// <summary>Bytes of a shared buffer.</summary>
    internal const int SharedLength = Headroom + SmallCapacity + Tail;

    // Room for the buffers of more ports than a worker has; what is not used costs addresses only.
    private const int MaxShared = 1 << 17;

    private int[] _freeShared = [];
    private int _sharedFree;
    private NativeAllocation? _shared;

    /// <summary>Number of buffers in memory that is shared with the kernel, which are the last ones.</summary>
    internal int SharedCount => _freeShared.Length;

    /// <summary>Number of those that are not in use.</summary>
    internal int SharedFreeCount => _sharedFree;

    /// <summary>Number of the first one.</summary>
    internal int FirstShared => _free.Length;

    /// <summary>The first byte of all of them, at the start of a page; null while there are none.</summary>
    internal byte* SharedMemory => _shared is null || IsDisposed ? null : _shared.First;

    /// <summary>Adds small buffers in memory that ports may share with the kernel.</summary>
    /// <param name="count">How many there are to be, those that were added before included.</param>
    /// <param name="room">How many there may ever be; said the first time.</param>
    /// <returns>False when there is no room for so many; there are then as many as before.</returns>
    internal bool TryExtend(int count, int room = MaxShared)
    {
        if (count <= SharedCount)
        {
            return true;
        }

        if (count > room || !OperatingSystem.IsLinux() || _placement != FramePlacement.BehindHeadroom)
        {
            return false;
        }

        nuint length = (nuint)count * SharedStride;
        try
        {
            _shared ??= new NativeAllocation(length, (nuint)room * SharedStride);
        }
        catch (InvalidOperationException)
        {
            // The system may count what is only reserved: ports do without.
            return false;
        }

        if (!_shared.TryGrow(length))
        {
            return false;
        }

        int before = SharedCount;
        Place[] places = GC.AllocateArray<Place>(FirstShared + count, pinned: true);
        Array.Copy(_places, places, FirstShared + before);
        for (int i = before; i < count; i++)
        {
            places[FirstShared + i] = new Place(_shared.First + SharedStart(i), SharedLength);
        }

        _places = places;
        _place = (Place*)Unsafe.AsPointer(ref places[0]);
        Array.Resize(ref _isRented, FirstShared + count);
        Array.Resize(ref _freeShared, count);
        for (int i = count - 1; i >= before; i--)
        {
            _freeShared[_sharedFree++] = FirstShared + i;
        }

        _present = (uint)(FirstShared + count);
        return true;
    }

    /// <summary>Takes a buffer of those that are shared with the kernel.</summary>
    /// <param name="buffer">Its number.</param>
    /// <returns>False when none is free.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryRentShared(out int buffer)
    {
        buffer = 0;
        if (_sharedFree == 0)
        {
            return false;
        }

        buffer = _freeShared[--_sharedFree];
        _isRented[buffer] = true;
        return true;
    }

    /// <summary>Where a shared buffer begins, in bytes from the first one's page.</summary>
    /// <param name="index">Its number among the shared ones.</param>
    internal static nuint SharedStart(int index)
    {
        // In each page a little further on, so that buffers do not all start in the same cache sets.
        const int Step = 128;
        const int Steps = ((SharedStride - SharedLength) / Step) + 1;
        return ((nuint)index * SharedStride) + (nuint)(index % Steps * Step);
    }
}
