using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using VxlanEngine.Packets;

namespace VxlanEngine.Flows;

/// <summary>Finds numbers by the hash of what they stand for: linear probing over buckets of a cache line.</summary>
/// <remarks>
/// <code>
/// bucket: 8 × {hash, number}        tables:  … [size/2: the older one, moves]  [size: the present one]
/// </code>
/// At most half of the slots are in use, so that nearly all numbers lie in the bucket that their hash names. A slot
/// keeps the whole hash: what is looked up is compared only where the hashes are equal, and a removal can close the
/// gap it leaves. The table doubles as it fills; each addition then moves a few buckets of the older one, whose memory
/// goes back on the way, so that nobody waits for a whole table. Thread: the owner's.
/// </remarks>
internal sealed class FlowIndex : IDisposable
{
    /// <summary>Slots of a bucket.</summary>
    public const int BucketLength = 8;

    private const int FewestBuckets = 16;
    private const int MovedAtOnce = 2;

    // Lanes of a bucket that hold hashes, and those that hold numbers.
    private const ulong HashLanes = 0x5555;
    private const ulong NumberLanes = 0xAAAA;

    // A table of n buckets begins at bucket n; so all sizes find their room one behind the other.
    private readonly NativeBlock<Slot> _slots;
    private readonly int _mostBuckets;
    private int _buckets;

    // The older table's first bucket that was not moved; where the present one begins when all were.
    private int _older;

    /// <summary>Makes an empty index.</summary>
    /// <param name="capacity">Most numbers it is to hold.</param>
    public FlowIndex(int capacity)
    {
        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)capacity) * 2;
        _mostBuckets = Math.Max(slots / BucketLength, FewestBuckets);
        _slots = new NativeBlock<Slot>(checked(2 * _mostBuckets * BucketLength));
        _buckets = Math.Min(FewestBuckets, _mostBuckets);
        _older = _buckets;
    }

    /// <summary>All slots; the present table begins at bucket <see cref="Buckets"/>.</summary>
    public NativeBlock<Slot> Slots => _slots;

    /// <summary>Buckets of the present table, a power of two.</summary>
    public int Buckets => _buckets;

    /// <summary>Numbers in the index.</summary>
    public int Count { get; private set; }

    /// <summary>Buckets of an older table that are still to be moved into the present one.</summary>
    public int BucketsToMove => _buckets - _older;

    /// <summary>Compares all of a bucket with a hash.</summary>
    /// <returns>One bit for each slot with that hash, at twice the slot's place; for hash 0, empty ones too.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong MatchesIn(Vector512<uint> bucket, uint hash) =>
        Vector512.Equals(bucket, Vector512.Create(hash)).ExtractMostSignificantBits() & HashLanes;

    /// <summary>Asks for the bucket that a hash names.</summary>
    public void Prefetch(uint hash) => _slots.Prefetch(Home(hash) * BucketLength);

    /// <summary>Starts to look for the numbers under a hash.</summary>
    public Search Find(uint hash)
    {
        int home = Home(hash);
        return new Search { Hash = hash, Bucket = home, Matches = MatchesIn(home, hash) };
    }

    /// <summary>Goes on to the next number under a hash.</summary>
    /// <returns>The number, or 0 when there is none left.</returns>
    public int Next(ref Search search)
    {
        while (true)
        {
            while (search.Matches != 0)
            {
                int slot = BitOperations.TrailingZeroCount(search.Matches) / 2;
                search.Matches &= search.Matches - 1;
                int number = _slots[(search.Bucket * BucketLength) + slot].Number;
                if (number != 0)
                {
                    return number;
                }
            }

            if (IsFull(search.Bucket))
            {
                search.Bucket = After(search.Bucket);
            }
            else if (search.Bucket >= _buckets && _older < _buckets)
            {
                search.Bucket = OlderHome(search.Hash);
            }
            else
            {
                return 0;
            }

            search.Matches = MatchesIn(search.Bucket, search.Hash);
        }
    }

    /// <summary>Adds a number under a hash.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="number">The number, at least 1.</param>
    public void Add(uint hash, int number)
    {
        if (Count >= _buckets * BucketLength / 2 && _buckets < _mostBuckets)
        {
            Grow();
        }

        for (int i = 0; i < MovedAtOnce && _older < _buckets; i++)
        {
            MoveBucket();
        }

        Put(new Slot { Hash = hash, Number = number });
        Count++;
    }

    /// <summary>Removes a number that was added under a hash, if it is there.</summary>
    public void Remove(uint hash, int number)
    {
        if (!TryRemove(Home(hash), hash, number) && _older < _buckets)
        {
            TryRemove(OlderHome(hash), hash, number);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    private int Home(uint hash) => _buckets + (int)(hash & (uint)(_buckets - 1));

    // What would lie before the first bucket that was not moved lies from there on: no bucket between was not full.
    private int OlderHome(uint hash)
    {
        int buckets = _buckets / 2;
        return Math.Max(buckets + (int)(hash & (uint)(buckets - 1)), _older);
    }

    private int HomeIn(int tableOfBucket, uint hash) => tableOfBucket >= _buckets ? Home(hash) : OlderHome(hash);

    private int After(int bucket)
    {
        int buckets = bucket >= _buckets ? _buckets : _buckets / 2;
        return buckets | ((bucket + 1) & (buckets - 1));
    }

    private int Distance(int from, int to) => (to - from) & ((to >= _buckets ? _buckets : _buckets / 2) - 1);

    private Vector512<uint> Load(int bucket) =>
        Vector512.LoadUnsafe(ref Unsafe.As<Slot, uint>(ref _slots.Slice(bucket * BucketLength, BucketLength)[0]));

    private uint MatchesIn(int bucket, uint hash) => (uint)MatchesIn(Load(bucket), hash);

    private bool IsFull(int bucket) =>
        (Vector512.Equals(Load(bucket), Vector512<uint>.Zero).ExtractMostSignificantBits() & NumberLanes) == 0;

    private Span<Slot> SlotsOf(int bucket) => _slots.Slice(bucket * BucketLength, BucketLength);

    private void Put(Slot content)
    {
        int bucket = Home(content.Hash);
        while (IsFull(bucket))
        {
            bucket = After(bucket);
        }

        Span<Slot> slots = SlotsOf(bucket);
        int free = 0;
        while (slots[free].Number != 0)
        {
            free++;
        }

        slots[free] = content;
    }

    private bool TryRemove(int bucket, uint hash, int number)
    {
        for (; ; bucket = After(bucket))
        {
            Span<Slot> slots = SlotsOf(bucket);
            for (int i = 0; i < slots.Length; i++)
            {
                if (slots[i].Number == number && slots[i].Hash == hash)
                {
                    CloseGap(bucket, i);
                    Count--;
                    return true;
                }
            }

            if (!IsFull(bucket))
            {
                return false;
            }
        }
    }

    /// <summary>Empties a slot; what was put behind its bucket because that was full moves up.</summary>
    private void CloseGap(int gap, int slot)
    {
        bool wasFull = IsFull(gap);
        for (int bucket = After(gap); wasFull; bucket = After(bucket))
        {
            wasFull = IsFull(bucket);
            Span<Slot> slots = SlotsOf(bucket);
            for (int i = 0; i < slots.Length; i++)
            {
                if (slots[i].Number != 0
                    && Distance(HomeIn(bucket, slots[i].Hash), bucket) >= Distance(gap, bucket))
                {
                    SlotsOf(gap)[slot] = slots[i];
                    (gap, slot) = (bucket, i);
                    break;
                }
            }
        }

        SlotsOf(gap)[slot] = default;
    }

    /// <summary>Begins a table of twice the size.</summary>
    private void Grow()
    {
        while (_older < _buckets)
        {
            MoveBucket();
        }

        _older = _buckets;
        _buckets *= 2;

        // What has wrapped around from the end lies in the first buckets, up to one that is not full.
        bool wasFull;
        do
        {
            wasFull = IsFull(_older);
            MoveBucket();
        }
        while (wasFull);
    }

    private void MoveBucket()
    {
        Span<Slot> slots = SlotsOf(_older);
        foreach (Slot slot in slots)
        {
            if (slot.Number != 0)
            {
                Put(slot);
            }
        }

        slots.Clear();
        _older++;
        _slots.GiveBackBefore(_older * BucketLength);
    }

    /// <summary>A number under its hash.</summary>
    public struct Slot
    {
        /// <summary>The hash.</summary>
        public uint Hash;

        /// <summary>The number; 0 in an empty slot.</summary>
        public int Number;
    }

    /// <summary>How far the numbers under a hash were looked at.</summary>
    public struct Search
    {
        /// <summary>The hash.</summary>
        public uint Hash;

        /// <summary>The bucket looked at.</summary>
        public int Bucket;

        /// <summary>One bit for each slot of it that is still to be looked at, at twice the slot's place.</summary>
        public uint Matches;
    }
}
