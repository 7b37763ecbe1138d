using System.Diagnostics;
using VxlanEngine.Benchmarks.Floor;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>The floor's side of a cell.</summary>
internal static class FloorSide
{
    /// <summary>Loops the frames from memory.</summary>
    /// <returns>Nanoseconds a packet.</returns>
    public static double Measure(Cell cell, TimeSpan duration)
    {
        using var frames = new FrameBlock([.. cell.Flows.Frames()]);
        using var floor = new FloorSwitch(cell.Work, cell.Flows.Flows);
        Loop(floor, frames, TimeSpan.FromSeconds(1));
        long sent = floor.Sent;
        TimeSpan elapsed = Loop(floor, frames, duration);
        return elapsed.TotalNanoseconds / (floor.Sent - sent);
    }

    /// <summary>Sends the first frames twice, one by one, and reads what leaves.</summary>
    /// <returns>What came and what left.</returns>
    public static IEnumerable<(byte[] Came, byte[] Left)> Sample(Cell cell)
    {
        byte[][] came = [.. cell.Flows.Frames().Take(OutputCheck.SampleLength)];
        using var frames = new FrameBlock(came);
        using var floor = new FloorSwitch(cell.Work, cell.Flows.Flows);
        for (int i = 0; i < 2 * frames.Count; i++)
        {
            floor.Process(frames, i % frames.Count, 1);
            yield return (came[i % frames.Count], floor.Last.ToArray());
        }
    }

    private static TimeSpan Loop(FloorSwitch floor, FrameBlock frames, TimeSpan duration)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        int next = 0;
        do
        {
            int count = Math.Min(FloorSwitch.BurstLength, frames.Count - next);
            floor.Process(frames, next, count);
            next += count;
            next = next == frames.Count ? 0 : next;
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        while (elapsed < duration);
        return elapsed;
    }
}
