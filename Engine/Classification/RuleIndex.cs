using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VxlanEngine.Packets;

namespace VxlanEngine.Classification;

/// <summary>Finds the first of many boxes that a packet lies in.</summary>
/// <remarks>
/// <para>
/// Tuple space search with few tuples. A hash table for each choice of narrow addresses (both, either, none) brings a
/// packet to a bucket, and a bucket of many boxes is a small binary tree over all dimensions. Chosen over one decision
/// tree because looks into several tables overlap in the processor while the steps down a tree wait for each other,
/// because wide and narrow rules do not multiply each other in tables as they do in a tree, and because a changed rule
/// touches one bucket. Chosen over bit vectors because those grow with the square of the rules. Tables are asked in the
/// order of their best box, and none that cannot improve the answer is asked.
/// </para>
/// <para>A handful of boxes is a plain list: nothing is quicker.</para>
/// </remarks>
/// <typeparam name="T">The number that holds an address.</typeparam>
internal sealed partial class RuleIndex<T>
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    /// <summary>Up to so many boxes are a plain list.</summary>
    public const int ListLength = 16;

    private readonly BoxList<T> _list;
    private readonly RuleBox<T>[] _boxes;
    private readonly BoxPlace[] _places = [];
    private readonly MaskTable<T>[] _tables = [];
    private readonly int[] _order = [];
    private readonly int[] _members = [];
    private readonly RuleSplit<T>[] _splits = [];
    private readonly int _membersWhenBuilt;

    /// <summary>Bytes of its arrays.</summary>
    public long MemoryBytes =>
        _list.MemoryBytes
        + MemoryMarshal.AsBytes(_places.AsSpan()).Length
        + ((long)_members.Length * sizeof(int))
        + MemoryMarshal.AsBytes(_splits.AsSpan()).Length
        + _tables.Sum(t => t.MemoryBytes);

    /// <summary>Number of tables; 0 for a plain list.</summary>
    public int TableCount => _tables.Length;

    /// <summary>Number of boxes.</summary>
    public int Count => _list.Count;

    /// <summary>Finds the rank of the first rule that a packet matches, or −1.</summary>
    public int Find(in PacketKey<T> key, in PacketFacts facts)
    {
        if (_tables.Length == 0)
        {
            return FindInList(key, facts);
        }

        int best = int.MaxValue;
        MaskTable<T>[] tables = _tables;
        foreach (int table in _order)
        {
            ref readonly MaskTable<T> candidate = ref tables[table];
            if (candidate.Best >= best)
            {
                break;
            }

            int node = candidate.Find(key, facts);
            if (node != MaskTable<T>.Nothing)
            {
                best = FindInBucket(node, best, key, facts);
            }
        }

        return best == int.MaxValue ? -1 : _list.Ranks[best];
    }

    private int FindInList(in PacketKey<T> key, in PacketFacts facts)
    {
        int count = _list.Count;
        for (int box = 0; box < count; box++)
        {
            if (Holds(box, key, facts))
            {
                return _list.Ranks[box];
            }
        }

        return -1;
    }

    private int FindInBucket(int node, int best, in PacketKey<T> key, in PacketFacts facts)
    {
        while (node < 0)
        {
            ref readonly RuleSplit<T> split = ref _splits[~node];
            node = key.Point[split.Dimension] < split.Threshold ? split.Below : split.NotBelow;
        }

        while (true)
        {
            int member = _members[node++];
            int box = member & ~BucketWriter<T>.Last;
            if (box >= best || Holds(box, key, facts))
            {
                return Math.Min(box, best);
            }

            if (member < 0)
            {
                return best;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Holds(int box, in PacketKey<T> key, in PacketFacts facts)
    {
        ref readonly RuleBox<T> candidate = ref _boxes[box];
        return candidate.Contains(key)
            && (!candidate.HasRemainder || _list.Remainders[box]!.Hold(facts));
    }
}
