using VxlanEngine.Policy;

namespace VxlanEngine.Pipeline;

/// <summary>What one layer decided for a packet.</summary>
/// <param name="Port">Index of the port whose layer it is.</param>
/// <param name="Direction">Which way the packet crossed it.</param>
/// <param name="Layer">The layer.</param>
/// <param name="Rule">The rule that decided, or that made the flow; null for the default.</param>
/// <param name="Source">Whether the rule itself, the flow's state, or the default decided.</param>
public readonly record struct LayerDecision(
    int Port, Direction Direction, Layer Layer, BoundRule? Rule, DecisionSource Source)
{
    /// <summary><c>layer/group/rule</c>, or <c>layer/default</c>.</summary>
    public override string ToString() => Rule?.Id ?? $"{Layer.Name}/default";
}
