using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Ports.Wrappers;

/// <summary>
/// A port that loses, delays, duplicates, reorders and corrupts frames of both directions:
/// <c>fault,loss=1%:raw:eth0</c>.
/// </summary>
/// <remarks>
/// Each packet that would be on a wire has a fate of its own, so super-frames are cut in both directions. Frames wait
/// in queues of a fixed length, and nothing blocks; the switch must look at the port about every millisecond while
/// <see cref="HasUnsent"/> says so. Allocates nothing once made. Frames that wait when the port is disposed are gone.
/// </remarks>
public sealed class FaultPort : WrappedPort
{
    private const int BurstLength = 32;

    private readonly FrameDescriptor[] _burst = new FrameDescriptor[BurstLength];
    private readonly SuperFrameCutter _cutter = new();
    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly FaultLane _inbound;
    private readonly FaultLane _outbound;
    private long _refused;

    /// <summary>Wraps a port.</summary>
    /// <param name="inner">The port, which is disposed with this one.</param>
    /// <param name="options">What is done to frames.</param>
    /// <param name="clock">The clock that frames wait by; null for the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public FaultPort(ILivePort inner, FaultOptions options, TimeProvider? clock = null)
        : base("fault", inner)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options.Loss, nameof(options));
        Check(options.Duplicate, nameof(options));
        Check(options.Reorder, nameof(options));
        Check(options.Corrupt, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Delay, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Delay, TimeSpan.FromMinutes(1), nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueLength, 2, nameof(options));
        _clock = clock ?? TimeProvider.System;
        _start = _clock.GetTimestamp();
        _inbound = new FaultLane(options, options.Seed);
        _outbound = new FaultLane(options, ~options.Seed);
    }

    /// <summary>What was done to frames on their way to the switch.</summary>
    public FaultCounters Inbound => _inbound.Counters;

    /// <summary>What was done to frames on their way from the switch.</summary>
    public FaultCounters Outbound => _outbound.Counters;

    /// <inheritdoc/>
    public override string? Summary => Summarize($"{Name}: in {Inbound}; out {Outbound}");

    /// <inheritdoc/>
    public override bool HasUnsent => _inbound.Held + _outbound.Held > 0 || Inner.HasUnsent;

    /// <inheritdoc/>
    public override bool TakesSuperFrames => false;

    /// <inheritdoc/>
    public override PortStatistics Statistics
    {
        get
        {
            PortStatistics statistics = Inner.Statistics;
            statistics.Unsent += _refused;
            return statistics;
        }
    }

    /// <inheritdoc/>
    public override int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        long nowNs = NowNs();
        int room = Math.Min(Math.Min(_burst.Length, burst.Length), _inbound.Room);
        int count = room == 0 ? 0 : Inner.Receive(pool, _burst.AsSpan(0, room));
        foreach (ref readonly FrameDescriptor frame in _burst.AsSpan(0, count))
        {
            if (frame.SegmentSize == 0)
            {
                _inbound.Take(pool, frame, nowNs);
            }
            else
            {
                TakeSegments(pool, frame, nowNs);
            }
        }

        return _inbound.Release(burst, nowNs);
    }

    /// <inheritdoc/>
    public override int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        if (State != PortState.Up)
        {
            return 0;
        }

        long nowNs = NowNs();
        int count = 0;
        foreach (ref readonly FrameDescriptor frame in burst)
        {
            if (_outbound.Room == 0)
            {
                SendDue(pool, nowNs);
            }

            if (_outbound.Room == 0)
            {
                break;
            }

            _outbound.Take(pool, frame, nowNs);
            count++;
        }

        SendDue(pool, nowNs);
        return count;
    }

    /// <inheritdoc/>
    public override void Flush(PacketPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        if (_outbound.Held > 0)
        {
            SendDue(pool, NowNs());
        }

        Inner.Flush(pool);
    }

    private static void Check(double share, string name)
    {
        if (!(share is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(name, share, "Not a share between 0 and 1.");
        }
    }

    private long NowNs() => _clock.GetElapsedTime(_start).Ticks * TimeSpan.NanosecondsPerTick;

    private void SendDue(PacketPool pool, long nowNs)
    {
        int count = _outbound.Release(_burst, nowNs);
        while (count > 0)
        {
            ReadOnlySpan<FrameDescriptor> due = _burst.AsSpan(0, count);
            int taken = Inner.Transmit(pool, due);
            if (taken < count)
            {
                // The switch has counted them as sent; so they are told as the device's.
                pool.Return(due[taken..]);
                _outbound.Refused(count - taken);
                _refused += count - taken;
            }

            count = _outbound.Release(_burst, nowNs);
        }
    }

    private void TakeSegments(PacketPool pool, in FrameDescriptor frame, long nowNs)
    {
        if (!SegmentPlan.TryCreate(pool.Frame(frame), frame.Segment, frame.SegmentSize, -1, out SegmentPlan plan))
        {
            _inbound.Take(pool, frame, nowNs);
            return;
        }

        _cutter.Start(frame, plan, plan.SegmentSize);
        while (_cutter.IsBusy)
        {
            if (!_cutter.TryNext(pool, out FrameDescriptor segment))
            {
                _inbound.Overflow();
                break;
            }

            _inbound.Take(pool, segment, nowNs);
        }

        _cutter.Abandon(pool);
    }
}
