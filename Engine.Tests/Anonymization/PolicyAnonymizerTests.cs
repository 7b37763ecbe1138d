using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Anonymization;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Scenarios;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Anonymization;

public sealed class PolicyAnonymizerTests
{
    private static readonly AddressMapping Addresses = AddressMappingTests.Make("a key");
    private static readonly MacMapping Macs = new(AddressMappingTests.KeyOf("a key"), Addresses);
    private static readonly PolicyAnonymizer Anonymizer = new(Addresses, Macs);

    public static TheoryData<string> Names => [.. Scenario.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_policy_stays_valid_and_keeps_everything_but_its_addresses(string name)
    {
        SwitchPolicy policy = Scenario.Load(name).Policy;
        SwitchPolicy mapped = Anonymizer.Map(policy);
        Assert.Empty(PolicyValidator.Validate(mapped));
        using JsonDocument before = JsonDocument.Parse(PolicyJson.ToJson(policy));
        using JsonDocument after = JsonDocument.Parse(PolicyJson.ToJson(mapped));
        AssertMapped("$", before.RootElement, after.RootElement);
        Assert.NotEqual(policy, mapped);
        foreach (Port port in policy.Ports)
        {
            string json = PolicyJson.ToJson(mapped);
            Assert.DoesNotContain($"\"{port.Mac}\"", json, StringComparison.Ordinal);
            Assert.All(port.Addresses, a => Assert.DoesNotContain($"\"{a}\"", json, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_mapped_range_holds_the_mapped_addresses_and_no_others() =>
        Prop.ForAll(ArbMap.Default.ArbFor<uint>(), ArbMap.Default.ArbFor<ushort>(), ArbMap.Default.ArbFor<int>(), Holds)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));

    [Theory]
    [InlineData("10.0.0.5-10.0.0.9", 3)]
    [InlineData("10.0.0.0/24", 1)]
    [InlineData("10.0.0.7", 1)]
    [InlineData("0.0.0.0-255.255.255.255", 1)]
    [InlineData("0.0.0.1-255.255.255.254", 62)]
    [InlineData("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1)]
    [InlineData("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 254)]
    [InlineData("@offices,!10.0.0.8-10.0.0.11,10.9.0.0/16", 3)]
    public void A_range_becomes_the_fewest_prefixes(string match, int terms)
    {
        AddressMatch mapped = Mapped(match);
        Assert.Equal(terms, mapped.Terms.Count);
        Assert.Equal(
            AddressMatch.Parse(match).Terms.Any(t => t.Negated), mapped.Terms.Any(t => t.Negated));
    }

    [Fact]
    public void Every_place_of_an_address_is_mapped()
    {
        var tunnel = new ExplicitTunnel
        {
            Vni = new Vni(7),
            Destinations = [IpAddress.Parse("172.31.0.9")],
            Source = IpAddress.Parse("172.31.0.1"),
            RouterMac = MacAddress.Parse("02:00:00:00:00:99"),
            Options = TunnelOptions.Default with { UdpPort = 8472 },
        };
        RuleAction[] actions =
        [
            new RuleAction.Nat { Source = IpAddress.Parse("10.0.0.7"), Destination = IpAddress.Parse("10.0.0.8") },
            new RuleAction.DynamicNat { Addresses = "10.0.0.16-10.0.0.18" },
            new RuleAction.LoadBalance { Backends = [new Backend { Address = IpAddress.Parse("10.0.0.20") }] },
            new RuleAction.Encap { Tunnel = tunnel },
            new RuleAction.Modify { SourceMac = MacAddress.Parse("02:00:00:00:00:98") },
        ];
        var match = new Match
        {
            Source = "10.0.0.30",
            Destination = "10.0.0.31",
            OuterSource = "172.31.0.2",
            OuterDestination = "172.31.0.3",
            SourceMac = [MacAddress.Parse("02:00:00:00:00:97")],
            DestinationMac = [MacAddress.Parse("02:00:00:00:00:96")],
        };
        var policy = new SwitchPolicy
        {
            AddressSets = [new AddressSet { Name = "offices", Addresses = "10.0.0.40" }],
            Layers =
            [
                new Layer
                {
                    Name = "l",
                    Priority = 1,
                    Default = DefaultAction.Allow,
                    Groups =
                    [
                        new Group
                        {
                            Name = "g",
                            Direction = Direction.Out,
                            Source = "10.0.0.50",
                            Destination = "10.0.0.51",
                            Rules = actions.Select((a, i) => new Rule { Id = $"r{i}", Action = a, Match = match })
                                .ToValueArray(),
                        },
                    ],
                },
            ],
        };

        string before = PolicyJson.ToJson(policy);
        string after = PolicyJson.ToJson(Anonymizer.Map(policy));
        Assert.Contains("10.0.0.16", before, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.0.", after, StringComparison.Ordinal);
        Assert.DoesNotContain("172.31.0.", after, StringComparison.Ordinal);
        Assert.DoesNotContain("02:00:00:00:00", after, StringComparison.Ordinal);
        Assert.Equal([KeyValuePair.Create((ushort)8472, TunnelKind.Vxlan)], PolicyAnonymizer.TunnelPortsOf(policy));
    }

    private static bool Holds(uint first, ushort length, int step)
    {
        uint last = (uint)Math.Min((ulong)first + length, uint.MaxValue);
        var probe = new IpAddress(new Ipv4Address(first + (uint)(step % (2 * (length + 1)))));
        var term = new AddressTerm(new Ipv4Address(first), new Ipv4Address(last));
        AddressMatch mapped = Mapped($"{new Ipv4Address(first)}-{new Ipv4Address(last)}");
        return term.Contains(probe) == mapped.Terms.Any(t => t.Contains(Addresses.Map(probe)));
    }

    private static AddressMatch Mapped(string match) => Anonymizer.Map(new SwitchPolicy
    {
        AddressSets = [new AddressSet { Name = "set", Addresses = match }],
    }).AddressSets[0].Addresses;

    /// <summary>Every value is the one there was, mapped where it is an address.</summary>
    private static void AssertMapped(string path, JsonElement before, JsonElement after)
    {
        if (Texts(before).Any(t => t.Contains('-', StringComparison.Ordinal) && AddressTerm.TryParse(t, out _)))
        {
            AssertHoldsTheSame(path, [.. Texts(before)], [.. Texts(after)]);
            return;
        }

        Assert.Equal((path, before.ValueKind), (path, after.ValueKind));
        switch (before.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.Equal(before.EnumerateObject().Select(p => p.Name), after.EnumerateObject().Select(p => p.Name));
                foreach (JsonProperty property in before.EnumerateObject())
                {
                    AssertMapped($"{path}.{property.Name}", property.Value, after.GetProperty(property.Name));
                }

                break;
            case JsonValueKind.Array:
                Assert.Equal((path, before.GetArrayLength()), (path, after.GetArrayLength()));
                foreach ((JsonElement was, JsonElement now) in before.EnumerateArray().Zip(after.EnumerateArray()))
                {
                    AssertMapped($"{path}[]", was, now);
                }

                break;
            default:
                string expected = path.EndsWith(".secret", StringComparison.Ordinal)
                    ? MappedSecret(before.ToString())
                    : MappedText(before.ToString());
                Assert.Equal((path, expected), (path, after.ToString()));
                break;
        }
    }

    // As many bytes, for a password is as long as it is.
    private static string MappedSecret(string secret) =>
        new('x', secret.StartsWith("0x", StringComparison.Ordinal) ? (secret.Length - 2) / 2 : secret.Length);

    // A range becomes prefixes, which only hold the same addresses as it did.
    private static void AssertHoldsTheSame(string path, List<string> before, List<string> after)
    {
        ValueArray<AddressTerm> terms = AddressMatch.Parse(string.Join(',', before)).Terms;
        ValueArray<AddressTerm> mapped = AddressMatch.Parse(string.Join(',', after)).Terms;
        Assert.Equal(terms.Select(t => t.Set).OfType<string>(), mapped.Select(t => t.Set).OfType<string>());
        foreach (IpAddress probe in terms.Where(t => t.Set is null)
            .SelectMany(t => Around(t.First).Concat(Around(t.Last))))
        {
            Assert.Equal((path, probe, Holding(terms, probe)), (path, probe, Holding(mapped, Addresses.Map(probe))));
        }
    }

    private static (bool Included, bool Excluded) Holding(ValueArray<AddressTerm> terms, IpAddress address) => (
        terms.Any(t => !t.Negated && t.Contains(address)),
        terms.Any(t => t.Negated && t.Contains(address)));

    private static IEnumerable<IpAddress> Around(IpAddress address) =>
        new[] { UInt128.MaxValue, UInt128.Zero, UInt128.One }
            .Select(step => AddressMapping.AddressOf(AddressMapping.BitsOf(address) + step, address.Family));

    private static IEnumerable<string> Texts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray()
            .Where(e => e.ValueKind == JsonValueKind.String)
            .Select(e => e.GetString()!),
        _ => [],
    };

    private static string MappedText(string text) =>
        text.StartsWith('!') ? $"!{MappedText(text[1..])}"
        : MacAddress.TryParse(text, null, out MacAddress mac) ? Macs.Map(mac).ToString()
        : IpPrefix.TryParse(text, null, out IpPrefix prefix) ? Addresses.Map(prefix).ToString()
        : text;
}
