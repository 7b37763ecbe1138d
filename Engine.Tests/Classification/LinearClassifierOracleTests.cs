using VxlanEngine.Classification;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Classification;

/// <summary>The classifier against an evaluator that was written apart from it.</summary>
public sealed class LinearClassifierOracleTests
{
    private const int Layers = 600;
    private const int PacketsPerLayer = 50;

    private static readonly string[] Terms4 =
        ["10.0.0.0/8", "10.0.0.1", "10.0.0.2-10.0.1.3", "10.0.0.0/30", "192.0.2.0/24", "@near", "@mixed", "@none"];

    private static readonly string[] Terms6 =
        ["fd00::/8", "fd00::1", "fd00::2-fd00::1:0", "@near", "@mixed", "@others"];

    private static readonly string[] Numbers = ["80", "0-79", "53,80", "!80", "1000-2000,!1500", "!22,!23", "3"];

    private static readonly AddressSet[] Sets =
    [
        new AddressSet { Name = "near", Addresses = "10.0.0.0/24,fd00::/64" },
        new AddressSet { Name = "mixed", Addresses = "@near,192.0.2.0/24,!10.0.0.1" },
        new AddressSet { Name = "others", Addresses = "!@near" },
        new AddressSet { Name = "none", Addresses = default },
    ];

    [Fact]
    public void Both_find_the_same_rule()
    {
        var random = new Random(20260723);
        int decided = 0;
        for (int i = 0; i < Layers; i++)
        {
            Group[] groups = [.. Enumerable.Range(0, random.Next(1, 5)).Select(n => RandomGroup(random, n))];
            Layer layer = On("a", "l", 1, groups);
            var classifier = new LinearClassifier(layer, Sets.ToValueArray());
            var naive = new NaiveEvaluator(layer, Sets);
            for (int j = 0; j < PacketsPerLayer; j++)
            {
                Sample packet = RandomPacket(random);
                Direction direction = random.Next(4) == 0 ? Direction.In : Direction.Out;
                string? expected = naive.Decide(direction, packet);
                string? actual = classifier.Classify(direction, packet.Facts())?.Id;
                if (expected != actual)
                {
                    Assert.Fail($"{expected} ≠ {actual}: {packet}\n{string.Join('\n', layer.Groups)}");
                }

                decided += expected is null ? 0 : 1;
            }
        }

        // A test that hardly ever matches would prove little, and so would one that always does.
        Assert.InRange(decided, Layers * PacketsPerLayer / 4, Layers * PacketsPerLayer * 9 / 10);
    }

    private static Group RandomGroup(Random random, int number) => new()
    {
        Name = $"g{number}",
        Direction = random.Next(4) == 0 ? Direction.In : Direction.Out,
        Priority = random.Next(3),
        Family = random.Next(6) == 0 ? Pick(random, IpFamily.V4, IpFamily.V6) : null,
        Protocols = random.Next(6) == 0 ? [Pick(random, IpProtocol.Tcp, IpProtocol.Udp), IpProtocol.Icmp] : [],
        Source = random.Next(8) == 0 ? RandomAddresses(random) : default,
        Destination = random.Next(8) == 0 ? RandomAddresses(random) : default,
        Rules = Enumerable.Range(0, random.Next(6)).Select(i => new Rule
        {
            Id = $"r{i}",
            Priority = random.Next(3),
            Action = random.Next(3) == 0 ? Block : Allow,
            Terminating = random.Next(4) == 0,
            Match = RandomMatch(random),
        }).ToValueArray(),
    };

    private static Match RandomMatch(Random random)
    {
        Match match = Match.Any;
        for (int i = random.Next(3); i > 0; i--)
        {
            match = AddCondition(random, match);
        }

        return match;
    }

    private static Match AddCondition(Random random, Match match) => random.Next(20) switch
    {
        0 => match with { Family = Pick(random, IpFamily.V4, IpFamily.V6) },
        1 => match with { Protocols = [Pick(random, IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Gre)] },
        2 => match with { EtherTypes = [Pick(random, EtherType.Ipv4, EtherType.Ipv6, (EtherType)0x88B5)] },
        3 => match with { Source = RandomAddresses(random) },
        4 => match with { Destination = RandomAddresses(random) },
        5 => match with { SourcePorts = Pick(random, Numbers) },
        6 => match with { DestinationPorts = Pick(random, Numbers) },
        7 => match with { IcmpType = Pick(random, Numbers) },
        8 => match with { IcmpCode = Pick(random, Numbers) },
        9 => match with { TcpSyn = random.Next(2) == 0 },
        10 => match with { Fragments = [Pick(random, FragmentKind.None, FragmentKind.First, FragmentKind.Later)] },
        11 => match with { Dscp = Pick(random, "0", "46", "!46", "1-63") },
        12 => match with { SourceMac = [MacAddress.Parse(RandomMac(random))] },
        13 => match with { DestinationMac = [MacAddress.Parse(RandomMac(random))] },
        14 => match with { Vlan = Pick(random, "0", "7", "!7", "1-4095") },
        15 => match with { Vni = Pick(random, "5001", "!5001", "0-9") },
        16 => match with { GroupPolicyId = Pick(random, "7", "!7", "0-9", "65535") },
        17 => match with { GroupPolicyApplied = random.Next(2) == 0 },
        18 => match with { OuterSource = Pick(random, "172.16.0.0/16", "!172.16.0.1", "fd39::/16") },
        _ => match with { OuterDestination = Pick(random, "172.16.0.9", "!172.16.0.9") },
    };

    private static AddressMatch RandomAddresses(Random random)
    {
        string[] terms = random.Next(2) == 0 ? Terms4 : Terms6;
        return string.Join(',', Enumerable.Range(0, random.Next(1, 4))
            .Select(_ => (random.Next(3) == 0 ? "!" : "") + Pick(random, terms)));
    }

    private static Sample RandomPacket(Random random)
    {
        bool isTunnelled = random.Next(3) == 0;
        var packet = new Sample
        {
            SourceMac = RandomMac(random),
            DestinationMac = RandomMac(random),
            Vlan = random.Next(3) == 0 ? Pick(random, 0, 7, 8) : null,
            Vni = isTunnelled ? Pick(random, 0u, 5001u, 5002u) : null,
            Group = isTunnelled && random.Next(2) == 0 ? Pick<ushort>(random, 0, 7, 65535) : null,
            IsPolicyApplied = random.Next(3) == 0,
            OuterSource = isTunnelled ? Pick(random, "172.16.0.1", "172.16.0.2", "fd39::1") : null,
            OuterDestination = isTunnelled ? "172.16.0.9" : null,
            EtherType = Pick(random, (ushort)0x88B5, (ushort)0x8847),
        };
        bool isV6 = random.Next(2) == 0;
        return random.Next(8) == 0 ? packet : RandomTransport(random, isV6, packet with
        {
            EtherType = (ushort)(isV6 ? 0x86DD : 0x0800),
            Source = RandomAddress(random, isV6),
            Destination = RandomAddress(random, isV6),
            Dscp = Pick(random, 0, 46, 10),
            Fragment = random.Next(4) == 0 ? Pick(random, FragmentKind.First, FragmentKind.Later) : FragmentKind.None,
        });
    }

    private static Sample RandomTransport(Random random, bool isV6, Sample ip)
    {
        Sample ported = ip with
        {
            SourcePort = Pick(random, 22, 53, 80, 1500, 1501),
            DestinationPort = Pick(random, 22, 53, 80, 1500, 0),
        };
        return random.Next(5) switch
        {
            0 => ported with
            {
                Protocol = IpProtocol.Tcp,
                Flags = Pick(random, TcpFlags.Syn, TcpFlags.Ack, TcpFlags.Syn | TcpFlags.Ack, TcpFlags.Rst),
            },
            1 => ported with { Protocol = IpProtocol.Udp },
            2 => ported with { Protocol = IpProtocol.Sctp },
            3 => ip with
            {
                Protocol = isV6 ? IpProtocol.Icmpv6 : IpProtocol.Icmp,
                IcmpType = Pick(random, 3, 53, 80),
                IcmpCode = Pick(random, 0, 3, 80),
            },
            _ => ip with { Protocol = IpProtocol.Gre },
        };
    }

    private static string RandomAddress(Random random, bool isV6) => isV6
        ? Pick(random, "fd00::1", "fd00::2", "fd00::ffff", "fd01::1", "2001:db8::1")
        : Pick(random, "10.0.0.1", "10.0.0.2", "10.0.1.3", "10.0.1.4", "192.0.2.1", "198.51.100.1");

    private static string RandomMac(Random random) => Pick(random, "02:00:00:00:00:0a", "02:00:00:00:00:0b");

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];
}
