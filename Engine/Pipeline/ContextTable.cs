using VxlanEngine.Flows;
using VxlanEngine.Packets;

namespace VxlanEngine.Pipeline;

/// <summary>
/// Gives numbers to packet contexts: the port, the stations and, for a tunnel packet, the outer addresses, the traffic
/// class and the VNI.
/// </summary>
/// <remarks>
/// There are few contexts beside the flows in them, so that one number in a flow's key stands for forty bytes. The
/// table may forget: a context that comes back then gets another number. Thread: the worker's.
/// </remarks>
internal sealed class ContextTable : IDisposable
{
    private const int Buckets = 1 << 11;
    private const int BucketLength = 4;

    private readonly NativeBlock<Slot> _slots = new(Buckets * BucketLength);
    private readonly ulong _hashKey;
    private uint _last;
    private Slot _recent;

    /// <summary>Makes an empty table.</summary>
    public ContextTable(ulong hashKey) => _hashKey = hashKey;

    /// <summary>The number of a context; the same one for the same context, as long as it is remembered.</summary>
    public uint NumberOf(in PacketContextKey key)
    {
        return _recent.Key.Equals(key) ? _recent.Number : Find(key);
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    private uint Find(in PacketContextKey key)
    {
        ulong hash = (key.Place ^ _hashKey) * 0x9E37_79B9_7F4A_7C15;
        hash ^= key.Macs * 0xC2B2_AE3D_27D4_EB4F;
        hash ^= key.MacsAndVni * 0x1656_67B1_9E37_79F9;
        hash ^= key.OuterAddresses * 0xD6E8_FEB8_6659_FD93;
        hash = FlowHash.Mix(hash, key.OuterMac);
        int first = (int)(hash % Buckets) * BucketLength;
        for (int i = first; i < first + BucketLength; i++)
        {
            ref Slot slot = ref _slots[i];
            if (slot.Key.Equals(key))
            {
                _recent = slot;
                return slot.Number;
            }
        }

        return Add(first, key);
    }

    private uint Add(int first, in PacketContextKey key)
    {
        _last = _last == uint.MaxValue ? 1 : _last + 1;
        int place = first + (int)(_last % BucketLength);
        for (int i = first; i < first + BucketLength; i++)
        {
            if (_slots[i].Number == 0)
            {
                place = i;
                break;
            }
        }

        _slots[place] = new Slot { Key = key, Number = _last };
        return _last;
    }

    private struct Slot
    {
        public PacketContextKey Key;
        public uint Number;
    }
}
