using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Classification;

/// <summary>
/// Layers with conditions of every kind, and packets for them. All draw on few numbers and addresses and on their
/// neighbours, so that packets often hit rules and just miss them.
/// </summary>
internal sealed class RandomLayer(Random random)
{
    private static readonly IpAddress[] Corners =
    [
        .. new[]
        {
            "0.0.0.0", "10.0.0.0", "10.0.0.1", "10.0.0.255", "10.0.1.0", "10.255.255.255", "192.0.2.128",
            "255.255.255.255", "::", "::1", "fd00::", "fd00::1", "fd00::ffff:ffff:ffff:ffff", "fd00:0:0:1::",
            "2001:db8::a00:1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        }.Select(a => IpAddress.Parse(a)),
    ];

    private static readonly uint[] Numbers = [0, 1, 8, 22, 53, 80, 443, 1023, 1024, 5001, 32768, 65534, 65535];

    private static readonly IpProtocol[] Protocols =
    [
        IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp, IpProtocol.Icmp, IpProtocol.Icmpv6, IpProtocol.Gre,
        IpProtocol.HopByHop, (IpProtocol)255,
    ];

    private static readonly EtherType[] EtherTypes = [EtherType.Ipv4, EtherType.Ipv6, (EtherType)0x88B5];

    /// <summary>The sets that matches name; one holds nobody.</summary>
    public AddressSet[] Sets { get; private set; } =
    [
        new AddressSet { Name = "near", Addresses = "10.0.0.0/24,fd00::/64" },
        new AddressSet { Name = "mixed", Addresses = "@near,192.0.2.0/24,!10.0.0.1" },
        new AddressSet { Name = "others", Addresses = "!@near" },
        new AddressSet { Name = "none", Addresses = default },
    ];

    /// <summary>A layer of up to <paramref name="maxRules"/> rules a group.</summary>
    public Layer Layer(int maxRules) => new()
    {
        Name = "l",
        Priority = 1,
        Default = DefaultAction.Allow,
        Groups = Enumerable.Range(0, random.Next(1, 5)).Select(n => Group(n, maxRules)).ToValueArray(),
    };

    public Rule Rule(string id, bool? terminating = null) => new()
    {
        Id = id,
        Priority = random.Next(4),
        Action = random.Next(3) == 0 ? new RuleAction.Block() : new RuleAction.Allow(),
        Terminating = terminating ?? random.Next(4) == 0,
        Match = RandomMatch(),
    };

    /// <summary>Gives one of the sets other addresses, and so two others that name it.</summary>
    public void ChangeSet()
    {
        IpAddress corner = Address(random.Next(2) == 0);
        var term = new AddressTerm(PrefixOf(corner, random.Next(corner.BitLength + 1)));
        Sets = [new AddressSet { Name = "near", Addresses = new AddressMatch([term]) }, .. Sets.Skip(1)];
    }

    public PacketFacts Packet()
    {
        bool isTunnelled = random.Next(3) == 0;
        var packet = new ParsedFrame
        {
            SourceMac = Mac(),
            DestinationMac = Mac(),
            VlanTci = (ushort)(random.Next(3) == 0 ? 0x6000 | Pick(0, 1, 8, 4095) : 0),
            EtherType = Pick(EtherTypes),
        };
        if (random.Next(8) != 0)
        {
            AddIp(ref packet, random.Next(2) == 0);
        }

        bool isTcp = packet is { HasTransport: true, Protocol: IpProtocol.Tcp };
        return new PacketFacts
        {
            Packet = packet,
            HasVni = isTunnelled || random.Next(3) == 0,
            Vni = isTunnelled ? Pick(0u, 5001u, 5002u) : 0,
            Policy = isTunnelled && random.Next(2) == 0
                ? new GroupPolicy((ushort)Beside(Math.Min(Pick(Numbers), ushort.MaxValue)), random.Next(3) == 0)
                : null,
            OuterSource = isTunnelled ? Pick(Corners) : default,
            OuterDestination = isTunnelled ? Pick(Corners) : default,
            OpensConnection = isTcp && random.Next(2) == 0,
        };
    }

    private void AddIp(ref ParsedFrame packet, bool isV6)
    {
        packet.Family = isV6 ? IpFamily.V6 : IpFamily.V4;
        packet.EtherType = isV6 ? EtherType.Ipv6 : EtherType.Ipv4;
        packet.Source = Address(isV6);
        packet.Destination = Address(isV6);
        packet.Protocol = Pick(Protocols);
        packet.TrafficClass = (byte)(Pick(0, 1, 8, 46, 63) << 2);
        packet.Fragment = random.Next(4) == 0 ? Pick(FragmentKind.First, FragmentKind.Later) : FragmentKind.None;
        bool isPorted = packet.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        bool isIcmp = packet.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        packet.HasTransport = (isPorted || isIcmp) && packet.Fragment != FragmentKind.Later && random.Next(8) != 0;
        if (packet.HasTransport)
        {
            // The identifier of an echo stands where ports stand.
            packet.SourcePort = (ushort)Beside(Pick(Numbers));
            packet.DestinationPort = isIcmp ? packet.SourcePort : (ushort)Beside(Pick(Numbers));
            packet.IcmpType = isIcmp ? (byte)Pick(Numbers) : (byte)0;
            packet.IcmpCode = isIcmp ? (byte)Pick(Numbers) : (byte)0;
        }
    }

    private Group Group(int number, int maxRules)
    {
        bool? terminating = Pick<bool?>(true, false, false, null);
        return new Group
        {
            Name = $"g{number}",
            Direction = random.Next(4) == 0 ? Direction.In : Direction.Out,
            Priority = random.Next(3),
            Family = random.Next(6) == 0 ? Pick(IpFamily.V4, IpFamily.V6) : null,
            Protocols = random.Next(6) == 0 ? [Pick(Protocols), Pick(Protocols)] : [],
            Source = random.Next(8) == 0 ? Addresses() : default,
            Destination = random.Next(8) == 0 ? Addresses() : default,
            Rules = Enumerable.Range(0, random.Next(maxRules + 1))
                .Select(i => Rule($"r{i}", terminating)).ToValueArray(),
        };
    }

    private Match RandomMatch()
    {
        Match match = Match.Any;
        for (int i = random.Next(5); i > 0; i--)
        {
            match = Add(match);
        }

        return match;
    }

    private Match Add(Match match) => random.Next(28) switch
    {
        0 => match with { Family = Pick(IpFamily.V4, IpFamily.V6) },
        1 => match with { Protocols = [.. Some(() => Pick(Protocols))] },
        2 => match with { EtherTypes = [.. Some(() => Pick(EtherTypes))] },
        3 => match with { IcmpType = Number(255) },
        4 => match with { IcmpCode = Number(255) },
        5 => match with { TcpSyn = random.Next(2) == 0 },
        6 => match with
        {
            Fragments = [.. Some(() => Pick(FragmentKind.None, FragmentKind.First, FragmentKind.Later))],
        },
        7 => match with { Dscp = Number(63) },
        8 => match with { SourceMac = [.. Some(Mac)] },
        9 => match with { DestinationMac = [.. Some(Mac)] },
        10 => match with { Vlan = Number(4095) },
        11 => match with { Vni = Number(5002) },
        12 => match with { OuterSource = Addresses() },
        13 => match with { OuterDestination = Addresses() },
        26 => match with { GroupPolicyId = Number(65535) },
        27 => match with { GroupPolicyApplied = random.Next(2) == 0 },
        < 17 => match with { SourcePorts = Number(65535) },
        < 20 => match with { DestinationPorts = Number(65535) },
        < 23 => match with { Source = Addresses() },
        _ => match with { Destination = Addresses() },
    };

    private NumberMatch Number(uint max) => new(
        [.. Some(() => new NumberTerm(Range(max), random.Next(4) == 0))]);

    private NumberRange Range(uint max)
    {
        uint a = Math.Min(Pick(Numbers), max);
        uint b = Math.Min(Beside(Pick(Numbers)), max);
        return random.Next(2) == 0 ? new NumberRange(a, a) : new NumberRange(Math.Min(a, b), Math.Max(a, b));
    }

    private uint Beside(uint number) => random.Next(4) switch
    {
        0 => Math.Max(number, 1) - 1,
        1 => Math.Min(number + 1, ushort.MaxValue),
        _ => number,
    };

    private AddressMatch Addresses() => new([.. Some(AddressTerm)]);

    private AddressTerm AddressTerm()
    {
        bool isNegated = random.Next(4) == 0;
        if (random.Next(6) == 0)
        {
            return new AddressTerm(Pick("near", "mixed", "others", "none"), isNegated);
        }

        bool isV6 = random.Next(2) == 0;
        IpAddress a = Address(isV6);
        IpAddress b = Address(isV6);
        return random.Next(4) switch
        {
            0 => new AddressTerm(a < b ? a : b, a < b ? b : a, isNegated),
            1 => new AddressTerm(a, isNegated),
            _ => new AddressTerm(PrefixOf(a, random.Next(a.BitLength + 1)), isNegated),
        };
    }

    private static IpPrefix PrefixOf(IpAddress address, int length)
    {
        UInt128 mask = length == 0 ? 0 : UInt128.MaxValue << (address.BitLength - length);
        UInt128 value = new UInt128(address.High, address.Low) & mask;
        return new IpPrefix(ToAddress(value, address.Family == IpFamily.V6), length);
    }

    private IpAddress Address(bool isV6)
    {
        IpAddress corner = Pick(Corners);
        while (corner.Family == IpFamily.V6 != isV6)
        {
            corner = Pick(Corners);
        }

        var value = new UInt128(corner.High, corner.Low);
        return ToAddress(random.Next(4) switch { 0 => value - 1, 1 => value + 1, _ => value }, isV6);
    }

    private static IpAddress ToAddress(UInt128 value, bool isV6) =>
        isV6 ? new Ipv6Address((ulong)(value >> 64), (ulong)value) : new Ipv4Address((uint)value);

    private MacAddress Mac() => new(Pick(0x0200_0000_000AUL, 0x0200_0000_000BUL, 0xFFFF_FFFF_FFFFUL));

    private T[] Some<T>(Func<T> make) =>
        Enumerable.Range(0, random.Next(3) == 0 ? random.Next(1, 5) : 1).Select(_ => make()).ToArray();

    private T Pick<T>(params T[] values) => values[random.Next(values.Length)];
}
