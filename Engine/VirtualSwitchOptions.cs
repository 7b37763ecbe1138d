using VxlanEngine.Classification;
using VxlanEngine.Pipeline;

namespace VxlanEngine;

/// <summary>How a switch is built. Every limit has a default.</summary>
public sealed record VirtualSwitchOptions
{
    /// <summary>Packet buffers, shared by all ports. Default 256.</summary>
    public int BufferCount { get; init; } = 256;

    /// <summary>Bytes of the longest frame, 64 to 1 MiB. Default 16 384.</summary>
    public int FrameCapacity { get; init; } = 16 * 1024;

    /// <summary>
    /// Whether packet buffers and flow tables have all of their memory from the start, so that neither a longer burst
    /// than any before nor a new flow waits for the system. Off by default: memory then grows to that as it is used.
    /// Flow tables then take 700 to 900 bytes for each pair that they may hold.
    /// </summary>
    public bool PopulateMemory { get; init; }

    /// <summary>Limits and timeouts of flow state.</summary>
    public SwitchLimits Limits { get; init; } = new();

    /// <summary>How rules are looked up. Compiled by default.</summary>
    public ClassifierKind Classifier { get; init; }

    /// <summary>
    /// What time it is while no frame comes, so that next hops are asked for again, BFD sessions live and idle flows
    /// end. Frames are to be
    /// stamped by the same clock. Null for the system's where a live port is attached, and for none where none is: time
    /// is then the frames' own.
    /// </summary>
    public TimeProvider? Clock { get; init; }

    /// <summary>Is told of every packet's fate; null when nobody wants to know.</summary>
    public IPacketObserver? Observer { get; init; }
}
