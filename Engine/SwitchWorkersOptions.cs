using VxlanEngine.Classification;
using VxlanEngine.Pipeline;

namespace VxlanEngine;

/// <summary>How a switch of several workers is built. Every limit has a default.</summary>
public sealed record SwitchWorkersOptions
{
    /// <summary>Packet buffers of each worker. Default 1 024.</summary>
    public int BufferCount { get; init; } = 1024;

    /// <summary>Bytes of the longest frame, 64 to 1 MiB. Default 9 728.</summary>
    public int FrameCapacity { get; init; } = 9728;

    /// <summary>Most frames that wait on the way from one worker to another, a power of two. Default 512.</summary>
    public int LaneCapacity { get; init; } = 512;

    /// <summary>Limits and timeouts of flow state; numbers are shared out among the workers.</summary>
    public SwitchLimits Limits { get; init; } = new();

    /// <summary>How rules are looked up. Compiled by default.</summary>
    public ClassifierKind Classifier { get; init; }

    /// <summary>Ties worker <em>n</em> to core <em>n</em>, on Linux. Off by default.</summary>
    public bool PinToCores { get; init; }
}
