using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>An overlay network: a VNI, its subnets, and the space that maps customer addresses to VTEPs.</summary>
public sealed record Network
{
    /// <summary>Name, unique in the policy.</summary>
    public required string Name { get; init; }

    /// <summary>The VXLAN network identifier, unique in the policy.</summary>
    public required Vni Vni { get; init; }

    /// <summary>The subnets of the network.</summary>
    public ValueArray<IpPrefix> Subnets { get; init; }

    /// <summary>The distributed router, or null in a network without one.</summary>
    public Gateway? Gateway { get; init; }

    /// <summary>Mappings of the endpoints behind other VTEPs.</summary>
    public ValueArray<RemoteEndpoint> Endpoints { get; init; }

    /// <summary>Routes to subnets behind other VTEPs.</summary>
    public ValueArray<RemoteSubnet> Routes { get; init; }

    /// <summary>
    /// VTEPs that get flooded frames besides those of <see cref="Endpoints"/>; in a network with a
    /// <see cref="MulticastGroup"/> those that are in it.
    /// </summary>
    public ValueArray<IpAddress> Vteps { get; init; }

    /// <summary>
    /// The underlay's multicast group that flooded frames are sent to, instead of a copy to every VTEP; null, the
    /// default, for head-end replication.
    /// </summary>
    public MulticastGroup? MulticastGroup { get; init; }

    /// <summary>What happens to unicast frames for a MAC address or address that nobody is known to have.</summary>
    public Flooding UnknownUnicast { get; init; }

    /// <summary>What happens to broadcast frames.</summary>
    public Flooding Broadcast { get; init; }

    /// <summary>What happens to multicast frames.</summary>
    public Flooding Multicast { get; init; }

    /// <summary>Which outer source addresses are accepted.</summary>
    public SourceVtepCheck SourceVtep { get; init; }

    /// <summary>What happens to VLAN tags inside the tunnel.</summary>
    public InnerVlan InnerVlan { get; init; }

    /// <summary>
    /// Whether ARP requests and neighbour solicitations for known addresses are answered. On by default.
    /// </summary>
    public bool NeighborProxy { get; init; } = true;

    /// <summary>
    /// Whether and how MAC addresses are learnt from what stations send; null, the default, learns nothing.
    /// </summary>
    public Learning? Learning { get; init; }

    /// <summary>How outer headers are written.</summary>
    public TunnelOptions Tunnel { get; init; } = TunnelOptions.Default;
}
