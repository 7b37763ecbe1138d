using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VxlanEngine.Packets;

namespace VxlanEngine.Flows;

/// <summary>
/// VFP's unified flow table: what all layers together do to packets of a kind, found in one cache line, mostly.
/// </summary>
/// <remarks>
/// <code>
/// hash ─► slot, or one of the next seven: 64 bytes a packet kind      beside it, 32 bytes of IPv6 addresses
///           ▲ └─► the next kind of the same flow
/// entry ────┘
/// </code>
/// A cache: it may forget, and a number of an action must be checked against the action. An entry of the flow table
/// knows the slots that count for it, and is told what they counted before a slot is given away. Thread: the worker's.
/// </remarks>
internal sealed class UnifiedFlowTable : IDisposable
{
    /// <summary>Slots among which a packet kind may lie.</summary>
    public const int WindowLength = 8;

    // A flow of more kinds than this loses its oldest: whoever asks for its time looks at all of them.
    private const int MaxKinds = 8;

    private readonly NativeBlock<UnifiedFlow> _slots;
    private readonly NativeBlock<UnifiedAddresses> _addresses;
    private readonly NativeBlock<FlowEntry> _entries;
    private readonly NativeBlock<long> _timeoutsNs = new(ushort.MaxValue + 1);
    private readonly Dictionary<long, ushort> _timeouts = [];
    private readonly uint _mask;
    private uint _victim;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">Packet kinds for which there shall be room; there is some more.</param>
    /// <param name="entries">The flow table's entries, for which slots count; they outlive the table.</param>
    public UnifiedFlowTable(int capacity, NativeBlock<FlowEntry> entries)
    {
        uint slots = BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, WindowLength));
        _slots = new NativeBlock<UnifiedFlow>((int)slots);
        _addresses = new NativeBlock<UnifiedAddresses>((int)slots);
        _entries = entries;
        _mask = slots - 1;
    }

    /// <summary>All slots.</summary>
    public NativeBlock<UnifiedFlow> Slots => _slots;

    /// <summary>The IPv6 addresses of each slot's packet kind; those of others are left over.</summary>
    public NativeBlock<UnifiedAddresses> Addresses => _addresses;

    /// <summary>Idle timeouts by number, in nanoseconds; number 0 is none.</summary>
    public NativeBlock<long> TimeoutsNs => _timeoutsNs;

    /// <summary>The bits of a hash that are the number of a packet kind's first slot.</summary>
    public uint Mask => _mask;

    /// <summary>Finds the slot of a packet kind; for IPv6 one whose addresses are still to be compared.</summary>
    /// <param name="first">The slot that its hash names.</param>
    /// <param name="tuple">Its tuple.</param>
    /// <param name="context">The number of its context.</param>
    /// <returns>The slot's number, or −1.</returns>
    public int Find(int first, Vector128<byte> tuple, uint context)
    {
        ref readonly UnifiedFlow named = ref _slots[first];
        if (named.Is(tuple, context))
        {
            return first;
        }

        for (int i = 1; named.HasStrays && i < WindowLength; i++)
        {
            int slot = (int)((uint)(first + i) & _mask);
            if (_slots[slot].Is(tuple, context))
            {
                return slot;
            }
        }

        return -1;
    }

    /// <summary>Writes a packet kind down, in place of one of the same key, or of another near its place.</summary>
    /// <param name="first">The slot that its hash names.</param>
    /// <param name="flow">The packet kind; which others count for the same entry is not looked at.</param>
    /// <param name="addresses">Its addresses, where they are IPv6 ones.</param>
    /// <param name="timeoutNs">How long its entry may be idle; any number for one without.</param>
    /// <returns>The slot's number.</returns>
    public int Set(int first, in UnifiedFlow flow, in UnifiedAddresses addresses, long timeoutNs)
    {
        ushort timeout = flow.Entry < 0 ? (ushort)0 : TimeoutOf(timeoutNs);
        int slot = Find(first, flow.Tuple, flow.Context);
        slot = slot < 0 ? FindFree(first) : slot;
        slot = slot < 0 ? (int)((uint)(first + (int)(_victim++ % WindowLength)) & _mask) : slot;
        GiveAway(slot);
        ref UnifiedFlow place = ref _slots[slot];
        place.Become(flow);
        place.Timeout = timeout;
        place.Next = 0;
        if (slot != first)
        {
            _slots[first].SendAway();
        }

        _addresses[slot] = addresses;
        if (flow.Entry >= 0)
        {
            Link(slot, ref _entries[flow.Entry]);
        }

        return slot;
    }

    /// <summary>Tells an entry when its packet kinds were used, and how often.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Settle(ref FlowEntry entry)
    {
        if (entry.FirstKind != 0)
        {
            SettleAll(ref entry);
        }
    }

    /// <summary>Gives the slots of an entry away.</summary>
    public void Clear(ref FlowEntry entry)
    {
        while (entry.FirstKind != 0)
        {
            GiveAway(entry.FirstKind - 1);
        }
    }

    /// <summary>Has an entry's packet kinds be idle for another time.</summary>
    public void SetTimeout(ref FlowEntry entry, long timeoutNs)
    {
        if (entry.FirstKind == 0)
        {
            return;
        }

        ushort timeout = TimeoutOf(timeoutNs);
        for (int next = entry.FirstKind; next != 0; next = _slots[next - 1].Next)
        {
            _slots[next - 1].Timeout = timeout;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slots.Dispose();
        _addresses.Dispose();
        _timeoutsNs.Dispose();
    }

    private void Link(int slot, ref FlowEntry entry)
    {
        _slots[slot].Next = entry.FirstKind;
        entry.FirstKind = slot + 1;
        int kinds = 1;
        int last = slot;
        while (_slots[last].Next != 0)
        {
            last = _slots[last].Next - 1;
            kinds++;
        }

        if (kinds > MaxKinds)
        {
            GiveAway(last);
        }
    }

    private void GiveAway(int slot)
    {
        ref UnifiedFlow flow = ref _slots[slot];
        if (flow.Action != 0 && flow.Entry >= 0)
        {
            ref FlowEntry entry = ref _entries[flow.Entry];
            Tell(ref entry, ref flow);
            Unlink(slot, ref entry);
        }

        // No packet has context 0.
        flow.Action = 0;
        flow.Context = 0;
    }

    private void Unlink(int slot, ref FlowEntry entry)
    {
        int next = _slots[slot].Next;
        if (entry.FirstKind == slot + 1)
        {
            entry.FirstKind = next;
            return;
        }

        int before = entry.FirstKind - 1;
        while (_slots[before].Next != slot + 1)
        {
            before = _slots[before].Next - 1;
        }

        _slots[before].Next = next;
    }

    private void SettleAll(ref FlowEntry entry)
    {
        for (int next = entry.FirstKind; next != 0; next = _slots[next - 1].Next)
        {
            Tell(ref entry, ref _slots[next - 1]);
        }
    }

    private static void Tell(ref FlowEntry entry, ref UnifiedFlow flow)
    {
        entry.LastUsedNs = Math.Max(entry.LastUsedNs, flow.LastUsedNs);
        entry.Packets += flow.Packets;
        flow.Packets = 0;
    }

    private int FindFree(int first)
    {
        for (int i = 0; i < WindowLength; i++)
        {
            int slot = (int)((uint)(first + i) & _mask);
            if (_slots[slot].Action == 0)
            {
                return slot;
            }
        }

        return -1;
    }

    private ushort TimeoutOf(long timeoutNs)
    {
        ref ushort number = ref CollectionsMarshal.GetValueRefOrAddDefault(_timeouts, timeoutNs, out bool isKnown)!;
        if (isKnown)
        {
            return number;
        }

        if (_timeouts.Count > ushort.MaxValue)
        {
            Forget();
            return TimeoutOf(timeoutNs);
        }

        number = (ushort)_timeouts.Count;
        _timeoutsNs[number] = timeoutNs;
        return number;
    }

    // All numbers are taken: after 65 535 different timeouts, which policies have brought one by one.
    private void Forget()
    {
        for (int i = 0; i < _slots.Count; i++)
        {
            GiveAway(i);
        }

        _timeouts.Clear();
    }
}
