using VxlanEngine.Classification;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>What to replay, through which policy, and where the outcome goes.</summary>
public sealed record ReplayOptions
{
    /// <summary>The policy to start with.</summary>
    public required SwitchPolicy Policy { get; init; }

    /// <summary>The captures; frames of equal time are taken in this order.</summary>
    public required IReadOnlyList<ReplayInput> Inputs { get; init; }

    /// <summary>Receives every frame that leaves, one interface for each port; null when nobody wants them.</summary>
    public CaptureWriter? Output { get; init; }

    /// <summary>
    /// Receives every frame that is dropped, as it was received, one interface for each port; null when nobody wants
    /// them.
    /// </summary>
    public CaptureWriter? Drops { get; init; }

    /// <summary>
    /// Live ports that send what leaves at ports of the policy, as fast as they take it; frames that one of them
    /// refuses for a second are dropped.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, ILivePort>> LiveOutputs { get; init; } = [];

    /// <summary>Is compared with the frames that leave; null when nothing is expected.</summary>
    public ExpectedCapture? Expected { get; init; }

    /// <summary>Whether frames are written with a comment that says why. On by default.</summary>
    public bool Comments { get; init; } = true;

    /// <summary>Policies that take over later, in ascending time.</summary>
    public IReadOnlyList<PolicyChange> Changes { get; init; } = [];

    /// <summary>Limits and timeouts of flow state.</summary>
    public SwitchLimits Limits { get; init; } = new();

    /// <summary>How rules are looked up. Compiled by default.</summary>
    public ClassifierKind Classifier { get; init; }

    /// <summary>Buffers, and what ports take.</summary>
    internal ReplayRoom Room { get; init; } = new();

    /// <summary>Is told now and then how many bytes of the captures were read; null when nobody asks.</summary>
    public Action<long>? Progress { get; init; }
}
