using VxlanEngine.Packets;

namespace VxlanEngine.Ports;

/// <summary>
/// A port whose other side is the program itself: it sends frames to the switch and takes what the switch sent.
/// </summary>
/// <remarks>For embedding and tests. Thread: the one that polls the switch.</remarks>
public sealed class MemoryPort : IPacketPort
{
    private readonly Queue<(byte[] Bytes, long TimeNs)> _toSwitch = new();
    private readonly Queue<byte[]> _fromSwitch = new();
    private readonly int _capacity;
    private uint _nextPacketId;

    /// <summary>Opens a port.</summary>
    /// <param name="capacity">Most frames from the switch that wait; above it the switch counts a drop.</param>
    public MemoryPort(int capacity = 4096) => _capacity = capacity;

    /// <summary>Number of frames from the switch that wait.</summary>
    public int Available => _fromSwitch.Count;

    /// <summary>Sends a frame to the switch, which receives it at its next poll.</summary>
    /// <param name="frame">The Ethernet frame without frame check sequence; it is copied.</param>
    /// <param name="timeNs">When it was received, in nanoseconds since 1970-01-01 UTC.</param>
    public void Send(ReadOnlySpan<byte> frame, long timeNs = 0) =>
        _toSwitch.Enqueue((frame.ToArray(), timeNs));

    /// <summary>Takes the next frame that the switch sent.</summary>
    /// <returns>False when none waits.</returns>
    public bool TryTake(out ReadOnlyMemory<byte> frame)
    {
        bool found = _fromSwitch.TryDequeue(out byte[]? bytes);
        frame = bytes;
        return found;
    }

    /// <inheritdoc/>
    public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int count = 0;
        while (count < burst.Length && _toSwitch.TryPeek(out (byte[] Bytes, long TimeNs) next))
        {
            int length = Math.Min(next.Bytes.Length, pool.FrameCapacity);
            if (!pool.TryRent(length, out FrameDescriptor frame))
            {
                break;
            }

            next.Bytes.AsSpan(0, length).CopyTo(pool.Frame(frame));
            frame.Flags = length < next.Bytes.Length ? FrameFlags.TooLong : FrameFlags.None;
            frame.TimeNs = next.TimeNs;
            frame.PacketId = _nextPacketId++;
            burst[count++] = frame;
            _toSwitch.Dequeue();
        }

        return count;
    }

    /// <inheritdoc/>
    public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int count = 0;
        foreach (ref readonly FrameDescriptor frame in burst)
        {
            if (_fromSwitch.Count == _capacity)
            {
                break;
            }

            _fromSwitch.Enqueue(pool.Frame(frame).ToArray());
            pool.Return(frame);
            count++;
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _toSwitch.Clear();
        _fromSwitch.Clear();
    }
}
