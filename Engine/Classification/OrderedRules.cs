using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Classification;

/// <summary>Rules of which the first that matches counts, compiled for each address family.</summary>
internal sealed class OrderedRules
{
    private const int MaxShareChanged = 8;

    private readonly BoundRule[] _rules;
    private readonly RuleIndex<uint> _v4;
    private readonly RuleIndex<UInt128> _v6;
    private readonly RuleIndex<uint> _other;

    /// <summary>Compiles rules.</summary>
    /// <param name="rules">The rules in the order in which they take precedence.</param>
    /// <param name="spaces">The addresses that named sets stand for.</param>
    public OrderedRules(BoundRule[] rules, AddressSpaces spaces)
    {
        _rules = rules;
        CutRules cut = Cut(rules, spaces, []);
        _v4 = new RuleIndex<uint>(cut.V4);
        _v6 = new RuleIndex<UInt128>(cut.V6);
        _other = new RuleIndex<uint>(cut.Other);
    }

    private OrderedRules(BoundRule[] rules, RuleIndex<uint> v4, RuleIndex<UInt128> v6, RuleIndex<uint> other)
    {
        _rules = rules;
        _v4 = v4;
        _v6 = v6;
        _other = other;
    }

    /// <summary>Bytes of its arrays, without the rules themselves.</summary>
    public long MemoryBytes =>
        ((long)_rules.Length * IntPtr.Size) + _v4.MemoryBytes + _v6.MemoryBytes + _other.MemoryBytes;

    /// <summary>The rule that takes precedence over all others.</summary>
    public BoundRule First => _rules[0];

    public BoundRule this[int rank] => _rules[rank];

    /// <summary>Finds the rank of the first rule that matches; −1 when none does.</summary>
    public int Find(in PacketFacts facts)
    {
        ref readonly ParsedFrame packet = ref facts.Packet;
        switch (packet.Family)
        {
            case IpFamily.V4:
                var v4 = new PacketKey<uint>((uint)packet.Source.Low, (uint)packet.Destination.Low, facts);
                return _v4.Find(v4, facts);
            case IpFamily.V6:
                var v6 = new PacketKey<UInt128>(
                    AddressSpace.Number(packet.Source), AddressSpace.Number(packet.Destination), facts);
                return _v6.Find(v6, facts);
            default:
                var other = new PacketKey<uint>(0, 0, facts);
                return _other.Find(other, facts);
        }
    }

    /// <summary>Compiles rules of which most are these.</summary>
    /// <param name="rules">The rules in the order in which they take precedence.</param>
    /// <param name="spaces">The addresses that named sets stand for.</param>
    /// <param name="difference">Tells whether a rule here and one of <paramref name="rules"/> match the same.</param>
    public OrderedRules Update(BoundRule[] rules, AddressSpaces spaces, RuleDifference difference)
    {
        int[] oldRanks = difference.Align(_rules, rules);
        int added = oldRanks.Count(rank => rank < 0);
        if (added * MaxShareChanged > rules.Length)
        {
            return new OrderedRules(rules, spaces);
        }

        CutRules cut = Cut(rules, spaces, oldRanks);
        return new OrderedRules(
            rules,
            _v4.Update(oldRanks, cut.V4),
            _v6.Update(oldRanks, cut.V6),
            _other.Update(oldRanks, cut.Other));
    }

    private static CutRules Cut(BoundRule[] rules, AddressSpaces spaces, ReadOnlySpan<int> oldRanks)
    {
        var cut = new CutRules(new BoxList<uint>(), new BoxList<UInt128>(), new BoxList<uint>());
        for (int rank = 0; rank < rules.Length; rank++)
        {
            if (oldRanks.IsEmpty || oldRanks[rank] < 0)
            {
                var conditions = new RuleConditions(rules[rank].Group, rules[rank].Rule.Match, spaces);
                conditions.CutV4(cut.V4, rank);
                conditions.CutV6(cut.V6, rank);
                conditions.CutOther(cut.Other, rank);
            }
        }

        return cut;
    }

    private readonly record struct CutRules(BoxList<uint> V4, BoxList<UInt128> V6, BoxList<uint> Other);
}
