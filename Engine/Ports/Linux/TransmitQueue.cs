using VxlanEngine.Packets;

namespace VxlanEngine.Ports.Linux;

/// <summary>Frames that a port has taken and not yet sent, in order.</summary>
/// <remarks>Thread: the port's.</remarks>
internal sealed class TransmitQueue
{
    /// <summary>Most frames.</summary>
    public const int Capacity = 512;

    private readonly FrameDescriptor[] _frames = new FrameDescriptor[Capacity];
    private int _first;

    /// <summary>Number of frames.</summary>
    public int Count { get; private set; }

    /// <summary>A frame, 0 for the oldest.</summary>
    public ref FrameDescriptor this[int index] => ref _frames[(_first + index) % Capacity];

    /// <summary>Takes as many frames as there is room for.</summary>
    /// <returns>How many.</returns>
    public int Add(ReadOnlySpan<FrameDescriptor> frames)
    {
        int count = Math.Min(frames.Length, Capacity - Count);
        for (int i = 0; i < count; i++)
        {
            _frames[(_first + Count + i) % Capacity] = frames[i];
        }

        Count += count;
        return count;
    }

    /// <summary>Returns the buffers of the oldest frames.</summary>
    public void Release(PacketPool pool, int count)
    {
        for (int i = 0; i < count; i++)
        {
            pool.Return(_frames[_first]);
            _first = (_first + 1) % Capacity;
        }

        Count -= count;
    }

    /// <summary>Forgets the oldest frames, whose buffers are gone.</summary>
    public void Forget(int count)
    {
        _first = (_first + count) % Capacity;
        Count -= count;
    }
}
