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

    /// <summary>
    /// Whether packet buffers and flow tables have all of their memory from the start, so that neither a longer burst
    /// than any before nor a new flow waits for the system. Off by default: memory then grows to that as it is used.
    /// Flow tables then take 700 to 900 bytes for each pair that they may hold.
    /// </summary>
    public bool PopulateMemory { get; init; }

    /// <summary>Most frames that wait on the way from one worker to another, a power of two. Default 512.</summary>
    public int LaneCapacity { get; init; } = 512;

    /// <summary>Limits and timeouts of flow state; numbers are shared out among the workers.</summary>
    public SwitchLimits Limits { get; init; } = new();

    /// <summary>How rules are looked up. Compiled by default.</summary>
    public ClassifierKind Classifier { get; init; }

    /// <summary>
    /// What time it is while no frame comes, so that idle flows end. Frames are to be stamped by the same clock. Null
    /// for the system's where a live port is attached, and for none where none is: time is then the frames' own.
    /// </summary>
    public TimeProvider? Clock { get; init; }

    /// <summary>
    /// Whether workers never sleep, for the least delay and a whole core each. Off by default. Concerns only workers
    /// whose ports can wake them.
    /// </summary>
    public bool BusyPoll { get; init; }

    /// <summary>Ties worker <em>n</em> to core <em>n</em>, on Linux. Off by default.</summary>
    public bool PinToCores { get; init; }
}
