using System.Text;
using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Policy;

public sealed class PolicyJsonTests
{
    [Fact]
    public void Every_object_of_the_sample_means_what_it_says()
    {
        SwitchPolicy policy = PolicyJson.Parse(PolicySamples.Overlay);

        Port db = policy.Ports[0];
        Assert.Equal("db", db.Name);
        Assert.Equal(PortKind.Endpoint, db.Kind);
        Assert.Equal("green", db.Network);
        Assert.Equal([IpAddress.Parse("10.0.2.5"), IpAddress.Parse("fd02::5")], db.Addresses);
        Assert.Equal(0, db.Mtu);
        Assert.Equal(1500, policy.Ports[1].Mtu);
        Network green = policy.Networks[0];
        Assert.Equal(new Vni(5001), green.Vni);
        Assert.Equal(Flooding.Punt, green.UnknownUnicast);
        Assert.Equal(Flooding.Drop, green.Multicast);
        Assert.Equal([IpAddress.Parse("172.31.9.9")], green.Routes[0].Vteps);
        Assert.Equal(new NumberRange(50000, 50999), green.Tunnel.SourcePorts);
        Assert.Equal(4789, green.Tunnel.UdpPort);
        Assert.Equal("@offices,10.0.0.0/8", policy.AddressSets[1].Addresses.ToString());
        Group inbound = policy.Layers[0].Groups[1];
        Assert.Equal([IpProtocol.Tcp, IpProtocol.Udp], inbound.Protocols);
        Assert.Equal(IpFamily.V4, inbound.Family);
        Assert.Equal(TimeSpan.FromMinutes(30), inbound.Rules[0].IdleTimeout);
        var encap = Assert.IsType<RuleAction.Encap>(policy.Layers[2].Groups[0].Rules[0].Action);
        Assert.Equal(9, encap.Tunnel!.Options.Ttl);
        Assert.Equal(2, encap.Tunnel.Destinations.Count);
        Assert.Equal(new RuleAction.Decap(), policy.Layers[2].Groups[1].Rules[0].Action);
    }

    [Fact]
    public void A_saved_policy_loads_back_equal()
    {
        SwitchPolicy policy = PolicyJson.Parse(PolicySamples.Overlay);
        string json = PolicyJson.ToJson(policy);
        Assert.Equal(policy, PolicyJson.Parse(json));
        Assert.Equal(json, PolicyJson.ToJson(PolicyJson.Parse(json)));
    }

    [Fact]
    public void Every_valid_policy_loads_back_equal() =>
        Prop.ForAll(
                Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
                seed =>
                {
                    SwitchPolicy policy = RandomPolicy.Make(seed);
                    string json = PolicyJson.ToJson(policy);
                    SwitchPolicy loaded = PolicyJson.Parse(json);
                    Assert.Equal(policy, loaded);
                    Assert.Equal(json, PolicyJson.ToJson(loaded));
                })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Cutting_a_policy_short_is_an_error_and_never_another_exception()
    {
        string json = PolicyJson.ToJson(PolicyJson.Parse(PolicySamples.Overlay)).TrimEnd();
        for (int length = 0; length < json.Length; length++)
        {
            Assert.Throws<PolicyException>(() => PolicyJson.Parse(json[..length]));
        }
    }

    [Fact]
    public void Replacing_any_value_loads_or_is_a_policy_exception()
    {
        string json = PolicyJson.ToJson(PolicyJson.Parse(PolicySamples.Overlay));
        string[] values =
        [
            "null",
            "true",
            "-1",
            "1e3",
            "\"\"",
            "\"x\"",
            "[]",
            "{}",
            "[null]",
            "{\"a\": 1}",
            "99999999999999999999",
        ];
        int refused = 0;
        for (int end = 0, at; (at = json.IndexOf(": ", end, StringComparison.Ordinal)) >= 0;)
        {
            end = json.IndexOfAny([',', '\n', '}'], at + 2);
            foreach (string value in values)
            {
                try
                {
                    PolicyJson.Parse(json[..(at + 2)] + value + json[end..]);
                }
                catch (PolicyException e)
                {
                    refused++;
                    Assert.All(e.Errors, error => Assert.True(error.Line > 0, error.ToString()));
                }
            }
        }

        Assert.True(refused > 500, $"only {refused} replacements were refused");
    }

    [Fact]
    public void A_stream_and_a_file_load_like_a_string_with_byte_order_mark_or_without()
    {
        SwitchPolicy expected = PolicyJson.Parse(PolicySamples.Overlay);
        byte[] marked = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(PolicySamples.Overlay)];
        using var stream = new MemoryStream(marked);
        Assert.Equal(expected, PolicyJson.Load(stream));
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream file = File.Create(path))
            {
                PolicyJson.Save(expected, file);
            }

            Assert.Equal(expected, PolicyJson.Load(path));
            File.WriteAllText(path, "{}");
            Assert.StartsWith(
                $"{path}:1: ",
                Assert.Throws<PolicyException>(() => PolicyJson.Load(path)).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void An_uplink_without_mtu_gets_1500_and_one_without_limit_keeps_none()
    {
        const string Uplink = "{ \"version\": 1, \"ports\": [ { \"mtu\": 0, \"name\": \"u\", \"kind\": \"uplink\", "
            + "\"mac\": \"02:00:00:00:00:01\", \"addresses\": \"10.0.0.1\" } ] }";
        SwitchPolicy unlimited = PolicyJson.Parse(Uplink);
        Assert.Equal(0, unlimited.Ports[0].Mtu);
        Assert.Contains("\"mtu\": 0", PolicyJson.ToJson(unlimited), StringComparison.Ordinal);
        SwitchPolicy usual = PolicyJson.Parse(Uplink.Replace("\"mtu\": 0, ", "", StringComparison.Ordinal));
        Assert.Equal(1500, usual.Ports[0].Mtu);
        Assert.DoesNotContain("mtu", PolicyJson.ToJson(usual), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_shared_example_means_what_it_says()
    {
        string? path = SharedExample("overlay.json");
        Skip.If(path is null, "the shared examples are not on this machine");
        SwitchPolicy policy = PolicyJson.Load(path);

        Assert.Equal(SharedOverlay, policy);
        Assert.Equal(policy, PolicyJson.Parse(PolicyJson.ToJson(policy)));
    }

    private static string? SharedExample(string name)
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string path = Path.Combine(folder, "shared", "examples", name);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private static IpAddress Ip(string text) => IpAddress.Parse(text);

    private static MacAddress Mac(string text) => MacAddress.Parse(text);

    /// <summary>What shared/examples/overlay.json says, written by hand.</summary>
    private static SwitchPolicy SharedOverlay => new()
    {
        Ports =
        [
            new()
            {
                Name = "web",
                Kind = PortKind.Endpoint,
                Network = "blue",
                Mac = Mac("02:42:0a:00:01:05"),
                Addresses = [Ip("10.0.1.5"), Ip("fd01::5")],
            },
            new()
            {
                Name = "uplink",
                Kind = PortKind.Uplink,
                Mac = Mac("02:aa:00:00:00:01"),
                Addresses = [Ip("172.31.0.1"), Ip("fd31::1")],
                Mtu = 1500,
            },
        ],
        Networks =
        [
            new()
            {
                Name = "blue",
                Vni = new Vni(4097),
                Subnets = [IpPrefix.Parse("10.0.1.0/24"), IpPrefix.Parse("fd01::/64")],
                Gateway = new() { Addresses = [Ip("10.0.1.1"), Ip("fd01::1")], Mac = Mac("02:42:0a:00:01:01") },
                Endpoints =
                [
                    new()
                    {
                        Addresses = [Ip("10.0.1.6"), Ip("fd01::6")],
                        Mac = Mac("02:42:0a:00:01:06"),
                        Vtep = Ip("172.31.0.2"),
                    },
                    new() { Addresses = [Ip("10.0.1.7")], Mac = Mac("02:42:0a:00:01:07"), Vtep = Ip("fd31::3") },
                ],
                UnknownUnicast = Flooding.Drop,
                Broadcast = Flooding.Replicate,
                Multicast = Flooding.Replicate,
            },
        ],
        Neighbors =
        [
            new() { Port = "uplink", Address = Ip("172.31.0.2"), Mac = Mac("02:aa:00:00:00:02") },
            new() { Port = "uplink", Address = Ip("fd31::3"), Mac = Mac("02:aa:00:00:00:03") },
        ],
        Layers =
        [
            new()
            {
                Name = "acl",
                Ports = ["web"],
                Priority = 100,
                Stateful = true,
                Default = DefaultAction.Block,
                Groups =
                [
                    new()
                    {
                        Name = "acl-out",
                        Direction = Direction.Out,
                        Rules =
                        [
                            new()
                            {
                                Id = "no-telnet",
                                Priority = 100,
                                Match = new() { Protocols = [IpProtocol.Tcp], DestinationPorts = 23 },
                                Action = new RuleAction.Block(),
                            },
                            new() { Id = "anything-out", Priority = 200, Action = new RuleAction.Allow() },
                        ],
                    },
                    new()
                    {
                        Name = "acl-in",
                        Direction = Direction.In,
                        Rules =
                        [
                            new()
                            {
                                Id = "http-in",
                                Priority = 100,
                                Match = new()
                                {
                                    Protocols = [IpProtocol.Tcp],
                                    DestinationPorts = new([new(80), new(new NumberRange(8000, 8099))]),
                                    Source = new([new AddressTerm(IpPrefix.Parse("10.0.1.0/24"))]),
                                },
                                Action = new RuleAction.Allow(),
                            },
                        ],
                    },
                ],
            },
            new()
            {
                Name = "nat",
                Ports = ["web"],
                Priority = 200,
                Stateful = true,
                Default = DefaultAction.Allow,
                Groups =
                [
                    new()
                    {
                        Name = "vip",
                        Direction = Direction.Out,
                        Rules =
                        [
                            new()
                            {
                                Id = "dns-vip",
                                Priority = 1000,
                                Match = new()
                                {
                                    Protocols = [IpProtocol.Udp],
                                    Destination = "10.0.1.250",
                                    DestinationPorts = 53,
                                },
                                Action = new RuleAction.Nat { Destination = Ip("10.0.1.6"), DestinationPort = 5353 },
                            },
                        ],
                    },
                ],
            },
            new()
            {
                Name = "vnet",
                Ports = ["web"],
                Priority = 300,
                Stateful = false,
                Default = DefaultAction.Block,
                Groups =
                [
                    new()
                    {
                        Name = "encap",
                        Direction = Direction.Out,
                        Rules =
                        [
                            new()
                            {
                                Id = "to-blue",
                                Match = new() { Destination = "10.0.1.0/24,fd01::/64" },
                                Action = new RuleAction.Encap { Network = "blue" },
                            },
                        ],
                    },
                    new()
                    {
                        Name = "decap",
                        Direction = Direction.In,
                        Rules =
                        [
                            new() { Id = "from-blue", Match = new() { Vni = 4097 }, Action = new RuleAction.Decap() },
                        ],
                    },
                ],
            },
        ],
    };
}
