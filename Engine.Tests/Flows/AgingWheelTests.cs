using VxlanEngine.Flows;
using VxlanEngine.Packets;
using Xunit;

namespace VxlanEngine.Tests.Flows;

public sealed class AgingWheelTests
{
    private const long Tick = 1L << 27;
    private const long Day = 86_400_000_000_000;

    /// <summary>Against a list of deadlines: every pair comes up after its time, and not much later.</summary>
    [Theory]
    [InlineData(1, 100 * Tick)]
    [InlineData(2, 100_000 * Tick)]
    [InlineData(3, 40 * Day)]
    [InlineData(4, 4000 * Day)]
    public void Pairs_come_up_when_their_time_is_over(int seed, long span)
    {
        const int Count = 300;
        var random = new Random(seed);
        using var states = new NativeBlock<FlowState>(Count);
        var wheel = new AgingWheel(states);
        var deadlines = new Dictionary<int, long>();
        long now = 1_700_000_000_000_000_000;
        int due = 0;
        for (int i = 0; i < 20_000; i++)
        {
            now += random.NextInt64(Math.Max(1, span / 2000));
            int pair = random.Next(Count);
            if (deadlines.Remove(pair))
            {
                wheel.Remove(pair);
            }
            else
            {
                long deadline = now + random.NextInt64(span);
                wheel.Add(pair, deadline, now);
                deadlines.Add(pair, deadline);
            }

            for (int taken = wheel.TakeDue(now); taken >= 0; taken = wheel.TakeDue(now))
            {
                long deadline = deadlines[taken];
                if (deadline > now)
                {
                    wheel.Add(taken, deadline, now); // Came up early on its way to a lower level.
                    continue;
                }

                due++;
                deadlines.Remove(taken);
            }

            Assert.DoesNotContain(deadlines.Values, d => d <= now - Tick);
        }

        Assert.InRange(due, 20, 20_000);
    }
}
