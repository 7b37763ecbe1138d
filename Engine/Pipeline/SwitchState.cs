using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;

namespace VxlanEngine.Pipeline;

/// <summary>What the packets so far have left behind: flows, fragments, NAT bindings, buckets and meters.</summary>
/// <remarks>Outlives policies. Thread: the worker's.</remarks>
internal sealed class SwitchState : IDisposable
{
    /// <summary>
    /// Most rules, and most meters, that no policy names any longer and whose counts are kept; half as many when some
    /// go.
    /// </summary>
    public const int MaxUnnamed = 4096;

    private readonly Dictionary<string, (RuleAction.DynamicNat Action, NatPool Pool)> _pools =
        new(StringComparer.Ordinal);

    private readonly Dictionary<(string Rule, int Port), (RuleAction.RateLimit Limit, TokenBucket Bucket)> _buckets =
        [];

    private readonly List<PortLimiter> _limiters = [];
    private readonly Dictionary<string, Meter> _meters = new(StringComparer.Ordinal);
    private readonly FlowOwnership? _ownership;

    /// <summary>Starts with nothing.</summary>
    /// <param name="limits">How much it may become.</param>
    /// <param name="ownership">Which flows are the worker's; null where there are no workers.</param>
    /// <param name="pathMtus">Path MTUs that are known to others too; null to know them alone.</param>
    public SwitchState(SwitchLimits limits, FlowOwnership? ownership = null, PathMtus? pathMtus = null)
    {
        PathMtus = pathMtus ?? new PathMtus();
        _ownership = ownership;
        Limits = limits;
        Flows = new FlowTable(limits.FlowPairs, limits.FlowTimeouts, limits.HashKey, ReleaseBindings);
        Fragments = new FragmentTable(limits.Datagrams, limits.DatagramTimeout);
    }

    public SwitchLimits Limits { get; }

    public FlowTable Flows { get; }

    public FragmentTable Fragments { get; }

    /// <summary>Path MTUs that the underlay has told of.</summary>
    public PathMtus PathMtus { get; }

    /// <summary>Stations that networks have learnt.</summary>
    public StationTables Stations { get; } = new();

    public IReadOnlyDictionary<string, Meter> Meters => _meters;

    /// <summary>Number of NAT pools, and of rate limits with state.</summary>
    public int HolderCount => _pools.Count + _buckets.Count;

    public Dictionary<string, RuleCounter> RuleCounters { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Takes a new policy's pools, rates and learning over; bindings that flows hold stay taken, and stations that may
    /// still be where they are stay known. What only rules of older policies needed goes, or is bounded.
    /// </summary>
    public void Adopt(PolicySnapshot snapshot, long nowNs)
    {
        snapshot.ShareCounters(RuleCounters);
        foreach (BoundRule rule in snapshot.Rules)
        {
            bool isNewPool = rule.Rule.Action is RuleAction.DynamicNat action
                && (!_pools.TryGetValue(rule.Id, out (RuleAction.DynamicNat Action, NatPool Pool) old)
                    || old.Action != action);
            if (isNewPool)
            {
                ReplacePool(rule.Id, (RuleAction.DynamicNat)rule.Rule.Action);
            }
        }

        Forget(snapshot);
        for (int i = 0; i < snapshot.PortCount; i++)
        {
            Limiter(i).Adopt(snapshot.Port(i)?.Port, _ownership?.Shards.Workers ?? 1);
        }

        for (int i = 0; i < snapshot.NetworkNames.Count; i++)
        {
            AdoptLearning(i, snapshot, nowNs);
        }
    }

    public NatPool Pool(BoundRule rule) => _pools[rule.Id].Pool;

    /// <summary>The shard of a packet as it was received; −1 where there are no workers.</summary>
    public int Shard(in ParsedFrame received) =>
        _ownership is null ? -1 : FlowShards.ShardOf(_ownership.Shards.Hash(FlowTuple.Of(received)));

    public TokenBucket Bucket(BoundRule rule, RuleAction.RateLimit limit, int port)
    {
        if (!_buckets.TryGetValue((rule.Id, port), out (RuleAction.RateLimit Limit, TokenBucket Bucket) entry)
            || entry.Limit != limit)
        {
            entry = (limit, new TokenBucket(limit));
            _buckets[(rule.Id, port)] = entry;
        }

        return entry.Bucket;
    }

    /// <summary>The rates of a port.</summary>
    public PortLimiter Limiter(int port)
    {
        while (_limiters.Count <= port)
        {
            _limiters.Add(new PortLimiter());
        }

        return _limiters[port];
    }

    public void CountMeter(string name, int length)
    {
        if (!_meters.TryGetValue(name, out Meter? meter))
        {
            meter = new Meter();
            _meters.Add(name, meter);
        }

        meter.Packets++;
        meter.Bytes += length;
    }

    /// <summary>Gives back what a layer's decision took from a pool.</summary>
    public void Release(in LayerFlowState state)
    {
        if (state.HoldsBinding && _pools.TryGetValue(state.Rule.Id, out (RuleAction.DynamicNat, NatPool Pool) entry))
        {
            entry.Pool.Return(state.Translation!.Value.After);
        }
    }

    /// <summary>Gives back what decisions took from pools, but for bindings that a pair goes on holding.</summary>
    public void ReleaseUnless(ReadOnlySpan<LayerFlowState> decisions, FlowPair keeper)
    {
        foreach (ref readonly LayerFlowState decision in decisions)
        {
            if (!Holds(keeper, decision))
            {
                Release(decision);
            }
        }
    }

    /// <summary>Gives a pair back that was begun and not installed, and what its decisions took from pools.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="keeper">A pair that goes on holding its own bindings.</param>
    public void Return(FlowPair pair, FlowPair keeper)
    {
        for (int i = 0; i < pair.LayerCount; i++)
        {
            LayerFlowState decision = pair.Layer(i);
            if (!Holds(keeper, decision))
            {
                Release(decision);
            }
        }

        Flows.Return(pair);
    }

    /// <inheritdoc/>
    public void Dispose() => Flows.Dispose();

    /// <summary>Puts a pair into the flow table, in place of one of an older policy where there is one.</summary>
    /// <returns>Why it cannot go in, or none; what the pair holds is then the caller's to give back.</returns>
    public DropReason Install(FlowPair pair, FlowPair replaced, long nowNs)
    {
        // Before the packet leaves: an answer must not be steered before it is known where.
        if (_ownership?.TryAnnounce(pair) == false)
        {
            return DropReason.HandoverFull;
        }

        if (replaced.Exists)
        {
            // Bindings that pass on to the new pair must survive the removal of the old one.
            Flows.Continue(pair, replaced);
            for (int i = 0; i < replaced.LayerCount; i++)
            {
                if (Holds(pair, replaced.Layer(i)))
                {
                    Flows.PassOnBinding(replaced, i);
                }
            }

            Flows.Remove(replaced);
        }

        DropReason reason = Flows.Add(pair, nowNs);
        if (reason != DropReason.None)
        {
            _ownership?.Withdraw(pair);
        }

        return reason;
    }

    private void Forget(PolicySnapshot snapshot)
    {
        int count = 0;
        var holders = new HashSet<string>(StringComparer.Ordinal);
        var meters = new HashSet<string>(StringComparer.Ordinal);
        foreach (BoundRule rule in snapshot.Rules)
        {
            count++;
            if (rule.Rule.Action is RuleAction.DynamicNat or RuleAction.RateLimit)
            {
                holders.Add(rule.Id);
            }
            else if (rule.Rule.Action is RuleAction.Meter meter)
            {
                meters.Add(meter.Name);
            }
        }

        foreach ((string id, (_, NatPool pool)) in _pools)
        {
            if (pool.InUse == 0 && !holders.Contains(id))
            {
                _pools.Remove(id);
            }
        }

        foreach ((string Rule, int Port) limit in _buckets.Keys)
        {
            if (!holders.Contains(limit.Rule))
            {
                _buckets.Remove(limit);
            }
        }

        if (RuleCounters.Count - count > MaxUnnamed)
        {
            ForgetUnnamed(RuleCounters, snapshot.Rules.Select(r => r.Id).ToHashSet(StringComparer.Ordinal));
        }

        if (_meters.Count - meters.Count > MaxUnnamed)
        {
            ForgetUnnamed(_meters, meters);
        }
    }

    // In order of their first appearance, which is how they are read.
    private static void ForgetUnnamed<T>(Dictionary<string, T> counts, HashSet<string> named)
    {
        int surplus = counts.Keys.Count(name => !named.Contains(name)) - (MaxUnnamed / 2);
        KeyValuePair<string, T>[] kept = [.. counts.Where(c => named.Contains(c.Key) || surplus-- <= 0)];
        counts.Clear();
        foreach ((string name, T count) in kept)
        {
            counts.Add(name, count);
        }
    }

    private void AdoptLearning(int network, PolicySnapshot snapshot, long nowNs)
    {
        BoundNetwork? bound = snapshot.NetworkAt(network);
        Stations.Adopt(network, bound?.Network.Learning, nowNs)
            ?.Forget((mac, place) => !snapshot.MayLearn(bound!, mac, place));
    }

    private static bool Holds(FlowPair pair, in LayerFlowState decision) =>
        pair.Exists
        && pair.TryGetLayer(decision.Rule.Layer.Name, out LayerFlowState own)
        && own.HoldsBinding
        && own.Translation == decision.Translation
        && string.Equals(own.Rule.Id, decision.Rule.Id, StringComparison.Ordinal);

    private void ReleaseBindings(FlowPair pair)
    {
        _ownership?.Withdraw(pair);
        for (int i = 0; i < pair.LayerCount; i++)
        {
            Release(pair.Layer(i));
        }
    }

    private void ReplacePool(string id, RuleAction.DynamicNat action)
    {
        var pool = new NatPool(action, Flows, _ownership?.Shards);
        foreach (FlowPair pair in Flows.Pairs)
        {
            for (int i = 0; i < pair.LayerCount; i++)
            {
                LayerFlowState state = pair.Layer(i);
                if (state.HoldsBinding && string.Equals(state.Rule.Id, id, StringComparison.Ordinal))
                {
                    pool.TryTakeAgain(state.Translation!.Value.After);
                }
            }
        }

        _pools[id] = (action, pool);
    }
}
