using System.Diagnostics.CodeAnalysis;

namespace VxlanEngine.Flows;

/// <summary>The oracle's flow table: a dictionary of flow pairs by both keys, with a limit and idle timeouts.</summary>
/// <remarks>Thread: the worker's. A lookup takes an expired flow for a miss, so results do not depend on when flows are swept.</remarks>
public sealed class FlowTable
{
    private readonly Dictionary<FlowKey, FlowPair> _pairs = [];
    private readonly Dictionary<(int Network, FlowTuple Tuple), FlowPair> _translated = [];
    private readonly PriorityQueue<FlowPair, long> _timers = new();
    private readonly LinkedList<FlowPair> _halfOpen = new();
    private readonly LinkedList<FlowPair> _open = new();
    private readonly FlowTimeouts _timeouts;
    private readonly int _limit;
    private readonly Action<FlowPair> _onRemoved;

    /// <summary>Makes an empty table.</summary>
    /// <param name="limit">Most flow pairs it holds.</param>
    /// <param name="timeouts">When idle flows end.</param>
    /// <param name="onRemoved">Called for every pair that leaves the table, to free what it holds.</param>
    public FlowTable(int limit, FlowTimeouts timeouts, Action<FlowPair> onRemoved)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        _limit = limit;
        _timeouts = timeouts;
        _onRemoved = onRemoved;
    }

    /// <summary>Number of pairs; some may have expired since the last <see cref="Expire"/>.</summary>
    public int Count => _halfOpen.Count + _open.Count;

    /// <summary>Pairs made since the start.</summary>
    public long Created { get; private set; }

    /// <summary>The pairs, half-open ones first, each kind by age.</summary>
    public IEnumerable<FlowPair> Pairs => _halfOpen.Concat(_open);

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

    /// <summary>Finds the pair whose answers, after translation, have this tuple, whichever port it belongs to.</summary>
    /// <param name="network">Index of the network the answer came from, or −1 for the underlay itself.</param>
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
            if (_halfOpen.First is null)
            {
                return false;
            }

            Remove(_halfOpen.First.Value);
        }

        _pairs.Add(pair.Forward, pair);
        _pairs.TryAdd(pair.Reverse, pair);
        if (pair.Translates)
        {
            _translated[(pair.Network, pair.Reverse.Tuple)] = pair;
        }

        pair.AgeNode = (pair.IsHalfOpen ? _halfOpen : _open).AddLast(pair);
        _timers.Enqueue(pair, ExpiryOf(pair));
        Created++;
        return true;
    }

    /// <summary>Puts a pair that was used behind the others of its kind.</summary>
    public void Refresh(FlowPair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        LinkedListNode<FlowPair> node = pair.AgeNode!;
        node.List!.Remove(node);
        (pair.IsHalfOpen ? _halfOpen : _open).AddLast(node);

        // A shorter timeout (closing, reset) must not wait for the timer of a longer one.
        if (pair.Tcp is TcpState.TimeWait or TcpState.Reset)
        {
            _timers.Enqueue(pair, ExpiryOf(pair));
        }
    }

    /// <summary>Removes a pair.</summary>
    public void Remove(FlowPair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        if (pair.AgeNode is not { List: not null } node)
        {
            return;
        }

        node.List.Remove(node);
        RemoveKey(pair.Forward, pair);
        RemoveKey(pair.Reverse, pair);
        if (_translated.TryGetValue((pair.Network, pair.Reverse.Tuple), out FlowPair? owner) && owner == pair)
        {
            _translated.Remove((pair.Network, pair.Reverse.Tuple));
        }

        _onRemoved(pair);
    }

    /// <summary>Removes pairs that have been idle too long.</summary>
    /// <param name="nowNs">The time.</param>
    /// <param name="budget">Most timers to look at, so that a call's cost is bounded.</param>
    public void Expire(long nowNs, int budget)
    {
        while (budget-- > 0 && _timers.TryPeek(out FlowPair? pair, out long dueNs) && dueNs <= nowNs)
        {
            _timers.Dequeue();
            if (pair.AgeNode is not { List: not null })
            {
                continue;
            }

            if (IsExpired(pair, nowNs))
            {
                Remove(pair);
            }
            else
            {
                _timers.Enqueue(pair, ExpiryOf(pair));
            }
        }
    }

    private void RemoveKey(in FlowKey key, FlowPair pair)
    {
        if (_pairs.TryGetValue(key, out FlowPair? owner) && owner == pair)
        {
            _pairs.Remove(key);
        }
    }

    private bool IsExpired(FlowPair pair, long nowNs) => nowNs >= ExpiryOf(pair);

    private long ExpiryOf(FlowPair pair) =>
        pair.LastUsedNs + (long)(pair.IdleTimeout(_timeouts).TotalSeconds * 1e9);
}
