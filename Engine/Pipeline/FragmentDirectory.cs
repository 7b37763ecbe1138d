namespace VxlanEngine.Pipeline;

/// <summary>Which flow each fragmented datagram belongs to: what its first fragment told.</summary>
/// <remarks>
/// All fragments of a datagram are steered here first, by what they have in common, and from here to the flow. Forgets
/// when the flow's worker does. Thread: the worker's.
/// </remarks>
internal sealed class FragmentDirectory(int limit, TimeSpan timeout)
{
    private readonly Dictionary<ulong, ulong> _flows = [];
    private readonly Queue<(ulong Datagram, long DueNs)> _due = new();
    private readonly long _timeoutNs = (long)(timeout.TotalSeconds * 1e9);

    /// <summary>Takes note of a first fragment.</summary>
    /// <returns>The flow's hash: that of the datagram's earlier first fragment where there was one.</returns>
    public ulong Begin(ulong datagram, ulong flow, long nowNs)
    {
        Expire(nowNs);
        if (_flows.TryGetValue(datagram, out ulong known))
        {
            return known;
        }

        if (_flows.Count < limit)
        {
            _flows.Add(datagram, flow);
            _due.Enqueue((datagram, nowNs + _timeoutNs));
        }

        return flow;
    }

    /// <summary>Finds the flow of a later fragment.</summary>
    public bool TryFind(ulong datagram, long nowNs, out ulong flow)
    {
        Expire(nowNs);
        return _flows.TryGetValue(datagram, out flow);
    }

    private void Expire(long nowNs)
    {
        while (_due.TryPeek(out (ulong Datagram, long DueNs) next) && next.DueNs <= nowNs)
        {
            _due.Dequeue();
            _flows.Remove(next.Datagram);
        }
    }
}
