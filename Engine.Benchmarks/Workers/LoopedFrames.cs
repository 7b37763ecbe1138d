using VxlanEngine.Packets;

namespace VxlanEngine.Benchmarks.Workers;

/// <summary>Frames one behind the other in native memory.</summary>
internal sealed class LoopedFrames : IDisposable
{
    private readonly NativeBlock<byte> _bytes;
    private readonly (int Start, int Length)[] _places;

    /// <summary>Copies frames.</summary>
    public LoopedFrames(byte[][] frames)
    {
        _bytes = new NativeBlock<byte>(frames.Sum(f => f.Length));
        _places = new (int, int)[frames.Length];
        int start = 0;
        for (int i = 0; i < frames.Length; i++)
        {
            _places[i] = (start, frames[i].Length);
            frames[i].CopyTo(_bytes.Slice(start, frames[i].Length));
            start += frames[i].Length;
        }
    }

    /// <summary>Copies one of the frames into a buffer.</summary>
    public bool TryLoad(PacketPool pool, int number, out FrameDescriptor frame)
    {
        (int start, int length) = _places[number];
        return pool.TryLoad(_bytes, start, length, out frame);
    }

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();
}
