using VxlanEngine.Packets;

namespace VxlanEngine.Flows;

/// <summary>Finds numbers by the hash of what they stand for: linear probing over eight-byte slots.</summary>
/// <remarks>
/// At most half of the slots are ever in use. A slot keeps the whole hash, so that a probe compares keys only where the
/// hashes are equal, and a removal can close the gap it leaves. Thread: the owner's.
/// </remarks>
internal sealed class FlowIndex : IDisposable
{
    private readonly NativeBlock<Slot> _slots;
    private readonly int _mask;

    /// <summary>Makes an empty index.</summary>
    /// <param name="capacity">Most numbers it is to hold.</param>
    public FlowIndex(int capacity)
    {
        int slots = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 4)) * 2;
        _slots = new NativeBlock<Slot>(slots);
        _mask = slots - 1;
    }

    /// <summary>Where probing for a hash starts.</summary>
    public int Start(uint hash) => (int)hash & _mask;

    /// <summary>Asks for the slot where probing for a hash starts.</summary>
    public void Prefetch(uint hash) => _slots.Prefetch(Start(hash));

    /// <summary>Goes on to the next number under a hash.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="position">From <see cref="Start"/>; moved behind the slot found.</param>
    /// <returns>The number, or −1 when there is none left.</returns>
    public int Next(uint hash, ref int position)
    {
        while (true)
        {
            Slot slot = _slots[position];
            position = (position + 1) & _mask;
            if (slot.Content == 0)
            {
                return -1;
            }

            if (slot.Hash == hash)
            {
                return (int)(slot.Content - 1);
            }
        }
    }

    /// <summary>Adds a number under a hash.</summary>
    public void Add(uint hash, int number)
    {
        int position = Start(hash);
        while (_slots[position].Content != 0)
        {
            position = (position + 1) & _mask;
        }

        _slots[position] = new Slot { Hash = hash, Content = (uint)number + 1 };
    }

    /// <summary>Removes a number that was added under a hash, if it is there.</summary>
    public void Remove(uint hash, int number)
    {
        int gap = Start(hash);
        while (_slots[gap].Content != (uint)number + 1 || _slots[gap].Hash != hash)
        {
            if (_slots[gap].Content == 0)
            {
                return;
            }

            gap = (gap + 1) & _mask;
        }

        // Whatever stands behind the gap moves into it, unless it would then stand before its own start.
        for (int i = (gap + 1) & _mask; _slots[i].Content != 0; i = (i + 1) & _mask)
        {
            int start = Start(_slots[i].Hash);
            if (((i - start) & _mask) >= ((i - gap) & _mask))
            {
                _slots[gap] = _slots[i];
                gap = i;
            }
        }

        _slots[gap] = default;
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    private struct Slot
    {
        public uint Hash;

        /// <summary>The number plus one; 0 in an empty slot.</summary>
        public uint Content;
    }
}
