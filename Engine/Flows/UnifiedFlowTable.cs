using System.Numerics;
using System.Runtime.CompilerServices;
using VxlanEngine.Packets;

namespace VxlanEngine.Flows;

/// <summary>
/// VFP's unified flow table: what all layers together do to packets of a kind, found in one probe of two cache lines.
/// </summary>
/// <remarks>
/// A cache: it may forget, and what it says must be checked against what it refers to. Four slots to a bucket; a full
/// bucket loses one of them, each in turn. Thread: the worker's.
/// </remarks>
internal sealed class UnifiedFlowTable : IDisposable
{
    /// <summary>Slots of a bucket.</summary>
    public const int BucketLength = 4;

    private readonly NativeBlock<UnifiedFlow> _slots;
    private readonly uint _mask;
    private uint _victim;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">Packet kinds for which there shall be room; there is some more.</param>
    public UnifiedFlowTable(int capacity)
    {
        uint slots = BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, BucketLength)) * 2;
        _slots = new NativeBlock<UnifiedFlow>((int)slots);
        _mask = (slots - 1) & ~(uint)(BucketLength - 1);
    }

    /// <summary>The hash of a packet kind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Hash(ulong addresses, ulong ports, uint context, ulong key)
    {
        ulong hash = FlowHash.Mix(FlowHash.Mix(key ^ context, addresses), ports);
        return (uint)(hash ^ (hash >> 32));
    }

    /// <summary>Asks the processor to bring a bucket into its cache.</summary>
    public void Prefetch(uint hash)
    {
        int first = (int)(hash & _mask);
        _slots.Prefetch(first);
        _slots.Prefetch(first + 2);
    }

    /// <summary>Finds the slot of a packet kind.</summary>
    /// <returns>Its number, or −1.</returns>
    public int Find(uint hash, ulong addresses, ulong ports, uint context)
    {
        int first = (int)(hash & _mask);
        ReadOnlySpan<UnifiedFlow> bucket = _slots.Slice(first, BucketLength);
        for (int i = 0; i < bucket.Length; i++)
        {
            if (bucket[i].Is(addresses, ports, context))
            {
                return first + i;
            }
        }

        return -1;
    }

    /// <summary>The slot with a number that <see cref="Find"/> gave.</summary>
    public ref UnifiedFlow this[int slot] => ref _slots[slot];

    /// <summary>Writes a packet kind down, in place of an older one of the same key, or of one of its bucket.</summary>
    public void Set(uint hash, in UnifiedFlow flow)
    {
        int place = Find(hash, flow.Addresses, flow.Ports, flow.Context);
        int first = (int)(hash & _mask);
        for (int i = first; place < 0 && i < first + BucketLength; i++)
        {
            place = _slots[i].Action == 0 ? i : -1;
        }

        place = place < 0 ? first + (int)(_victim++ % BucketLength) : place;
        _slots[place] = flow;
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();
}
