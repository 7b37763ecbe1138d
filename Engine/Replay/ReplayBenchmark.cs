using System.Diagnostics;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;

namespace VxlanEngine.Replay;

/// <summary>Loops captures through a policy from memory, as fast as one thread can, and counts.</summary>
/// <remarks>
/// Each frame is copied once into a buffer of the switch, taken to its fate, and given back where it leaves: what a
/// network adapter would cost is not in it. Frames keep their order; time is the clock's. Thread: one.
/// </remarks>
public static class ReplayBenchmark
{
    private const int FewestListed = 4096;
    private const int BufferCount = 256;
    private const int FrameCapacity = 9728;
    private const int MaxMemory = 1 << 30;

    // Bursts of a part whose time is looked at: some milliseconds, in which a shared machine may be undisturbed.
    private const int PartLength = 512;

    /// <summary>
    /// Runs until the time is over, after a second, and two rounds of the frames, have warmed it up.
    /// </summary>
    /// <param name="options">Policy and inputs; nothing is written.</param>
    /// <param name="duration">How long to count.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="ArgumentException">
    /// An input names no port of the policy, or there is no frame, or the frames do not fit in one gigabyte.
    /// </exception>
    public static ReplayBenchmarkResult Run(
        ReplayOptions options, TimeSpan duration, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var sink = new NullSink();
        using var core = new SwitchCore(
            options.Policy, options.Limits, BufferCount, FrameCapacity, sink, classifiers: options.Classifier);
        (List<StoredFrame> frames, MemoryStream copies) = Load(core, options);
        using MemoryStream _ = copies;
        using var bytes = new NativeBlock<byte>((int)copies.Length);
        copies.GetBuffer().AsSpan(0, bytes.Count).CopyTo(bytes.Slice(0, bytes.Count));

        // A short capture is gone through several times before its list ends, so that bursts are as full as others'.
        int times = (FewestListed + frames.Count - 1) / frames.Count;
        var loop = new Loop(core, [.. Enumerable.Repeat(frames, times).SelectMany(f => f)], bytes);

        // Two rounds: the first makes flows, and from the second on packets fare like earlier ones.
        loop.Run(TimeSpan.FromSeconds(1), 2L * frames.Count, cancellation);
        long hits = core.FastPathHits;
        long sent = sink.Sent;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        (long packets, TimeSpan elapsed) = loop.Run(duration, 1, cancellation);
        return new ReplayBenchmarkResult(
            packets,
            elapsed,
            loop.FastestNs,
            sink.Sent - sent,
            core.FastPathHits - hits,
            GC.GetAllocatedBytesForCurrentThread() - allocated,
            core.ReadCounters());
    }

    private static (List<StoredFrame> Frames, MemoryStream Bytes) Load(SwitchCore core, ReplayOptions options)
    {
        using var feed = new ReplayFeed(options.Inputs, []);
        feed.Start(core);
        var frames = new List<StoredFrame>();
        var bytes = new MemoryStream();
        while (feed.TryNext(core, out FrameDescriptor frame))
        {
            if (frame.Flags == FrameFlags.None)
            {
                frames.Add(new StoredFrame((int)bytes.Length, frame.Length, frame.Port));
                bytes.Write(core.Pool.Frame(frame));
            }

            core.Pool.Return(frame);
            if (bytes.Length > MaxMemory)
            {
                throw new ArgumentException("The captures do not fit in one gigabyte.", nameof(options));
            }
        }

        return frames.Count > 0
            ? (frames, bytes)
            : throw new ArgumentException("The captures hold no whole frame.", nameof(options));
    }

    private sealed class Loop(SwitchCore core, StoredFrame[] frames, NativeBlock<byte> bytes)
    {
        private readonly FrameDescriptor[] _burst = new FrameDescriptor[ReplayFeed.BurstLength];
        private int _next;

        /// <summary>Nanoseconds a packet in the last run's fastest part.</summary>
        public double FastestNs { get; private set; }

        public (long Packets, TimeSpan Elapsed) Run(
            TimeSpan duration, long atLeast, CancellationToken cancellation)
        {
            FastestNs = double.MaxValue;
            long packets = 0;
            long start = Stopwatch.GetTimestamp();
            TimeSpan elapsed = TimeSpan.Zero;
            do
            {
                long part = RunPart();
                packets += part;
                TimeSpan before = elapsed;
                elapsed = Stopwatch.GetElapsedTime(start);
                FastestNs = Math.Min(FastestNs, (elapsed - before).TotalNanoseconds / part);
            }
            while ((elapsed < duration || packets < atLeast) && !cancellation.IsCancellationRequested);
            return (packets, elapsed);
        }

        private long RunPart()
        {
            long packets = 0;
            for (int i = 0; i < PartLength; i++)
            {
                // The clock is read once a burst, as a live port does.
                int count = Fill(Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency));
                core.Process(_burst.AsSpan(0, count));
                packets += count;
            }

            return packets;
        }

        private int Fill(long timeNs)
        {
            int count = 0;
            int loaded = 1;
            while (count < _burst.Length && loaded > 0)
            {
                ReadOnlySpan<StoredFrame> next =
                    frames.AsSpan(_next, Math.Min(_burst.Length - count, frames.Length - _next));
                loaded = core.Pool.Load(bytes, next, timeNs, _burst.AsSpan(count));
                count += loaded;
                _next = _next + loaded == frames.Length ? 0 : _next + loaded;
            }

            return count;
        }
    }

    private sealed class NullSink : IFrameSink
    {
        public long Sent { get; private set; }

        public bool WantsReports => false;

        public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress)
        {
            Sent += frames.Length;
            pool.Return(frames);
            return frames.Length;
        }

        public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
            Forward(pool, new ReadOnlySpan<FrameDescriptor>(in frame), report.Egress) == 1;

        public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
        {
        }
    }
}
