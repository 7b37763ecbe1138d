using Xunit;

namespace VxlanEngine.Tests;

/// <summary>Holds code to the data path's promise: no byte allocated once it is warm.</summary>
internal static class Allocations
{
    private const int Attempts = 8;

    /// <summary>Fails unless a warm run of <paramref name="action"/> allocates nothing on the calling thread.</summary>
    /// <param name="action">What is measured; called from this thread only.</param>
    /// <param name="iterations">Calls per measurement, and before the first one.</param>
    public static void AssertNone(Action action, int iterations = 1_000)
    {
        long least = Least(action, iterations);
        Assert.True(least == 0, $"{iterations} warm calls allocated at least {least} bytes; expected none.");
    }

    /// <summary>The fewest bytes that several measurements of a warm <paramref name="action"/> saw.</summary>
    internal static long Least(Action action, int iterations)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(iterations);
        Run(action, iterations);

        // Code that is re-jitted between two measurements may run a static constructor or box for the last
        // time; code that allocates does so every time. So the least of several measurements is what counts.
        long least = long.MaxValue;
        for (int attempt = 0; attempt < Attempts && least != 0; attempt++)
        {
            if (attempt > 0)
            {
                Thread.Sleep(50);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            Run(action, iterations);
            long after = GC.GetAllocatedBytesForCurrentThread();
            least = Math.Min(least, after - before);
        }

        return least;
    }

    private static void Run(Action action, int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            action();
        }
    }
}
