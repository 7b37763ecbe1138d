using System.Runtime.CompilerServices;
using VxlanEngine.Packets;

namespace VxlanEngine.Ports.Xdp;

/// <summary>Which of a pool's shared buffers the kernel has, to receive into or to send from.</summary>
/// <remarks>
/// An address that comes back from the kernel is believed only if the buffer there was lent, in that direction. In the
/// mode that allows chunks anywhere, an address has what lies before a received frame in its upper 16 bits. See
/// <see href="https://docs.kernel.org/networking/af_xdp.html"/>. Thread: the pool's.
/// </remarks>
/// <param name="pool">The pool.</param>
internal sealed class UmemLoans(PacketPool pool)
{
    /// <summary>Bytes of a chunk, which begins where a buffer does.</summary>
    public const int ChunkSize = 2048;

    private const int OffsetShift = 48;

    private readonly Loan[] _loans = new Loan[pool.SharedCount];

    private enum Loan : byte
    {
        None,
        Receiving,
        Sending,
    }

    /// <summary>The pool whose buffers they are.</summary>
    public PacketPool Pool => pool;

    /// <summary>Number of shared buffers that the pool had when the kernel was told of them.</summary>
    public int Count => _loans.Length;

    /// <summary>False when the pool has grown since, by buffers that the kernel does not know.</summary>
    public bool IsCurrent => _loans.Length == pool.SharedCount;

    /// <summary>Number of buffers that the kernel has to receive into.</summary>
    public int Receiving { get; private set; }

    /// <summary>Number of buffers that the kernel has to send from.</summary>
    public int Sending { get; private set; }

    /// <summary>True for a frame that lies in one of the buffers that the kernel knows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsShared(in FrameDescriptor frame) =>
        (uint)(frame.Buffer - pool.FirstShared) < (uint)_loans.Length
        && (ulong)(uint)frame.Offset + (uint)frame.Length <= PacketPool.SharedLength;

    /// <summary>Where a frame begins, as the kernel is told.</summary>
    /// <param name="frame">A frame in a shared buffer.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong AddressOf(in FrameDescriptor frame) =>
        PacketPool.SharedStart(frame.Buffer - pool.FirstShared) + (ulong)frame.Offset;

    /// <summary>Where a received frame begins, in bytes from the first shared buffer's page.</summary>
    /// <param name="address">What the kernel said.</param>
    public static ulong PlaceOf(ulong address) => Base(address) + (address >> OffsetShift);

    /// <summary>Lends a free buffer to receive into.</summary>
    /// <param name="address">The chunk, for the fill ring.</param>
    /// <returns>False when none is free.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryLend(out ulong address)
    {
        address = 0;
        if (!IsCurrent || !pool.TryRentShared(out int buffer))
        {
            return false;
        }

        int index = buffer - pool.FirstShared;
        address = PacketPool.SharedStart(index);
        _loans[index] = Loan.Receiving;
        Receiving++;
        return true;
    }

    /// <summary>Lends a frame's buffer to send from.</summary>
    /// <param name="frame">A frame in a shared buffer, which comes back by <see cref="TakeSent"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Lend(in FrameDescriptor frame)
    {
        _loans[frame.Buffer - pool.FirstShared] = Loan.Sending;
        Sending++;
    }

    /// <summary>Takes a buffer back that the kernel has received into.</summary>
    /// <param name="address">What the kernel said.</param>
    /// <param name="length">Bytes that it received.</param>
    /// <param name="frame">What was received.</param>
    /// <returns>False for a place that cannot be.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTakeReceived(ulong address, uint length, out FrameDescriptor frame)
    {
        frame = default;
        ulong index = Base(address) / PacketPool.SharedStride;
        ulong offset = address >> OffsetShift;
        if (index >= (uint)_loans.Length
            || _loans[index] != Loan.Receiving
            || Base(address) != PacketPool.SharedStart((int)index)
            || offset + length > ChunkSize)
        {
            return false;
        }

        _loans[index] = Loan.None;
        Receiving--;
        frame.Buffer = pool.FirstShared + (int)index;
        frame.Offset = (int)offset;
        frame.Length = (int)length;
        return true;
    }

    /// <summary>Gives the pool a buffer back that the kernel has sent from.</summary>
    /// <param name="address">What the kernel said.</param>
    /// <returns>False for a place that cannot be.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TakeSent(ulong address)
    {
        ulong index = address / PacketPool.SharedStride;
        if (index >= (uint)_loans.Length || _loans[index] != Loan.Sending)
        {
            return false;
        }

        Sending--;
        GiveBack((int)index);
        return true;
    }

    /// <summary>Gives the pool all buffers back, which the kernel must not have any more.</summary>
    public void TakeAll()
    {
        for (int i = 0; i < _loans.Length; i++)
        {
            if (_loans[i] != Loan.None)
            {
                GiveBack(i);
            }
        }

        (Receiving, Sending) = (0, 0);
    }

    private static ulong Base(ulong address) => address & ((1ul << OffsetShift) - 1);

    private void GiveBack(int index)
    {
        _loans[index] = Loan.None;
        pool.Return(new FrameDescriptor { Buffer = pool.FirstShared + index });
    }
}
