using VxlanEngine.Policy;

namespace VxlanEngine.Flows;

/// <summary>What a stateful rule of one layer decided for a flow.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Translation">How the rule translates the flow; null when it does not.</param>
internal readonly record struct LayerFlowState(BoundRule Rule, Translation? Translation)
{
    /// <summary>True when addresses or ports change in the layer.</summary>
    public bool Translates => Translation is Translation made && made.Before != made.After;

    /// <summary>True when the translation was taken from a pool.</summary>
    public bool HoldsBinding => Translation is { HoldsBinding: true };
}
