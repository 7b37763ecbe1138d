namespace VxlanEngine;

/// <summary>Measures how a switch's loop spends its time.</summary>
/// <remarks>Thread: the loop's; <see cref="SinceLook"/> may be read by any.</remarks>
internal sealed class LoopClock
{
    private static readonly TimeSpan BusyWindow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StallWindow = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly double _ticksPerSecond;
    private long _awakeSince;
    private long _busyWindowStart;
    private long _busy;
    private double _share;
    private long _stallWindowStart;
    private long _longest;
    private long _longestBefore;

    /// <summary>Starts to measure.</summary>
    /// <param name="time">What to measure by; null for the machine's clock.</param>
    public LoopClock(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _ticksPerSecond = _time.TimestampFrequency;
        _awakeSince = _busyWindowStart = _stallWindowStart = Now;
    }

    /// <summary>Share of the last whole second in which there were packets to work on, 0 to 1.</summary>
    public double BusyShare
    {
        get
        {
            Turn(Now);
            return _share;
        }
    }

    /// <summary>
    /// The longest time in the last one or two minutes that the ports had to wait for a look, sleep that they can end
    /// left out.
    /// </summary>
    public TimeSpan LongestStall
    {
        get
        {
            Turn(Now);
            return TimeSpan.FromSeconds(Math.Max(_longest, _longestBefore) / _ticksPerSecond);
        }
    }

    /// <summary>Time since the last look at the ports. Thread: any.</summary>
    public TimeSpan SinceLook => _time.GetElapsedTime(Volatile.Read(ref _awakeSince));

    /// <summary>The time, for <see cref="Looked"/>.</summary>
    public long Now => _time.GetTimestamp();

    /// <summary>Notes that the ports have been looked at.</summary>
    /// <param name="began">When the look began.</param>
    /// <param name="isBusy">Whether it has brought packets.</param>
    public void Looked(long began, bool isBusy)
    {
        long now = Now;
        Turn(now);
        _longest = Math.Max(_longest, now - _awakeSince);
        _busy += isBusy ? now - began : 0;
        Volatile.Write(ref _awakeSince, now);
    }

    /// <summary>Notes the end of a sleep.</summary>
    public void Woke() => Volatile.Write(ref _awakeSince, Now);

    private void Turn(long now)
    {
        double busyWindows = (now - _busyWindowStart) / _ticksPerSecond / BusyWindow.TotalSeconds;
        if (busyWindows >= 1)
        {
            _share = Math.Min(1, _busy / (double)(now - _busyWindowStart));
            (_busy, _busyWindowStart) = (0, now);
        }

        double stallWindows = (now - _stallWindowStart) / _ticksPerSecond / StallWindow.TotalSeconds;
        if (stallWindows >= 1)
        {
            _longestBefore = stallWindows < 2 ? _longest : 0;
            (_longest, _stallWindowStart) = (0, now);
        }
    }
}
