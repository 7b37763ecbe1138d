using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>A place where frames enter and leave the switch.</summary>
public sealed record Port
{
    /// <summary>Name, unique in the policy.</summary>
    public required string Name { get; init; }

    /// <summary>What stands at the other side.</summary>
    public required PortKind Kind { get; init; }

    /// <summary>Name of the network that an endpoint belongs to; null for the other kinds.</summary>
    public string? Network { get; init; }

    /// <summary>The MAC address of the interface at the port. Endpoints and uplinks have one.</summary>
    public MacAddress Mac { get; init; }

    /// <summary>The addresses of the interface: an endpoint's own, an uplink's VTEP addresses.</summary>
    public ValueArray<IpAddress> Addresses { get; init; }

    /// <summary>
    /// Largest IP packet the port takes, in bytes; 0 means no limit. In JSON an uplink without one gets 1500.
    /// </summary>
    public int Mtu { get; init; }

    /// <summary>
    /// Most ICMP errors a second that the switch sends to who is behind the port, in bursts of a tenth of that; 0 means
    /// none. Default 100. Each worker counts its own.
    /// </summary>
    public int IcmpErrorsPerSecond { get; init; } = 100;

    /// <summary>How many packets of some kinds may enter a second. No limits by default.</summary>
    public PortRates Rates { get; init; } = PortRates.None;

    /// <summary>Whether an endpoint may send only from its own MAC address and addresses. On by default.</summary>
    public bool SourceGuard { get; init; } = true;

    /// <summary>
    /// Whether an uplink takes tunnel packets to any MAC address and any VTEP address. Off by default.
    /// </summary>
    public bool Promiscuous { get; init; }

    /// <summary>UDP ports on which an uplink receives VXLAN, besides those of the networks; 4789 when empty.</summary>
    public ValueArray<ushort> VxlanPorts { get; init; }

    /// <summary>
    /// UDP ports on which an uplink receives VXLAN-GPE, besides those of networks of that kind; none when empty.
    /// </summary>
    public ValueArray<ushort> VxlanGpePorts { get; init; }

    /// <summary>
    /// UDP ports on which an uplink receives Geneve, besides those of networks of that kind; none when empty.
    /// </summary>
    public ValueArray<ushort> GenevePorts { get; init; }

    /// <summary>
    /// Whether VXLAN headers that an uplink receives may name the sender's group, for rules to match
    /// (draft-smith-vxlan-group-policy). Off by default: the extension's bits are reserved bits then.
    /// </summary>
    public bool GroupPolicy { get; init; }

    /// <summary>How an uplink treats reserved bits in VXLAN headers.</summary>
    public ReservedBits ReservedBits { get; init; }

    /// <summary>
    /// The reserved bits that <see cref="ReservedBits.Reject"/> minds, in the header's 64; all of them by default. The
    /// others are ignored. Those of a group policy that is read are never minded.
    /// </summary>
    public ulong ReservedBitsMask { get; init; } = VxlanHeader.ReservedMask;

    /// <summary>Whether received checksums are verified.</summary>
    public ChecksumMode Checksum { get; init; }

    /// <summary>Whether an uplink takes UDP checksum 0 over IPv6 (RFC 6935, RFC 6936). Off by default.</summary>
    public bool AllowZeroChecksumIpv6 { get; init; }

    /// <summary>
    /// Whether an uplink asks for the MAC addresses of VTEPs that the policy names no neighbour for, by ARP and
    /// neighbour discovery. Off by default.
    /// </summary>
    public bool ResolveNeighbors { get; init; }

    /// <summary>
    /// Whether an uplink takes the routes and neighbours of the machine that it is on: those of the interface that it
    /// stands on, as the network namespace of the process has them. Off by default.
    /// </summary>
    /// <remarks>
    /// The policy's own routes and neighbours go first: routes of equal prefixes, and every neighbour that it names.
    /// With <see cref="ResolveNeighbors"/> besides, only routes are the machine's, and the engine asks for neighbours
    /// itself. Needs a live port on an interface of Linux; there are no such tables in a capture, where packets are
    /// dropped for want of a route unless the policy has one.
    /// </remarks>
    public bool HostTables { get; init; }

    /// <summary>The VTEPs that an uplink watches by BFD; null for none.</summary>
    public BfdOptions? Bfd { get; init; }

    /// <summary>
    /// The VLAN of the underlay that an uplink is in, 1–4094; 0, the default, for none. Tunnel packets, questions and
    /// answers are then sent with an IEEE 802.1Q tag, and only frames with exactly this one tag are for the uplink.
    /// </summary>
    /// <remarks>
    /// A priority tag (VLAN id 0) is no tag of a VLAN: such a frame is not for an uplink that has one, and is for one
    /// that has none, which steps over tags. <see cref="Mtu"/> counts from the IP header on, so that a tag takes
    /// nothing of it.
    /// </remarks>
    public ushort Vlan { get; init; }

    /// <summary>The priority code point in the tags that are sent, 0–7; those received may have any.</summary>
    public byte VlanPriority { get; init; }

    /// <summary>
    /// The uplink's routes. Without any, everybody is taken to be on the uplink's link; with some, or with
    /// <see cref="HostTables"/>, an address that none leads to is not reached through the uplink.
    /// </summary>
    public ValueArray<UplinkRoute> Routes { get; init; }

    /// <summary>Whether neighbours that the policy does not name are those of the machine.</summary>
    internal bool AsksHost => HostTables && !ResolveNeighbors;

    /// <summary>The tag control information that an uplink sends; 0 for no tag.</summary>
    internal ushort VlanTci => Vlan == 0 ? (ushort)0 : (ushort)((VlanPriority << 13) | Vlan);
}
