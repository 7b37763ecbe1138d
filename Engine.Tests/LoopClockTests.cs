using VxlanEngine.Tests.Ports.Wrappers;
using Xunit;

namespace VxlanEngine.Tests;

public class LoopClockTests
{
    private readonly SetClock _time = new();
    private readonly LoopClock _clock;

    public LoopClockTests() => _clock = new LoopClock(_time);

    [Fact]
    public void The_longest_stall_is_told_for_a_minute_at_least_and_for_two_at_most()
    {
        Look(awake: 5, busy: true);
        Look(awake: 300, busy: true);
        Look(awake: 7, busy: true);
        Assert.Equal(300, _clock.LongestStall.TotalMilliseconds);
        Idle(seconds: 62);
        Assert.Equal(300, _clock.LongestStall.TotalMilliseconds);
        Look(awake: 20, busy: true);
        Idle(seconds: 57);
        Assert.Equal(300, _clock.LongestStall.TotalMilliseconds);
        Idle(seconds: 3);
        Assert.Equal(20, _clock.LongestStall.TotalMilliseconds);
        Idle(seconds: 60);
        Assert.Equal(0, _clock.LongestStall.TotalMilliseconds);
        Look(awake: 8, busy: true);
        Sleep(600_000);
        Assert.Equal(0, _clock.LongestStall.TotalMilliseconds);
    }

    [Fact]
    public void Sleep_is_no_stall_and_not_busy()
    {
        Sleep(500);
        Look(awake: 100, busy: false);
        Sleep(400);
        Assert.Equal((0, 100), (_clock.BusyShare, _clock.LongestStall.TotalMilliseconds));
        Look(awake: 250, busy: true);
        Sleep(750);
        Assert.Equal(0.25, _clock.BusyShare);
        Look(awake: 1, busy: false);
        _time.Advance(TimeSpan.FromMilliseconds(40));
        Assert.Equal(40, _clock.SinceLook.TotalMilliseconds);
    }

    private void Look(int awake, bool busy)
    {
        long began = _clock.Now;
        _time.Advance(TimeSpan.FromMilliseconds(awake));
        _clock.Looked(began, busy);
    }

    // As a loop does that has nothing to do.
    private void Idle(int seconds)
    {
        for (int i = 0; i < 2 * seconds; i++)
        {
            Sleep(500);
            Look(awake: 0, busy: false);
        }
    }

    private void Sleep(int milliseconds)
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        _clock.Woke();
    }
}
