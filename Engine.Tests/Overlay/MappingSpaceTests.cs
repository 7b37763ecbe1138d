using VxlanEngine.Overlay;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Pipeline;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Overlay;

public sealed class MappingSpaceTests
{
    private static readonly Network Network = Green.Policy.Networks[0] with
    {
        Vteps = [Ip(VtepC), Ip("172.31.9.50")],
        Routes = [Route("10.8.0.0/16", 6001, VtepFar), Route("10.8.1.0/24", null, VtepC, VtepE)],
    };

    private static readonly MappingSpace Space = new(
        Network,
        [new LocalEndpoint(4, Endpoint("a", MacA, IpA, Ip6A))],
        [Ip("10.0.2.200"), Ip("192.0.2.1"), Ip(IpC)]);

    [Theory]
    [InlineData(IpA, MappingKind.Local, MacA, 4, null, 5001u)]
    [InlineData(Ip6A, MappingKind.Local, MacA, 4, null, 5001u)]
    [InlineData(IpC, MappingKind.Remote, MacC, -1, VtepC, 5001u)]
    [InlineData("10.8.0.1", MappingKind.Routed, MacFarRouter, -1, VtepFar, 6001u)]
    public void Address_is_found_where_it_is(
        string address, MappingKind kind, string mac, int port, string? vtep, uint vni)
    {
        Assert.True(Space.TryFindAddress(Ip(address), 0, out Mapping mapping));
        var expected = new Mapping(kind, Mac(mac), port, vtep is null ? default : Ip(vtep), new Vni(vni));
        Assert.Equal(expected, mapping);
    }

    [Fact]
    public void Mac_is_found_where_it_is_and_the_routers_is_nobodys()
    {
        Assert.True(Space.TryFindMac(Mac(MacA), out Mapping local));
        Assert.Equal((MappingKind.Local, 4), (local.Kind, local.Port));
        Assert.True(Space.TryFindMac(Mac(MacD), out Mapping remote));
        Assert.Equal((MappingKind.Remote, Ip(VtepD)), (remote.Kind, remote.Vtep));
        Assert.False(Space.TryFindMac(Mac(MacRouter), out _));
        Assert.False(Space.TryFindMac(Mac(MacUnknown), out _));
        Assert.False(Space.TryFindAddress(Ip("10.0.2.99"), 0, out _));
    }

    [Theory]
    [InlineData(IpC, VtepC, true)]
    [InlineData(IpC, VtepE, false)]
    [InlineData("10.8.1.1", VtepC, true)]
    [InlineData("10.8.1.1", VtepE, true)]
    [InlineData("10.8.1.1", VtepFar, false)]
    [InlineData("10.8.2.1", VtepFar, true)]
    [InlineData("10.0.2.99", VtepC, false)]
    [InlineData(IpA, VtepC, false)]
    public void Address_is_behind_each_vtep_that_its_mapping_or_longest_route_names(
        string address, string vtep, bool expected) =>
        Assert.Equal(expected, Space.IsBehind(Ip(address), Ip(vtep)));

    [Theory]
    [InlineData(IpA, MacA, false)]
    [InlineData(IpC, MacC, false)]
    [InlineData(IpRouter, MacRouter, true)]
    [InlineData(Ip6Router, MacRouter, true)]
    [InlineData("10.0.2.200", MacRouter, true)]
    public void Neighbour_is_the_endpoint_or_the_router(string address, string mac, bool isRouter)
    {
        Assert.True(Space.TryFindNeighbor(Ip(address), out MacAddress found, out bool router));
        Assert.Equal((Mac(mac), isRouter), (found, router));
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("10.0.2.99")]
    [InlineData("10.8.0.1")]
    public void Neighbour_outside_the_link_is_not_known(string address) =>
        Assert.False(Space.TryFindNeighbor(Ip(address), out _, out _));

    [Fact]
    public void Network_without_gateway_has_no_router()
    {
        var space = new MappingSpace(Network with { Gateway = null }, [], [Ip("10.0.2.200")]);
        Assert.Null(space.RouterMac);
        Assert.False(space.TryFindNeighbor(Ip("10.0.2.200"), out _, out _));
    }

    [Fact]
    public void Vteps_to_flood_are_those_of_endpoints_and_the_list_each_once_and_routes_are_only_known()
    {
        Assert.Equal([Ip(VtepC), Ip(VtepD), Ip(VtepE), Ip("172.31.9.50")], Space.FloodVteps.ToArray());
        Assert.True(Space.HasVtep(Ip(VtepFar)));
        Assert.False(Space.HasVtep(Ip("172.31.9.66")));
    }

    private static RemoteSubnet Route(string prefix, uint? vni, params string[] vteps) => new()
    {
        Prefix = IpPrefix.Parse(prefix),
        Vteps = vteps.Select(Ip).ToValueArray(),
        Vni = vni is { } value ? new Vni(value) : null,
        RouterMac = Mac(MacFarRouter),
    };
}
