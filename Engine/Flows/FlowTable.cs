using System.Diagnostics.CodeAnalysis;

namespace VxlanEngine.Flows;

/// <summary>The oracle's flow table: a dictionary of flow pairs by both keys, with a limit and idle timeouts.</summary>
/// <remarks>
/// Thread: the worker's. A lookup takes an expired flow for a miss, so results do not depend on when flows are swept.
/// </remarks>
public sealed class FlowTable
{
    private readonly Dictionary<FlowKey, FlowPair> _pairs;
    private readonly Dictionary<(int Network, FlowTuple Tuple), FlowPair> _translated = [];

    // One list for each idle timeout in use and each kind of pair, the longest unused first: its head expires first.
    private readonly Dictionary<(long TimeoutNs, bool IsHalfOpen), LinkedList<FlowPair>> _ages = [];
    private readonly Stack<FlowPair> _free = new();
    private readonly List<FlowPair> _removed = [];
    private readonly FlowTimeouts _timeouts;
    private readonly int _limit;
    private readonly Action<FlowPair> _onRemoved;

    /// <summary>Makes an empty table.</summary>
    /// <param name="limit">Most flow pairs it holds.</param>
    /// <param name="timeouts">When idle flows end.</param>
    /// <param name="hashKey">Key of the table's hash.</param>
    /// <param name="onRemoved">Called for every pair that leaves the table, to free what it holds.</param>
    public FlowTable(int limit, FlowTimeouts timeouts, ulong hashKey, Action<FlowPair> onRemoved)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        _limit = limit;
        _pairs = new Dictionary<FlowKey, FlowPair>(new FlowKeyComparer(hashKey));
        _timeouts = timeouts;
        _onRemoved = onRemoved;
    }

    /// <summary>Number of pairs; some may have expired since the last <see cref="Expire"/>.</summary>
    public int Count { get; private set; }

    /// <summary>Pairs made since the start.</summary>
    public long Created { get; private set; }

    /// <summary>The pairs.</summary>
    public IEnumerable<FlowPair> Pairs => _ages.Values.SelectMany(list => list);

    /// <summary>Finds the pair that a key belongs to.</summary>
    public bool TryFind(in FlowKey key, long nowNs, [NotNullWhen(true)] out FlowPair? pair)
    {
        if (!_pairs.TryGetValue(key, out pair))
        {
            return false;
        }

        if (!IsExpired(pair, nowNs))
        {
            return true;
        }

        Remove(pair);
        pair = null;
        return false;
    }

    /// <summary>
    /// Finds the pair whose answers, after translation, have this tuple, whichever port it belongs to.
    /// </summary>
    /// <param name="network">Index of the network the answer came from.</param>
    /// <param name="tuple">The answer's tuple.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="pair">The pair.</param>
    public bool TryFindTranslated(
        int network, in FlowTuple tuple, long nowNs, [NotNullWhen(true)] out FlowPair? pair) =>
        _translated.TryGetValue((network, tuple), out pair) && !IsExpired(pair, nowNs);

    /// <summary>Adds a pair.</summary>
    /// <returns>False when the table is full of established flows, or a key is taken.</returns>
    public bool TryAdd(FlowPair pair, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(pair);
        if (TryFind(pair.Forward, nowNs, out _) || TryFind(pair.Reverse, nowNs, out _))
        {
            return false;
        }

        if (Count >= _limit)
        {
            Expire(nowNs, int.MaxValue);
        }

        if (Count >= _limit)
        {
            if (OldestHalfOpen() is not FlowPair oldest)
            {
                return false;
            }

            Remove(oldest);
        }

        _pairs.Add(pair.Forward, pair);
        _pairs.TryAdd(pair.Reverse, pair);
        if (pair.Translates)
        {
            _translated[(pair.Network, pair.Reverse.Tuple)] = pair;
        }

        AgeListOf(pair).AddLast(pair.AgeNode);
        Count++;
        Created++;
        return true;
    }

    /// <summary>
    /// Puts a pair that was used behind the others of its age list; one that had to go meanwhile stays away.
    /// </summary>
    public void Refresh(FlowPair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        if (pair.AgeNode.List is null)
        {
            return;
        }

        pair.AgeNode.List.Remove(pair.AgeNode);
        AgeListOf(pair).AddLast(pair.AgeNode);
    }

    /// <summary>Removes a pair.</summary>
    public void Remove(FlowPair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        if (pair.AgeNode.List is null)
        {
            return;
        }

        pair.AgeNode.List.Remove(pair.AgeNode);
        Count--;
        RemoveKey(pair.Forward, pair);
        RemoveKey(pair.Reverse, pair);
        if (_translated.TryGetValue((pair.Network, pair.Reverse.Tuple), out FlowPair? owner) && owner == pair)
        {
            _translated.Remove((pair.Network, pair.Reverse.Tuple));
        }

        _onRemoved(pair);
        pair.Layers = [];
        _removed.Add(pair);
    }

    /// <summary>A pair that is in no table, to be filled: one that was removed, or a new one.</summary>
    public FlowPair Rent() => _free.TryPop(out FlowPair? pair) ? pair : new FlowPair();

    /// <summary>Lets pairs that were removed be rented again: nobody who found one before holds it any more.</summary>
    public void Recycle()
    {
        foreach (FlowPair pair in _removed)
        {
            _free.Push(pair);
        }

        _removed.Clear();
    }

    /// <summary>Removes pairs that have been idle too long.</summary>
    /// <param name="nowNs">The time.</param>
    /// <param name="budget">Most pairs to remove, so that a call's cost is bounded.</param>
    public void Expire(long nowNs, int budget)
    {
        foreach (LinkedList<FlowPair> list in _ages.Values)
        {
            while (list.First is { } oldest && budget > 0 && IsExpired(oldest.Value, nowNs))
            {
                Remove(oldest.Value);
                budget--;
            }
        }
    }

    private FlowPair? OldestHalfOpen()
    {
        FlowPair? oldest = null;
        foreach (((_, bool isHalfOpen), LinkedList<FlowPair> list) in _ages)
        {
            if (isHalfOpen && list.First is { } head && (oldest is null || head.Value.LastUsedNs < oldest.LastUsedNs))
            {
                oldest = head.Value;
            }
        }

        return oldest;
    }

    private LinkedList<FlowPair> AgeListOf(FlowPair pair)
    {
        (long, bool) kind = (TimeoutOf(pair), pair.IsHalfOpen);
        if (!_ages.TryGetValue(kind, out LinkedList<FlowPair>? list))
        {
            list = new LinkedList<FlowPair>();
            _ages.Add(kind, list);
        }

        return list;
    }

    private void RemoveKey(in FlowKey key, FlowPair pair)
    {
        if (_pairs.TryGetValue(key, out FlowPair? owner) && owner == pair)
        {
            _pairs.Remove(key);
        }
    }

    private bool IsExpired(FlowPair pair, long nowNs) => nowNs - pair.LastUsedNs >= TimeoutOf(pair);

    private long TimeoutOf(FlowPair pair) => pair.IdleTimeout(_timeouts).Ticks * TimeSpan.NanosecondsPerTick;
}
