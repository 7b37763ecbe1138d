using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Classification;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Classification;

/// <summary>The compiled classifier against the oracle.</summary>
public sealed class CompiledClassifierTests
{
    private const int PacketsPerLayer = 400;

    [Fact]
    public void Any_layer_decides_as_the_oracle_does()
    {
        int pairs = 0;
        int decided = 0;
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            // Below and above the length at which tables replace the plain list.
            var random = new RandomLayer(new Random(seed));
            Layer layer = random.Layer(seed % 3 == 0 ? 6 : 60);
            ValueArray<AddressSet> sets = random.Sets.ToValueArray();
            var oracle = new LinearClassifier(layer, sets);
            var compiled = new CompiledClassifier(layer, sets);
            for (int i = 0; i < PacketsPerLayer; i++)
            {
                PacketFacts packet = random.Packet();
                Direction direction = i % 4 == 0 ? Direction.In : Direction.Out;
                decided += AssertSame(oracle, compiled, direction, packet) is null ? 0 : 1;
                pairs++;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

        // A test that hardly ever matches would prove little, and so would one that always does.
        Assert.True(pairs >= 200_000, $"Only {pairs} pairs were compared.");
        Assert.InRange(decided, pairs / 4, pairs * 9 / 10);
    }

    [Theory]
    [InlineData(FilterKind.AccessList, 1_000, false, false)]
    [InlineData(FilterKind.Firewall, 1_000, false, true)]
    [InlineData(FilterKind.Chain, 1_000, true, false)]
    [InlineData(FilterKind.AccessList, 10_000, true, false)]
    [InlineData(FilterKind.Firewall, 10_000, false, false)]
    [InlineData(FilterKind.Chain, 10_000, false, true)]
    public void Large_rule_sets_decide_as_the_oracle_does(FilterKind kind, int count, bool isV6, bool isCompact)
    {
        const int Packets = 7_000;
        FilterSet set = FilterSet.Make(kind, count, seed: 7, isV6, isCompact);
        var oracle = new LinearClassifier(set.Layer, []);
        var compiled = new CompiledClassifier(set.Layer, []);
        PacketFacts[] packets = set.Packets(Packets);
        int decided = 0;
        foreach (ref readonly PacketFacts packet in packets.AsSpan())
        {
            string? found = compiled.Classify(Direction.Out, packet)?.Id;
            Assert.Equal(set.FirstMatch(packet), found);
            decided += found is null ? 0 : 1;
        }

        Assert.InRange(decided, Packets / 2, Packets);

        // The oracle reads every rule for every packet, so it vouches for a part.
        Assert.All(packets[..(500_000 / count)], p => AssertSame(oracle, compiled, Direction.Out, p));
    }

    [Fact]
    public void Many_rules_that_only_ranges_tell_apart()
    {
        Rule[] rules =
        [
            .. Enumerable.Range(0, 400).Select(i => Rule(
                $"r{i}",
                i % 2 == 0 ? Allow : Block,
                new Match { Protocols = [IpProtocol.Tcp], DestinationPorts = $"{i * 7}-{(i * 7) + (i % 50)}" })),
        ];
        Layer layer = On("a", "l", 1, Out(rules));
        var oracle = new LinearClassifier(layer, []);
        var compiled = new CompiledClassifier(layer, []);

        Assert.All(Enumerable.Range(0, 3000), port =>
        {
            AssertSame(oracle, compiled, Direction.Out, Sample.Tcp(to: 80).Facts() with { Packet = To(port) });
        });

        static ParsedFrame To(int port)
        {
            ParsedFrame packet = Sample.Tcp().Facts().Packet;
            packet.DestinationPort = (ushort)port;
            return packet;
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(100)]
    public void Many_rules_that_only_link_fields_tell_apart(int count)
    {
        Rule[] rules =
        [
            .. Enumerable.Range(0, count).Select(i => Rule($"d{i}", Allow, new Match { DestinationMac = [Mac(i)] })),
            .. Enumerable.Range(0, count).Select(
                i => Rule($"s{i}", Allow, new Match { SourceMac = [Mac(i), Mac(-1)] })),
            .. Enumerable.Range(0, count).Select(i => Rule($"n{i}", Allow, new Match { Vni = i })),
            .. Enumerable.Range(0, count).Select(i => Rule($"v{i}", Allow, new Match { Vlan = i + 1 })),
        ];
        Layer layer = On("a", "l", 1, Out(rules));
        var oracle = new LinearClassifier(layer, []);
        var compiled = new CompiledClassifier(layer, []);
        for (int i = -2; i < count + 2; i++)
        {
            PacketFacts link = Sample.Link(0x88B5).Facts();
            PacketFacts ip = Sample.Tcp().Facts();
            uint vni = (uint)Math.Max(0, i);
            PacketFacts[] packets =
            [
                link with { Packet = link.Packet with { DestinationMac = Mac(i) } },
                ip with { Packet = ip.Packet with { SourceMac = Mac(i) } },
                ip with { HasVni = true, Vni = vni },
                ip with { Vni = vni },
                ip with { Packet = ip.Packet with { VlanTci = (ushort)(i & 0xFFF) } },
            ];
            Assert.All(packets, p => AssertSame(oracle, compiled, Direction.Out, p));
        }

        Assert.Equal("d1", compiled.Classify(
            Direction.Out, Sample.Link(0x88B5).Facts() with { Packet = new ParsedFrame { DestinationMac = Mac(1) } })
            ?.Rule.Id);

        static MacAddress Mac(int i) => new(0x0242_0000_0000UL + (ulong)(i + 16));
    }

    [Fact]
    public void Prefixes_of_all_lengths_hold_their_first_and_last_address_and_none_beside()
    {
        foreach (string text in new[] { "10.77.200.85", "2001:db8:aaaa:5555:cccc:3333:f0f0:e1e1" })
        {
            var address = IpAddress.Parse(text);
            Rule[] rules =
            [
                .. Enumerable.Range(0, address.BitLength + 1).Reverse().Select(length => Rule(
                    $"{length}",
                    Allow,
                    new Match { Destination = new AddressMatch([new AddressTerm(Prefix(length))]) })),
            ];
            Layer layer = On("a", "l", 1, Out(rules));
            var oracle = new LinearClassifier(layer, []);
            var compiled = new CompiledClassifier(layer, []);
            for (int length = 0; length <= address.BitLength; length++)
            {
                UInt128 first = Number(Prefix(length).Address);
                UInt128 last = Number(Prefix(length).Last);
                foreach (UInt128 value in new[] { first - 1, first, last, last + 1 })
                {
                    PacketFacts packet = To(value);
                    AssertSame(oracle, compiled, Direction.Out, packet);
                }
            }

            IpPrefix Prefix(int length)
            {
                UInt128 mask = length == 0 ? 0 : UInt128.MaxValue << (address.BitLength - length);
                return new IpPrefix(Make(Number(address) & mask), length);
            }

            IpAddress Make(UInt128 value) => address.Family == IpFamily.V6
                ? new Ipv6Address((ulong)(value >> 64), (ulong)value)
                : new Ipv4Address((uint)value);

            PacketFacts To(UInt128 value)
            {
                PacketFacts facts = (address.Family == IpFamily.V6 ? Sample.Tcp().Over6() : Sample.Tcp()).Facts();
                facts.Packet.Destination = Make(value);
                return facts;
            }
        }

        static UInt128 Number(IpAddress address) => new(address.High, address.Low);
    }

    [Fact]
    public void A_layer_without_rules_leaves_all_to_its_default()
    {
        foreach (Layer layer in new[] { On("a", "l", 1), On("a", "l", 1, Out()), On("a", "l", 1, Out(), In()) })
        {
            var compiled = new CompiledClassifier(layer, []);

            Assert.Null(compiled.Classify(Direction.Out, Sample.Tcp().Facts()));
            Assert.Null(compiled.Classify(Direction.In, Sample.Link(0x88B5).Facts()));
            Assert.Empty(compiled.Rules);
        }
    }

    [Fact]
    public void Conditions_at_their_limits()
    {
        Match[] matches =
        [
            new() { Source = "0.0.0.0/0" },
            new() { Source = "::/0" },
            new() { Source = "!::/0" },
            new() { Source = "!0.0.0.0/0,!::/0" },
            new() { Source = "255.255.255.255,0.0.0.0" },
            new() { Source = "@none" },
            new() { Source = "!@none" },
            new() { DestinationPorts = "65535" },
            new() { DestinationPorts = "1-65535" },
            new() { DestinationPorts = "!0-65535" },
            new() { SourcePorts = "0-65535" },
            new() { SourcePorts = "!0,!65535" },
            new() { Dscp = "63" },
            new() { Fragments = [FragmentKind.Later] },
            new() { IcmpType = 0, IcmpCode = "!0" },
            new() { Protocols = [IpProtocol.HopByHop] },
            new(),
        ];
        Sample[] samples =
        [
            Sample.Tcp(65535, 65535), Sample.Tcp(0, 0), Sample.Udp(1, 65534).Over6(), Sample.Link(0x88B5),
            Sample.Tcp() with { Fragment = FragmentKind.Later }, Sample.Tcp() with { Fragment = FragmentKind.First },
            Sample.Icmp(0, 1), Sample.Icmp(0), Sample.Ip(IpProtocol.HopByHop), Sample.Ip((IpProtocol)255),
            Sample.Tcp() with { Dscp = 63, Source = "255.255.255.255" }, Sample.Udp() with { Source = "0.0.0.0" },
        ];
        ValueArray<AddressSet> sets = [new AddressSet { Name = "none", Addresses = default }];
        foreach (Match match in matches)
        {
            Layer layer = On("a", "l", 1, Out(Rule("r", Allow, match)));
            var oracle = new LinearClassifier(layer, sets);
            var compiled = new CompiledClassifier(layer, sets);
            Assert.All(samples, s => AssertSame(oracle, compiled, Direction.Out, s.Facts()));
        }
    }

    [Fact]
    public void A_set_of_thousands_of_addresses_is_one_condition()
    {
        var sets = new AddressSet
        {
            Name = "pods",
            Addresses = string.Join(',', Enumerable.Range(0, 3000).Select(i => $"10.{i / 200}.{i % 200}.7")),
        };
        Rule[] rules =
        [
            .. Enumerable.Range(0, 20).Select(i => Rule(
                $"r{i}",
                Allow,
                new Match { Source = "@pods,!10.3.0.0/16", Destination = "!@pods", DestinationPorts = i })),
        ];
        Layer layer = On("a", "l", 1, Out(rules));
        var oracle = new LinearClassifier(layer, [sets]);
        var compiled = new CompiledClassifier(layer, [sets]);
        for (int i = 0; i < 20; i++)
        {
            foreach (string from in new[] { "10.2.5.7", "10.2.5.8", "10.3.5.7", "10.200.1.7" })
            {
                PacketFacts packet = (Sample.Tcp(to: i) with { Source = from }).Facts();
                BoundRule? found = AssertSame(oracle, compiled, Direction.Out, packet);
                Assert.Equal(from == "10.2.5.7" ? $"r{i}" : null, found?.Rule.Id);
            }
        }
    }

    [Fact]
    public void Looking_rules_up_allocates_nothing()
    {
        FilterSet set = FilterSet.Make(FilterKind.Chain, 1_000);
        var compiled = new CompiledClassifier(set.Layer, []);
        PacketFacts[] packets = set.Packets(64);
        int decided = 0;

        Allocations.AssertNone(
            () =>
            {
                foreach (ref readonly PacketFacts packet in packets.AsSpan())
                {
                    decided += compiled.Classify(Direction.Out, packet) is null ? 0 : 1;
                }
            },
            iterations: 50);

        Assert.True(decided > 0);
    }

    [Fact]
    public void Memory_grows_with_the_rules_and_not_faster()
    {
        long few = new CompiledClassifier(FilterSet.Make(FilterKind.Firewall, 1_000).Layer, []).MemoryBytes;
        long many = new CompiledClassifier(FilterSet.Make(FilterKind.Firewall, 8_000).Layer, []).MemoryBytes;

        Assert.InRange(few, 1_000 * 40, 1_000 * 400);
        Assert.InRange(many, 8_000 * 40, few * 16);
    }

    private static BoundRule? AssertSame(
        LinearClassifier oracle, CompiledClassifier compiled, Direction direction, in PacketFacts packet)
    {
        BoundRule? expected = oracle.Classify(direction, packet);
        BoundRule? actual = compiled.Classify(direction, packet);
        if (!string.Equals(expected?.Id, actual?.Id, StringComparison.Ordinal))
        {
            Assert.Fail(
                $"{direction}: {Describe(expected)} ≠ {Describe(actual)} for {packet.Packet.Protocol} "
                + $"{packet.Packet.Source}:{packet.Packet.SourcePort} to "
                + $"{packet.Packet.Destination}:{packet.Packet.DestinationPort}");
        }

        return actual;
    }

    private static string Describe(BoundRule? rule) =>
        rule is null ? "the default" : $"{rule} ({rule.Rule.Match}, group {rule.Group.Condition})";
}
