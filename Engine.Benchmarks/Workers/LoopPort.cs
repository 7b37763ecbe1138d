using System.Diagnostics;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;

namespace VxlanEngine.Benchmarks.Workers;

/// <summary>One worker's queue: frames come round and round, and end where they leave.</summary>
internal sealed class LoopPort(LoopedFrames frames, int[] order) : IWorkerPort
{
    private LoopCounters _counters;

    /// <summary>Frames that have left.</summary>
    public long Sent => Volatile.Read(ref _counters.Sent);

    /// <inheritdoc/>
    public bool WantsReports => false;

    /// <inheritdoc/>
    public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        long timeNs = Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);
        int next = _counters.Next;
        int count = 0;
        while (count < burst.Length && frames.TryLoad(pool, order[next], out FrameDescriptor frame))
        {
            next = next + 1 == order.Length ? 0 : next + 1;
            frame.TimeNs = timeNs;
            burst[count++] = frame;
        }

        _counters.Next = next;
        return count;
    }

    /// <inheritdoc/>
    public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> sent, int egress)
    {
        Volatile.Write(ref _counters.Sent, _counters.Sent + sent.Length);
        pool.Return(sent);
        return sent.Length;
    }

    /// <inheritdoc/>
    public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
        Forward(pool, new ReadOnlySpan<FrameDescriptor>(in frame), report.Egress) == 1;

    /// <inheritdoc/>
    public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
    }
}
