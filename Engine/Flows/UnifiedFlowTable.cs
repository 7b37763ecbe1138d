using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using VxlanEngine.Packets;

namespace VxlanEngine.Flows;

/// <summary>
/// VFP's unified flow table: what all layers together do to packets of a kind, found in one or two cache lines.
/// </summary>
/// <remarks>
/// A cache: it may forget, and what it says must be checked against what it refers to. Four slots to a bucket, filled
/// in order; a full bucket borrows from the next one, then loses one of its own, each in turn. Thread: the worker's.
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
    /// <remarks>
    /// Three rounds of AES where there are such instructions; after two, a word shows one byte of each column only.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Hash(ulong addresses, ulong ports, uint context, ulong key)
    {
        if (Aes.IsSupported)
        {
            Vector128<byte> round = Vector128.Create(key, ~key ^ context).AsByte();
            Vector128<byte> mixed = Aes.Encrypt(Vector128.Create(addresses, ports).AsByte() ^ round, round);
            return Aes.Encrypt(Aes.Encrypt(mixed, round), round).AsUInt32().ToScalar();
        }

        ulong hash = FlowHash.Mix(FlowHash.Mix(key ^ context, addresses), ports);
        return (uint)(hash ^ (hash >> 32));
    }

    /// <summary>All slots.</summary>
    public NativeBlock<UnifiedFlow> Slots => _slots;

    /// <summary>The bits of a hash that are its bucket's first slot.</summary>
    public uint Mask => _mask;

    /// <summary>Finds the slot of a packet kind in its bucket, or in the next one when that is full.</summary>
    /// <returns>Its number, or −1.</returns>
    public int Find(uint hash, ulong addresses, ulong ports, uint context)
    {
        int first = (int)(hash & _mask);
        int slot = FindIn(first, addresses, ports, context);
        return slot < 0 && IsFull(first) ? FindIn(After(first), addresses, ports, context) : slot;
    }

    /// <summary>Writes a packet kind down, in place of an older one of the same key, or of one of its bucket.</summary>
    public void Set(uint hash, in UnifiedFlow flow)
    {
        int place = Find(hash, flow.Addresses, flow.Ports, flow.Context);
        int first = (int)(hash & _mask);
        place = place < 0 ? FindFree(first) : place;
        place = place < 0 ? FindFree(After(first)) : place;
        place = place < 0 ? first + (int)(_victim++ % BucketLength) : place;
        _slots[place] = flow;
    }

    private bool IsFull(int first) => _slots[first + BucketLength - 1].Action != 0;

    private int After(int first) => (int)((uint)(first + BucketLength) & _mask);

    private int FindIn(int first, ulong addresses, ulong ports, uint context)
    {
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

    private int FindFree(int first)
    {
        ReadOnlySpan<UnifiedFlow> bucket = _slots.Slice(first, BucketLength);
        for (int i = 0; i < bucket.Length; i++)
        {
            if (bucket[i].Action == 0)
            {
                return first + i;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();
}
