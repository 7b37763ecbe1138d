using VxlanEngine.Policy;
using VxlanEngine.Tests.Pipeline;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Policy;

/// <summary>The sessions that a policy asks for: as JSON, and mistakes in them.</summary>
public sealed class BfdPolicyTests
{
    private const string Json =
        """
        {
          "version": 1,
          "ports": [
            { "name": "up", "kind": "uplink", "mac": "02:aa:00:00:00:01", "addresses": ["172.31.9.1"], "bfd": BFD }
          ]
        }
        """;

    private const string Secret = ".authentication.keys[0].secret";

    private const string OneJson = """{ "id": 1, "secret": "x" }""";

    private static readonly BfdOptions Right = new() { Vteps = [Ip(VtepC)] };
    private static readonly BfdKey One = new() { Id = 1, Secret = "x" };

    public static TheoryData<string, string, BfdOptions> Mistakes() => new()
    {
        { ".vteps", "Expected at least one VTEP", Right with { Vteps = [] } },
        { ".vteps[0]", "found the multicast address", Right with { Vteps = [Ip("224.0.0.1")] } },
        { ".vteps[0]", "is an address of a local uplink", Right with { Vteps = [Ip(Vtep)] } },
        { ".vteps[1]", "given twice", Right with { Vteps = [Ip(VtepC), Ip(VtepC)] } },
        { ".vni", "VNI 5001 is the management VNI", Right with { Vni = new(5001) } },
        { ".vni", "and no tenants', but network \"green\" has it", Right with { Vni = new(5001) } },
        { ".vni", "but a route of network \"green\" leads into it", Right with { Vni = new(6001) } },
        { ".vni", "but rule \"far\" encapsulates into it", Right with { Vni = new(7001) } },
        { ".minTx", "Expected an interval from 10ms to 1m, found 9ms", Right with { MinTx = Of(9) } },
        { ".minRx", "found 60001ms", Right with { MinRx = Of(60_001) } },
        { ".minRx", "found 0s", Right with { MinRx = TimeSpan.Zero } },
        { ".multiplier", "from 1 to 255, found 0", Right with { Multiplier = 0 } },
        { ".tunnel.ttl", "found 0", Right with { Tunnel = new TunnelOptions { Ttl = 0 } } },
        { ".authentication.type", "Expected a type of authentication, found 0", By(BfdAuthenticationType.None, "x") },
        { ".authentication.type", "found 6", By((BfdAuthenticationType)6, "x") },
        { ".authentication.keys", "Expected at least one key", By(BfdAuthenticationType.KeyedSha1) },
        {
            ".authentication.keys[1].id",
            "Key 1 is given twice",
            Right with { Authentication = new() { Type = BfdAuthenticationType.KeyedMd5, Keys = [One, One] } }
        },
        { Secret, "Expected printable ASCII characters", By(BfdAuthenticationType.KeyedSha1, "") },
        { Secret, "Expected printable ASCII characters", By(BfdAuthenticationType.KeyedSha1, "schlüssel") },
        { Secret, "or 0x and two hexadecimal digits a byte", By(BfdAuthenticationType.KeyedSha1, "0x") },
        { Secret, "or 0x and two hexadecimal digits a byte", By(BfdAuthenticationType.KeyedSha1, "0x123") },
        { Secret, "or 0x and two hexadecimal digits a byte", By(BfdAuthenticationType.KeyedSha1, "0x1g") },
        { Secret, "at most 20 bytes, found 21", By(BfdAuthenticationType.KeyedSha1, new string('x', 21)) },
        { Secret, "at most 16 bytes, found 17", By(BfdAuthenticationType.KeyedMd5, new string('x', 17)) },
        { Secret, "at most 16 bytes, found 17", By(BfdAuthenticationType.SimplePassword, "0x" + new string('0', 34)) },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_told(string path, string message, BfdOptions bfd)
    {
        PolicyError error = Assert.Single(PolicyValidator.Validate(With(bfd)));
        Assert.Equal($"$.ports[2].bfd{path}", error.Path);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_right_one_has_no_mistakes() => Assert.Empty(PolicyValidator.Validate(With(Right)));

    [Fact]
    public void An_uplink_watches_only_vteps_of_its_own_families()
    {
        SwitchPolicy policy = With(Right with { Vteps = [Ip(VtepD)] })
            .WithPort("up", p => p with { Addresses = [Ip(Vtep)] })
            .With(n => n with { Endpoints = n.Endpoints.Where(e => e.Vtep.Family == IpFamily.V4).ToValueArray() });
        PolicyError error = Assert.Single(PolicyValidator.Validate(policy), e => e.Path.Contains("bfd"));
        Assert.Equal("Uplink \"up\" has no address of fd39::2's family to watch it from.", error.Message);
    }

    [Fact]
    public void Two_uplinks_do_not_watch_one_vtep()
    {
        SwitchPolicy policy = With(Right).Plus(
            Uplink with { Name = "second", Addresses = [Ip("172.31.9.200")], Bfd = Right });
        PolicyError error = Assert.Single(PolicyValidator.Validate(policy));
        Assert.Equal("$.ports[3].bfd.vteps[0]", error.Path);
        Assert.Equal($"Uplink \"up\" watches {VtepC} already.", error.Message);
    }

    [Fact]
    public void Defaults_need_not_be_said()
    {
        BfdOptions bfd = Parse("""{ "vteps": "172.31.9.2" }""");
        Assert.Equal(Right, bfd);
        Assert.Equal((1u, 300, 300, 3), (
            bfd.Vni.Value, (int)bfd.MinTx.TotalMilliseconds, (int)bfd.MinRx.TotalMilliseconds, bfd.Multiplier));
    }

    [Theory]
    [InlineData("simplePassword", BfdAuthenticationType.SimplePassword)]
    [InlineData("keyedMd5", BfdAuthenticationType.KeyedMd5)]
    [InlineData("meticulousKeyedMd5", BfdAuthenticationType.MeticulousKeyedMd5)]
    [InlineData("keyedSha1", BfdAuthenticationType.KeyedSha1)]
    [InlineData("meticulousKeyedSha1", BfdAuthenticationType.MeticulousKeyedSha1)]
    public void Every_type_of_authentication_can_be_said(string word, BfdAuthenticationType type)
    {
        string json =
            $$"""{ "vteps": "172.31.9.2", "authentication": { "type": "{{word}}", "keys": [{{OneJson}}] } }""";
        BfdOptions bfd = Parse(json);
        Assert.Equal(Right with { Authentication = new() { Type = type, Keys = [One] } }, bfd);
        Assert.Empty(PolicyValidator.Validate(With(bfd)));
        Assert.Equal(With(bfd), PolicyJson.Parse(PolicyJson.ToJson(With(bfd))));
    }

    [Theory]
    [InlineData("""{ "id": 1, "secret": 4711081500 }""")]
    [InlineData("""{ "id": 1, "secret": "s3kr\u0007t" }""")]
    [InlineData("""{ "id": 1, "secret": "s3kr3t-and-much-longer-than-it-may-be" }""")]
    public void No_message_repeats_a_secret(string key)
    {
        string json =
            $$"""{ "vteps": "172.31.9.2", "authentication": { "type": "keyedSha1", "keys": [{{key}}] } }""";
        PolicyException mistake = Assert.Throws<PolicyException>(() => Parse(json));
        Assert.Contains("secret", mistake.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3kr", mistake.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("4711081500", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_as_text_has_no_secrets()
    {
        BfdOptions bfd = By(BfdAuthenticationType.KeyedSha1, "s3kr3t");
        string text = $"{bfd} {With(bfd).Ports[2]} {bfd.Authentication}";
        Assert.Contains("key 1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("s3kr3t", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_can_be_said()
    {
        BfdOptions bfd = Parse(
            """
            {
              "vteps": ["172.31.9.2", "172.31.9.3"], "vni": 0, "minTx": "50ms", "minRx": "1s", "multiplier": 5,
              "tunnel": { "udpPort": 8472 }
            }
            """);
        Assert.Equal(
            new BfdOptions
            {
                Vteps = [Ip(VtepC), Ip(VtepE)],
                Vni = new Vni(0),
                MinTx = Of(50),
                MinRx = Of(1000),
                Multiplier = 5,
                Tunnel = new TunnelOptions { UdpPort = 8472 },
            },
            bfd);
    }

    [Theory]
    [InlineData("{}", "vteps")]
    [InlineData("""{ "vteps": "172.31.9.2", "interval": "1s" }""", "interval")]
    [InlineData("""{ "vteps": "172.31.9.2", "minTx": 300 }""", "duration")]
    [InlineData("""{ "vteps": "172.31.9.2", "multiplier": 256 }""", "255")]
    [InlineData("""{ "vteps": "172.31.9.2", "authentication": { "type": "sha1", "keys": [] } }""", "keyedSha1")]
    [InlineData("""{ "vteps": "172.31.9.2", "authentication": { "type": "keyedMd5" } }""", "keys")]
    [InlineData("""{ "vteps": "172.31.9.2", "authentication": { "keys": [] } }""", "type")]
    [InlineData("""{ "vteps": "172.31.9.2", "authentication": { "keys": [{ "id": 256 }] } }""", "255")]
    public void What_is_not_of_the_form_is_told(string bfd, string message) => Assert.Contains(
        message, Assert.Throws<PolicyException>(() => Parse(bfd)).Message, StringComparison.Ordinal);

    private static BfdOptions By(BfdAuthenticationType type, params string[] secrets) => Right with
    {
        Authentication = new BfdAuthentication
        {
            Type = type,
            Keys = secrets.Select(secret => new BfdKey { Id = 1, Secret = secret }).ToValueArray(),
        },
    };

    private static TimeSpan Of(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static BfdOptions Parse(string bfd) =>
        PolicyJson.Parse(Json.Replace("BFD", bfd, StringComparison.Ordinal)).Ports[0].Bfd!;

    /// <summary>The network Green with a route and a rule into VNIs of others.</summary>
    private static SwitchPolicy With(BfdOptions bfd)
    {
        var tunnel = new ExplicitTunnel
        {
            Vni = new Vni(7001),
            Destinations = [Ip(VtepFar)],
            RouterMac = Mac(MacFarRouter),
        };
        var rule = new Rule
        {
            Id = "far",
            Action = new RuleAction.Encap { Tunnel = tunnel },
            Match = new Match { Destination = "10.7.0.0/16" },
        };
        return Green.Policy.WithPort("up", p => p with { Bfd = bfd })
            .With(n => n with
            {
                Routes =
                [
                    new RemoteSubnet
                    {
                        Prefix = IpPrefix.Parse("10.6.0.0/16"),
                        Vteps = [Ip(VtepFar)],
                        Vni = new Vni(6001),
                        RouterMac = Mac(MacFarRouter),
                    },
                ],
            })
            .WithLayers(Vnet with
            {
                Groups = [.. Vnet.Groups, new Group { Name = "far", Direction = Direction.Out, Rules = [rule] }],
            });
    }
}
