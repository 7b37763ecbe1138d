using System.Numerics;
using VxlanEngine.Packets;

namespace VxlanEngine.Classification;

/// <summary>
/// A hash table of buckets: a packet's masked addresses, or a link field, make a tag, and the tag leads to a node.
/// </summary>
/// <remarks>
/// A bucket is what has one tag. Keys that collide in all 32 bits share it, which costs time and decides nothing,
/// since boxes are checked anyway. Slots are tag and node in one word, 0 when free, at most half of them in use.
/// </remarks>
/// <typeparam name="T">The number that holds an address.</typeparam>
internal struct MaskTable<T>
    where T : unmanaged, IBinaryInteger<T>
{
    /// <summary>The node of no bucket.</summary>
    public const int Nothing = int.MinValue;

    private readonly T _sourceMask;
    private readonly T _destinationMask;
    private readonly LinkField _link;
    private ulong[] _slots;
    private int _shift;
    private int _used;

    public MaskTable(BoxShape shape, int buckets)
    {
        Shape = shape;
        _sourceMask = BoxShape.Mask<T>(shape.HasSource);
        _destinationMask = BoxShape.Mask<T>(shape.HasDestination);
        _link = shape.Link;
        _slots = [];
        Resize(buckets);
    }

    public BoxShape Shape { get; }

    /// <summary>The first of its boxes in the order of precedence.</summary>
    public int Best { get; set; } = int.MaxValue;

    public readonly long MemoryBytes => (long)_slots.Length * sizeof(ulong);

    /// <summary>The tag of a box's bucket.</summary>
    public readonly uint Tag(in RuleBox<T> box, ulong link) =>
        Tag(box.SourceFirst & _sourceMask, box.DestinationFirst & _destinationMask, _link == LinkField.None ? 0 : link);

    /// <summary>The node of the bucket that a packet falls into, or <see cref="Nothing"/>.</summary>
    public readonly int Find(in PacketKey<T> key, in PacketFacts facts) => Find(Tag(
        key.Point[PacketPoint<T>.Source] & _sourceMask,
        key.Point[PacketPoint<T>.Destination] & _destinationMask,
        _link == LinkField.None ? 0 : LinkKey.Read(_link, facts)));

    /// <summary>The node of the bucket with a tag, or <see cref="Nothing"/>.</summary>
    public readonly int Find(uint tag)
    {
        ulong[] slots = _slots;
        uint index = tag >> _shift;
        while (true)
        {
            ulong slot = slots[index];
            if ((uint)(slot >> 32) == tag)
            {
                return (int)slot;
            }

            if (slot == 0)
            {
                return Nothing;
            }

            index = (index + 1) & (uint)(slots.Length - 1);
        }
    }

    /// <summary>Gives this copy of the table slots of its own.</summary>
    public void Detach() => _slots = [.. _slots];

    /// <summary>Leads a tag to a node.</summary>
    public void Set(uint tag, int node)
    {
        if ((_used + 1) * 2 > _slots.Length)
        {
            Resize(_used * 2);
        }

        uint index = tag >> _shift;
        while (_slots[index] != 0 && (uint)(_slots[index] >> 32) != tag)
        {
            index = (index + 1) & (uint)(_slots.Length - 1);
        }

        _used += _slots[index] == 0 ? 1 : 0;
        _slots[index] = ((ulong)tag << 32) | (uint)node;
    }

    // Multiply-fold: every bit of the key reaches every bit of the tag, which is never 0.
    private static uint Tag(T source, T destination, ulong link)
    {
        ulong hash;
        if (typeof(T) == typeof(UInt128))
        {
            hash = Mix(Low(source) ^ 0x9E37_79B9_7F4A_7C15, High(source) ^ 0xD6E8_FEB8_6659_FD93)
                ^ Mix(Low(destination) ^ 0xA076_1D64_78BD_642F, High(destination) ^ 0xE703_7ED1_A0B4_28DB);
        }
        else
        {
            hash = (Low(source) << 32) | Low(destination);
        }

        hash = Mix(hash ^ link, 0x9E37_79B9_7F4A_7C15);
        return (uint)(hash ^ (hash >> 32)) | 1;
    }

    private static ulong Mix(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    private static ulong Low(T value) => ulong.CreateTruncating(value);

    private static ulong High(T value) => ulong.CreateTruncating(value >> 64);

    private void Resize(int buckets)
    {
        ulong[] old = _slots;
        int length = Math.Max(2, (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, buckets) * 2));
        _slots = new ulong[length];
        _shift = 32 - BitOperations.Log2((uint)length);
        _used = 0;
        foreach (ulong slot in old)
        {
            if (slot != 0)
            {
                Set((uint)(slot >> 32), (int)slot);
            }
        }
    }
}
