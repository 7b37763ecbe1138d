namespace VxlanEngine.Flows;

/// <summary>What a layer does to the addresses and ports of a flow.</summary>
/// <param name="Before">The flow's tuple on the initiator's side of the layer.</param>
/// <param name="After">The tuple on the other side.</param>
/// <param name="HoldsBinding">True when <paramref name="After"/> was taken from a pool and must be given back.</param>
internal readonly record struct Translation(FlowTuple Before, FlowTuple After, bool HoldsBinding);
