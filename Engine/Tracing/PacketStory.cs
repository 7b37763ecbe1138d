using System.Text.Json.Serialization;
using VxlanEngine.Packets;

namespace VxlanEngine.Tracing;

/// <summary>All that happened to one packet, and why.</summary>
public sealed record PacketStory
{
    /// <summary>Number of the packet in the input, from 1.</summary>
    public required uint Number { get; init; }

    /// <summary>When it came, in nanoseconds since 1970-01-01 UTC.</summary>
    public required long TimeNs { get; init; }

    /// <summary>Name of the port it entered at.</summary>
    public required string Port { get; init; }

    /// <summary>Bytes of the frame.</summary>
    public required int Length { get; init; }

    /// <summary>Protocol, source and destination of the innermost packet.</summary>
    public required string Packet { get; init; }

    /// <summary>The innermost packet's fields, for filters.</summary>
    [JsonIgnore]
    public ParsedFrame Innermost { get; init; }

    /// <summary>The headers it came with.</summary>
    public required string Headers { get; init; }

    /// <summary>VNI of the tunnel it came through; null without one.</summary>
    public uint? Vni { get; init; }

    /// <summary>
    /// <c>
    /// hit</c> when it belonged to a known flow, <c>renewed</c> when that flow's policy or tunnel had changed,
    /// <c>miss
    /// </c>
    /// when layers looked for one, <c>none</c> otherwise.
    /// </summary>
    public required string Flow { get; init; }

    /// <summary>
    /// <c>learnt</c> or <c>moved</c> when it told where its sender is, <c>refused</c> when that is not learnt now; null
    /// when it told nothing new.
    /// </summary>
    public string? Station { get; init; }

    /// <summary>The layers it crossed.</summary>
    public required IReadOnlyList<LayerStory> Layers { get; init; }

    /// <summary>The frames that left.</summary>
    public required IReadOnlyList<OutcomeStory> Outcomes { get; init; }

    /// <summary><c>forward</c>, <c>drop</c>, <c>punt</c> or <c>consume</c>.</summary>
    public required string Verdict { get; init; }

    /// <summary>Name of the drop or punt reason; null for other fates.</summary>
    public string? Reason { get; init; }

    /// <summary>The drop reason in a sentence; null for other fates.</summary>
    public string? Explanation { get; init; }

    /// <summary>The rule or default that settled the fate; null when no layer did.</summary>
    public string? DecidedBy { get; init; }
}
