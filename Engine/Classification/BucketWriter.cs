using System.Numerics;

namespace VxlanEngine.Classification;

/// <summary>
/// Writes buckets: few boxes as a list, many as a binary tree whose leaves are such lists (HyperSplit's way: each
/// node cuts one dimension where its boxes fall apart best).
/// </summary>
/// <remarks>
/// A node is the start of a list in <see cref="Members"/>, or the complement of an index into <see cref="Splits"/>.
/// Lists are ascending; the sign bit marks the last member.
/// </remarks>
/// <typeparam name="T">The number that holds an address.</typeparam>
internal sealed class BucketWriter<T>(RuleBox<T>[] boxes)
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    /// <summary>Set on the last member of a list.</summary>
    public const int Last = int.MinValue;

    private const int ListLength = 8;
    private const int MaxDepth = 24;
    private const int SampleLength = 256;

    // Boxes that both sides hold are copied: a cut must leave less to search than there was, and copies along one path
    // must stay few.
    private const double MaxCostOfCut = 1;
    private const double MaxCopies = 8;

    private readonly List<T> _ends = [];

    public List<int> Members { get; } = [];

    public List<RuleSplit<T>> Splits { get; } = [];

    /// <summary>Writes one bucket.</summary>
    /// <param name="bucket">Its boxes, at least one, ascending.</param>
    /// <returns>The bucket's node.</returns>
    public int Write(ReadOnlySpan<int> bucket) => Write(bucket, 0, 1);

    private int Write(ReadOnlySpan<int> bucket, int depth, double copies)
    {
        if (bucket.Length <= ListLength || depth == MaxDepth || copies > MaxCopies
            || !TryCut(bucket, out int dimension, out T threshold))
        {
            int start = Members.Count;
            Members.AddRange(bucket);
            Members[^1] |= Last;
            return start;
        }

        var below = new List<int>(bucket.Length);
        var notBelow = new List<int>(bucket.Length);
        foreach (int box in bucket)
        {
            Interval<T> side = boxes[box].Side(dimension);
            if (side.First < threshold)
            {
                below.Add(box);
            }

            if (side.Last >= threshold)
            {
                notBelow.Add(box);
            }
        }

        copies *= (double)(below.Count + notBelow.Count) / bucket.Length;
        int split = Splits.Count;
        Splits.Add(default);
        Splits[split] = new RuleSplit<T>(
            threshold,
            dimension,
            Write([.. below], depth + 1, copies),
            Write([.. notBelow], depth + 1, copies));
        return ~split;
    }

    /// <summary>Finds the cut that leaves the least to search, if any is worth it.</summary>
    private bool TryCut(ReadOnlySpan<int> bucket, out int dimension, out T threshold)
    {
        double least = MaxCostOfCut * bucket.Length * bucket.Length;
        dimension = -1;
        threshold = T.Zero;
        for (int candidate = 0; candidate < PacketPoint<T>.Dimensions; candidate++)
        {
            ReadEnds(bucket, candidate);
            for (int quarter = 1; quarter <= 3 && _ends.Count > 0; quarter++)
            {
                T at = _ends[_ends.Count * quarter / 4];
                double cost = Cost(bucket, candidate, at);
                if (cost < least)
                {
                    (least, dimension, threshold) = (cost, candidate, at);
                }
            }
        }

        return dimension >= 0;
    }

    private void ReadEnds(ReadOnlySpan<int> bucket, int dimension)
    {
        _ends.Clear();
        int step = Math.Max(1, bucket.Length / SampleLength);
        for (int i = 0; i < bucket.Length; i += step)
        {
            Interval<T> side = boxes[bucket[i]].Side(dimension);
            if (side.First != T.MinValue)
            {
                _ends.Add(side.First);
            }

            if (side.Last != T.MaxValue)
            {
                _ends.Add(side.Last + T.One);
            }
        }

        _ends.Sort();
    }

    private double Cost(ReadOnlySpan<int> bucket, int dimension, T threshold)
    {
        int below = 0;
        int notBelow = 0;
        foreach (int box in bucket)
        {
            Interval<T> side = boxes[box].Side(dimension);
            below += side.First < threshold ? 1 : 0;
            notBelow += side.Last >= threshold ? 1 : 0;
        }

        return ((double)below * below) + ((double)notBelow * notBelow);
    }
}
