using System.Globalization;
using System.Net;
using System.Numerics;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Classification;

/// <summary>
/// A second opinion on layers, written from the documentation alone: it reads conditions as text, addresses with the
/// framework's parser, and packets as tests describe them.
/// </summary>
internal sealed class NaiveEvaluator(Layer layer, IEnumerable<AddressSet> sets)
{
    private readonly Dictionary<string, string> _sets =
        sets.ToDictionary(s => s.Name, s => s.Addresses.ToString(), StringComparer.Ordinal);

    /// <summary>The rule that decides, as <c>layer/group/rule</c>; null for the default.</summary>
    public string? Decide(Direction direction, Sample packet)
    {
        (Group Group, Rule? Best)[] winners =
        [
            .. layer.Groups
                .Select((group, place) => (Group: group, Place: place))
                .Where(g => g.Group.Direction == direction && Visits(g.Group, packet))
                .OrderBy(g => (g.Group.Priority, g.Place))
                .Select(g => (g.Group, Best: BestOf(g.Group, packet)))
                .Where(g => g.Best is not null),
        ];
        int end = Array.FindIndex(winners, w => w.Best!.Terminating);
        (Group group, Rule? rule) = end >= 0 ? winners[end] : winners.LastOrDefault();
        return rule is null ? null : $"{layer.Name}/{group.Name}/{rule.Id}";
    }

    private Rule? BestOf(Group group, Sample packet) => group.Rules
        .Select((rule, place) => (Rule: rule, Place: place))
        .Where(r => Conditions(r.Rule.Match, packet).All(holds => holds))
        .OrderBy(r => (r.Rule.Priority, r.Rule.Action is RuleAction.Block ? 0 : 1, r.Place))
        .Select(r => r.Rule)
        .FirstOrDefault();

    private bool Visits(Group group, Sample packet)
    {
        var condition = new Match
        {
            Family = group.Family,
            Protocols = group.Protocols,
            Source = group.Source,
            Destination = group.Destination,
        };
        return Conditions(condition, packet).All(holds => holds);
    }

    private IEnumerable<bool> Conditions(Match match, Sample packet)
    {
        bool isIp = packet.Source is not null;
        bool isLater = packet.Fragment == FragmentKind.Later;
        bool isOpening = packet.Flags is { } flags && flags.HasFlag(TcpFlags.Syn) && !flags.HasFlag(TcpFlags.Ack);
        yield return match.Family is null || (isIp && (match.Family == IpFamily.V6) == packet.Source!.Contains(':'));
        yield return match.Protocols.Count == 0 || (isIp && match.Protocols.Contains(packet.Protocol));
        yield return match.EtherTypes.Count == 0 || match.EtherTypes.Any(t => (ushort)t == packet.EtherType);
        yield return Address(match.Source.ToString(), packet.Source);
        yield return Address(match.Destination.ToString(), packet.Destination);
        yield return Number(match.SourcePorts.ToString(), isLater ? null : packet.SourcePort);
        yield return Number(match.DestinationPorts.ToString(), isLater ? null : packet.DestinationPort);
        yield return Number(match.IcmpType.ToString(), isLater ? null : packet.IcmpType);
        yield return Number(match.IcmpCode.ToString(), isLater ? null : packet.IcmpCode);
        yield return match.TcpSyn is null || (!isLater && packet.Flags is not null && match.TcpSyn == isOpening);
        yield return match.Fragments.Count == 0 || (isIp && match.Fragments.Contains(packet.Fragment));
        yield return Number(match.Dscp.ToString(), isIp ? packet.Dscp : null);
        yield return match.SourceMac.Count == 0 || match.SourceMac.Any(m => m.ToString() == packet.SourceMac);
        yield return match.DestinationMac.Count == 0
            || match.DestinationMac.Any(m => m.ToString() == packet.DestinationMac);
        yield return Number(match.Vlan.ToString(), packet.Vlan ?? 0);
        yield return Number(match.Vni.ToString(), packet.Vni);
        yield return Number(match.GroupPolicyId.ToString(), packet.IsPolicyApplied ? null : packet.Group);
        yield return match.GroupPolicyApplied is null
            || (packet.Group is not null && match.GroupPolicyApplied == packet.IsPolicyApplied);
        yield return Address(match.OuterSource.ToString(), packet.OuterSource);
        yield return Address(match.OuterDestination.ToString(), packet.OuterDestination);
    }

    private static bool Number(string wanted, long? value) =>
        wanted.Length == 0 || (value is { } number && List(wanted, term => InRange(term, number)));

    private static bool InRange(string term, long number)
    {
        long[] ends = [.. term.Split('-').Select(end => long.Parse(end, CultureInfo.InvariantCulture))];
        return ends[0] <= number && number <= ends[^1];
    }

    private bool Address(string wanted, string? value) =>
        wanted.Length == 0 || (value is not null && List(wanted, term => InTerm(term, IPAddress.Parse(value))));

    private bool InTerm(string term, IPAddress value)
    {
        if (term.StartsWith('@'))
        {
            string set = _sets[term[1..]];
            return set.Length > 0 && List(set, inner => InTerm(inner, value));
        }

        if (term.Contains('-'))
        {
            IPAddress[] ends = [.. term.Split('-').Select(IPAddress.Parse)];
            return ends[0].AddressFamily == value.AddressFamily
                && Big(ends[0]) <= Big(value)
                && Big(value) <= Big(ends[1]);
        }

        string[] prefix = term.Split('/');
        var network = IPAddress.Parse(prefix[0]);
        int bits = network.GetAddressBytes().Length * 8;
        int length = prefix.Length == 2 ? int.Parse(prefix[1], CultureInfo.InvariantCulture) : bits;
        return network.AddressFamily == value.AddressFamily
            && Big(network) >> (bits - length) == Big(value) >> (bits - length);
    }

    private static BigInteger Big(IPAddress address) =>
        new(address.GetAddressBytes(), isUnsigned: true, isBigEndian: true);

    // In one of the terms without "!", if there are any, and in none of those with it.
    private static bool List(string terms, Func<string, bool> holds)
    {
        string[] all = terms.Split(',');
        string[] included = [.. all.Where(t => t[0] != '!')];
        return (included.Length == 0 || included.Any(holds)) && !all.Any(t => t[0] == '!' && holds(t[1..]));
    }
}
