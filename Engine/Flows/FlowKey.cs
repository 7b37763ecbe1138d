using VxlanEngine.Policy;

namespace VxlanEngine.Flows;

/// <summary>What a flow is looked up by: the tuple as it is where the packet reaches the port's first layer.</summary>
/// <param name="Port">Index of the port whose layers the flow crosses.</param>
/// <param name="Direction">Which way.</param>
/// <param name="Tuple">Addresses, protocol and ports of the innermost packet.</param>
/// <param name="Vni">
/// The packet's VNI on an uplink, where tenants with equal addresses meet; null where the port implies the network.
/// </param>
public readonly record struct FlowKey(int Port, Direction Direction, FlowTuple Tuple, uint? Vni = null)
{
    /// <summary>The key of the answers, when the layers leave a packet with <paramref name="translated"/>.</summary>
    public FlowKey ReverseOf(FlowTuple translated) => new(
        Port, Direction == Direction.Out ? Direction.In : Direction.Out, translated.Reversed, Vni);
}
