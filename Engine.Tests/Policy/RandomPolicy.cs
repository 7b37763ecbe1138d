using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Policy;

/// <summary>Makes policies that are valid and use every member with values of every kind.</summary>
internal sealed class RandomPolicy(Random random)
{
    private static readonly string[] NamePieces =
    [
        "web",
        "blåbær",
        "a.b",
        "x-1",
        "{guid}",
        "it's",
        "\"q\"",
        "@",
        "<&>",
        "日本",
    ];

    private int _unique;

    public static SwitchPolicy Make(int seed) => new RandomPolicy(new Random(seed)).Make();

    private SwitchPolicy Make()
    {
        string[] networks = Names(random.Next(1, 4));
        string[] sets = Names(random.Next(0, 4));
        Port[] uplinks = [.. Names(random.Next(1, 3)).Select((name, i) => Uplink(name, i))];
        Port[] endpoints = [.. Names(random.Next(1, 4)).Select((name, i) => Endpoint(name, i, Pick(networks)))];
        Port[] hosts =
        [
            .. Names(random.Next(0, 2)).Select(
                name => new Port { Name = name, Kind = PortKind.Host, Mtu = Maybe(9000) }),
        ];
        string[] ports = [.. uplinks.Concat(endpoints).Concat(hosts).Select(port => port.Name)];
        return new SwitchPolicy
        {
            Ports = [.. uplinks, .. endpoints, .. hosts],
            Networks = networks.Select((name, i) => Network(name, i)).ToValueArray(),
            Neighbors = uplinks.Select((port, i) => new Neighbor
            {
                Port = port.Name,
                Address = Pick(Ip($"172.16.0.{i + 100}"), Ip($"fd99::{i + 100}")),
                Mac = StationMac(),
            }).ToValueArray(),
            AddressSets = sets.Select(
                (name, i) => new AddressSet { Name = name, Addresses = SetAddresses(sets[..i]) }).ToValueArray(),
            Layers =
            [
                Layer(1, [.. endpoints.Select(port => port.Name)], Direction.Out, ports, networks, sets),
                Layer(2, [.. uplinks.Select(port => port.Name)], Direction.In, ports, networks, sets),
            ],
        };
    }

    private Port Uplink(string name, int i)
    {
        Port port = AnyUplink(name, i);
        return Chance() ? port : port with { HostTables = true, Vlan = 0, VlanPriority = 0 };
    }

    private Port AnyUplink(string name, int i) => new()
    {
        Name = name,
        Kind = PortKind.Uplink,
        Mac = StationMac(),
        Addresses = Pick<ValueArray<IpAddress>>(
            [Ip($"172.16.1.{i + 1}")],
            [Ip($"fd98::{i + 1}"), Ip($"172.16.1.{i + 1}")]),
        Mtu = Pick(0, 1500, 9000, 1400),
        IcmpErrorsPerSecond = Pick(100, 0, 1, 5000),
        Promiscuous = Chance(),
        VxlanPorts = Pick<ValueArray<ushort>>([], [4789], [8472, 65535, 1]),
        VxlanGpePorts = Pick<ValueArray<ushort>>([], [4790, 2]),
        GenevePorts = Pick<ValueArray<ushort>>([], [6081, 3]),
        GroupPolicy = true,
        ReservedBits = ReservedBits.Reject,
        ReservedBitsMask = Pick(VxlanHeader.ReservedMask, 0UL, 0x8000_0000_0000_0001),
        Checksum = Pick(ChecksumMode.Verify, ChecksumMode.Trust),
        AllowZeroChecksumIpv6 = Chance(),
        ResolveNeighbors = Chance(),
        Bfd = Chance() ? null : new BfdOptions
        {
            Vteps = Pick<ValueArray<IpAddress>>(
                [Ip($"172.16.5.{i + 1}")],
                [Ip($"172.16.5.{i + 1}"), Ip($"172.16.6.{i}")]),
            Vni = new Vni((1 << 24) - 1),
            MinTx = Pick(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1)),
            MinRx = Pick(TimeSpan.FromMicroseconds(10_001), TimeSpan.FromMinutes(1)),
            Multiplier = (byte)random.Next(1, 256),
            Authentication = Chance() ? null : new BfdAuthentication
            {
                Type = Pick(
                    BfdAuthenticationType.SimplePassword,
                    BfdAuthenticationType.KeyedMd5,
                    BfdAuthenticationType.MeticulousKeyedSha1),
                Keys = Pick<ValueArray<BfdKey>>(
                    [new BfdKey { Id = 0, Secret = "0x00ff" }],
                    [new BfdKey { Id = 255, Secret = " \"a\\b\" " }, new BfdKey { Id = 1, Secret = "b" }]),
            },
            Tunnel = Tunnel(TunnelKind.Vxlan, inGroup: false),
        },
        Rates = Rates(),
        Vlan = Pick<ushort>(1, 100, 4094),
        VlanPriority = Pick<byte>(0, 7),
        Routes = Pick<ValueArray<UplinkRoute>>(
            [],
            [
                new UplinkRoute { Prefix = IpPrefix.Parse("172.16.1.0/24"), OnLink = true },
                new UplinkRoute
                {
                    Prefix = IpPrefix.Parse("0.0.0.0/0"),
                    Via = Pick<ValueArray<IpAddress>>([Ip("172.16.1.254")], [Ip("172.16.1.253"), Ip("172.16.1.254")]),
                    Source = Chance() ? null : Ip($"172.16.1.{i + 1}"),
                },
            ]),
    };

    private Port Endpoint(string name, int i, string network)
    {
        bool isGuarded = Chance();
        return new Port
        {
            Name = name,
            Kind = PortKind.Endpoint,
            Network = network,
            Mac = StationMac(),
            Addresses = isGuarded || Chance() ? [Ip($"10.1.0.{i + 10}"), Ip($"fd01::{i + 10}")] : [],
            Mtu = Maybe(1450),
            SourceGuard = isGuarded,
            Rates = Rates(),
            Checksum = Pick(ChecksumMode.Verify, ChecksumMode.Trust),
        };
    }

    private PortRates Rates() => Chance() ? PortRates.None : new PortRates
    {
        FloodsPerSecond = Chance() ? null : random.Next(1000),
        IcmpPerSecond = Chance() ? null : random.Next(1000),
        NeighborsPerSecond = Chance() ? null : 0,
        NewFlowsPerSecond = Chance() ? null : int.MaxValue,
    };

    private Network Network(string name, int i) => Learning(new()
    {
        Name = name,
        Vni = new Vni((uint)(random.Next(0, 1 << 20) * 16) + (uint)i),
        Subnets = Pick<ValueArray<IpPrefix>>([], [IpPrefix.Parse("10.1.0.0/16"), IpPrefix.Parse("fd01::/64")]),
        Gateway = Chance() ? null : new Gateway
        {
            Addresses = Chance() ? [] : [Ip("10.1.0.1"), Ip("fd01::1")],
            Mac = StationMac(),
        },
        Endpoints = Enumerable.Range(0, random.Next(4)).Select(j => new RemoteEndpoint
        {
            Addresses = Chance() ? [] : [Ip($"10.1.1.{j + 1}"), Ip($"fd01::1:{j + 1}")],
            Mac = StationMac(),
            Vtep = Pick(Ip($"172.16.2.{j + 1}"), Ip($"fd97::{j + 1}")),
        }).ToValueArray(),
        Routes = Enumerable.Range(0, random.Next(3)).Select(j => new RemoteSubnet
        {
            Prefix = Pick(
                IpPrefix.Parse($"10.{j + 2}.0.0/16"),
                IpPrefix.Parse($"fd{j + 10}::/16"),
                IpPrefix.Parse($"10.200.0.{j}")),
            Vteps = Pick<ValueArray<IpAddress>>(
                [Ip("172.16.3.1")],
                [Ip("172.16.3.1"), Ip("172.16.3.2")],
                [Ip("fd96::1"), Ip("fd96::2")]),
            Vni = Chance() ? null : new Vni((uint)random.Next(1 << 24)),
            RouterMac = StationMac(),
        }).ToValueArray(),
        Vteps = Chance() ? [] : [Ip("172.16.4.1"), Ip("::ffff:1.2.3.4")],
        MulticastGroup = Chance() ? null : new MulticastGroup
        {
            Address = Ip($"239.0.{random.Next(256)}.{i}"),
            Ttl = (byte)random.Next(1, 256),
            ReplicateTo = Chance() ? [] : [Ip("172.16.4.2")],
        },
        UnknownUnicast = Any<Flooding>(),
        Broadcast = Any<Flooding>(),
        Multicast = Any<Flooding>(),
        SourceVtep = Any<SourceVtepCheck>(),
        InnerVlan = Any<InnerVlan>(),
        NeighborProxy = Chance(),
        Tunnel = Tunnel(),
    });

    private Network Learning(Network network) =>
        network.SourceVtep == SourceVtepCheck.Strict || Chance()
            ? network
            : network with
            {
                Learning = new Learning
                {
                    Limit = Pick(1024, 1, 1 << 20),
                    Age = Pick(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(12345)),
                },
            };

    private TunnelOptions Tunnel()
    {
        TunnelKind kind = Pick(TunnelKind.Vxlan, TunnelKind.Vxlan, TunnelKind.VxlanGpe, TunnelKind.Geneve);
        return Chance() ? TunnelOptions.Of(kind) : Tunnel(kind, inGroup: kind == TunnelKind.Vxlan && Chance());
    }

    private TunnelOptions Tunnel(TunnelKind kind, bool inGroup) => new()
    {
        Kind = kind,
        UdpPort = kind switch
        {
            TunnelKind.VxlanGpe => Pick<ushort>(4790, 5790),
            TunnelKind.Geneve => Pick<ushort>(6081, 5081),
            _ => Pick<ushort>(4789, 8472),
        },
        GroupPolicyId = inGroup ? (ushort)random.Next(1 << 16) : null,
        GroupPolicyApplied = inGroup && Chance(),
        SourcePorts = Pick(new NumberRange(49152, 65535), new NumberRange(50000, 50000), new NumberRange(10000, 20000)),
        SymmetricSourcePort = Chance(),
        Ttl = (byte)random.Next(1, 256),
        Dscp = Any<DscpMode>(),
        DontFragment = Any<DontFragmentMode>(),
        UdpChecksum = Any<UdpChecksumMode>(),
        ClampMss = Chance(),
        Oversize = Any<OversizeMode>(),
    };

    private Layer Layer(
        int priority, string[] bound, Direction direction, string[] ports, string[] networks, string[] sets) => new()
        {
            Name = Names(1)[0],
            Ports = bound.ToValueArray(),
            Priority = priority,
            Stateful = Chance(),
            Default = Any<DefaultAction>(),
            Groups = Names(random.Next(4)).Select(name => Group(name, direction, ports, networks, sets)).ToValueArray(),
        };

    private Group Group(string name, Direction direction, string[] ports, string[] networks, string[] sets)
    {
        IpFamily? family = Pick<IpFamily?>(null, IpFamily.V4, IpFamily.V6);
        return new Group
        {
            Name = name,
            Direction = direction,
            Priority = Pick(0, 1000, int.MaxValue),
            Family = family,
            Protocols = Pick<ValueArray<IpProtocol>>(
                [], [IpProtocol.Tcp], [IpProtocol.Udp, (IpProtocol)200, IpProtocol.AuthenticationHeader]),
            Source = family is not null || Chance() ? default : AddressMatch.Parse("!192.0.2.0/24,!2001:db8::1"),
            Destination = family is not null || Chance() ? default : AddressMatch.Parse("!192.0.2.7"),
            Rules = Names(random.Next(6))
                .Select(id => Rule(id, direction, family ?? IpFamily.V4, ports, networks, sets))
                .ToValueArray(),
        };
    }

    private Rule Rule(
        string id, Direction direction, IpFamily family, string[] ports, string[] networks, string[] sets) => new()
        {
            Id = id,
            Priority = Pick(0, 1000, 7),
            Match = Match(direction, sets),
            Action = Action(direction, family, ports, networks),
            Terminating = Chance(),
            Stateful = Pick<bool?>(null, true, false),
            IdleTimeout = Pick<TimeSpan?>(
            null,
            TimeSpan.FromTicks(random.NextInt64(1, 1L << 40)),
            TimeSpan.FromMinutes(30),
            TimeSpan.FromDays(2)),
        };

    /// <summary>One of several kinds of conditions, each of which can hold in packets of both families.</summary>
    private Match Match(Direction direction, string[] sets)
    {
        var match = new Match
        {
            Dscp = Chance() ? default : Numbers(63),
            Vlan = Chance() ? default : Numbers(4095),
            SourceMac = Chance() ? [] : [StationMac()],
            DestinationMac = Chance() ? [] : [StationMac(), MacAddress.Broadcast],
            Vni = direction == Direction.Out || Chance() ? default : Numbers((int)Vni.MaxValue),
            GroupPolicyId = direction == Direction.Out || Chance() ? default : Numbers(ushort.MaxValue),
            OuterSource = direction == Direction.Out || Chance() ? default : AddressMatch.Parse(
                "172.16.0.0/12,fd00::-fd00::ff,!fd00::7"),
            OuterDestination = direction == Direction.Out || Chance() ? default : AddressMatch.Parse("0.0.0.0/0,::/0"),
            Source = Chance() || sets.Length == 0 ? default : new AddressMatch(
                [new AddressTerm(Pick(sets)), Term(), new AddressTerm(Pick(sets), negated: true)]),
            Destination = Chance() ? default : AddressMatch.Parse("10.0.0.1-10.0.0.9,fd00::/8"),
        };
        return random.Next(5) switch
        {
            0 => VxlanEngine.Policy.Match.Any,
            1 => match with
            {
                Protocols = [IpProtocol.Tcp, IpProtocol.Sctp],
                SourcePorts = Numbers(65535),
                DestinationPorts = Numbers(65535),
                TcpSyn = Chance(),
            },
            2 => match with
            {
                Protocols = [IpProtocol.Icmp, IpProtocol.Icmpv6],
                IcmpType = Numbers(255),
                IcmpCode = Numbers(255),
            },
            3 => match with
            {
                GroupPolicyId = default,
                GroupPolicyApplied = direction == Direction.Out ? null : Chance(),
                Fragments = Pick<ValueArray<FragmentKind>>(
                    [FragmentKind.Later],
                    [FragmentKind.None, FragmentKind.First]),
                EtherTypes = [EtherType.Ipv4, EtherType.Ipv6],
            },
            _ => new Match
            {
                EtherTypes = [EtherType.Arp, (EtherType)random.Next(0x600, 0x10000), EtherType.TransparentEthernet],
            },
        };
    }

    private RuleAction Action(Direction direction, IpFamily family, string[] ports, string[] networks) =>
        random.Next(16) switch
        {
            10 => new RuleAction.Nat { Source = Chance() ? null : Ip(family, 1), Destination = Ip(family, 2) },
            11 => new RuleAction.DynamicNat
            {
                Addresses = new(
                    [new AddressTerm(Ip(family, 1), Ip(family, 9)), new AddressTerm((IpPrefix)Ip(family, 77))]),
                Ports = Pick(new NumberRange(1024, 65535), new NumberRange(1, 1), new NumberRange(5000, 6000)),
            },
            12 => new RuleAction.LoadBalance
            {
                Backends = Enumerable.Range(1, random.Next(1, 5)).Select(i => new Backend
                {
                    Address = Ip(family, i),
                    Port = Chance() ? null : (ushort)random.Next(1, 65536),
                    Weight = Pick(0, 1, 7),
                }).ToValueArray(),
                Hash = Any<LoadBalanceHash>(),
            },
            0 => new RuleAction.Block(),
            1 => new RuleAction.Nat
            {
                DestinationPort = (ushort)random.Next(1, 65536),
                SourcePort = Chance() ? null : (ushort)1,
            },
            2 => new RuleAction.Redirect(),
            3 => new RuleAction.Redirect { Port = Pick(ports) },
            4 => new RuleAction.Mirror { Port = Pick(ports) },
            5 => new RuleAction.Meter { Name = Names(1)[0] },
            6 => new RuleAction.RateLimit
            {
                PacketsPerSecond = Chance() ? null : random.NextInt64(1, long.MaxValue),
                BitsPerSecond = 1,
                Burst = TimeSpan.FromTicks(random.NextInt64(1, 1L << 50)),
            },
            7 => new RuleAction.Modify
            {
                SourceMac = Chance() ? null : StationMac(),
                DestinationMac = Chance() ? null : MacAddress.Broadcast,
                DecrementTtl = true,
                Dscp = Chance() ? null : (byte)63,
                PushVlan = Chance() ? null : (ushort)4095,
                PopVlan = Chance(),
            },
            8 when direction == Direction.Out => new RuleAction.Encap { Network = Pick(networks) },
            9 when direction == Direction.Out => new RuleAction.Encap
            {
                Tunnel = new ExplicitTunnel
                {
                    Vni = new Vni((uint)random.Next(1 << 24)),
                    Destinations = Pick<ValueArray<IpAddress>>(
                        [Ip("172.16.5.1")], [Ip("172.16.5.1"), Ip("172.16.5.2")]),
                    Source = Chance() ? null : Ip("172.16.1.1"),
                    RouterMac = Chance() ? null : StationMac(),
                    Options = Tunnel(),
                },
            },
            8 => new RuleAction.Decap(),
            9 => new RuleAction.Decap { Port = Pick(ports) },
            _ => new RuleAction.Allow(),
        };

    private AddressMatch SetAddresses(string[] earlier)
    {
        var terms = new List<AddressTerm>
        {
            Term(),
            new(IpPrefix.Parse("fd00::/8")),
            new(IpPrefix.Parse("10.0.0.0/8")),
        };
        terms.AddRange(earlier.Select(name => new AddressTerm(name, Chance())));
        return Chance() ? default : new AddressMatch(terms.ToValueArray());
    }

    private AddressTerm Term()
    {
        IpAddress a = new Ipv4Address((uint)random.NextInt64(1L << 32));
        IpAddress b = new Ipv6Address((ulong)random.NextInt64(), (ulong)random.NextInt64());
        return Pick(
            new AddressTerm(a, a, Chance()),
            new AddressTerm(new Ipv4Address(0), a, Chance()),
            new AddressTerm(b, new Ipv6Address(ulong.MaxValue, 0), Chance()),
            new AddressTerm(IpPrefix.Parse("0.0.0.0/0"), Chance()),
            new AddressTerm(IpPrefix.Parse("2001:db8::/33"), Chance()));
    }

    private NumberMatch Numbers(int max)
    {
        var terms = new List<NumberTerm>();
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int first = random.Next(max + 1);
            int last = Chance() ? first : random.Next(first, max + 1);
            terms.Add(new NumberTerm(new NumberRange((uint)first, (uint)last), random.Next(4) == 0));
        }

        return new NumberMatch(terms.ToValueArray());
    }

    private string[] Names(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => $"{Pick(NamePieces)}{++_unique}")];

    private MacAddress StationMac() => new(0x0200_0000_0000UL | ((ulong)random.Next(1 << 16) << 20) | (uint)++_unique);

    private bool Chance() => random.Next(2) == 0;

    private int Maybe(int value) => Chance() ? 0 : value;

    private T Any<T>()
        where T : struct, Enum => Pick(Enum.GetValues<T>());

    private T Pick<T>(params T[] choices) => choices[random.Next(choices.Length)];

    private static IpAddress Ip(IpFamily family, int host) =>
        Ip(family == IpFamily.V4 ? $"198.51.100.{host}" : $"2001:db8:1::{host}");

    private static IpAddress Ip(string text) => IpAddress.Parse(text);
}
