using System.Runtime.Intrinsics;
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
    /// <summary>Number of <see cref="Recent"/> contexts, a power of two.</summary>
    public const int RecentCount = 256;

    private const int Buckets = 1 << 11;
    private const int BucketLength = 4;

    private readonly NativeBlock<NumberedContext> _slots = new(Buckets * BucketLength);
    private readonly ulong _hashKey;
    private uint _last;

    /// <summary>Makes an empty table.</summary>
    public ContextTable(ulong hashKey) => _hashKey = hashKey;

    /// <summary>Contexts that were found last, for the caller to look at first.</summary>
    public NativeBlock<NumberedContext> Recent { get; } = new(RecentCount);

    /// <summary>Finds a context, or gives it a number; the same one as long as it is remembered.</summary>
    /// <param name="start"><see cref="NumberedContext.Start"/>.</param>
    /// <param name="place"><see cref="NumberedContext.Place"/>.</param>
    /// <param name="outerAddresses"><see cref="NumberedContext.OuterAddresses"/>.</param>
    /// <param name="outerMac"><see cref="NumberedContext.OuterMac"/>.</param>
    public NumberedContext Find(Vector128<byte> start, ulong place, ulong outerAddresses, ulong outerMac)
    {
        ulong hash = FlowHash.Mix(_hashKey, place);
        hash = FlowHash.Mix(hash, start.AsUInt64().ToScalar());
        hash = FlowHash.Mix(hash, start.AsUInt64().GetElement(1));
        hash = FlowHash.Mix(hash, outerAddresses);
        hash = FlowHash.Mix(hash, outerMac);
        int first = (int)(hash % Buckets) * BucketLength;
        for (int i = first; i < first + BucketLength; i++)
        {
            if (_slots[i].Is(start, place, outerAddresses, outerMac))
            {
                return _slots[i];
            }
        }

        var context = new NumberedContext
        {
            Start = start,
            Place = place,
            OuterAddresses = outerAddresses,
            OuterMac = outerMac,
        };
        Add(first, ref context);
        return context;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slots.Dispose();
        Recent.Dispose();
    }

    private void Add(int first, ref NumberedContext context)
    {
        _last = _last == uint.MaxValue ? 1 : _last + 1;
        context.Number = _last;
        int place = first + (int)(_last % BucketLength);
        for (int i = first; i < first + BucketLength; i++)
        {
            if (_slots[i].Number == 0)
            {
                place = i;
                break;
            }
        }

        _slots[place] = context;
    }
}
