namespace VxlanEngine.Tests.Live;

/// <summary>Where the engine decides otherwise than Linux on purpose: a row of the README's table.</summary>
/// <param name="Topic">What arrives.</param>
/// <param name="Here">What the engine does, and why.</param>
/// <param name="Linux">What the kernel's VXLAN device does.</param>
internal sealed record Divergence(string Topic, string Here, string Linux)
{
    public static readonly Divergence ReservedBits = new(
        "reserved bits in the VXLAN header",
        "ignored (RFC 7348 §5); `\"reservedBits\": \"reject\"` drops",
        "drops");

    public static readonly Divergence InnerVlan = new(
        "VLAN tag inside the tunnel",
        "drops (RFC 7348 §6.1); `\"innerVlan\": \"keep\"` delivers",
        "delivers");

    public static readonly Divergence OuterVlan = new(
        "VLAN tag in front of the outer packet",
        "stepped over; an uplink with `\"vlan\"` takes its own alone",
        "only a VLAN device takes it");

    public static readonly Divergence OuterFragment = new(
        "fragments of tunnel packets",
        "drops (RFC 7348 §4.3 lets it)",
        "reassembles");

    public static readonly Divergence SourceVtep = new(
        "tunnel packet of a VTEP that the policy does not name",
        "drops; `\"sourceVtep\": \"off\"` delivers",
        "delivers");

    public static readonly Divergence Destination = new(
        "inner unicast for a MAC address that is not here",
        "drops",
        "hands it to whatever is behind the device");

    public static readonly Divergence OtherStation = new(
        "inner source address of another endpoint here",
        "drops, as its own",
        "knows only its device's own");

    public static readonly Divergence InnerPacket = new(
        "inner packet that is malformed, or of more than three VLAN tags",
        "drops with the reason",
        "delivers what it does not look into");

    public static readonly Divergence OuterOptions = new(
        "outer IPv4 option that is wrong inside, such as a record route's pointer",
        "stepped over",
        "drops");

    public static readonly Divergence GroupDestination = new(
        "tunnel packet to a broadcast or all-nodes address",
        "drops: groups are joined as networks name them",
        "delivers");

    public static readonly Divergence ZeroLength = new(
        "UDP length 0 over IPv6",
        "drops",
        "takes it for the length of the packet (RFC 2675)");

    public static IReadOnlyList<Divergence> All { get; } =
    [
        ReservedBits, InnerVlan, OuterVlan, OuterFragment, SourceVtep, Destination, OtherStation, InnerPacket,
        OuterOptions, GroupDestination, ZeroLength,
    ];
}
