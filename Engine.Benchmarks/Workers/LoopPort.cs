using System.Diagnostics;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;

namespace VxlanEngine.Benchmarks.Workers;

/// <summary>One worker's queue: frames come round and round, and end where they leave.</summary>
internal sealed class LoopPort : IWorkerPort, IDisposable
{
    private readonly NativeBlock<byte> _bytes;
    private readonly StoredFrame[] _frames;
    private readonly int _core;
    private LoopCounters _counters;
    private Thread? _worker;

    /// <summary>Copies frames one behind the other, as a device's ring has them.</summary>
    /// <param name="frames">The frames, in order.</param>
    /// <param name="core">The core on which the worker is to run.</param>
    public LoopPort(IReadOnlyList<byte[]> frames, int core)
    {
        _core = core;
        _bytes = new NativeBlock<byte>(frames.Sum(f => f.Length));
        _frames = new StoredFrame[frames.Count];
        int start = 0;
        for (int i = 0; i < _frames.Length; i++)
        {
            _frames[i] = new StoredFrame(start, frames[i].Length, Port: 0);
            frames[i].CopyTo(_bytes.Slice(start, frames[i].Length));
            start += frames[i].Length;
        }
    }

    /// <summary>Frames that have left.</summary>
    public long Sent => Volatile.Read(ref _counters.Sent);

    /// <inheritdoc/>
    public bool WantsReports => false;

    /// <inheritdoc/>
    public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        if (_worker != Thread.CurrentThread)
        {
            _worker = Thread.CurrentThread;
            CoreAffinity.TryPin(_core);
        }

        long timeNs = Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);
        int next = _counters.Next;
        int count = pool.Load(
            _bytes, _frames.AsSpan(next, Math.Min(burst.Length, _frames.Length - next)), timeNs, burst);
        _counters.Next = next + count == _frames.Length ? 0 : next + count;
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

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();
}
