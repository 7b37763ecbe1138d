using System.Numerics;

namespace VxlanEngine.Classification;

/// <summary>
/// A set of numbers in the one form it has: ascending intervals that neither overlap nor touch. What policies write
/// with lists, named sets and negation becomes this.
/// </summary>
internal sealed class IntervalSet<T>
    where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
{
    private readonly Interval<T>[] _intervals;

    private IntervalSet(Interval<T>[] intervals) => _intervals = intervals;

    public static IntervalSet<T> Empty { get; } = new([]);

    public static IntervalSet<T> All { get; } = new([new(T.MinValue, T.MaxValue)]);

    public ReadOnlySpan<Interval<T>> Intervals => _intervals;

    public int Count => _intervals.Length;

    public bool IsEmpty => _intervals.Length == 0;

    public bool IsAll => _intervals is [var only] && only.First == T.MinValue && only.Last == T.MaxValue;

    /// <summary>The least interval that holds all of a set that is not empty.</summary>
    public Interval<T> Bounds => new(_intervals[0].First, _intervals[^1].Last);

    public static IntervalSet<T> Of(T first, T last) => new([new(first, last)]);

    /// <summary>The union of intervals in any order.</summary>
    public static IntervalSet<T> Union(List<Interval<T>> intervals)
    {
        if (intervals.Count == 0)
        {
            return Empty;
        }

        intervals.Sort((a, b) => a.First.CompareTo(b.First));
        var merged = new List<Interval<T>>(intervals.Count) { intervals[0] };
        foreach (Interval<T> next in intervals)
        {
            Interval<T> last = merged[^1];
            if (last.Last == T.MaxValue || next.First <= last.Last + T.One)
            {
                merged[^1] = last with { Last = T.Max(last.Last, next.Last) };
            }
            else
            {
                merged.Add(next);
            }
        }

        return new IntervalSet<T>([.. merged]);
    }

    public IntervalSet<T> Intersect(IntervalSet<T> other)
    {
        if (IsAll || other.IsAll)
        {
            return IsAll ? other : this;
        }

        var common = new List<Interval<T>>();
        for (int i = 0, j = 0; i < Count && j < other.Count;)
        {
            Interval<T> a = _intervals[i];
            Interval<T> b = other._intervals[j];
            T first = T.Max(a.First, b.First);
            T last = T.Min(a.Last, b.Last);
            if (first <= last)
            {
                common.Add(new Interval<T>(first, last));
            }

            if (a.Last < b.Last)
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return new IntervalSet<T>([.. common]);
    }

    public IntervalSet<T> Complement()
    {
        var gaps = new List<Interval<T>>(Count + 1);
        T next = T.MinValue;
        foreach (Interval<T> interval in _intervals)
        {
            if (interval.First > next)
            {
                gaps.Add(new Interval<T>(next, interval.First - T.One));
            }

            if (interval.Last == T.MaxValue)
            {
                return new IntervalSet<T>([.. gaps]);
            }

            next = interval.Last + T.One;
        }

        gaps.Add(new Interval<T>(next, T.MaxValue));
        return new IntervalSet<T>([.. gaps]);
    }

    public bool Contains(T value)
    {
        int low = 0;
        int high = _intervals.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (value > _intervals[middle].Last)
            {
                low = middle + 1;
            }
            else if (value < _intervals[middle].First)
            {
                high = middle - 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    public bool SetEquals(IntervalSet<T> other) => Intervals.SequenceEqual(other.Intervals);
}
