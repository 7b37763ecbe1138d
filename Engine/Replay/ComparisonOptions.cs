using VxlanEngine.Pipeline;
using VxlanEngine.Policy;

namespace VxlanEngine.Replay;

/// <summary>What to compare: two policies over the same captures.</summary>
public sealed record ComparisonOptions
{
    /// <summary>The policy as it is.</summary>
    public required SwitchPolicy Before { get; init; }

    /// <summary>The policy as it would be.</summary>
    public required SwitchPolicy After { get; init; }

    /// <summary>
    /// The captures; frames of equal time are taken in this order. A port that one of the policies lacks is not ready
    /// under it.
    /// </summary>
    public required IReadOnlyList<ReplayInput> Inputs { get; init; }

    /// <summary>
    /// Whether ports that NAT pools choose do not count, nor what follows from them: tunnel source ports, checksums.
    /// </summary>
    public bool IgnorePorts { get; init; }

    /// <summary>Limits and timeouts of flow state, the same under both policies.</summary>
    public SwitchLimits Limits { get; init; } = new();

    /// <summary>Packets after which to stop; null for all.</summary>
    public long? MaximumPackets { get; init; }

    /// <summary>Most groups of differences; packets that would need one more are only counted. Default 1000.</summary>
    public int MaximumGroups { get; init; } = 1000;

    /// <summary>Packets that each group names. Default 3.</summary>
    public int ExamplesPerGroup { get; init; } = 3;

    /// <summary>Is told now and then how many bytes of the captures were read; null when nobody asks.</summary>
    public Action<long>? Progress { get; init; }
}
