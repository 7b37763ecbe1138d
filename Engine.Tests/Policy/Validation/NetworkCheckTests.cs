using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Policy.PolicyMistakes;

namespace VxlanEngine.Tests.Policy.Validation;

/// <summary>Mistakes of meaning in networks.</summary>
public sealed class NetworkCheckTests
{
    public static TheoryData<string, string, Network> NetworkMistakes()
    {
        Network green = Right.Networks[0];
        RemoteEndpoint remote = green.Endpoints[0];
        RemoteSubnet route = green.Routes[0];
        return new()
        {
            { ".name", "needs a name", green with { Name = "" } },
            {
                ".subnets[1]",
                "overlaps 10.0.2.0/24",
                green with { Subnets = [Net("10.0.2.0/24"), Net("10.0.0.0/16"), Net("fd02::/64")] }
            },
            { ".learning.limit", "found 0", green with { Learning = new Learning { Limit = 0 } } },
            { ".learning.limit", "found 1048577", green with { Learning = new Learning { Limit = 1048577 } } },
            { ".learning.age", "found 9s", green with { Learning = new Learning { Age = TimeSpan.FromSeconds(9) } } },
            { ".learning.age", "found 31d", green with { Learning = new Learning { Age = TimeSpan.FromDays(31) } } },
            {
                ".learning",
                "only mapped stations are heard",
                green with { Learning = new Learning(), SourceVtep = SourceVtepCheck.Strict }
            },
            { ".gateway.mac", "found none", green with { Gateway = green.Gateway! with { Mac = default } } },
            {
                ".gateway.addresses[0]",
                "lies in no subnet",
                green with { Gateway = green.Gateway! with { Addresses = [Ip("10.9.9.1")] } }
            },
            {
                ".gateway.addresses[1]",
                "one address in a subnet",
                green with { Gateway = green.Gateway! with { Addresses = [Ip("10.0.2.1"), Ip("10.0.2.2")] } }
            },
            {
                ".gateway.addresses[0]",
                "belongs to port \"db\"",
                green with { Gateway = green.Gateway! with { Addresses = [Ip("10.0.2.5")] } }
            },
            {
                ".gateway.mac",
                "belongs to port \"db\"",
                green with { Gateway = green.Gateway! with { Mac = Right.Ports[0].Mac } }
            },
            {
                ".endpoints[0].mac",
                "group address",
                green with { Endpoints = [remote with { Mac = Mac("01:00:5e:00:00:01") }] }
            },
            {
                ".endpoints[0].mac",
                "belongs to the gateway",
                green with { Endpoints = [remote with { Mac = green.Gateway!.Mac }] }
            },
            {
                ".endpoints[1].mac",
                "belongs to endpoint 0",
                green with { Endpoints = [remote, remote with { Addresses = [] }] }
            },
            {
                ".endpoints[1].addresses[0]",
                "belongs to endpoint 0",
                green with { Endpoints = [remote, green.Endpoints[1] with { Addresses = [Ip("10.0.2.6")] }] }
            },
            {
                ".endpoints[0].addresses[0]",
                "belongs to port \"db\"",
                green with { Endpoints = [remote with { Addresses = [Ip("10.0.2.5")] }] }
            },
            {
                ".endpoints[0].addresses[1]",
                "has 10.0.2.6 already",
                green with { Endpoints = [remote with { Addresses = [Ip("10.0.2.6"), Ip("10.0.2.6")] }] }
            },
            {
                ".endpoints[0].addresses[0]",
                "lies in no subnet",
                green with { Endpoints = [remote with { Addresses = [Ip("10.7.7.7")] }] }
            },
            {
                ".endpoints[0].vtep",
                "address of a local uplink",
                green with { Endpoints = [remote with { Vtep = Ip("172.31.9.1") }] }
            },
            { ".endpoints[0].vtep", "multicast", green with { Endpoints = [remote with { Vtep = Ip("239.1.1.1") }] } },
            { ".endpoints[0].vtep", "unspecified", green with { Endpoints = [remote with { Vtep = Ip("0.0.0.0") }] } },
            {
                ".routes[0].vteps",
                "all IPv4 or all IPv6",
                green with { Routes = [route with { Vteps = [Ip("172.31.9.9"), Ip("fd39::9")] }] }
            },
            { ".routes[0].vteps", "at least one VTEP", green with { Routes = [route with { Vteps = [] }] } },
            {
                ".routes[0].vteps[1]",
                "given twice",
                green with { Routes = [route with { Vteps = [Ip("172.31.9.9"), Ip("172.31.9.9")] }] }
            },
            { ".routes[0].routerMac", "found none", green with { Routes = [route with { RouterMac = default }] } },
            { ".routes[1].prefix", "has a route to 10.8.0.0/16 already", green with { Routes = [route, route] } },
            { ".vteps[0]", "local uplink", green with { Vteps = [Ip("fd39::1")] } },
            { ".tunnel.ttl", "found 0", green with { Tunnel = new() { Ttl = 0 } } },
            { ".tunnel.udpPort", "found 0", green with { Tunnel = new() { UdpPort = 0 } } },
            {
                ".tunnel.sourcePorts",
                "tunnel port 4789",
                green with { Tunnel = new() { SourcePorts = new(4000, 5000) } }
            },
            { ".tunnel.sourcePorts", "tunnel port 50000", green with { Tunnel = new() { UdpPort = 50000 } } },
            { ".tunnel.sourcePorts", "from 1 to 65535", green with { Tunnel = new() { SourcePorts = new(0, 100) } } },
            { ".tunnel.kind", "found Nvgre", green with { Tunnel = new() { Kind = TunnelKind.Nvgre } } },
            {
                ".tunnel.groupPolicyId",
                "not those of geneve",
                green with { Tunnel = TunnelOptions.Of(TunnelKind.Geneve) with { GroupPolicyId = 1 } }
            },
            {
                ".tunnel.groupPolicyApplied",
                "Needs a \"groupPolicyId\"",
                green with { Tunnel = new() { GroupPolicyApplied = true } }
            },
            { ".tunnel.sourcePorts", "from 1 to 65535", green with { Tunnel = new() { SourcePorts = new(5, 70000) } } },
            { ".tunnel.sourcePorts", "from 1 to 65535", green with { Tunnel = new() { SourcePorts = new(9, 8) } } },
        };
    }

    [Theory]
    [MemberData(nameof(NetworkMistakes))]
    public void A_mistaken_network_is_told(string path, string message, Network network) =>
        Expect(
            Right with
            {
                Networks = [network],
                Ports = [Right.Ports[0] with { Network = network.Name.Length > 0 ? "green" : "" }, Right.Ports[1]],
            },
            $"$.networks[0]{path}",
            message,
            others: network.Name.Length == 0);

    [Fact]
    [Trait("Scenario", "FD11")]
    public void Two_networks_share_neither_name_nor_vni()
    {
        Network other = new() { Name = "green", Vni = new Vni(5001) };
        IReadOnlyList<PolicyError> errors = PolicyValidator.Validate(
            Right with { Networks = [Right.Networks[0], other] });
        Assert.Contains(
            errors,
            e => e.Path == "$.networks[1].name" && e.Message.Contains("Another network", StringComparison.Ordinal));
        Assert.Contains(
            errors,
            e => e.Path == "$.networks[1].vni" && e.Message.Contains(
                "belongs to network \"green\"",
                StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1350, InnerVlan.Drop, true)]
    [InlineData(1349, InnerVlan.Drop, false)]
    [InlineData(1353, InnerVlan.Keep, false)]
    [InlineData(1354, InnerVlan.Keep, true)]
    [InlineData(0, InnerVlan.Drop, true)]
    public void An_ipv6_subnet_needs_1280_bytes_behind_70_of_an_ipv6_tunnel(int mtu, InnerVlan vlan, bool isRight)
    {
        SwitchPolicy policy = Right with
        {
            Ports = [Right.Ports[0], Right.Ports[1] with { Mtu = mtu }],
            Networks = [Right.Networks[0] with { InnerVlan = vlan }],
        };
        ExpectMtu(policy, isRight);
    }

    [Theory]
    [InlineData(1330, true)]
    [InlineData(1329, false)]
    public void An_ipv6_subnet_needs_1280_bytes_behind_50_of_an_ipv4_tunnel(int mtu, bool isRight)
    {
        Network green = Right.Networks[0];
        SwitchPolicy policy = Right with
        {
            Ports = [Right.Ports[0], Right.Ports[1] with { Mtu = mtu }],
            Networks = [green with { Endpoints = [green.Endpoints[0]] }],
        };
        ExpectMtu(policy, isRight);
    }

    [Fact]
    public void Networks_of_different_kinds_share_no_udp_port()
    {
        Network green = Right.Networks[0];
        Network red = green with { Name = "red", Vni = new Vni(77), Tunnel = new() { Kind = TunnelKind.Geneve } };
        SwitchPolicy policy = Right with { Networks = [.. Right.Networks, red] };
        Expect(
            policy,
            $"$.networks[{Right.Networks.Count}].tunnel.udpPort",
            $"UDP port 4789 is that of vxlan tunnels, by network \"{green.Name}\"");
        Assert.Empty(PolicyValidator.Validate(policy with
        {
            Networks = [.. Right.Networks, red with { Tunnel = TunnelOptions.Of(TunnelKind.Geneve) }],
        }));
    }

    private static void ExpectMtu(SwitchPolicy policy, bool isRight)
    {
        IReadOnlyList<PolicyError> errors = PolicyValidator.Validate(policy);
        if (isRight)
        {
            Assert.Empty(errors);
        }
        else
        {
            Assert.Equal("$.networks[0].subnets[1]", Assert.Single(errors).Path);
            Assert.Contains("IPv6 needs 1280", errors[0].Message, StringComparison.Ordinal);
        }
    }
}
