using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>The addresses and ports of one dynamic NAT rule.</summary>
/// <remarks>
/// A binding is unique for its remote address and port, so that one external port serves many destinations (address-
/// and port-dependent mapping; a divergence from RFC 4787 REQ-1). The flow's own port is kept when it is free, else
/// its parity (RFC 4787 REQ-4). Where there are several workers, a pool offers a worker only bindings whose answers
/// are steered to it, so that no two give the same one away: first those of the flow's own shard, which do not depend
/// on the number of workers, then all others of the worker's. A search that finds nothing costs the whole pool, so for
/// that remote address and port it is not repeated until a binding ends. Thread: the worker's.
/// </remarks>
internal sealed class NatPool
{
    private const int MaxExhausted = 64;

    private readonly (IpAddress First, ulong Count)[] _ranges;
    private readonly ulong _addressCount;
    private readonly NumberRange _ports;
    private readonly HashSet<FlowTuple> _used = [];
    private readonly FlowTable? _flows;
    private readonly FlowShards? _shards;

    // Remote addresses and ports for which nothing is free, and until when that is sure.
    private readonly Dictionary<FlowTuple, long> _exhausted = new(MaxExhausted);
    private long _shortenings;
    private int _shard;
    private long _nowNs;
    private long _fullUntilNs;

    /// <summary>Makes a pool in which everything is free.</summary>
    /// <param name="action">What the rule says.</param>
    /// <param name="flows">Where the flows are that hold bindings: those of an expired one are free.</param>
    /// <param name="shards">Which answers are steered to the worker; null where there are no workers.</param>
    public NatPool(RuleAction.DynamicNat action, FlowTable? flows = null, FlowShards? shards = null)
    {
        ArgumentNullException.ThrowIfNull(action);
        _flows = flows;
        _shards = shards;
        _ports = action.Ports;
        _ranges = [.. action.Addresses.Terms.Select(t => (t.First, t.Last.Low - t.First.Low + 1))];
        foreach ((_, ulong count) in _ranges)
        {
            _addressCount += count;
        }
    }

    /// <summary>The family of the pool's addresses.</summary>
    public IpFamily Family => _ranges.Length == 0 ? IpFamily.None : _ranges[0].First.Family;

    /// <summary>Bindings in use.</summary>
    public int InUse => _used.Count;

    /// <summary>Searches for a free binding since the start.</summary>
    public long Searches { get; private set; }

    /// <summary>Takes a binding for a flow.</summary>
    /// <param name="before">The flow's tuple.</param>
    /// <param name="hash">
    /// A hash of the flow's source address and ports; where the search for a free binding starts.
    /// </param>
    /// <param name="nowNs">The time.</param>
    /// <param name="after">The tuple with the new source.</param>
    /// <param name="shard">The shard of the packet as it was received; −1 for any.</param>
    /// <returns>False when the family is another, or nothing is free.</returns>
    public bool TryTake(in FlowTuple before, ulong hash, long nowNs, out FlowTuple after, int shard = -1)
    {
        _nowNs = nowNs;
        after = before;
        if (_addressCount == 0 || Family != before.Source.Family)
        {
            return false;
        }

        FlowTuple remote = RemoteOf(before);
        if (IsExhausted(remote))
        {
            return false;
        }

        Searches++;
        bool hasShard = _shards is not null && shard >= 0 && _shards.Owns((ulong)shard << 56);
        if ((hasShard && TryTakeIn(shard, before, hash, out after)) || TryTakeIn(-1, before, hash, out after))
        {
            return true;
        }

        if (_exhausted.Count == MaxExhausted)
        {
            _exhausted.Clear();
        }

        _exhausted[remote] = _fullUntilNs;
        return false;
    }

    /// <summary>Takes a binding that a flow already had under another policy, when the pool holds it.</summary>
    public bool TryTakeAgain(in FlowTuple after) =>
        Holds(after.Source)
        && (!ChangesPort(after) || _ports.Contains(after.SourcePort))
        && _used.Add(after);

    /// <summary>Gives a binding back.</summary>
    public void Return(in FlowTuple after)
    {
        _used.Remove(after);
        _exhausted.Remove(RemoteOf(after));
    }

    private bool TryTakeIn(int shard, in FlowTuple before, ulong hash, out FlowTuple after)
    {
        _shard = shard;
        _fullUntilNs = long.MaxValue;
        bool hasPort = ChangesPort(before);
        ulong start = FlowHash.Mix(hash, 1) % _addressCount;
        for (ulong i = 0; i < _addressCount; i++)
        {
            IpAddress address = AddressAt((start + i) % _addressCount);
            if (hasPort ? TryTakePort(before, address, hash, out after) : TryUse(before, address, null, out after))
            {
                return true;
            }
        }

        after = before;
        return false;
    }

    private static bool ChangesPort(in FlowTuple tuple) => tuple.HasPorts || tuple.IsEcho;

    /// <summary>What flows have in common that compete for the same bindings.</summary>
    private static FlowTuple RemoteOf(in FlowTuple tuple) => tuple with
    {
        Source = default,
        SourcePort = ChangesPort(tuple) ? (ushort)0 : tuple.SourcePort,
        DestinationPort = tuple.IsEcho ? (ushort)0 : tuple.DestinationPort,
    };

    private bool IsExhausted(in FlowTuple remote)
    {
        if (_flows is not null && _flows.Shortenings != _shortenings)
        {
            _shortenings = _flows.Shortenings;
            _exhausted.Clear();
        }

        return _exhausted.TryGetValue(remote, out long untilNs) && _nowNs < untilNs;
    }

    private bool Holds(IpAddress address)
    {
        foreach ((IpAddress first, ulong count) in _ranges)
        {
            if (first.Family == address.Family && address >= first && address.Low - first.Low < count)
            {
                return true;
            }
        }

        return false;
    }

    private bool TryTakePort(in FlowTuple before, IpAddress address, ulong hash, out FlowTuple after)
    {
        if (_ports.Contains(before.SourcePort) && TryUse(before, address, before.SourcePort, out after))
        {
            return true;
        }

        uint count = _ports.Last - _ports.First + 1;
        uint start = (uint)(hash % count);
        for (int parity = 0; parity < 2; parity++)
        {
            for (uint i = 0; i < count; i++)
            {
                uint port = _ports.First + ((start + i) % count);
                if (((port ^ before.SourcePort) & 1) == parity
                    && TryUse(before, address, (ushort)port, out after))
                {
                    return true;
                }
            }
        }

        after = before;
        return false;
    }

    private bool TryUse(in FlowTuple before, IpAddress address, ushort? port, out FlowTuple after)
    {
        after = before with { Source = address };
        if (port is ushort p)
        {
            after = after with { SourcePort = p, DestinationPort = before.IsEcho ? p : before.DestinationPort };
        }

        if (!IsOffered(after))
        {
            return false;
        }

        if (_used.Add(after))
        {
            return true;
        }

        // What is free must not depend on when flows were swept last.
        long untilNs = long.MaxValue;
        if (_flows?.TryEndExpired(after.Reversed, _nowNs, out untilNs) == true && _used.Add(after))
        {
            return true;
        }

        _fullUntilNs = Math.Min(_fullUntilNs, untilNs);
        return false;
    }

    private bool IsOffered(in FlowTuple after)
    {
        if (_shards is null)
        {
            return true;
        }

        ulong hash = _shards.Hash(after);
        return _shards.Owns(hash) && (_shard < 0 || FlowShards.ShardOf(hash) == _shard);
    }

    private IpAddress AddressAt(ulong index)
    {
        foreach ((IpAddress first, ulong count) in _ranges)
        {
            if (index < count)
            {
                return first.Family == IpFamily.V4
                    ? new Ipv4Address((uint)(first.Low + index))
                    : new Ipv6Address(first.High, first.Low + index);
            }

            index -= count;
        }

        return default;
    }
}
