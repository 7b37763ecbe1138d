using System.Runtime.InteropServices;
using VxlanEngine.Packets;

namespace VxlanEngine.Flows;

/// <summary>
/// The flow pairs of a switch: found by the keys of both directions, limited in number, ended when idle.
/// </summary>
/// <remarks>
/// <code>
/// index: hash → entry      entries: |--- forward directions ---|--- reverse ones ---|--- kinds of their own ---|
/// kinds: hash → entry      states: of pairs      wide: IPv6 addresses of entries
/// </code>
/// All room is reserved at the start and becomes memory as it is first used; IPv4 flows take 110 to 120 bytes a
/// direction. A lookup takes an expired flow for a miss, so results do not depend on when flows are swept. Pairs are
/// numbered from 1. An entry is a cache line; those of one direction lie side by side, so that traffic of one way
/// touches no memory of the other's, and in the order in which their flows began, as long as no number is used again.
/// Thread: the worker's.
/// </remarks>
internal sealed partial class FlowTable : IDisposable
{
    // Pairs that a packet has begun and that are not installed yet; one packet begins few.
    private const int Spare = 64;

    private readonly NativeBlock<FlowEntry> _entries;
    private readonly NativeBlock<FlowState> _states;
    private readonly NativeBlock<WideAddresses> _wide;
    private readonly FlowIndex _index;
    private readonly FlowIndex _translated;
    private readonly SharedValues<FlowOrigin> _origins = new();
    private readonly FlowLayersTable _layers = new();
    private readonly Dictionary<int, Translation[]> _translations = [];
    private readonly List<int> _free = [];
    private readonly List<int> _removed = [];
    private readonly FlowTimeouts _timeouts;
    private readonly ulong _hashKey;
    private readonly int _limit;

    // The entries of reverse directions begin here.
    private readonly int _firstReverse;
    private readonly Action<FlowPair> _onRemoved;
    private int _used = 1;
    private int _lastOrigin = -1;
    private int _translatedCount;

    /// <summary>Makes an empty table.</summary>
    /// <param name="limit">Most flow pairs it holds.</param>
    /// <param name="timeouts">When idle flows end.</param>
    /// <param name="hashKey">Key of the table's hash.</param>
    /// <param name="onRemoved">Called for every pair that leaves the table, to free what it holds.</param>
    public FlowTable(int limit, FlowTimeouts timeouts, ulong hashKey, Action<FlowPair> onRemoved)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1 << 26);
        _limit = limit;
        _timeouts = timeouts;
        _hashKey = hashKey;
        _onRemoved = onRemoved;
        int pairs = 1 + limit + Spare;
        _states = new NativeBlock<FlowState>(pairs);
        _firstReverse = pairs;
        _entries = new NativeBlock<FlowEntry>((2 * pairs) + (2 * limit));
        _wide = new NativeBlock<WideAddresses>(_entries.Count);
        _index = new FlowIndex(2 * limit);
        _translated = new FlowIndex(limit);
        _wheel = new AgingWheel(_states);
        Kinds = new UnifiedFlowTable(_entries, _wide, 2 * pairs, hashKey);
    }

    /// <summary>Has the system give the table all of its memory now, so that no flow waits for it later.</summary>
    public void Populate()
    {
        _entries.Populate();
        _states.Populate();
        _wide.Populate();
        _index.Populate();
        _translated.Populate();
        _free.EnsureCapacity(_limit);
        _removed.EnsureCapacity(_limit);
        Kinds.Populate();
    }

    /// <summary>Packet kinds that the fast path repeats; those of a pair go when the pair does.</summary>
    public UnifiedFlowTable Kinds { get; }

    /// <summary>Number of pairs; some may have expired since they were last looked for.</summary>
    public int Count { get; private set; }

    /// <summary>True while a flow in the table is translated.</summary>
    public bool HasTranslations => _translatedCount > 0;

    /// <summary>Pairs made since the start.</summary>
    public long Created { get; private set; }

    /// <summary>How often a pair has come to end sooner than it would have before.</summary>
    public long Shortenings { get; private set; }

    /// <summary>The pairs.</summary>
    public IEnumerable<FlowPair> Pairs
    {
        get
        {
            for (int i = 1; i < _used; i++)
            {
                if (Has(i, FlowFlags.Installed))
                {
                    yield return new FlowPair(this, i);
                }
            }
        }
    }

    /// <summary>Finds the pair that a key belongs to.</summary>
    /// <param name="key">The key.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="pair">The pair.</param>
    /// <param name="isForward">Whether the key is that of the pair's forward direction.</param>
    public bool TryFind(in FlowKey key, long nowNs, out FlowPair pair, out bool isForward)
    {
        int entry = Find(key, new PackedFlowKey(key, _hashKey));
        pair = default;
        isForward = entry < _firstReverse;
        if (entry == 0)
        {
            return false;
        }

        pair = new FlowPair(this, PairOf(entry));
        if (!IsExpired(pair.Number, nowNs))
        {
            return true;
        }

        Remove(pair);
        pair = default;
        return false;
    }

    /// <summary>
    /// Finds the pair whose answers, after translation, have this tuple, whichever port it belongs to.
    /// </summary>
    /// <param name="network">Index of the network the answer came from.</param>
    /// <param name="tuple">The answer's tuple.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="pair">The pair.</param>
    public bool TryFindTranslated(int network, in FlowTuple tuple, long nowNs, out FlowPair pair)
    {
        uint hash = TranslatedHash(tuple);
        FlowIndex.Search search = _translated.Find(hash);
        for (int i = _translated.Next(ref search); i != 0; i = _translated.Next(ref search))
        {
            pair = new FlowPair(this, i);
            if (pair.Network == network && pair.Reverse.Tuple == tuple)
            {
                return !IsExpired(i, nowNs);
            }
        }

        pair = default;
        return false;
    }

    /// <summary>Removes an expired pair whose answers, after translation, have this tuple.</summary>
    /// <param name="tuple">The answers' tuple.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="untilNs">
    /// Until when the pairs with this tuple last, unless <see cref="Shortenings"/> changes; now where that is unknown.
    /// </param>
    /// <returns>True when there was one.</returns>
    public bool TryEndExpired(in FlowTuple tuple, long nowNs, out long untilNs)
    {
        untilNs = long.MaxValue;
        uint hash = TranslatedHash(tuple);
        FlowIndex.Search search = _translated.Find(hash);
        for (int i = _translated.Next(ref search); i != 0; i = _translated.Next(ref search))
        {
            var pair = new FlowPair(this, i);
            if (pair.Reverse.Tuple != tuple)
            {
                continue;
            }

            if (IsExpired(i, nowNs))
            {
                Remove(pair);
                untilNs = nowNs;
                return true;
            }

            untilNs = Math.Min(untilNs, LastUsedNs(i) + _states[i].TimeoutNs);
        }

        untilNs = untilNs == long.MaxValue ? nowNs : untilNs;
        return false;
    }

    /// <summary>Asks the processor for the memory that a pair will take, if it is one that begins soon.</summary>
    /// <param name="key">Key of its first packet.</param>
    /// <param name="reverse">Key of the answers, if nothing is translated.</param>
    /// <param name="ahead">How many others begin before.</param>
    public void Prefetch(in PackedFlowKey key, in PackedFlowKey reverse, int ahead)
    {
        _index.Prefetch(key.Hash(_hashKey));
        _index.Prefetch(reverse.Hash(_hashKey));
        int number = ahead < _free.Count ? _free[^(ahead + 1)] : _used + ahead - _free.Count;
        _entries.Prefetch(number);
        _entries.Prefetch(ReverseOf(number));
        _states.Prefetch(number);
    }

    /// <summary>Begins a pair that no key finds yet; <see cref="Add"/> or <see cref="Return"/> follows.</summary>
    /// <param name="key">Key of the first packet.</param>
    /// <param name="after">The first packet's tuple behind all layers.</param>
    /// <param name="layers">What the layers decided.</param>
    /// <param name="first">What rules saw of the packet.</param>
    /// <param name="network">Index of the port's network, or −1.</param>
    /// <param name="generation">The policy's generation.</param>
    /// <param name="nowNs">When the packet came.</param>
    /// <param name="pair">The pair.</param>
    /// <returns>False when there is no room for pairs that have begun.</returns>
    public bool TryBegin(
        in FlowKey key,
        in FlowTuple after,
        ReadOnlySpan<LayerFlowState> layers,
        in FlowOrigin first,
        int network,
        uint generation,
        long nowNs,
        out FlowPair pair)
    {
        pair = default;
        int number;
        if (_free.Count > 0)
        {
            number = _free[^1];
            _free.RemoveAt(_free.Count - 1);
        }
        else if (_used < _states.Count)
        {
            number = _used++;
        }
        else
        {
            return false;
        }

        pair = new FlowPair(this, number);
        var packed = new PackedFlowKey(key, _hashKey);
        SetKey(number, packed, key.Tuple, nowNs);
        if (!packed.IsWide && key.Tuple.HasPorts && after == key.Tuple)
        {
            SetKey(ReverseOf(number), packed.Answer(), default, nowNs);
        }
        else
        {
            FlowKey reverse = key.ReverseOf(after);
            SetKey(ReverseOf(number), new PackedFlowKey(reverse, _hashKey), reverse.Tuple, nowNs);
        }

        ref FlowState state = ref _states[number];
        state = default;
        state.AgeSlot = -1;
        state.Layers = _layers.Take(layers);
        state.Origin = TakeOrigin(first);
        state.Network = (short)network;
        state.Generation = generation;
        state.Tcp = key.Tuple.Protocol == Wire.IpProtocol.Tcp ? TcpState.HalfOpen : TcpState.None;
        RememberTranslations(number, layers);
        UpdateTimeout(number);
        return true;
    }

    /// <summary>Gives back a pair that was begun and not added.</summary>
    public void Return(FlowPair pair) => _removed.Add(pair.Number);

    /// <summary>Lets a pair that has begun go on where the pair of an older policy stopped.</summary>
    public void Continue(FlowPair pair, FlowPair older)
    {
        const FlowFlags Kept = FlowFlags.Replied | FlowFlags.ForwardClosed | FlowFlags.ReverseClosed;
        ref FlowState state = ref _states[pair.Number];
        state.Tcp = older.Tcp;
        state.Flags = (state.Flags & ~Kept) | (_states[older.Number].Flags & Kept);
        UpdateTimeout(pair.Number);
        Settle(older.Number);
        Continue(pair.Number, older.Number);
        Continue(ReverseOf(pair.Number), ReverseOf(older.Number));
        Shortenings += state.TimeoutNs < _states[older.Number].TimeoutNs ? 1 : 0;
    }

    /// <summary>Keeps a binding from being given back with its pair: a younger pair goes on holding it.</summary>
    public void PassOnBinding(FlowPair pair, int layer) => _states[pair.Number].BindingsPassedOn |= 1u << layer;

    /// <summary>Lets both keys of a pair that has begun find it.</summary>
    /// <returns>Why they cannot: a key is another pair's, or the table is full of established flows.</returns>
    public DropReason Add(FlowPair pair, long nowNs)
    {
        int forward = pair.Number;
        int reverse = ReverseOf(forward);
        uint forwardHash = _entries[forward].Key.Hash(_hashKey);
        uint reverseHash = _entries[reverse].Key.Hash(_hashKey);
        if (IsTaken(forward, forwardHash, nowNs) || IsTaken(reverse, reverseHash, nowNs))
        {
            return DropReason.FlowCollision;
        }

        if (!MakeRoom(nowNs))
        {
            return DropReason.FlowTableFull;
        }

        _index.Add(forwardHash, forward);
        _index.Add(reverseHash, reverse);
        ref FlowState state = ref _states[pair.Number];
        state.Flags |= FlowFlags.Installed;
        if ((state.Flags & FlowFlags.Translates) != FlowFlags.None)
        {
            _translatedCount++;
            _translated.Add(TranslatedHash(pair.Reverse.Tuple), pair.Number);
        }

        StartAgeing(pair.Number, nowNs);
        Count++;
        Created++;
        return DropReason.None;
    }

    /// <summary>Removes a pair; one that is not in the table stays out.</summary>
    public void Remove(FlowPair pair)
    {
        int number = pair.Number;
        if (!Has(number, FlowFlags.Installed))
        {
            return;
        }

        StopAgeing(number);
        int reverse = ReverseOf(number);
        Kinds.Clear(number);
        Kinds.Clear(reverse);
        _index.Remove(_entries[number].Key.Hash(_hashKey), number);
        _index.Remove(_entries[reverse].Key.Hash(_hashKey), reverse);
        if (Has(number, FlowFlags.Translates))
        {
            _translatedCount--;
            _translated.Remove(TranslatedHash(pair.Reverse.Tuple), number);
        }

        _states[number].Flags &= ~FlowFlags.Installed;
        Count--;
        _onRemoved(pair);
        _removed.Add(number);
    }

    /// <summary>Lets removed pairs begin again: nobody who found one before holds it any more.</summary>
    public void Recycle()
    {
        if (_removed.Count == 0)
        {
            return;
        }

        foreach (int number in CollectionsMarshal.AsSpan(_removed))
        {
            Kinds.Forget(number);
            Kinds.Forget(ReverseOf(number));
            ref FlowState state = ref _states[number];
            _layers.Release(state.Layers);
            _origins.Release(state.Origin);
            if ((state.Flags & FlowFlags.ManyTranslations) != FlowFlags.None)
            {
                _translations.Remove(number);
            }

            _free.Add(number);
        }

        _removed.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kinds.Dispose();
        _entries.Dispose();
        _states.Dispose();
        _wide.Dispose();
        _index.Dispose();
        _translated.Dispose();
    }

    /// <summary>One direction of a pair; the forward one has the pair's number.</summary>
    public ref FlowEntry Entry(int entry) => ref _entries[entry];

    /// <summary>Number of a direction of a pair.</summary>
    public int EntryOf(int pair, bool isForward) => isForward ? pair : ReverseOf(pair);

    /// <summary>The pair of a direction.</summary>
    public int PairOf(int entry) => entry < _firstReverse ? entry : entry - _firstReverse;

    /// <summary>The other direction of a direction's pair.</summary>
    public int OtherOf(int entry) => EntryOf(PairOf(entry), isForward: entry >= _firstReverse);

    internal FlowKey KeyOf(int entry)
    {
        PackedFlowKey key = _entries[entry].Key;
        return key.Unpack(key.IsWide ? _wide[entry] : default);
    }

    internal ref FlowState StateOf(int pair) => ref _states[pair];

    internal ref readonly FlowOrigin OriginOf(int pair) => ref _origins[_states[pair].Origin];

    internal FlowLayers LayersOf(int pair) => _layers[_states[pair].Layers];

    internal long LastUsedNs(int pair)
    {
        Settle(pair);
        return Math.Max(_entries[pair].LastUsedNs, _entries[ReverseOf(pair)].LastUsedNs);
    }

    internal long PacketsOf(int entry) => Kinds.PacketsOf(entry);

    internal LayerFlowState LayerOf(int pair, int index)
    {
        FlowLayers.SharedDecision decision = LayersOf(pair).Decisions[index];
        if (!decision.HasTranslation)
        {
            return new LayerFlowState(decision.Rule, null);
        }

        bool holds = decision.HoldsBinding && (_states[pair].BindingsPassedOn & (1u << index)) == 0;
        Translation translation = Has(pair, FlowFlags.ManyTranslations)
            ? _translations[pair][index]
            : new Translation(KeyOf(pair).Tuple, KeyOf(ReverseOf(pair)).Tuple.Reversed, holds);
        return new LayerFlowState(decision.Rule, translation with { HoldsBinding = holds });
    }

    private int ReverseOf(int pair) => pair + _firstReverse;

    private void Continue(int entry, int older)
    {
        _entries[entry].LastUsedNs = _entries[older].LastUsedNs;
        _entries[entry].Packets = 0;
        Kinds.AddPackets(entry, PacketsOf(older));
    }

    private void Settle(int pair)
    {
        Kinds.Settle(pair);
        Kinds.Settle(ReverseOf(pair));
    }

    private bool Has(int pair, FlowFlags flag) => (_states[pair].Flags & flag) != FlowFlags.None;

    private int Find(in FlowKey key, in PackedFlowKey packed)
    {
        uint hash = packed.Hash(_hashKey);
        FlowIndex.Search search = _index.Find(hash);
        int entry = _index.Next(ref search);
        while (entry != 0 && !IsOf(entry, key, packed))
        {
            entry = _index.Next(ref search);
        }

        return entry;
    }

    private bool IsOf(int entry, in FlowKey key, in PackedFlowKey packed)
    {
        if (_entries[entry].Key != packed)
        {
            return false;
        }

        if (!packed.IsWide)
        {
            return true;
        }

        var wide = new WideAddresses(key.Tuple);
        return _wide[entry].Are(wide.Source, wide.Destination);
    }

    /// <summary>True when a living pair has the key of an entry that is not in the index.</summary>
    private bool IsTaken(int entry, uint hash, long nowNs)
    {
        PackedFlowKey key = _entries[entry].Key;
        FlowIndex.Search search = _index.Find(hash);
        for (int other = _index.Next(ref search); other != 0; other = _index.Next(ref search))
        {
            bool isSame = _entries[other].Key == key
                && (!key.IsWide || _wide[other].Are(_wide[entry].Source, _wide[entry].Destination));
            if (isSame && !IsExpired(PairOf(other), nowNs))
            {
                return true;
            }

            if (isSame)
            {
                Remove(new FlowPair(this, PairOf(other)));
                return false;
            }
        }

        return false;
    }

    private void SetKey(int entry, in PackedFlowKey key, in FlowTuple tuple, long nowNs)
    {
        ref FlowEntry place = ref _entries[entry];
        place.Key = key;
        place.LastUsedNs = nowNs;
        place.Packets = 0;
        if (place.Key.IsWide)
        {
            _wide[entry] = new WideAddresses(tuple);
        }
    }

    private int TakeOrigin(in FlowOrigin origin)
    {
        if (_lastOrigin >= 0 && _origins.IsInUse(_lastOrigin) && _origins[_lastOrigin].Equals(origin))
        {
            _origins.AddReference(_lastOrigin);
            return _lastOrigin;
        }

        return _lastOrigin = _origins.Take(origin);
    }

    private void RememberTranslations(int pair, ReadOnlySpan<LayerFlowState> layers)
    {
        int count = 0;
        bool translates = false;
        foreach (ref readonly LayerFlowState layer in layers)
        {
            count += layer.Translation is null ? 0 : 1;
            translates |= layer.Translates;
        }

        _states[pair].Flags |= translates ? FlowFlags.Translates : FlowFlags.None;
        if (count > 1)
        {
            _states[pair].Flags |= FlowFlags.ManyTranslations;
            var all = new Translation[layers.Length];
            for (int i = 0; i < all.Length; i++)
            {
                all[i] = layers[i].Translation ?? default;
            }

            _translations.Add(pair, all);
        }
    }

    private uint TranslatedHash(in FlowTuple tuple)
    {
        ulong hash = FlowHash.Of(tuple, _hashKey);
        return (uint)(hash ^ (hash >> 32));
    }
}
