// SAFETY: Owns one aligned native block, made in the constructor and freed once, in Dispose. Frames lie in it one
// behind the other, with Spare readable bytes behind the last, so that wide loads from a frame never leave the block.
// Addresses must not outlive it.
using System.Runtime.InteropServices;

namespace VxlanEngine.Benchmarks.Floor;

/// <summary>Frames in memory, one behind the other, as a capture holds them.</summary>
internal sealed unsafe class FrameBlock : IDisposable
{
    private const int Spare = 256;

    private readonly int[] _offsets;
    private byte* _memory;

    /// <summary>Copies frames.</summary>
    public FrameBlock(IReadOnlyList<byte[]> frames)
    {
        _offsets = new int[frames.Count + 1];
        for (int i = 0; i < frames.Count; i++)
        {
            _offsets[i + 1] = _offsets[i] + frames[i].Length;
        }

        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)(_offsets[^1] + Spare), 64);
        for (int i = 0; i < frames.Count; i++)
        {
            frames[i].CopyTo(new Span<byte>(_memory + _offsets[i], frames[i].Length));
        }
    }

    /// <summary>Number of frames.</summary>
    public int Count => _offsets.Length - 1;

    /// <summary>A frame's first byte.</summary>
    public byte* Address(int index) => _memory + _offsets[index];

    /// <summary>Bytes of a frame.</summary>
    public int Length(int index) => _offsets[index + 1] - _offsets[index];

    /// <summary>A frame's bytes.</summary>
    public ReadOnlySpan<byte> Frame(int index) => new(Address(index), Length(index));

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
