using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;

namespace VxlanEngine.Replay;

/// <summary>One thing that became of a packet: a frame that left, or its end inside the switch.</summary>
internal readonly record struct PacketEvent
{
    public required Verdict Verdict { get; init; }

    public required FrameOrigin Origin { get; init; }

    /// <summary>Name of the port that the frame left through; null when it did not.</summary>
    public string? Egress { get; init; }

    /// <summary>Where the bytes that left lie in <see cref="PacketOutcome"/>.</summary>
    public int Offset { get; init; }

    public int Length { get; init; }

    public int FirstDecision { get; init; }

    public int DecisionCount { get; init; }

    /// <summary>The tunnel that the frame was put into; null for none.</summary>
    public TunnelOptions? Tunnel { get; init; }

    /// <summary>True when a NAT pool chose the port that the packet leaves with.</summary>
    public bool HasChosenPort { get; init; }
}
