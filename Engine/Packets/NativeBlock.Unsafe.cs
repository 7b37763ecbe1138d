// SAFETY: The block owns one zeroed allocation of Count elements and 64 spare bytes, made in the constructor and freed
// once, by the handle that Dispose closes, or by the handle's finaliser. Element access is checked against Count,
// which Dispose sets to 0, so that a late access throws instead of touching freed memory. Who asks for the first
// element's address checks for itself. A reference to an element must not outlive the block.
using System.Runtime.Intrinsics.X86;

namespace VxlanEngine.Packets;

/// <summary>A fixed number of values in native memory, which the garbage collector neither moves nor reads.</summary>
/// <remarks>
/// The first element starts a cache line. All are zero at first; the operating system gives a page its memory when it
/// is first written, so that room which is never used costs none. Thread: the owner's.
/// </remarks>
internal sealed unsafe class NativeBlock<T> : IDisposable
    where T : unmanaged
{
    private const int Spare = 64;

    private readonly NativeAllocation _allocation;
    private readonly T* _first;

    /// <summary>Reserves room.</summary>
    /// <param name="count">Number of elements, at least 1.</param>
    public NativeBlock(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _allocation = new NativeAllocation(checked(((nuint)count * (nuint)sizeof(T)) + Spare));
        _first = (T*)_allocation.First;
        Count = count;
    }

    /// <summary>Number of elements; 0 once disposed.</summary>
    public int Count { get; private set; }

    /// <summary>The first element, for code that has found its indexes to be in range.</summary>
    public T* First => _first;

    /// <summary>An element.</summary>
    public ref T this[int index]
    {
        get
        {
            if ((uint)index >= (uint)Count)
            {
                ThrowOutOfRange();
            }

            return ref _first[index];
        }
    }

    /// <summary>Some elements in a row.</summary>
    public Span<T> Slice(int start, int count)
    {
        if ((uint)start > (uint)Count || (uint)count > (uint)(Count - start))
        {
            ThrowOutOfRange();
        }

        return new Span<T>(_first + start, count);
    }

    /// <summary>Has the system give every page its memory now, so that nobody waits for it later.</summary>
    public void Populate() => _allocation.Populate();

    /// <summary>Asks the processor to bring an element into its cache; any index will do.</summary>
    public void Prefetch(int index)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(_first + index);
        }
    }

    /// <summary>
    /// Tells that what was zeroed one after the other up to an element is not needed soon: whole pages go back.
    /// </summary>
    /// <param name="end">The element behind the last of them.</param>
    public void GiveBackBefore(int end)
    {
        if ((uint)end <= (uint)Count)
        {
            _allocation.GiveBackBefore((nuint)end * (nuint)sizeof(T));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Count = 0;
        _allocation.Dispose();
    }

    private static void ThrowOutOfRange() =>
        throw new InvalidOperationException("There is no such element, or the block was disposed.");
}
