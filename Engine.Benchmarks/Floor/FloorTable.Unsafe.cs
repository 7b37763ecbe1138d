// SAFETY: Owns one zeroed, aligned native block of a power of two of flows, made in the constructor and freed once, in
// Dispose. Every index is masked by the size. Addresses must not outlive the table.
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VxlanEngine.Benchmarks.Floor;

/// <summary>A hash table with linear probing that is a quarter full at most.</summary>
internal sealed unsafe class FloorTable : IDisposable
{
    private readonly uint _mask;
    private FloorFlow* _flows;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">Most flows.</param>
    public FloorTable(int capacity)
    {
        uint count = BitOperations.RoundUpToPowerOf2((uint)capacity) * 4;
        nuint length = (nuint)count * (nuint)sizeof(FloorFlow);
        _flows = (FloorFlow*)NativeMemory.AlignedAlloc(length, 64);
        NativeMemory.Clear(_flows, length);
        _mask = count - 1;
    }

    /// <summary>Two CRC steps over a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Hash(Vector128<byte> key)
    {
        Vector128<ulong> halves = key.AsUInt64();
        return BitOperations.Crc32C(BitOperations.Crc32C(0x9E37_79B9, halves.ToScalar()), halves.GetElement(1));
    }

    /// <summary>Asks for the place where a search begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint hash)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(_flows + (hash & _mask));
        }
    }

    /// <summary>The flow with a key, or the empty place where it belongs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FloorFlow* Find(Vector128<byte> key, uint hash)
    {
        FloorFlow* flow = _flows + (hash & _mask);
        while (flow->Key != key && flow->Key != Vector128<byte>.Zero)
        {
            flow = _flows + (++hash & _mask);
        }

        return flow;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_flows);
        _flows = null;
    }
}
