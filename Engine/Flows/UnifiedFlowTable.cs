using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VxlanEngine.Packets;

namespace VxlanEngine.Flows;

/// <summary>
/// VFP's unified flow table: what all layers together do to packets of a kind, found by one hash in one cache line.
/// </summary>
/// <remarks>
/// <code>
/// hash ─► index ─► entry of a direction, with its first kind ─► its second kind ─► …
///              └─► entry of a kind without flow state
/// </code>
/// A cache: it may forget, and a number of an action must be checked against the action. Entries lie in the order in
/// which their flows began, which is the order in which many of them go on. Thread: the worker's.
/// </remarks>
internal sealed class UnifiedFlowTable : IDisposable
{
    /// <summary>A direction of more kinds than this loses its oldest: who asks for its time looks at all.</summary>
    public const int MostKinds = 8;

    /// <summary>Packets that an entry counts before they are carried to where there is more room.</summary>
    public const uint MostPackets = 1u << 31;

    private readonly NativeBlock<FlowEntry> _entries;
    private readonly NativeBlock<WideAddresses> _addresses;

    // Behind a direction its second kind, behind a kind of its own the next one, or the next free one; 0 for none.
    private readonly NativeBlock<int> _next;
    private readonly FlowIndex _index;
    private readonly NativeBlock<long> _timeoutsNs = new(ushort.MaxValue + 1);
    private readonly Dictionary<long, ushort> _timeouts = [];
    private readonly Dictionary<int, long> _carried = [];
    private readonly Vector128<byte> _key;
    private readonly int _firstOwn;
    private int _free;
    private int _unused;
    private int _victim;

    /// <summary>Makes an empty table.</summary>
    /// <param name="entries">
    /// Entries: the first ones the flow table's, the others those of kinds of their own. They outlive the table.
    /// </param>
    /// <param name="addresses">The IPv6 addresses of each entry; those of others are left over.</param>
    /// <param name="firstOwn">The first entry that is not the flow table's.</param>
    /// <param name="hashKey">Key of the hash.</param>
    public UnifiedFlowTable(
        NativeBlock<FlowEntry> entries, NativeBlock<WideAddresses> addresses, int firstOwn, ulong hashKey)
    {
        (_entries, _addresses, _firstOwn) = (entries, addresses, firstOwn);
        _key = UnifiedKey.Spread(hashKey);
        (_unused, _victim) = (firstOwn, firstOwn);
        _next = new NativeBlock<int>(entries.Count);
        _index = new FlowIndex(entries.Count);
    }

    /// <summary>All entries; there is none of number 0, nor of context 0.</summary>
    public NativeBlock<FlowEntry> Entries => _entries;

    /// <summary>The IPv6 addresses of each entry.</summary>
    public NativeBlock<WideAddresses> Addresses => _addresses;

    /// <summary>Numbers of entries by the hashes of their kinds.</summary>
    public FlowIndex Index => _index;

    /// <summary>Idle timeouts by number, in nanoseconds; number 0 is none.</summary>
    public NativeBlock<long> TimeoutsNs => _timeoutsNs;

    /// <summary>Has the system give all memory of the table's own now.</summary>
    public void Populate()
    {
        _next.Populate();
        _index.Populate();
        _timeoutsNs.Populate();
    }

    /// <summary>Finds a packet kind; for IPv6 one whose addresses are still to be compared.</summary>
    /// <param name="hash">Its hash.</param>
    /// <param name="tuple">Its tuple.</param>
    /// <param name="context">The number of its context.</param>
    /// <returns>The number of its entry, or 0.</returns>
    public int Find(uint hash, Vector128<byte> tuple, uint context)
    {
        FlowIndex.Search search = _index.Find(hash);
        int number = _index.Next(ref search);
        while (number != 0 && !_entries[number].Is(tuple, context))
        {
            number = _index.Next(ref search);
        }

        return number;
    }

    /// <summary>Writes a packet kind down, in place of one of the same key.</summary>
    /// <param name="hash">Its hash.</param>
    /// <param name="kind">The packet kind: tuple, context, action, translation and source port.</param>
    /// <param name="direction">The direction that it counts for; 0 for none.</param>
    /// <param name="addresses">Its addresses, where they are IPv6 ones.</param>
    /// <param name="timeoutNs">How long its direction may be idle; any number for none.</param>
    /// <returns>The number of its entry.</returns>
    public int Set(uint hash, in FlowEntry kind, int direction, in WideAddresses addresses, long timeoutNs)
    {
        ushort timeout = direction == 0 ? (ushort)0 : TimeoutOf(timeoutNs);
        int number = Find(hash, kind.Tuple, kind.Context);
        if (number != 0 && DirectionOf(number) != direction)
        {
            GiveAway(number);
            number = 0;
        }

        if (number == 0)
        {
            bool isFirst = direction != 0 && _entries[direction].Action == 0;
            number = isFirst ? direction : TakeOwn(direction, addresses);
            _index.Add(hash, number);
        }

        ref FlowEntry entry = ref _entries[number];
        if (entry.Packets > MostPackets)
        {
            Settle(direction);
        }

        entry.Become(kind);
        if (number >= _firstOwn)
        {
            // Others of the same hash were there, perhaps.
            _addresses[number] = addresses;
        }

        entry.Timeout = timeout;
        entry.LastUsedNs = Math.Max(entry.LastUsedNs, kind.LastUsedNs);
        return number;
    }

    /// <summary>Tells a direction when its packet kinds were used, and how often.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Settle(int direction)
    {
        if (_entries[direction].HasManyKinds)
        {
            SettleAll(direction);
        }
    }

    /// <summary>Packets of a direction.</summary>
    public long PacketsOf(int direction)
    {
        Settle(direction);
        ref readonly FlowEntry entry = ref _entries[direction];
        return entry.Packets + (entry.HasCarried ? _carried[direction] : 0);
    }

    /// <summary>Adds to the packets of a direction.</summary>
    public void AddPackets(int direction, long count)
    {
        ref FlowEntry entry = ref _entries[direction];
        long sum = entry.Packets + count;
        if (sum > MostPackets)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_carried, direction, out _) += sum;
            entry.HasCarried = true;
            sum = 0;
        }

        entry.Packets = (uint)sum;
    }

    /// <summary>Gives the packet kinds of a direction away.</summary>
    public void Clear(int direction)
    {
        GiveAway(direction);
        while (_entries[direction].HasManyKinds)
        {
            GiveAway(_next[direction]);
        }
    }

    /// <summary>Has a direction begin anew, without packets.</summary>
    public void Forget(int direction)
    {
        if (_entries[direction].HasCarried)
        {
            _carried.Remove(direction);
        }
    }

    /// <summary>Has a direction's packet kinds be idle for another time.</summary>
    public void SetTimeout(int direction, long timeoutNs)
    {
        ref FlowEntry entry = ref _entries[direction];
        if (entry.Action == 0 && !entry.HasManyKinds)
        {
            return;
        }

        entry.Timeout = TimeoutOf(timeoutNs);
        for (int next = entry.HasManyKinds ? _next[direction] : 0; next != 0; next = _next[next])
        {
            _entries[next].Timeout = entry.Timeout;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _next.Dispose();
        _index.Dispose();
        _timeoutsNs.Dispose();
    }

    private int DirectionOf(int number) => number < _firstOwn ? number : _entries[number].Direction;

    /// <summary>
    /// Takes an entry for a packet kind of its own: a free one, a new one, or in turn another kind's.
    /// </summary>
    private int TakeOwn(int direction, in WideAddresses addresses)
    {
        int number = _free;
        if (number != 0)
        {
            _free = _next[number];
        }
        else if (_unused < _entries.Count)
        {
            number = _unused++;
        }
        else
        {
            number = _victim;
            _victim = _victim + 1 < _entries.Count ? _victim + 1 : _firstOwn;
            GiveAway(number);
            _free = _next[number];
        }

        _entries[number] = new FlowEntry { Direction = direction };
        _addresses[number] = addresses;
        _next[number] = 0;
        if (direction != 0)
        {
            Link(number, direction);
        }

        return number;
    }

    private void Link(int number, int direction)
    {
        _next[number] = _entries[direction].HasManyKinds ? _next[direction] : 0;
        _next[direction] = number;
        _entries[direction].HasManyKinds = true;
        int kinds = 2;
        int last = number;
        while (_next[last] != 0)
        {
            last = _next[last];
            kinds++;
        }

        if (kinds > MostKinds)
        {
            GiveAway(last);
        }
    }

    private void GiveAway(int number)
    {
        ref FlowEntry entry = ref _entries[number];
        if (entry.Action == 0)
        {
            return;
        }

        _index.Remove(UnifiedKey.Hash(entry.Tuple, entry.Context, _key), number);
        entry.Action = 0;
        entry.Context = 0;
        if (number < _firstOwn)
        {
            return;
        }

        if (entry.Direction != 0)
        {
            Tell(entry.Direction, ref entry);
            Unlink(number, entry.Direction);
        }

        _next[number] = _free;
        _free = number;
    }

    private void Unlink(int number, int direction)
    {
        int before = direction;
        while (_next[before] != number)
        {
            before = _next[before];
        }

        _next[before] = _next[number];
        _entries[direction].HasManyKinds = _next[direction] != 0;
    }

    private void SettleAll(int direction)
    {
        for (int next = _next[direction]; next != 0; next = _next[next])
        {
            Tell(direction, ref _entries[next]);
        }
    }

    private void Tell(int direction, ref FlowEntry kind)
    {
        ref FlowEntry entry = ref _entries[direction];
        entry.LastUsedNs = Math.Max(entry.LastUsedNs, kind.LastUsedNs);
        AddPackets(direction, kind.Packets);
        kind.Packets = 0;
    }

    private ushort TimeoutOf(long timeoutNs)
    {
        if (_timeouts.TryGetValue(timeoutNs, out ushort number))
        {
            return number;
        }

        // All numbers are taken: after 65 535 different timeouts, which policies have brought one by one.
        if (_timeouts.Count == ushort.MaxValue)
        {
            for (int i = 1; i < _unused; i++)
            {
                GiveAway(i);
            }

            _timeouts.Clear();
        }

        number = (ushort)(_timeouts.Count + 1);
        _timeouts.Add(timeoutNs, number);
        _timeoutsNs[number] = timeoutNs;
        return number;
    }
}
