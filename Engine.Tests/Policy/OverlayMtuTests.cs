using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using Green = VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Policy;

public sealed class OverlayMtuTests
{
    [Theory]
    [InlineData(1500, false, InnerVlan.Drop, 1450)]
    [InlineData(1500, true, InnerVlan.Drop, 1430)]
    [InlineData(1500, false, InnerVlan.Keep, 1446)]
    [InlineData(1500, true, InnerVlan.Keep, 1426)]
    [InlineData(9000, false, InnerVlan.Strip, 8950)]
    [InlineData(0, true, InnerVlan.Drop, null)]
    [Trait("Scenario", "MT01")]
    public void It_is_the_underlays_less_the_headers_of_the_longest_tunnel(
        int underlay, bool hasIpv6, InnerVlan vlan, int? expected)
    {
        Network green = Green.Policy.Networks[0];
        green = green with
        {
            InnerVlan = vlan,
            Endpoints = hasIpv6 ? green.Endpoints : [green.Endpoints[0]],
        };
        SwitchPolicy policy = Green.WithPort(Green.Policy, "up", p => p with { Mtu = underlay });
        Assert.Equal(expected, OverlayMtu.Of(policy, green));
    }

    [Fact]
    public void The_smallest_uplink_counts()
    {
        SwitchPolicy policy = Green.Policy with
        {
            Ports =
            [
                Green.Uplink with { Mtu = 9000 },
                Green.Uplink with { Name = "other", Mtu = 1400, Addresses = [IpAddress.Parse("172.31.10.1")] },
                Green.Uplink with { Name = "free", Mtu = 0, Addresses = [IpAddress.Parse("172.31.11.1")] },
            ],
        };
        Assert.Equal(1330, OverlayMtu.Of(policy, Green.Policy.Networks[0]));
    }

    [Fact]
    public void A_network_without_vteps_goes_by_the_families_of_its_uplink()
    {
        Network empty = Green.Policy.Networks[0] with { Endpoints = [] };
        Assert.Equal(1450, Of(Green.Uplink));
        Assert.Equal(1430, Of(Green.Uplink with { Addresses = [IpAddress.Parse("fd39::1")] }));

        int? Of(Port uplink) => OverlayMtu.Of(Green.Policy with { Ports = [uplink with { Mtu = 1500 }] }, empty);
    }
}
