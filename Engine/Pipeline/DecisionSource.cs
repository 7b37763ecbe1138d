namespace VxlanEngine.Pipeline;

/// <summary>Why a layer decided as it did.</summary>
public enum DecisionSource : byte
{
    /// <summary>A rule matched.</summary>
    Rule,

    /// <summary>The flow's state, made by a rule when the flow began.</summary>
    Flow,

    /// <summary>No rule matched: the layer's default.</summary>
    Default,
}
