using VxlanEngine.Policy;
using VxlanEngine.Tests.Pipeline;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Policy;

/// <summary>The multicast groups that networks name: as JSON, and mistakes in them.</summary>
public sealed class MulticastGroupPolicyTests
{
    private const string Json =
        """
        {
          "version": 1,
          "ports": [
            { "name": "up", "kind": "uplink", "mac": "02:aa:00:00:00:01", "addresses": ["172.31.9.1"] }
          ],
          "networks": [{ "name": "green", "vni": 5001, "multicastGroup": GROUP }]
        }
        """;

    private static readonly MulticastGroup Right = new() { Address = Ip("239.1.1.1") };

    public static TheoryData<string, string, MulticastGroup> Mistakes() => new()
    {
        { ".address", "Expected a multicast group, found none", Right with { Address = default } },
        { ".address", "found 172.31.9.2, which is none", Right with { Address = Ip(VtepC) } },
        { ".address", "found 255.255.255.255, which is none", Right with { Address = Ip("255.255.255.255") } },
        { ".address", "224.0.0.1 is one that hosts", Right with { Address = Ip("224.0.0.1") } },
        { ".address", "ff02::1 is one that hosts", Right with { Address = Ip("ff02::1") } },
        { ".address", "ff02::1:ff00:1 is one that hosts", Right with { Address = Ip("ff02::1:ff00:1") } },
        { ".address", "ff01::5 does not leave the machine", Right with { Address = Ip("ff01::5") } },
        { ".address", "ff10::5 does not leave the machine", Right with { Address = Ip("ff10::5") } },
        { ".uplink", "\"upp\"", Right with { Uplink = "upp" } },
        { ".uplink", "Port \"a\" is no uplink", Right with { Uplink = "a" } },
        { ".uplink", "\"four\" has no address of the family", new() { Address = Ip("ff05::5"), Uplink = "four" } },
        { ".ttl", "found 0", Right with { Ttl = 0 } },
        { ".replicateTo[0]", "found the multicast address", Right with { ReplicateTo = [Ip("239.1.1.2")] } },
        { ".replicateTo[0]", "is an address of a local uplink", Right with { ReplicateTo = [Ip(Vtep)] } },
        { ".replicateTo[1]", "given twice", Right with { ReplicateTo = [Ip(VtepC), Ip(VtepC)] } },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_told(string path, string message, MulticastGroup group)
    {
        PolicyError error = Assert.Single(PolicyValidator.Validate(With(group)));
        Assert.Equal($"$.networks[0].multicastGroup{path}", error.Path);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_uplink_of_the_groups_family_is_needed()
    {
        SwitchPolicy policy = Green.Policy.WithPort("up", p => p with { Addresses = [Ip(Vtep)] })
            .With(n => n with { Endpoints = [], MulticastGroup = new MulticastGroup { Address = Ip("ff0e::5") } });
        PolicyError error = Assert.Single(PolicyValidator.Validate(policy));
        Assert.Equal("No uplink has an address of the family of ff0e::5.", error.Message);
    }

    [Theory]
    [InlineData("224.0.1.0")]
    [InlineData("232.1.1.1")]
    [InlineData("239.255.255.255")]
    [InlineData("ff02::1:1")]
    [InlineData("ff12::1")]
    [InlineData("ff0e::1")]
    public void Groups_of_others_are_right(string group) =>
        Assert.Empty(PolicyValidator.Validate(With(Right with { Address = Ip(group) })));

    [Fact]
    public void Defaults_need_not_be_said()
    {
        MulticastGroup group = Parse("""{ "address": "239.1.1.1" }""");
        Assert.Equal(Right, group);
        Assert.Equal((null, 1, 0), (group.Uplink, group.Ttl, group.ReplicateTo.Count));
    }

    [Fact]
    public void Everything_can_be_said() => Assert.Equal(
        new MulticastGroup { Address = Ip("239.1.1.1"), Uplink = "up", Ttl = 16, ReplicateTo = [Ip(VtepC)] },
        Parse("""{ "address": "239.1.1.1", "uplink": "up", "ttl": 16, "replicateTo": "172.31.9.2" }"""));

    [Theory]
    [InlineData("{}", "address")]
    [InlineData("\"239.1.1.1\"", "object")]
    [InlineData("""{ "address": "239.1.1.1", "ttl": 0 }""", "255")]
    [InlineData("""{ "address": "239.1.1.1", "hops": 3 }""", "hops")]
    public void What_is_not_of_the_form_is_told(string group, string message) => Assert.Contains(
        message, Assert.Throws<PolicyException>(() => Parse(group)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_groups_family_counts_for_the_mtu_inside()
    {
        SwitchPolicy policy = Green.Policy.WithPort("up", p => p with { Mtu = 1500 })
            .With(n => n with { Endpoints = [], Vteps = [Ip(VtepC)] });
        Assert.Equal(1450, OverlayMtu.Of(policy, policy.Networks[0]));
        policy = policy.With(n => n with { MulticastGroup = new MulticastGroup { Address = Ip("ff0e::5") } });
        Assert.Equal(1430, OverlayMtu.Of(policy, policy.Networks[0]));
    }

    private static MulticastGroup Parse(string group) =>
        PolicyJson.Parse(Json.Replace("GROUP", group, StringComparison.Ordinal)).Networks[0].MulticastGroup!;

    private static SwitchPolicy With(MulticastGroup group) =>
        Green.Policy.Plus(Uplink with { Name = "four", Addresses = [Ip("172.31.9.200")] })
            .With(n => n with { MulticastGroup = group });
}
