using VxlanEngine.Packets;
using VxlanEngine.Pipeline;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>One report of a packet, kept.</summary>
internal sealed record Fate(
    Verdict Verdict,
    FrameOrigin Origin,
    string? Port,
    byte[] Frame,
    bool FlowHit,
    string? DecidedBy,
    string[] Decisions);
