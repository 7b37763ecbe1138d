using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>The multicast group of the underlay that a network's flooded frames go to (RFC 7348 §4.2).</summary>
/// <remarks>
/// One tunnel packet to the group takes the place of one to each VTEP. The uplink joins the group, by IGMP or MLD, and
/// takes the network's tunnel packets that are sent to it; from whom is up to <see cref="Network.SourceVtep"/>.
/// </remarks>
public sealed record MulticastGroup
{
    /// <summary>
    /// The group, IPv4 or IPv6; several networks may share it. Groups that routers and hosts themselves listen to
    /// (224.0.0.0/24, ff02::/112, solicited-node groups), and IPv6 ones that stay in the machine, are none.
    /// </summary>
    public required IpAddress Address { get; init; }

    /// <summary>Name of the uplink that joins; null for the first one with an address of the group's family.</summary>
    public string? Uplink { get; init; }

    /// <summary>
    /// Outer time to live or hop limit of what is sent to the group, 1–255; 1, the default, stays on the link.
    /// </summary>
    public byte Ttl { get; init; } = 1;

    /// <summary>VTEPs that do not hear the group: each gets a copy of its own (head-end replication).</summary>
    public ValueArray<IpAddress> ReplicateTo { get; init; }

    /// <summary>The uplink of a policy that joins the group; null where none can.</summary>
    internal Port? UplinkIn(SwitchPolicy policy) => policy.Ports.FirstOrDefault(
        port => port.Kind == PortKind.Uplink && (Uplink is null || Uplink == port.Name) && LocalAt(port).HasValue);

    /// <summary>The address that an uplink sends to the group from.</summary>
    internal IpAddress LocalAt(Port uplink) => uplink.Addresses.FirstOrDefault(a => a.Family == Address.Family);
}
