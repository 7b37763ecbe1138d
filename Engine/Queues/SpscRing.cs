using System.Numerics;

namespace VxlanEngine.Queues;

/// <summary>A bounded queue from one thread to one other, which never waits, locks or allocates.</summary>
/// <typeparam name="T">What is queued, by value.</typeparam>
/// <remarks>
/// Each end keeps what it last saw of the other's index, and looks again only when that is not enough. What the
/// producer wrote before it put an item in, the consumer sees once it has taken the item out; what the consumer read
/// before it takes more, the producer may overwrite once it sees room. Thread: one producer, one consumer.
/// </remarks>
internal sealed class SpscRing<T>
    where T : unmanaged
{
    private readonly T[] _items;
    private RingIndices _indices;

    /// <summary>Makes an empty ring.</summary>
    /// <param name="capacity">Most items it holds, a power of two.</param>
    public SpscRing(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        if (!BitOperations.IsPow2(capacity))
        {
            throw new ArgumentException("The capacity is no power of two.", nameof(capacity));
        }

        _items = new T[capacity];
    }

    /// <summary>Most items it holds.</summary>
    public int Capacity => _items.Length;

    /// <summary>Items in it; for a thread that is neither end, as they were a moment ago.</summary>
    public int Count
    {
        get
        {
            long head = Volatile.Read(ref _indices.Head);
            return (int)Math.Min(Volatile.Read(ref _indices.Tail) - head, Capacity);
        }
    }

    /// <summary>How many more items fit: looked up anew when fewer than wanted seem to. Thread: the producer.</summary>
    /// <param name="wanted">How many the producer has.</param>
    public int Room(int wanted)
    {
        long room = _indices.KnownHead + Capacity - _indices.Tail;
        if (room < wanted)
        {
            _indices.KnownHead = Volatile.Read(ref _indices.Head);
            room = _indices.KnownHead + Capacity - _indices.Tail;
        }

        return (int)room;
    }

    /// <summary>Puts an item in. Thread: the producer.</summary>
    /// <returns>False when the ring is full.</returns>
    public bool TryEnqueue(in T item) => Enqueue(new ReadOnlySpan<T>(in item)) == 1;

    /// <summary>Puts items in, in order, as many as fit. Thread: the producer.</summary>
    /// <returns>How many went in, from the first on.</returns>
    public int Enqueue(ReadOnlySpan<T> items)
    {
        int count = Math.Min(items.Length, Room(items.Length));
        long tail = _indices.Tail;
        int start = (int)tail & (Capacity - 1);
        int first = Math.Min(count, Capacity - start);
        items[..first].CopyTo(_items.AsSpan(start));
        items[first..count].CopyTo(_items);
        if (count > 0)
        {
            Volatile.Write(ref _indices.Tail, tail + count);
        }

        return count;
    }

    /// <summary>Takes items out, in order, as many as there are. Thread: the consumer.</summary>
    /// <param name="items">Where they go; its length is the most that are taken.</param>
    /// <returns>How many.</returns>
    public int Dequeue(Span<T> items)
    {
        long head = _indices.Head;
        if (_indices.KnownTail - head < items.Length)
        {
            _indices.KnownTail = Volatile.Read(ref _indices.Tail);
        }

        int count = (int)Math.Min(items.Length, _indices.KnownTail - head);
        if (count == 0)
        {
            return 0;
        }

        int start = (int)head & (Capacity - 1);
        int first = Math.Min(count, Capacity - start);
        _items.AsSpan(start, first).CopyTo(items);
        _items.AsSpan(0, count - first).CopyTo(items[first..]);
        Volatile.Write(ref _indices.Head, head + count);
        return count;
    }
}
