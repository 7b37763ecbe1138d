using Xunit;

namespace VxlanEngine.Tests.Frames;

/// <summary>Checks that code allocates nothing.</summary>
public static class Allocations
{
    /// <summary>Runs <paramref name="work"/> till it is compiled, then once more, where it must not allocate.</summary>
    public static void AssertNone(Action work)
    {
        for (int i = 0; i < 50; i++)
        {
            work();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        work();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated == 0, $"{allocated} bytes were allocated.");
    }
}
