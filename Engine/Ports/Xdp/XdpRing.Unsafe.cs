// SAFETY: The ring owns one mapping of _length bytes, given back once, in Dispose; whoever holds the ring asks it
// nothing afterwards. The kernel says where in the mapping indexes and entries lie; the mapping is as long as the last
// entry. An entry is found by an index masked to the ring's size. Of the two indexes each side writes one: an entry is
// read between the volatile read of the other side's index and the volatile write of our own that gives it up.
using VxlanEngine.Ports.Linux;

namespace VxlanEngine.Ports.Xdp;

/// <summary>One end of a ring that is shared with the kernel, with one writer and one reader.</summary>
/// <remarks>Fill and transmit rings are written here, completion and receive rings read. Thread: one.</remarks>
internal sealed unsafe class XdpRing<T> : IDisposable
    where T : unmanaged
{
    private readonly byte* _mapping;
    private readonly nuint _length;
    private readonly uint* _producer;
    private readonly uint* _consumer;
    private readonly uint* _flags;
    private readonly T* _entries;
    private readonly uint _size;
    private uint _written;
    private uint _read;

    private XdpRing(byte* mapping, nuint length, in NativeXdp.xdp_ring_offset offsets, uint size)
    {
        _mapping = mapping;
        _length = length;
        _producer = (uint*)(mapping + offsets.producer);
        _consumer = (uint*)(mapping + offsets.consumer);
        _flags = (uint*)(mapping + offsets.flags);
        _entries = (T*)(mapping + offsets.desc);
        _size = size;
        _written = *_producer;
        _read = *_consumer;
    }

    /// <summary>True when the kernel has read all that was submitted; of a ring that is written here.</summary>
    public bool IsDrained => Volatile.Read(ref *_consumer) == *_producer;

    /// <summary>How far the kernel has read, counted from the beginning and wrapping.</summary>
    public uint Consumed => Volatile.Read(ref *_consumer);

    /// <summary>Number of entries that wait to be read; of a ring that is read here.</summary>
    public uint Count => Volatile.Read(ref *_producer) - _read;

    /// <summary>True when the kernel waits to be told of what was submitted.</summary>
    public bool NeedsWakeup
    {
        get
        {
            // Our index first: the kernel sets the flag, then looks at the index a last time.
            Interlocked.MemoryBarrier();
            return (Volatile.Read(ref *_flags) & NativeXdp.XdpRingNeedWakeup) != 0;
        }
    }

    /// <summary>Makes a ring of a socket that is not bound yet.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="option">The socket option that makes the ring.</param>
    /// <param name="page">Which ring of the socket's to map.</param>
    /// <param name="offsets">Where its parts lie.</param>
    /// <param name="size">Number of entries, a power of two.</param>
    /// <returns>The ring; null for an error.</returns>
    public static XdpRing<T>? Make(
        DescriptorHandle socket, int option, long page, in NativeXdp.xdp_ring_offset offsets, int size)
    {
        if (Native.setsockopt(socket, NativeXdp.SolXdp, option, &size, sizeof(int)) < 0)
        {
            return null;
        }

        nuint length = (nuint)offsets.desc + ((nuint)size * (nuint)sizeof(T));
        void* mapping = Native.mmap(
            null,
            length,
            Native.ProtRead | Native.ProtWrite,
            Native.MapShared | NativeXdp.MapPopulate,
            socket,
            (nint)page);
        return mapping == (void*)-1 ? null : new XdpRing<T>((byte*)mapping, length, offsets, (uint)size);
    }

    /// <summary>Writes an entry, which the kernel sees after <see cref="Submit"/>.</summary>
    /// <returns>False when the ring is full.</returns>
    public bool TryWrite(in T entry)
    {
        if (_written - _read == _size)
        {
            // Pairs with the kernel's release of entries that it has read.
            _read = Volatile.Read(ref *_consumer);
            if (_written - _read == _size)
            {
                return false;
            }
        }

        _entries[_written++ & (_size - 1)] = entry;
        return true;
    }

    /// <summary>True when so many entries can be written, as far as was seen or is seen now.</summary>
    public bool HasRoom(uint count)
    {
        if (_size - (_written - _read) < count)
        {
            _read = Volatile.Read(ref *_consumer);
        }

        return _size - (_written - _read) >= count;
    }

    /// <summary>Shows the kernel what was written.</summary>
    public void Submit() => Volatile.Write(ref *_producer, _written);

    /// <summary>Reads the next entry, which stays ours until <see cref="Release"/>.</summary>
    /// <returns>False when there is none.</returns>
    public bool TryRead(out T entry)
    {
        if (_read == _written)
        {
            // Pairs with the kernel's release of entries that it has written.
            _written = Volatile.Read(ref *_producer);
            if (_read == _written)
            {
                entry = default;
                return false;
            }
        }

        entry = _entries[_read++ & (_size - 1)];
        return true;
    }

    /// <summary>Looks at an entry behind the next one without taking it.</summary>
    /// <param name="ahead">How many entries lie before it.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>False when there is none, as far as was seen.</returns>
    public bool TryPeek(uint ahead, out T entry)
    {
        if (_written - _read <= ahead)
        {
            entry = default;
            return false;
        }

        entry = _entries[(_read + ahead) & (_size - 1)];
        return true;
    }

    /// <summary>Gives the entries that were read back to the kernel.</summary>
    public void Release() => Volatile.Write(ref *_consumer, _read);

    /// <inheritdoc/>
    public void Dispose() => Native.munmap(_mapping, _length);
}
