using VxlanEngine.Packets;
using VxlanEngine.Ports;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>A port that brings given frames, a microsecond apart, and keeps what it is sent.</summary>
internal sealed class FramePort(IReadOnlyList<byte[]> frames) : IPacketPort
{
    private int _next;

    /// <summary>What it was sent, in order.</summary>
    public List<byte[]> Taken { get; } = [];

    /// <inheritdoc/>
    public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        int count = 0;
        while (count < burst.Length && _next < frames.Count && pool.TryRent(frames[_next].Length, out burst[count]))
        {
            frames[_next].CopyTo(pool.Frame(burst[count]));
            burst[count].TimeNs = 1000L * ++_next;
            count++;
        }

        return count;
    }

    /// <inheritdoc/>
    public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
    {
        foreach (ref readonly FrameDescriptor frame in burst)
        {
            Taken.Add(pool.Frame(frame).ToArray());
            pool.Return(frame);
        }

        return burst.Length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
