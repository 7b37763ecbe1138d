using System.Numerics;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Classification;

/// <summary>The conditions of a rule and its group in one, as sets of numbers and traits; ready to be cut.</summary>
internal sealed class RuleConditions
{
    /// <summary>The most boxes that one rule becomes; what needs more is left to its remaining conditions.</summary>
    public const int MaxBoxes = 16;

    private readonly AddressSpace _source;
    private readonly AddressSpace _destination;
    private readonly IpFamily? _family;
    private readonly IntervalSet<uint> _sourcePorts = NumberSets.Ports;
    private readonly IntervalSet<uint> _destinationPorts = NumberSets.Ports;
    private readonly IpProtocol[] _protocols;
    private readonly RemainingConditions _other;
    private readonly LinkKey[] _links;
    private readonly bool _isIcmp;
    private readonly bool _needsIp;
    private readonly bool _isPossible;
    private uint _mask;
    private uint _traits;

    public RuleConditions(Group group, Match match, AddressSpaces spaces)
    {
        _family = group.Family ?? match.Family;
        _source = spaces.Of(group.Source).Intersect(spaces.Of(match.Source));
        _destination = spaces.Of(group.Destination).Intersect(spaces.Of(match.Destination));
        _protocols = Both(group.Protocols, match.Protocols);
        _isIcmp = !match.IcmpType.IsEmpty || !match.IcmpCode.IsEmpty;
        bool hasPorts = !match.SourcePorts.IsEmpty || !match.DestinationPorts.IsEmpty;
        if (hasPorts || _isIcmp)
        {
            Require(hasPorts ? PacketTraits.HasPorts : PacketTraits.HasIcmp);
            _sourcePorts = NumberSets.Of(_isIcmp ? match.IcmpType : match.SourcePorts).Intersect(NumberSets.Ports);
            _destinationPorts =
                NumberSets.Of(_isIcmp ? match.IcmpCode : match.DestinationPorts).Intersect(NumberSets.Ports);
        }

        if (match.TcpSyn is { } opens)
        {
            Require(opens ? PacketTraits.OpensConnection : PacketTraits.ContinuesConnection);
        }

        if (match.GroupPolicyApplied is { } isApplied)
        {
            Require(PacketTraits.Group(isApplied));
        }

        Forbid(match.Fragments);
        _other = Other(match, spaces);
        bool asksForAddress = !(group.Source.IsEmpty && group.Destination.IsEmpty
            && match.Source.IsEmpty && match.Destination.IsEmpty);
        _needsIp = asksForAddress || _family is not null || hasPorts || _isIcmp || match.TcpSyn is not null
            || !group.Protocols.IsEmpty || !match.Protocols.IsEmpty || !match.Fragments.IsEmpty || !match.Dscp.IsEmpty;
        _links = asksForAddress ? [] : Links(match);
        _isPossible = !(hasPorts && _isIcmp)
            && (group.Family is null || match.Family is null || group.Family == match.Family)
            && (_protocols.Length > 0 || (group.Protocols.IsEmpty && match.Protocols.IsEmpty));
    }

    /// <summary>Adds the boxes that hold the IPv4 packets of the rule.</summary>
    public void CutV4(BoxList<uint> boxes, int rank)
    {
        if (_isPossible && _family is null or IpFamily.V4)
        {
            Cut(boxes, rank, _source.V4, _destination.V4);
        }
    }

    /// <summary>Adds the boxes that hold the IPv6 packets of the rule.</summary>
    public void CutV6(BoxList<UInt128> boxes, int rank)
    {
        if (_isPossible && _family is null or IpFamily.V6)
        {
            Cut(boxes, rank, _source.V6, _destination.V6);
        }
    }

    /// <summary>Adds the boxes that hold the packets of the rule that are not IP.</summary>
    public void CutOther(BoxList<uint> boxes, int rank)
    {
        if (!_needsIp)
        {
            Cut(boxes, rank, IntervalSet<uint>.All, IntervalSet<uint>.All);
        }
    }

    private static IpProtocol[] Both(ValueArray<IpProtocol> group, ValueArray<IpProtocol> rule) =>
        group.IsEmpty ? [.. rule.AsSpan()]
        : rule.IsEmpty ? [.. group.AsSpan()]
        : [.. Enumerable.Intersect<IpProtocol>(group, rule)];

    private static LinkKey[] Links(Match match)
    {
        if (match.DestinationMac.Count is > 0 and <= MaxBoxes)
        {
            return [.. Values(match.DestinationMac).Select(m => new LinkKey(LinkField.DestinationMac, m))];
        }

        if (match.SourceMac.Count is > 0 and <= MaxBoxes)
        {
            return [.. Values(match.SourceMac).Select(m => new LinkKey(LinkField.SourceMac, m))];
        }

        return match.Vni.Terms is [{ Negated: false } vni] && vni.Range.First == vni.Range.Last
            ? [new LinkKey(LinkField.Vni, vni.Range.First)]
            : match.Vlan.Terms is [{ Negated: false } vlan] && vlan.Range.First == vlan.Range.Last
            ? [new LinkKey(LinkField.Vlan, vlan.Range.First)]
            : [];
    }

    private static IEnumerable<ulong> Values(ValueArray<MacAddress> macs) => macs.Select(m => m.Value);

    private static IntervalSet<ulong>? Macs(ValueArray<MacAddress> macs) => macs.IsEmpty
        ? null
        : IntervalSet<ulong>.Union([.. Values(macs).Select(m => new Interval<ulong>(m, m))]);

    private static IntervalSet<uint> Union(IEnumerable<uint> values) =>
        IntervalSet<uint>.Union([.. values.Select(v => new Interval<uint>(v, v))]);

    private void Require(uint trait)
    {
        _mask |= trait;
        _traits |= trait;
    }

    private void Forbid(ValueArray<FragmentKind> wanted)
    {
        foreach (FragmentKind kind in wanted.IsEmpty ? [] : Enum.GetValues<FragmentKind>())
        {
            _mask |= wanted.AsSpan().Contains(kind) ? 0 : PacketTraits.Part(kind);
        }
    }

    private RemainingConditions Other(Match match, AddressSpaces spaces)
    {
        _mask |= match.Vni.IsEmpty ? 0 : PacketTraits.HasVni;
        _mask |= match.OuterSource.IsEmpty ? 0 : PacketTraits.HasOuterSource;
        _mask |= match.OuterDestination.IsEmpty ? 0 : PacketTraits.HasOuterDestination;
        if (!match.GroupPolicyId.IsEmpty)
        {
            Require(PacketTraits.GroupPolicyOpen);
        }

        _traits |= _mask & (PacketTraits.HasVni | PacketTraits.HasOuterSource | PacketTraits.HasOuterDestination);

        IntervalSet<uint>? dscp = match.Dscp.IsEmpty ? null : NumberSets.Of(match.Dscp);
        if (dscp is { Count: 1 } && dscp.Bounds is { First: <= 63 } only && only.First == only.Last)
        {
            _mask |= PacketTraits.Dscp;
            _traits |= only.First << PacketTraits.DscpShift;
            dscp = null;
        }

        return new RemainingConditions
        {
            EtherTypes = match.EtherTypes.IsEmpty ? null : Union(match.EtherTypes.Select(t => (uint)t)),
            Dscp = dscp,
            SourceMac = Macs(match.SourceMac),
            DestinationMac = Macs(match.DestinationMac),
            Vlan = match.Vlan.IsEmpty ? null : NumberSets.Of(match.Vlan),
            Vni = match.Vni.IsEmpty ? null : NumberSets.Of(match.Vni),
            GroupPolicyId = match.GroupPolicyId.IsEmpty ? null : NumberSets.Of(match.GroupPolicyId),
            OuterSource = match.OuterSource.IsEmpty ? null : spaces.Of(match.OuterSource),
            OuterDestination = match.OuterDestination.IsEmpty ? null : spaces.Of(match.OuterDestination),
        };
    }

    /// <summary>
    /// Adds a box for each way to take one piece of every set. Where that would make too many, the sets of the
    /// most pieces are boxed as a whole and remain to be checked.
    /// </summary>
    private void Cut<T>(BoxList<T> boxes, int rank, IntervalSet<T> source, IntervalSet<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        if (source.IsEmpty || destination.IsEmpty || _sourcePorts.IsEmpty || _destinationPorts.IsEmpty)
        {
            return;
        }

        Span<int> pieces =
        [
            source.Count,
            destination.Count,
            _sourcePorts.Count,
            _destinationPorts.Count,
            Math.Max(1, _protocols.Length),
            Math.Max(1, _links.Length),
        ];
        RemainingConditions? remainder = Limit(pieces);
        int count = Product(pieces);
        for (int i = 0; i < count; i++)
        {
            int rest = i;
            Interval<T> from = Piece(source, pieces[0], ref rest);
            Interval<T> to = Piece(destination, pieces[1], ref rest);
            Interval<uint> fromPort = Piece(_sourcePorts, pieces[2], ref rest);
            Interval<uint> toPort = Piece(_destinationPorts, pieces[3], ref rest);
            bool hasProtocol = _protocols.Length > 0 && pieces[4] == _protocols.Length;
            uint protocol = hasProtocol ? (uint)_protocols[rest % pieces[4]] : 0;
            rest /= pieces[4];
            var box = new RuleBox<T>
            {
                SourceFirst = from.First,
                SourceSpan = from.Last - from.First,
                DestinationFirst = to.First,
                DestinationSpan = to.Last - to.First,
                SourcePortFirst = (ushort)fromPort.First,
                SourcePortSpan = (ushort)(fromPort.Last - fromPort.First),
                DestinationPortFirst = (ushort)toPort.First,
                DestinationPortSpan = (ushort)(toPort.Last - toPort.First),
                TraitMask = _mask
                    | (hasProtocol ? PacketTraits.Protocol : 0)
                    | (remainder is null ? 0 : PacketTraits.Remainder),
                Traits = _traits | protocol,
            };
            bool hasLink = _links.Length > 0 && pieces[5] == _links.Length;
            boxes.Add(box, rank, remainder, hasLink ? _links[rest] : default);
        }
    }

    /// <summary>Takes the longest lists as one piece until few boxes are left; says what then remains open.</summary>
    private RemainingConditions? Limit(Span<int> pieces)
    {
        Span<bool> isOpen = stackalloc bool[pieces.Length];
        while (Product(pieces) > MaxBoxes)
        {
            int longest = pieces.IndexOf(Max(pieces));
            pieces[longest] = 1;
            isOpen[longest] = true;
        }

        RemainingConditions remainder = isOpen.Contains(true)
            ? _other with
            {
                IsIcmp = _isIcmp && (isOpen[2] || isOpen[3]),
                Source = isOpen[0] ? _source : null,
                Destination = isOpen[1] ? _destination : null,
                SourcePorts = isOpen[2] ? _sourcePorts : null,
                DestinationPorts = isOpen[3] ? _destinationPorts : null,
                Protocols = isOpen[4] ? Union(_protocols.Select(p => (uint)p)) : null,
            }
            : _other;
        return remainder == RemainingConditions.None ? null : remainder;
    }

    private static Interval<T> Piece<T>(IntervalSet<T> set, int pieces, ref int rest)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        Interval<T> piece = pieces == set.Count ? set.Intervals[rest % pieces] : set.Bounds;
        rest /= pieces;
        return piece;
    }

    private static int Product(ReadOnlySpan<int> pieces)
    {
        long product = 1;
        foreach (int count in pieces)
        {
            product = Math.Min(product * count, int.MaxValue);
        }

        return (int)product;
    }

    private static int Max(ReadOnlySpan<int> values)
    {
        int max = int.MinValue;
        foreach (int value in values)
        {
            max = Math.Max(max, value);
        }

        return max;
    }
}
