using System.Diagnostics;

namespace VxlanEngine;

/// <summary>Measures how a switch's loop spends its time.</summary>
/// <remarks>Thread: the loop's; <see cref="SinceLook"/> may be read by any.</remarks>
public sealed class LoopClock
{
    private static readonly long Window = Stopwatch.Frequency;

    private long _awakeSince = Stopwatch.GetTimestamp();
    private long _windowStart = Stopwatch.GetTimestamp();
    private long _busy;
    private double _share;
    private long _longest;

    /// <summary>Share of the last whole second in which there were packets to work on, 0 to 1.</summary>
    public double BusyShare
    {
        get
        {
            Turn(Stopwatch.GetTimestamp());
            return _share;
        }
    }

    /// <summary>The longest time that the ports had to wait for a look, sleep that they can end left out.</summary>
    public TimeSpan LongestStall => TimeSpan.FromSeconds((double)_longest / Stopwatch.Frequency);

    /// <summary>Time since the last look at the ports.</summary>
    public TimeSpan SinceLook => Stopwatch.GetElapsedTime(Volatile.Read(ref _awakeSince));

    /// <summary>Notes that the ports have been looked at.</summary>
    /// <param name="began">When the look began.</param>
    /// <param name="isBusy">Whether it has brought packets.</param>
    public void Looked(long began, bool isBusy)
    {
        long now = Stopwatch.GetTimestamp();
        _longest = Math.Max(_longest, now - _awakeSince);
        _busy += isBusy ? now - began : 0;
        Turn(now);
        Volatile.Write(ref _awakeSince, now);
    }

    /// <summary>Notes the end of a sleep.</summary>
    public void Woke() => Volatile.Write(ref _awakeSince, Stopwatch.GetTimestamp());

    private void Turn(long now)
    {
        long passed = now - _windowStart;
        if (passed >= Window)
        {
            _share = Math.Min(1, (double)_busy / passed);
            (_busy, _windowStart) = (0, now);
        }
    }
}
