using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Classification;

/// <summary>The oracle: finds the rule of a layer by reading the policy as it is written, rule by rule.</summary>
/// <remarks>
/// Slow and obviously right; faster classifiers are held against it. It never changes and allocates nothing.
/// </remarks>
public sealed class LinearClassifier : IClassifier
{
    private readonly Group[] _groups;
    private readonly BoundRule[][] _rules;
    private readonly Dictionary<string, AddressMatch> _sets;

    /// <summary>Reads one layer.</summary>
    /// <param name="layer">The layer, of a valid policy.</param>
    /// <param name="sets">The policy's address sets.</param>
    public LinearClassifier(Layer layer, ValueArray<AddressSet> sets)
        : this(new LayerRules(layer, sets))
    {
    }

    internal LinearClassifier(LayerRules rules)
    {
        _sets = rules.Sets.ToDictionary(s => s.Name, s => s.Addresses, StringComparer.Ordinal);
        _groups = rules.Groups;
        _rules = rules.Rules;
    }

    /// <inheritdoc/>
    public IEnumerable<BoundRule> Rules => _rules.SelectMany(r => r);

    /// <inheritdoc/>
    public BoundRule? Classify(Direction direction, in PacketFacts facts)
    {
        BoundRule? decision = null;
        for (int i = 0; i < _groups.Length; i++)
        {
            Group group = _groups[i];
            if (group.Direction != direction || !Visits(group, facts))
            {
                continue;
            }

            BoundRule? best = Best(_rules[i], facts);
            decision = best ?? decision;
            if (best is { Rule.Terminating: true })
            {
                break;
            }
        }

        return decision;
    }

    /// <summary>True when packets like this visit the group.</summary>
    public bool Visits(Group group, in PacketFacts facts)
    {
        ArgumentNullException.ThrowIfNull(group);
        return (group.Family is null || group.Family == facts.Packet.Family)
            && HoldsProtocol(group.Protocols, facts.Packet)
            && HoldsAddress(group.Source, facts.Packet.Source, facts.Packet.IsIp)
            && HoldsAddress(group.Destination, facts.Packet.Destination, facts.Packet.IsIp);
    }

    /// <summary>True when every condition of <paramref name="match"/> holds.</summary>
    public bool Matches(Match match, in PacketFacts facts) => FirstUnmet(match, facts) is null;

    /// <summary>
    /// The name of the first condition that does not hold, as it is written in JSON; null when all hold.
    /// </summary>
    public string? FirstUnmet(Match match, in PacketFacts facts)
    {
        ArgumentNullException.ThrowIfNull(match);
        ref readonly ParsedFrame p = ref facts.Packet;
        bool hasPorts = p.HasTransport
            && p.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        bool hasIcmp = p.HasTransport && p.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        bool hasTcp = p.HasTransport && p.Protocol == IpProtocol.Tcp;
        return match.Family is not null && match.Family != p.Family ? "family"
            : !HoldsProtocol(match.Protocols, p) ? "protocol"
            : !HoldsAny(match.EtherTypes, p.EtherType) ? "etherType"
            : !HoldsAddress(match.Source, p.Source, p.IsIp) ? "source"
            : !HoldsAddress(match.Destination, p.Destination, p.IsIp) ? "destination"
            : !HoldsNumber(match.SourcePorts, p.SourcePort, hasPorts) ? "sourcePorts"
            : !HoldsNumber(match.DestinationPorts, p.DestinationPort, hasPorts) ? "destinationPorts"
            : !HoldsNumber(match.IcmpType, p.IcmpType, hasIcmp) ? "icmpType"
            : !HoldsNumber(match.IcmpCode, p.IcmpCode, hasIcmp) ? "icmpCode"
            : match.TcpSyn is bool syn && !(hasTcp && syn == facts.OpensConnection) ? "tcpSyn"
            : !HoldsFragment(match.Fragments, p) ? "fragment"
            : !HoldsNumber(match.Dscp, p.Dscp, p.IsIp) ? "dscp"
            : !HoldsAny(match.SourceMac, p.SourceMac) ? "sourceMac"
            : !HoldsAny(match.DestinationMac, p.DestinationMac) ? "destinationMac"
            : !HoldsNumber(match.Vlan, p.VlanId, true) ? "vlan"
            : !HoldsNumber(match.Vni, facts.Vni, facts.HasVni) ? "vni"
            : !HoldsNumber(match.GroupPolicyId, facts.Policy?.Id ?? 0, facts.Policy is { IsApplied: false })
                ? "groupPolicyId"
            : match.GroupPolicyApplied is bool applied && applied != facts.Policy?.IsApplied ? "groupPolicyApplied"
            : !HoldsAddress(match.OuterSource, facts.OuterSource, facts.OuterSource.HasValue) ? "outerSource"
            : !HoldsAddress(match.OuterDestination, facts.OuterDestination, facts.OuterDestination.HasValue)
                ? "outerDestination"
            : null;
    }

    private BoundRule? Best(BoundRule[] rules, in PacketFacts facts)
    {
        BoundRule? best = null;
        foreach (BoundRule rule in rules)
        {
            if (Matches(rule.Rule.Match, facts) && Precedes(rule.Rule, best?.Rule))
            {
                best = rule;
            }
        }

        return best;
    }

    /// <summary>True when a matching rule of a group wins over the best one so far.</summary>
    internal static bool Precedes(Rule rule, Rule? best) =>
        best is null
        || rule.Priority < best.Priority
        || (rule.Priority == best.Priority
            && rule.Action is RuleAction.Block && best.Action is not RuleAction.Block);

    private static bool HoldsProtocol(ValueArray<IpProtocol> wanted, in ParsedFrame packet) =>
        wanted.IsEmpty || (packet.IsIp && HoldsAny(wanted, packet.Protocol));

    private static bool HoldsFragment(ValueArray<FragmentKind> wanted, in ParsedFrame packet) =>
        wanted.IsEmpty || (packet.IsIp && HoldsAny(wanted, packet.Fragment));

    private static bool HoldsAny<T>(ValueArray<T> wanted, T value) =>
        wanted.IsEmpty || wanted.AsSpan().Contains(value);

    private static bool HoldsNumber(NumberMatch wanted, uint value, bool present) =>
        wanted.IsEmpty || (present && wanted.Matches(value));

    private bool HoldsAddress(AddressMatch wanted, IpAddress address, bool present) =>
        wanted.IsEmpty || (present && InTerms(wanted, address));

    // A condition without terms asks for nothing; a set without terms holds nobody.
    private bool InSet(AddressMatch set, IpAddress address) => !set.IsEmpty && InTerms(set, address);

    private bool InTerms(AddressMatch match, IpAddress address)
    {
        bool wanted = false;
        bool included = false;
        foreach (AddressTerm term in match.Terms)
        {
            bool inside = term.Set is null ? term.Contains(address) : InSet(_sets[term.Set], address);
            if (inside && term.Negated)
            {
                return false;
            }

            wanted |= !term.Negated;
            included |= inside;
        }

        return included || !wanted;
    }
}
