using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;

namespace VxlanEngine.Replay;

/// <summary>Takes captures through a policy: same input, same output, byte for byte, on any machine.</summary>
/// <remarks>
/// Frames enter at the named ports merged by time stamp; time is the captures' own. Memory is constant, whatever the
/// captures' size. Thread: one.
/// </remarks>
public static class CaptureReplay
{
    private const int ProgressInterval = 4096;

    /// <summary>Replays captures to their end.</summary>
    /// <param name="options">What, through which policy, and where to.</param>
    /// <param name="cancellation">Ends the replay early; frames so far are counted.</param>
    /// <exception cref="PolicyException">A policy has mistakes.</exception>
    /// <exception cref="ArgumentException">An input names a port that the first policy does not have.</exception>
    public static ReplayResult Run(ReplayOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var feed = new ReplayFeed(options.Inputs, options.Changes, options.Room);
        var sink = new CaptureSink(options);
        using var core = new SwitchCore(
            options.Policy,
            options.Limits,
            options.Room.Buffers,
            options.Room.FrameCapacity,
            sink,
            classifiers: options.Classifier);
        sink.Open(core.PortCount, core.PortName);
        feed.Start(core);
        var burst = new FrameDescriptor[Math.Clamp(options.Room.Buffers - 1, 1, ReplayFeed.BurstLength)];
        while (!cancellation.IsCancellationRequested && feed.TryNextBurst(core, burst, out int count))
        {
            if (feed.PolicyChanged)
            {
                sink.Open(core.PortCount, core.PortName);
            }

            core.Process(burst.AsSpan(0, count));
            if (feed.Count % ProgressInterval < count)
            {
                options.Progress?.Invoke(feed.Offset);
            }
        }

        options.Expected?.Finish();
        return new ReplayResult(core.ReadCounters(), feed.Faults, feed.Foreign, feed.Unfound);
    }
}
