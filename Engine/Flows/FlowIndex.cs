using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using VxlanEngine.Packets;

namespace VxlanEngine.Flows;

/// <summary>Finds numbers by the hash of what they stand for: linear probing over buckets of a cache line.</summary>
/// <remarks>
/// <code>
/// bucket: 8 hashes, 8 numbers      tables:  … [n/2 buckets: the older one, moves]  [n buckets: the present one]
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

    // A table of n buckets begins at bucket n; so all sizes find their room one behind the other.
    private readonly NativeBlock<Bucket> _buckets;
    private readonly int _largestSize;

    // The older table's first bucket that was not moved; where the present one begins when all were.
    private int _older;

    /// <summary>Makes an empty index.</summary>
    /// <param name="capacity">Most numbers it is to hold.</param>
    public FlowIndex(int capacity)
    {
        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)capacity) * 2;
        _largestSize = Math.Max(slots / BucketLength, FewestBuckets);
        _buckets = new NativeBlock<Bucket>(checked(2 * _largestSize));
        Size = FewestBuckets;
        _older = Size;
    }

    /// <summary>All buckets; those of the present table begin with number <see cref="Size"/>.</summary>
    public NativeBlock<Bucket> Buckets => _buckets;

    /// <summary>Buckets of the present table, a power of two.</summary>
    public int Size { get; private set; }

    /// <summary>Numbers in the index.</summary>
    public int Count { get; private set; }

    /// <summary>Buckets of an older table that are still to be moved into the present one.</summary>
    public int BucketsToMove => Size - _older;

    /// <summary>Has the system give all memory now, for all sizes that the table will have.</summary>
    public void Populate() => _buckets.Populate();

    /// <summary>Asks for the bucket that a hash names.</summary>
    public void Prefetch(uint hash) => _buckets.Prefetch(Home(hash));

    /// <summary>Starts to look for the numbers under a hash.</summary>
    public Search Find(uint hash)
    {
        int home = Home(hash);
        return new Search { Hash = hash, Bucket = home, Matches = _buckets[home].MatchesOf(hash) };
    }

    /// <summary>Goes on to the next number under a hash.</summary>
    /// <returns>The number, or 0 when there is none left.</returns>
    public int Next(ref Search search)
    {
        while (true)
        {
            ref readonly Bucket bucket = ref _buckets[search.Bucket];
            while (search.Matches != 0)
            {
                int number = bucket.Numbers[BitOperations.TrailingZeroCount(search.Matches)];
                search.Matches &= search.Matches - 1;
                if (number != 0)
                {
                    return number;
                }
            }

            if (bucket.IsFull)
            {
                search.Bucket = After(search.Bucket);
            }
            else if (search.Bucket >= Size && BucketsToMove != 0)
            {
                search.Bucket = OlderHome(search.Hash);
            }
            else
            {
                return 0;
            }

            search.Matches = _buckets[search.Bucket].MatchesOf(search.Hash);
        }
    }

    /// <summary>Adds a number under a hash.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="number">The number, at least 1.</param>
    public void Add(uint hash, int number)
    {
        if (Count >= Size * BucketLength / 2 && Size < _largestSize)
        {
            Grow();
        }

        for (int i = 0; i < MovedAtOnce && BucketsToMove != 0; i++)
        {
            MoveBucket();
        }

        Put(hash, number);
        Count++;
    }

    /// <summary>Removes a number that was added under a hash, if it is there.</summary>
    public void Remove(uint hash, int number)
    {
        if (!TryRemove(Home(hash), hash, number) && BucketsToMove != 0)
        {
            TryRemove(OlderHome(hash), hash, number);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buckets.Dispose();

    private int Home(uint hash) => Size + (int)(hash & (uint)(Size - 1));

    // What would lie before the first bucket that was not moved lies from there on: all between were full.
    private int OlderHome(uint hash)
    {
        int size = Size / 2;
        return Math.Max(size + (int)(hash & (uint)(size - 1)), _older);
    }

    private int SizeAt(int bucket) => bucket >= Size ? Size : Size / 2;

    private int After(int bucket)
    {
        int size = SizeAt(bucket);
        return size | ((bucket + 1) & (size - 1));
    }

    private int Distance(int from, int to) => (to - from) & (SizeAt(to) - 1);

    private void Put(uint hash, int number)
    {
        int place = Home(hash);
        while (_buckets[place].IsFull)
        {
            place = After(place);
        }

        ref Bucket bucket = ref _buckets[place];
        bucket.Set(bucket.FreeSlot, hash, number);
    }

    private bool TryRemove(int place, uint hash, int number)
    {
        for (; ; place = After(place))
        {
            ref Bucket bucket = ref _buckets[place];
            for (uint matches = bucket.MatchesOf(hash); matches != 0; matches &= matches - 1)
            {
                int slot = BitOperations.TrailingZeroCount(matches);
                if (bucket.Numbers[slot] == number)
                {
                    CloseGap(place, slot);
                    Count--;
                    return true;
                }
            }

            if (!bucket.IsFull)
            {
                return false;
            }
        }
    }

    /// <summary>Empties a slot; what was put behind its bucket because that was full moves up.</summary>
    private void CloseGap(int gap, int slot)
    {
        bool wasFull = _buckets[gap].IsFull;
        for (int place = After(gap); wasFull; place = After(place))
        {
            ref readonly Bucket bucket = ref _buckets[place];
            wasFull = bucket.IsFull;
            for (int i = 0; i < BucketLength; i++)
            {
                uint hash = bucket.Hashes[i];
                int home = place >= Size ? Home(hash) : OlderHome(hash);
                if (bucket.Numbers[i] != 0 && Distance(home, place) >= Distance(gap, place))
                {
                    _buckets[gap].Set(slot, hash, bucket.Numbers[i]);
                    (gap, slot) = (place, i);
                    break;
                }
            }
        }

        _buckets[gap].Set(slot, 0, 0);
    }

    /// <summary>Begins a table of twice the size.</summary>
    private void Grow()
    {
        while (BucketsToMove != 0)
        {
            MoveBucket();
        }

        _older = Size;
        Size *= 2;

        // What has wrapped around from the end lies in the first buckets, up to one that is not full.
        bool wasFull;
        do
        {
            wasFull = _buckets[_older].IsFull;
            MoveBucket();
        }
        while (wasFull);
    }

    private void MoveBucket()
    {
        ref Bucket bucket = ref _buckets[_older];
        for (int i = 0; i < BucketLength; i++)
        {
            if (bucket.Numbers[i] != 0)
            {
                Put(bucket.Hashes[i], bucket.Numbers[i]);
            }
        }

        bucket = default;
        _older++;
        _buckets.GiveBackBefore(_older);
    }

    /// <summary>A cache line of slots: numbers under their hashes.</summary>
    public struct Bucket
    {
        /// <summary>The hashes; 0 in empty slots.</summary>
        public HashLanes Hashes;

        /// <summary>The numbers; 0 in empty slots.</summary>
        public NumberLanes Numbers;

        /// <summary>True without an empty slot.</summary>
        public readonly bool IsFull => FreeSlots == 0;

        /// <summary>The first empty slot; there is one.</summary>
        public readonly int FreeSlot => BitOperations.TrailingZeroCount(FreeSlots);

        private readonly uint FreeSlots => Vector256.Equals(
            Vector256.LoadUnsafe(in Numbers[0]), Vector256<int>.Zero).ExtractMostSignificantBits();

        /// <summary>Compares all slots with a hash.</summary>
        /// <returns>One bit for each slot with that hash; for hash 0, empty ones too.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly uint MatchesOf(uint hash) => Vector256.Equals(
            Vector256.LoadUnsafe(in Hashes[0]), Vector256.Create(hash)).ExtractMostSignificantBits();

        /// <summary>Fills a slot.</summary>
        public void Set(int slot, uint hash, int number) => (Hashes[slot], Numbers[slot]) = (hash, number);
    }

    /// <summary>The hashes of a bucket.</summary>
    [InlineArray(BucketLength)]
    public struct HashLanes
    {
        private uint _first;
    }

    /// <summary>The numbers of a bucket.</summary>
    [InlineArray(BucketLength)]
    public struct NumberLanes
    {
        private int _first;
    }

    /// <summary>How far the numbers under a hash were looked at.</summary>
    public struct Search
    {
        /// <summary>The hash.</summary>
        public uint Hash;

        /// <summary>The bucket looked at.</summary>
        public int Bucket;

        /// <summary>One bit for each slot of it that is still to be looked at.</summary>
        public uint Matches;
    }
}
