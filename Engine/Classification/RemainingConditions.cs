using VxlanEngine.Packets;

namespace VxlanEngine.Classification;

/// <summary>
/// The conditions of a rule that its boxes leave open: fields that few rules look at, and sets of more pieces than are
/// worth boxes of their own. Null is a condition that is met already.
/// </summary>
/// <remarks>That the packet has the fields is known from its traits.</remarks>
internal sealed record RemainingConditions
{
    public static RemainingConditions None { get; } = new();

    public AddressSpace? Source { get; init; }

    public AddressSpace? Destination { get; init; }

    /// <summary>Source ports, or ICMP types.</summary>
    public IntervalSet<uint>? SourcePorts { get; init; }

    /// <summary>Destination ports, or ICMP codes.</summary>
    public IntervalSet<uint>? DestinationPorts { get; init; }

    public bool IsIcmp { get; init; }

    public IntervalSet<uint>? Protocols { get; init; }

    public IntervalSet<uint>? EtherTypes { get; init; }

    public IntervalSet<uint>? Dscp { get; init; }

    public IntervalSet<ulong>? SourceMac { get; init; }

    public IntervalSet<ulong>? DestinationMac { get; init; }

    public IntervalSet<uint>? Vlan { get; init; }

    public IntervalSet<uint>? Vni { get; init; }

    public IntervalSet<uint>? GroupPolicyId { get; init; }

    public AddressSpace? OuterSource { get; init; }

    public AddressSpace? OuterDestination { get; init; }

    public bool Hold(in PacketFacts facts)
    {
        ref readonly ParsedFrame p = ref facts.Packet;
        return (Source is null || Source.Contains(p.Source))
            && (Destination is null || Destination.Contains(p.Destination))
            && (SourcePorts is null || SourcePorts.Contains(IsIcmp ? p.IcmpType : p.SourcePort))
            && (DestinationPorts is null || DestinationPorts.Contains(IsIcmp ? p.IcmpCode : p.DestinationPort))
            && (Protocols is null || Protocols.Contains((uint)p.Protocol))
            && (EtherTypes is null || EtherTypes.Contains((uint)p.EtherType))
            && (Dscp is null || Dscp.Contains(p.Dscp))
            && (SourceMac is null || SourceMac.Contains(p.SourceMac.Value))
            && (DestinationMac is null || DestinationMac.Contains(p.DestinationMac.Value))
            && (Vlan is null || Vlan.Contains(p.VlanId))
            && (Vni is null || Vni.Contains(facts.Vni))
            && (GroupPolicyId is null || GroupPolicyId.Contains(facts.Policy.GetValueOrDefault().Id))
            && (OuterSource is null || OuterSource.Contains(facts.OuterSource))
            && (OuterDestination is null || OuterDestination.Contains(facts.OuterDestination));
    }
}
