using System.Diagnostics;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>A switch that keeps state for many flows into a tunnel, and the frames of these flows.</summary>
/// <remarks>
/// Frames are made where they are received, as a device writes them: what the switch does is measured, not how long a
/// million frames take to come from memory.
/// </remarks>
internal sealed class FlowLoad : IFrameSink, IDisposable
{
    /// <summary>Frames of a burst.</summary>
    public const int BurstLength = 64;

    private const int FrameLength = 60;
    private const int SampleInterval = 97;
    private const long StepNs = 10;

    private readonly SwitchCore _core;
    private readonly byte[] _first = FlowFrames.Plain(0, FrameLength);
    private readonly FrameDescriptor[] _burst = new FrameDescriptor[BurstLength];
    private readonly int[] _shuffled;
    private readonly ushort _port;
    private readonly int _flows;
    private long _sent;
    private long _nowNs;
    private int _next;

    /// <summary>Builds the switch and the frames.</summary>
    /// <param name="flows">Number of flows.</param>
    /// <param name="populates">Whether the switch has all of its memory from the start.</param>
    public FlowLoad(int flows, bool populates = false)
    {
        _flows = flows;
        CheckFrames();
        _shuffled = [.. Enumerable.Range(0, flows)];
        new Random(1).Shuffle(_shuffled);
        _core = new SwitchCore(
            ComparisonPolicy.For(Workload.Tracked), new SwitchLimits { FlowPairs = flows + 1 }, 256, 2048, this);
        _core.TryFindPort(ComparisonPolicy.Tenant, out int port);
        _port = (ushort)port;
        if (populates)
        {
            _core.Populate();
        }
    }

    /// <inheritdoc/>
    public bool WantsReports => false;

    /// <summary>Sends the first packet of each flow.</summary>
    /// <returns>Million flows a second.</returns>
    public double Begin()
    {
        (_sent, _next) = (0, 0);
        long start = Stopwatch.GetTimestamp();
        for (int done = 0; done < _flows; done += BurstLength)
        {
            Process(Math.Min(BurstLength, _flows - done), isShuffled: false);
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        return _sent == _flows && _core.State.Flows.Count == _flows
            ? _flows / elapsed.TotalMicroseconds
            : throw new ComparisonException($"{_sent} of {_flows} frames left.");
    }

    /// <summary>Sends packets of known flows, after each flow has had one for warming up.</summary>
    /// <returns>Million packets a second.</returns>
    public double Repeat(TimeSpan duration, bool isShuffled)
    {
        for (int done = 0; done < _flows; done += BurstLength)
        {
            Process(BurstLength, isShuffled);
        }

        long packets = 0;
        long start = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        do
        {
            Process(BurstLength, isShuffled);
            packets += BurstLength;
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        while (elapsed < duration);
        return packets / elapsed.TotalMicroseconds;
    }

    /// <summary>Makes frames and gives them back at once: what all rates hold besides the switch.</summary>
    /// <returns>Nanoseconds a frame.</returns>
    public double MakeOnly(TimeSpan duration)
    {
        long frames = 0;
        long start = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        do
        {
            Make(BurstLength, isShuffled: false);
            _core.Pool.Return(_burst);
            frames += BurstLength;
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        while (elapsed < duration);
        return elapsed.TotalNanoseconds / frames;
    }

    /// <summary>Sends a number of packets of known flows.</summary>
    public void Repeat(long packets)
    {
        for (long done = 0; done < packets; done += BurstLength)
        {
            Process(BurstLength, isShuffled: false);
        }
    }

    /// <summary>Lets all flows but a few become idle, and goes on until they are gone.</summary>
    public AgeingResult AgeAll()
    {
        int before = _core.State.Flows.Count;
        int most = 0;
        var times = new List<double>();
        _nowNs += 40_000_000_000;
        while (_core.State.Flows.Count > BurstLength && times.Count < before)
        {
            int count = _core.State.Flows.Count;
            _next = 0;

            // A quiet line: a burst every tenth of a millisecond.
            _nowNs += 100_000;
            long start = Stopwatch.GetTimestamp();
            Process(BurstLength, isShuffled: false);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            most = Math.Max(most, count - _core.State.Flows.Count);
        }

        times.Sort();
        return new AgeingResult(
            before - _core.State.Flows.Count, times.Count, most, times[^1], times[(int)(times.Count * 0.99)]);
    }

    /// <inheritdoc/>
    public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress)
    {
        foreach (ref readonly FrameDescriptor frame in frames)
        {
            pool.Return(frame);
        }

        _sent += frames.Length;
        return frames.Length;
    }

    /// <inheritdoc/>
    public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
        Forward(pool, new ReadOnlySpan<FrameDescriptor>(in frame), report.Egress) == 1;

    /// <inheritdoc/>
    public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _core.Dispose();

    private void CheckFrames()
    {
        byte[] frame = new byte[FrameLength];
        for (int flow = 0; flow < _flows; flow += SampleInterval)
        {
            FlowFrames.Write(_first, flow, frame);
            if (!frame.AsSpan().SequenceEqual(FlowFrames.Plain(flow, FrameLength)))
            {
                throw new ComparisonException($"Flow {flow} has another frame.");
            }
        }
    }

    private void Process(int count, bool isShuffled)
    {
        Make(count, isShuffled);
        _core.Process(_burst.AsSpan(0, count));
    }

    private void Make(int count, bool isShuffled)
    {
        PacketPool pool = _core.Pool;
        for (int i = 0; i < count; i++)
        {
            pool.TryRent(FrameLength, out FrameDescriptor frame);
            FlowFrames.Write(_first, isShuffled ? _shuffled[_next] : _next, pool.Frame(frame));
            _next = _next + 1 == _flows ? 0 : _next + 1;
            frame.Port = _port;
            frame.TimeNs = _nowNs += StepNs;
            _burst[i] = frame;
        }
    }
}
