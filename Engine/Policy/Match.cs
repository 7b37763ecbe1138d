using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>
/// The conditions of a rule; all must hold. An empty match holds for everything, packets other than IP too.
/// </summary>
/// <remarks>
/// Conditions look at the innermost packet unless their name says <c>Outer</c>. A condition on something the packet
/// does not have (ports of a later fragment, the VNI of a packet that came through no tunnel) does not hold, negated
/// or not.
/// </remarks>
public sealed record Match
{
    /// <summary>The match that holds for everything.</summary>
    public static Match Any { get; } = new();

    /// <summary>IPv4 or IPv6; null for both and for other frames.</summary>
    public IpFamily? Family { get; init; }

    /// <summary>Transport protocols, any of which may hold.</summary>
    public ValueArray<IpProtocol> Protocols { get; init; }

    /// <summary>EtherTypes behind VLAN tags, any of which may hold.</summary>
    public ValueArray<EtherType> EtherTypes { get; init; }

    /// <summary>Source address.</summary>
    public AddressMatch Source { get; init; }

    /// <summary>Destination address.</summary>
    public AddressMatch Destination { get; init; }

    /// <summary>TCP, UDP or SCTP source port.</summary>
    public NumberMatch SourcePorts { get; init; }

    /// <summary>TCP, UDP or SCTP destination port.</summary>
    public NumberMatch DestinationPorts { get; init; }

    /// <summary>ICMP type, 0–255.</summary>
    public NumberMatch IcmpType { get; init; }

    /// <summary>ICMP code, 0–255.</summary>
    public NumberMatch IcmpCode { get; init; }

    /// <summary>
    /// True: only TCP segments that open a connection (SYN without ACK). False: only other TCP segments.
    /// </summary>
    public bool? TcpSyn { get; init; }

    /// <summary>Parts of a datagram, any of which may hold; empty means all.</summary>
    public ValueArray<FragmentKind> Fragments { get; init; }

    /// <summary>Differentiated services code point, 0–63.</summary>
    public NumberMatch Dscp { get; init; }

    /// <summary>Source MAC addresses, any of which may hold.</summary>
    public ValueArray<MacAddress> SourceMac { get; init; }

    /// <summary>Destination MAC addresses, any of which may hold.</summary>
    public ValueArray<MacAddress> DestinationMac { get; init; }

    /// <summary>Id of the outermost VLAN tag, 0–4095; 0 for an untagged frame.</summary>
    public NumberMatch Vlan { get; init; }

    /// <summary>
    /// VNI that the packet came with, or the network's on the way from one local endpoint to another.
    /// </summary>
    public NumberMatch Vni { get; init; }

    /// <summary>
    /// Group of the sender, 0–65535, in a VXLAN header at an uplink with <see cref="Port.GroupPolicy"/>. Does not hold
    /// where the header says that the groups' policy has been applied.
    /// </summary>
    public NumberMatch GroupPolicyId { get; init; }

    /// <summary>
    /// True: only packets whose VXLAN header names a group and says that the groups' policy has been applied. False:
    /// only packets whose header names a group and says that it has not.
    /// </summary>
    public bool? GroupPolicyApplied { get; init; }

    /// <summary>Source address of the outer header.</summary>
    public AddressMatch OuterSource { get; init; }

    /// <summary>Destination address of the outer header.</summary>
    public AddressMatch OuterDestination { get; init; }

    /// <summary>The conditions in words: <c>tcp to 10.0.1.0/24 port 80</c>; <c>anything</c> without any.</summary>
    public override string ToString() => MatchText.Describe(this);
}
