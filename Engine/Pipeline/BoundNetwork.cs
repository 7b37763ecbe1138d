using VxlanEngine.Overlay;
using VxlanEngine.Policy;

namespace VxlanEngine.Pipeline;

/// <summary>A network with its mapping space.</summary>
internal sealed class BoundNetwork(int index, Network network, MappingSpace space)
{
    /// <summary>The network's number, which it keeps over policy changes.</summary>
    public int Index { get; } = index;

    public Network Network { get; } = network;

    public MappingSpace Space { get; } = space;

    /// <summary>How flooded frames go to each VTEP.</summary>
    public TunnelOptions ReplicatedTunnel { get; } = network.Tunnel.Replicated;

    /// <summary>How flooded frames go to the network's multicast group; null without one.</summary>
    public GroupTunnel? Group { get; init; }
}
