using VxlanEngine.Overlay;
using VxlanEngine.Ports;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

/// <summary>The machine's own routes and neighbours, as an uplink on interface 7 sees them.</summary>
public sealed class HostTablesTests
{
    private const int Port = 3;
    private const int Own = 7;
    private const int Other = 8;

    private readonly HostTables _host = new();

    public HostTablesTests() => _host.Bind(Port, Own);

    [Fact]
    public void Of_routes_to_one_prefix_the_lowest_metric_leads_whatever_interface_it_names()
    {
        _host.SetRoutes(
        [
            Route("10.0.0.0/8", 100, Own, "172.31.0.1"), Route("10.0.0.0/8", 50, Own, "172.31.0.2"),
            Route("11.0.0.0/8", 100, Own, "172.31.0.1"), Route("11.0.0.0/8", 50, Other, "172.31.0.2"),
        ]);
        Assert.Equal("172.31.0.2", Find("10.0.0.1"));
        Assert.Null(Find("11.0.0.1"));
    }

    [Fact]
    public void Of_several_next_hops_the_first_on_the_uplinks_interface_leads()
    {
        _host.SetRoutes(
        [
            Route("10.0.0.0/8", 0, Other, "172.31.1.1"), Route("10.0.0.0/8", 0, Own, "172.31.0.1"),
            Route("10.0.0.0/8", 0, Own, "172.31.0.2"),
        ]);
        Assert.Equal("172.31.0.1", Find("10.0.0.1"));
    }

    [Fact]
    public void Only_a_change_is_one()
    {
        Assert.True(_host.SetRoutes([Route("10.0.0.0/8", 0, Own, "172.31.0.1")]));
        uint version = _host.Version;
        Assert.False(_host.SetRoutes([Route("10.0.0.0/8", 0, Own, "172.31.0.1")]));
        Assert.False(_host.Bind(Port, Own));
        Assert.Equal(version, _host.Version);
        Assert.True(_host.SetRoutes([Route("10.0.0.0/8", 0, Own, "172.31.0.2")]));
        Assert.NotEqual(version, _host.Version);
        version = _host.Version;
        Assert.True(_host.Bind(Port, Other));
        Assert.NotEqual(version, _host.Version);
        Assert.Null(Find("10.0.0.1"));
    }

    [Fact]
    public void Neighbours_are_those_of_uplinks_interfaces()
    {
        Assert.True(_host.SetNeighbor(Neighbor(Own)));
        Assert.False(_host.SetNeighbor(Neighbor(Other)));
        Assert.Equal(1, _host.NeighborCount);
        Assert.True(_host.TryFindNeighbor(Port, Neighbor(Own).Address, out HostNeighbor found));
        Assert.Equal(Neighbor(Own), found);
        Assert.False(_host.TryFindNeighbor(Port + 1, Neighbor(Own).Address, out _));
        Assert.Equal([Port], _host.PortsOn(Own));
        Assert.Empty(_host.PortsOn(Other));

        Assert.True(_host.SetNeighbor(Neighbor(Own) with { State = HostNeighborState.Unknown }));
        Assert.Equal(0, _host.NeighborCount);
        _host.SetNeighbors([Neighbor(Own), Neighbor(Other)]);
        Assert.Equal(1, _host.NeighborCount);
    }

    private static HostRoute Route(string prefix, uint metric, int interfaceIndex, string via) =>
        new(IpPrefix.Parse(prefix), metric, interfaceIndex, IpAddress.Parse(via), null);

    private static HostNeighbor Neighbor(int interfaceIndex) => new(
        interfaceIndex,
        IpAddress.Parse("172.31.0.2"),
        MacAddress.Parse("02:aa:00:00:00:02"),
        HostNeighborState.Known);

    private string? Find(string address) =>
        _host.TryFindRoute(Port, IpAddress.Parse(address), out HostRoute route) && route.Interface != 0
            ? route.Via.ToString()
            : null;
}
