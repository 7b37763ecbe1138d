using System.Runtime.InteropServices;
using VxlanEngine.Flows;
using VxlanEngine.Packets;

namespace VxlanEngine.Pipeline;

/// <summary>
/// Gives numbers to packet contexts: the port, the stations, the traffic class and, for a tunnel packet, the outer
/// headers.
/// </summary>
/// <remarks>
/// There are few contexts beside the flows in them, so that one number in a flow's key stands for eighty bytes. The
/// table may forget: a context that comes back then gets another number. Thread: the worker's.
/// </remarks>
internal sealed class ContextTable : IDisposable
{
    /// <summary>Bits of a number that names one of the <see cref="Recent"/> contexts.</summary>
    public const int RecentShift = 8;

    private const int Buckets = 1 << 11;
    private const int BucketLength = 4;

    private readonly NativeBlock<NumberedContext> _slots = new(Buckets * BucketLength);
    private readonly ulong _hashKey;
    private uint _last;

    /// <summary>Makes an empty table.</summary>
    public ContextTable(ulong hashKey) => _hashKey = hashKey;

    /// <summary>Contexts that were found last, for the caller to look at first.</summary>
    public NativeBlock<NumberedContext> Recent { get; } = new(1 << RecentShift);

    /// <summary>Gives a context its number: the same one as long as it is remembered.</summary>
    /// <param name="context">The context, whose number is 0.</param>
    public void Number(ref NumberedContext context)
    {
        ulong hash = _hashKey;
        var bytes = new ReadOnlySpan<NumberedContext>(in context);
        foreach (ulong word in MemoryMarshal.Cast<NumberedContext, ulong>(bytes))
        {
            hash = FlowHash.Mix(hash, word);
        }

        int first = (int)(hash % Buckets) * BucketLength;
        for (int i = first; i < first + BucketLength; i++)
        {
            if (_slots[i].Number != 0 && _slots[i].Equals(context))
            {
                context.Number = _slots[i].Number;
                return;
            }
        }

        Add(first, ref context);
    }

    /// <summary>Has the system give all memory now.</summary>
    public void Populate()
    {
        _slots.Populate();
        Recent.Populate();
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
