using VxlanEngine.Packets;
using VxlanEngine.Policy.Json;
using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>Checks the conditions of groups and rules; one that can never hold is a mistake.</summary>
internal sealed class MatchCheck(PolicyIndex index, Findings findings)
{
    /// <summary>Checks a group's condition, and returns the families that it leaves possible.</summary>
    public Families Condition(string path, Group group) =>
        CheckFamilies(path, group.Family, group.Source, group.Destination, Families.Any);

    /// <summary>Checks a rule's conditions, and returns the families that they leave possible.</summary>
    /// <param name="path">Path of the match.</param>
    /// <param name="match">The conditions.</param>
    /// <param name="direction">The group's direction.</param>
    /// <param name="scope">The layer's ports.</param>
    /// <param name="families">The families that the group lets through.</param>
    public Families Run(string path, Match match, Direction direction, RuleScope scope, Families families)
    {
        Numbers(path, match);
        families = CheckFamilies(path, match.Family, match.Source, match.Destination, families);
        CheckFamilies(
            path, null, match.OuterSource, match.OuterDestination, Families.Any, "outerSource", "outerDestination");
        families &= EtherTypes(path, match, families);
        Transport(path, match);
        Fragments(path, match);
        GroupPolicy(path, match, direction);
        if (direction == Direction.Out && scope.IsEndpointsOnly)
        {
            NeverFromEndpoint(!match.Vni.IsEmpty, "vni");
            NeverFromEndpoint(!match.GroupPolicyId.IsEmpty, "groupPolicyId");
            NeverFromEndpoint(match.GroupPolicyApplied is not null, "groupPolicyApplied");
            NeverFromEndpoint(!match.OuterSource.IsEmpty, "outerSource");
            NeverFromEndpoint(!match.OuterDestination.IsEmpty, "outerDestination");
        }

        return families;

        void NeverFromEndpoint(bool isGiven, string key)
        {
            if (isGiven)
            {
                findings.Add($"{path}.{key}", "Can never hold: a packet from an endpoint has come through no tunnel.");
            }
        }
    }

    private static bool HasPorts(IpProtocol protocol) =>
        protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;

    private static bool IsIcmp(IpProtocol protocol) => protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;

    private static bool NeedsIp(Match match) =>
        match.Family is not null || !match.Protocols.IsEmpty || !match.Source.IsEmpty || !match.Destination.IsEmpty
        || !match.Fragments.IsEmpty || !match.Dscp.IsEmpty || NeedsTransport(match);

    private static bool NeedsTransport(Match match) =>
        !match.SourcePorts.IsEmpty || !match.DestinationPorts.IsEmpty || !match.IcmpType.IsEmpty
        || !match.IcmpCode.IsEmpty || match.TcpSyn is not null;

    private void Numbers(string path, Match match)
    {
        Number("sourcePorts", match.SourcePorts, ushort.MaxValue);
        Number("destinationPorts", match.DestinationPorts, ushort.MaxValue);
        Number("icmpType", match.IcmpType, byte.MaxValue);
        Number("icmpCode", match.IcmpCode, byte.MaxValue);
        Number("dscp", match.Dscp, 63);
        Number("vlan", match.Vlan, 4095);
        Number("vni", match.Vni, Vni.MaxValue);
        Number("groupPolicyId", match.GroupPolicyId, ushort.MaxValue);

        void Number(string key, NumberMatch numbers, uint max)
        {
            foreach (NumberTerm term in numbers.Terms)
            {
                if (term.Range.Last > max || term.Range.First > term.Range.Last)
                {
                    findings.Add($"{path}.{key}", $"Expected numbers from 0 to {max}, found {term}.");
                }
            }
        }
    }

    private Families CheckFamilies(
        string path,
        IpFamily? family,
        AddressMatch source,
        AddressMatch destination,
        Families outside,
        string sourceKey = "source",
        string destinationKey = "destination")
    {
        AddressSetCheck.Terms(index, findings, $"{path}.{sourceKey}", source);
        AddressSetCheck.Terms(index, findings, $"{path}.{destinationKey}", destination);
        Families possible = outside;
        if (family is { } one)
        {
            if (one.ToSet() == Families.None)
            {
                findings.Add($"{path}.family", "Expected IPv4 or IPv6, found no family.");
                return Families.Any;
            }

            possible &= one.ToSet();
            if (possible == Families.None)
            {
                findings.Add($"{path}.family", $"Can never hold: the group lets no {one.ToText()} packets through.");
                return Families.Any;
            }
        }

        bool isFamilyRight = OfFamily($"{path}.{sourceKey}", source, family)
            & OfFamily($"{path}.{destinationKey}", destination, family);
        if (!isFamilyRight)
        {
            return possible;
        }

        Families bySource = possible & index.FamiliesOf(source);
        Families byBoth = bySource & index.FamiliesOf(destination);
        if (byBoth == Families.None)
        {
            string key = bySource == Families.None ? sourceKey : destinationKey;
            findings.Add(
                $"{path}.{key}", "Can never hold: the addresses are of another family than the other conditions want.");
            return Families.Any;
        }

        return byBoth;
    }

    /// <summary>Notes an address of another family than the one asked for, and returns whether there is none.</summary>
    private bool OfFamily(string path, AddressMatch match, IpFamily? family)
    {
        if (family is not { } wanted)
        {
            return true;
        }

        foreach (AddressTerm term in match.Terms)
        {
            if (term.Set is null && term.First.HasValue && term.First.Family != wanted)
            {
                findings.Add(path, $"{term} can never hold beside family {wanted.ToText()}.");
                return false;
            }
        }

        return true;
    }

    private Families EtherTypes(string path, Match match, Families families)
    {
        if (match.EtherTypes.IsEmpty || !NeedsIp(match))
        {
            return Families.Any;
        }

        Families allowed = (match.EtherTypes.Contains(EtherType.Ipv4) ? Families.V4 : Families.None)
            | (match.EtherTypes.Contains(EtherType.Ipv6) ? Families.V6 : Families.None);
        if ((allowed & families) == Families.None)
        {
            findings.Add(
                $"{path}.etherType", "Can never hold: the other conditions want IP packets of another EtherType.");
            return Families.Any;
        }

        return allowed;
    }

    private void Transport(string path, Match match)
    {
        ValueArray<IpProtocol> protocols = match.Protocols;
        bool wantsPorts = !match.SourcePorts.IsEmpty || !match.DestinationPorts.IsEmpty;
        string portsKey = match.SourcePorts.IsEmpty ? "destinationPorts" : "sourcePorts";
        string names = string.Join(", ", protocols.Select(Scalars.ProtocolText));
        if (wantsPorts && !protocols.IsEmpty && !protocols.Any(HasPorts))
        {
            findings.Add($"{path}.{portsKey}", $"Can never hold: protocol {names} has no ports; tcp, udp and sctp do.");
        }

        bool wantsIcmp = !match.IcmpType.IsEmpty || !match.IcmpCode.IsEmpty;
        string icmpKey = match.IcmpType.IsEmpty ? "icmpCode" : "icmpType";
        if (wantsIcmp && !protocols.Any(IsIcmp))
        {
            // The two protocols number their types differently, so the number alone does not say what is meant.
            findings.Add($"{path}.{icmpKey}", "Needs protocol icmp or icmpv6 beside it: their numbers differ.");
        }

        if (match.TcpSyn is not null && !protocols.IsEmpty && !protocols.Contains(IpProtocol.Tcp))
        {
            findings.Add($"{path}.tcpSyn", $"Can never hold: protocol {names} is not tcp.");
        }

        if (wantsIcmp && (wantsPorts || match.TcpSyn is not null))
        {
            string other = wantsPorts ? portsKey : "tcpSyn";
            findings.Add($"{path}.{icmpKey}", $"Can never hold beside \"{other}\": no packet has both.");
        }
    }

    private void GroupPolicy(string path, Match match, Direction direction)
    {
        if (!match.GroupPolicyId.IsEmpty && match.GroupPolicyApplied == true)
        {
            findings.Add(
                $"{path}.groupPolicyId",
                "Can never hold beside \"groupPolicyApplied\": true: a policy that has been applied is not looked at.");
        }

        bool asks = !match.GroupPolicyId.IsEmpty || match.GroupPolicyApplied is not null;
        if (asks && direction == Direction.In && !index.Policy.Ports.Any(port => port.GroupPolicy))
        {
            string key = match.GroupPolicyId.IsEmpty ? "groupPolicyApplied" : "groupPolicyId";
            findings.Add($"{path}.{key}", "Can never hold: no uplink has \"groupPolicy\": true.");
        }
    }

    private void Fragments(string path, Match match)
    {
        bool onlyLater = !match.Fragments.IsEmpty && match.Fragments.All(kind => kind == FragmentKind.Later);
        if (onlyLater && NeedsTransport(match))
        {
            findings.Add(
                $"{path}.fragment",
                "Can never hold beside ports, ICMP or TCP conditions: a later fragment has no such header.");
        }
    }
}
