using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Classification;

/// <summary>
/// A rule set with the structure of ClassBench's: nested prefixes out of few networks, port classes, protocols; and
/// packets that mostly hit its rules. The same for the same seed.
/// </summary>
internal sealed class FilterSet
{
    private readonly Random _random;
    private readonly FilterKind _kind;
    private readonly bool _isV6;
    private readonly bool _isCompact;
    private readonly uint[] _networks;
    private readonly Match[] _matches;
    private readonly Row[] _rows;

    private FilterSet(FilterKind kind, int count, int seed, bool isV6, bool isCompact)
    {
        _random = new Random(seed);
        _kind = kind;
        _isV6 = isV6;
        _isCompact = isCompact;
        _networks = [.. Enumerable.Range(0, Math.Max(4, count / 50)).Select(_ => Network())];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        _matches = new Match[count];
        for (int i = 0; i < count; i++)
        {
            do
            {
                _matches[i] = RandomMatch();
            }
            while (!seen.Add(_matches[i].ToString()));
        }

        _rows = [.. _matches.Select(m => new Row(
            Ends(m.Source),
            Ends(m.Destination),
            m.Protocols.IsEmpty ? null : m.Protocols[0],
            m.SourcePorts.IsEmpty ? null : m.SourcePorts.Terms[0].Range,
            m.DestinationPorts.IsEmpty ? null : m.DestinationPorts.Terms[0].Range))];
        Layer = new Layer
        {
            Name = "acl",
            Priority = 1,
            Default = DefaultAction.Block,
            Groups = [new Group { Name = "out", Direction = Direction.Out, Rules = Rules() }],
        };
    }

    /// <summary>The rules, each of a priority of its own, in one outbound group.</summary>
    public Layer Layer { get; }

    /// <summary>Makes a rule set.</summary>
    /// <param name="kind">What the rules are like.</param>
    /// <param name="count">Number of rules, all different.</param>
    /// <param name="seed">What all choices follow from.</param>
    /// <param name="isV6">Whether addresses are IPv6.</param>
    /// <param name="isCompact">Whether all addresses lie in one /16, as an overlay's do, or IPv6 /48.</param>
    public static FilterSet Make(
        FilterKind kind, int count, int seed = 1, bool isV6 = false, bool isCompact = false) =>
        new(kind, count, seed, isV6, isCompact);

    /// <summary>Packets of which nine in ten lie in a rule taken at random, or one beside its edge.</summary>
    public PacketFacts[] Packets(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Packet(random))];
    }

    /// <summary>
    /// The first rule that a packet matches, found by comparing numbers one by one: for sets for which the oracle takes
    /// too long. Null when there is none.
    /// </summary>
    public string? FirstMatch(in PacketFacts packet)
    {
        ref readonly ParsedFrame p = ref packet.Packet;
        for (int i = 0; i < _rows.Length; i++)
        {
            ref readonly Row row = ref _rows[i];
            if (p.Source.High >= row.Source.First.High && p.Source.High <= row.Source.Last.High
                && p.Source.Low >= row.Source.First.Low && p.Source.Low <= row.Source.Last.Low
                && p.Destination.High >= row.Destination.First.High && p.Destination.High <= row.Destination.Last.High
                && p.Destination.Low >= row.Destination.First.Low && p.Destination.Low <= row.Destination.Last.Low
                && (row.Protocol is null || row.Protocol == p.Protocol)
                && (row.SourcePorts is not { } from || from.Contains(p.SourcePort))
                && (row.DestinationPorts is not { } to || to.Contains(p.DestinationPort)))
            {
                return $"acl/out/r{i}";
            }
        }

        return null;
    }

    /// <summary>Another rule of this set's kind.</summary>
    public Rule AnotherRule(string id, int priority) =>
        new() { Id = id, Priority = priority, Match = RandomMatch(), Action = new RuleAction.Block() };

    private ValueArray<Rule> Rules() => _matches.Select((match, i) => new Rule
    {
        Id = $"r{i}",
        Priority = i,
        Match = match,
        Action = i % 3 == 0 ? new RuleAction.Block() : new RuleAction.Allow(),
    }).ToValueArray();

    // Few first octets, skewed second and third ones: networks that lie in each other.
    private uint Network()
    {
        uint first = (uint)(10 + (_random.Next(4) * 41));
        uint second = (uint)Math.Min(_random.Next(256), _random.Next(256));
        uint third = (uint)_random.Next(256);
        return _isCompact ? 0x0A01_0000 | (third << 8) : (first << 24) | (second << 16) | (third << 8);
    }

    private Match RandomMatch()
    {
        int source;
        int destination;
        do
        {
            (source, destination) = (SourceLength(), DestinationLength());
        }
        while (source + destination < 8 && _random.Next(5) != 0);

        IpProtocol? protocol = _random.Next(20) switch
        {
            < 14 => IpProtocol.Tcp,
            < 18 => IpProtocol.Udp,
            18 => _isV6 ? IpProtocol.Icmpv6 : IpProtocol.Icmp,
            _ => null,
        };
        bool hasPorts = protocol is IpProtocol.Tcp or IpProtocol.Udp;
        return new Match
        {
            Family = _isV6 ? IpFamily.V6 : IpFamily.V4,
            Protocols = protocol is { } one ? [one] : [],
            Source = Prefix(source),
            Destination = Prefix(destination),
            SourcePorts = hasPorts && _kind != FilterKind.AccessList ? Ports(65, 80) : default,
            DestinationPorts = hasPorts ? Ports(_kind == FilterKind.AccessList ? 20 : 30, 85) : default,
        };
    }

    private int SourceLength() => _kind switch
    {
        FilterKind.AccessList => Length(15, 25, 40, 60, 75),
        FilterKind.Firewall => Length(45, 55, 57, 65, 70),
        _ => Length(25, 35, 40, 52, 60),
    };

    private int DestinationLength() => _kind switch
    {
        FilterKind.AccessList => Length(2, 7, 20, 40, 65),
        FilterKind.Firewall => Length(25, 30, 32, 45, 55),
        _ => Length(15, 22, 28, 42, 50),
    };

    /// <summary>A prefix length; the percentages up to which it is 0, 8–16, 17–23, 24 and 25–31.</summary>
    private int Length(int none, int wide, int middle, int classC, int narrow)
    {
        int draw = _random.Next(100);
        return draw < none ? 0
            : draw < wide ? _random.Next(8, 17)
            : draw < middle ? _random.Next(17, 24)
            : draw < classC ? 24
            : draw < narrow ? _random.Next(25, 32)
            : 32;
    }

    private AddressMatch Prefix(int length)
    {
        if (length == 0)
        {
            return default;
        }

        uint host = _networks[_random.Next(_networks.Length)] | (uint)_random.Next(256);
        uint v4 = host & (uint)(ulong.MaxValue << (32 - length));
        return _isV6
            ? new AddressMatch([new AddressTerm(new IpPrefix(Wide(v4), length <= 24 ? 40 + length : 96 + length))])
            : new AddressMatch([new AddressTerm(new IpPrefix(new Ipv4Address(v4), length))]);
    }

    // IPv6 networks branch in the 24 bits behind their first 40; the bits of a host stand at the end.
    private static IpAddress Wide(uint v4) => new Ipv6Address(0x2001_0DB8_0000_0000UL | (v4 >> 8), v4 & 0xFF);

    /// <summary>A port condition; the percentages up to which it is none and one port.</summary>
    private NumberMatch Ports(int none, int one)
    {
        int draw = _random.Next(100);
        int from = _random.Next(1024, 60000);
        return draw < none ? default
            : draw < one ? (NumberMatch)(_random.Next(3) == 0 ? _random.Next(65536) : _random.Next(1, 200))
            : (draw % 3) switch
            {
                0 => "1024-65535",
                1 => "0-1023",
                _ => Range(from, from + _random.Next(1, 4000)),
            };
    }

    private static NumberMatch Range(int first, int last) =>
        new([new NumberTerm(new NumberRange((uint)first, (uint)last))]);

    private PacketFacts Packet(Random random)
    {
        Match match = random.Next(10) == 0 ? Match.Any : _matches[random.Next(_matches.Length)];
        IpProtocol protocol = match.Protocols.IsEmpty
            ? (random.Next(2) == 0 ? IpProtocol.Tcp : IpProtocol.Udp)
            : match.Protocols[0];
        bool isIcmp = protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        return new PacketFacts
        {
            Packet = new ParsedFrame
            {
                EtherType = _isV6 ? EtherType.Ipv6 : EtherType.Ipv4,
                Family = _isV6 ? IpFamily.V6 : IpFamily.V4,
                Source = Address(random, match.Source),
                Destination = Address(random, match.Destination),
                Protocol = protocol,
                HasTransport = true,
                SourcePort = isIcmp ? (ushort)0 : Port(random, match.SourcePorts),
                DestinationPort = isIcmp ? (ushort)0 : Port(random, match.DestinationPorts),
                IcmpType = isIcmp ? (byte)8 : (byte)0,
            },
            OpensConnection = protocol == IpProtocol.Tcp && random.Next(2) == 0,
        };
    }

    private IpAddress Address(Random random, AddressMatch match)
    {
        if (match.IsEmpty)
        {
            uint any = _networks[random.Next(_networks.Length)] ^ (uint)random.Next(256);
            return _isV6 ? Wide(any) : new Ipv4Address(any);
        }

        (IpAddress first, IpAddress last) = (match.Terms[0].First, match.Terms[0].Last);
        uint noise = (uint)random.NextInt64(1L << 32);
        int edge = random.Next(10);
        if (_isV6)
        {
            ulong high = first.High + (noise & (last.High - first.High));
            ulong low = first.Low + (noise & (last.Low - first.Low));
            return new Ipv6Address(edge == 0 ? last.High + 1 : high, edge == 1 ? last.Low : low);
        }

        uint span = (uint)(last.Low - first.Low);
        return new Ipv4Address(edge switch
        {
            0 => (uint)last.Low + 1,
            1 => (uint)first.Low - 1,
            _ => (uint)first.Low + (noise & span),
        });
    }

    private static ushort Port(Random random, NumberMatch match)
    {
        if (match.IsEmpty)
        {
            return (ushort)random.Next(65536);
        }

        NumberRange range = match.Terms[0].Range;
        return (ushort)(random.Next(12) switch
        {
            0 => range.First - 1,
            1 => range.Last + 1,
            2 => range.First,
            3 => range.Last,
            _ => range.First + (uint)random.Next((int)(range.Last - range.First) + 1),
        });
    }

    // In both halves of a prefix's address the bits that count are the leading ones, so each half is a range.
    private static (IpAddress First, IpAddress Last) Ends(AddressMatch match) => match.IsEmpty
        ? (default, new Ipv6Address(ulong.MaxValue, ulong.MaxValue))
        : (match.Terms[0].First, match.Terms[0].Last);

    private readonly record struct Row(
        (IpAddress First, IpAddress Last) Source,
        (IpAddress First, IpAddress Last) Destination,
        IpProtocol? Protocol,
        NumberRange? SourcePorts,
        NumberRange? DestinationPorts);
}
