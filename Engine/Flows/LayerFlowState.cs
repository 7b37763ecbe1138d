using VxlanEngine.Policy;

namespace VxlanEngine.Flows;

/// <summary>What a stateful rule of one layer decided for a flow.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Before">The flow's tuple on the initiator's side of the layer.</param>
/// <param name="After">The tuple on the other side; equal unless the rule translates.</param>
/// <param name="HoldsBinding">True when <paramref name="After"/> was taken from a pool and must be given back.</param>
public readonly record struct LayerFlowState(
    BoundRule Rule, FlowTuple Before, FlowTuple After, bool HoldsBinding)
{
    /// <summary>True when addresses or ports change in the layer.</summary>
    public bool Translates => Before != After;
}
