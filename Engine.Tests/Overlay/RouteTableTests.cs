using VxlanEngine.Overlay;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

public sealed class RouteTableTests
{
    private static readonly Port Uplink = new()
    {
        Name = "up",
        Kind = PortKind.Uplink,
        Addresses = [Ip("172.31.0.1"), Ip("172.31.0.2"), Ip("fd31::1")],
    };

    [Fact]
    public void Without_routes_everybody_of_the_uplinks_families_is_on_the_link()
    {
        var table = new RouteTable(Uplink with { Addresses = [Ip("172.31.0.1")] });
        Assert.True(table.TryFind(null, Ip("192.0.2.1"), out FoundRoute route));
        Assert.Equal(new FoundRoute(Ip("172.31.0.1"), Ip("192.0.2.1"), [], 0), route);
        Assert.False(table.TryFind(null, Ip("fd31::2"), out _));
        Assert.False(table.MayReach(null, Ip("fd31::2")));
        Assert.False(table.TryFind(Ip("172.31.0.9"), Ip("192.0.2.1"), out _));
    }

    [Fact]
    public void The_longest_prefix_leads_and_what_none_covers_is_not_reached()
    {
        RouteTable table = Table(
            Via("10.0.0.0/8", "172.31.0.8"), Via("10.1.0.0/16", "172.31.0.16"), OnLink("10.1.2.0/24"),
            Via("10.1.2.3/32", "172.31.0.32"), Via("fd00::/8", "fe80::1"));
        Assert.Equal("172.31.0.8", Find(table, "10.2.0.1"));
        Assert.Equal("172.31.0.16", Find(table, "10.1.3.1"));
        Assert.Equal("10.1.2.4", Find(table, "10.1.2.4"));
        Assert.Equal("172.31.0.32", Find(table, "10.1.2.3"));
        Assert.Equal("fe80::1", Find(table, "fd99::1"));
        Assert.Null(Find(table, "11.0.0.1"));
        Assert.Null(Find(table, "2001:db8::1"));
        Assert.True(table.MayReach(null, Ip("11.0.0.1")));
    }

    [Fact]
    public void Default_routes_lead_everywhere_in_their_own_family()
    {
        RouteTable table = Table(Via("0.0.0.0/0", "172.31.0.254"), OnLink("172.31.0.0/24"));
        Assert.Equal("172.31.0.254", Find(table, "255.0.0.1"));
        Assert.Equal("172.31.0.7", Find(table, "172.31.0.7"));
        Assert.Null(Find(table, "fd31::2"));
        Assert.Equal("fd31::fe", Find(Table(Via("::/0", "fd31::fe")), "2001:db8::1"));
    }

    [Fact]
    public void The_machines_routes_lead_where_the_policys_are_not_as_long_and_nowhere_where_its_own_way_is_another()
    {
        var host = new HostTables();
        host.Bind(3, 7);
        Port uplink = Uplink with { HostTables = true };
        Assert.Null(Find(new RouteTable(uplink, 3, host), "10.1.2.3")); // Nobody is on the link without a route.

        host.SetRoutes(
        [
            OfHost("0.0.0.0/0", "172.31.0.254"), OfHost("10.1.0.0/16", "172.31.0.253"), OfHost("10.1.2.0/24", null),
            OfHost("10.1.3.0/24", "172.31.0.252", interfaceIndex: 8), OfHost("10.1.3.4/32", "172.31.0.251"),
            OfHost("10.1.5.0/24", null, interfaceIndex: 0), OfHost("10.1.6.0/24", "fe80::6"),
        ]);
        RouteTable table = new(uplink with { Routes = [Via("10.1.0.0/16", "172.31.0.1")] }, 3, host);
        Assert.Equal("172.31.0.254", Find(table, "192.0.2.1"));
        Assert.Equal("172.31.0.1", Find(table, "10.1.9.9"));
        Assert.Equal("10.1.2.3", Find(table, "10.1.2.3"));
        Assert.Null(Find(table, "10.1.3.3"));
        Assert.Equal("172.31.0.251", Find(table, "10.1.3.4"));
        Assert.Null(Find(table, "10.1.5.1"));
        Assert.Null(Find(table, "fd99::1"));
        Assert.Equal("fe80::6", Find(table, "10.1.6.1"));
        Assert.Null(Find(new RouteTable(uplink with { ResolveNeighbors = true }, 3, host), "10.1.6.1"));
        Assert.Null(Find(new RouteTable(uplink, 4, host), "192.0.2.1")); // It stands on no interface.
        Assert.Equal("192.0.2.1", Find(new RouteTable(Uplink, 3, host), "192.0.2.1")); // It does not follow them.
    }

    [Fact]
    public void The_machines_preferred_source_counts_where_it_is_the_uplinks()
    {
        var host = new HostTables();
        host.Bind(3, 7);
        host.SetRoutes(
        [
            OfHost("10.0.0.0/8", null) with { Source = Ip("172.31.0.2") },
            OfHost("11.0.0.0/8", null) with { Source = Ip("172.31.0.9") },
        ]);
        var table = new RouteTable(Uplink with { HostTables = true }, 3, host);
        Assert.True(table.TryFind(null, Ip("10.0.0.1"), out FoundRoute route));
        Assert.Equal(Ip("172.31.0.2"), route.Local);
        Assert.True(table.TryFind(null, Ip("11.0.0.1"), out route));
        Assert.Equal(Ip("172.31.0.1"), route.Local);
    }

    [Fact]
    public void Packets_go_from_the_tunnels_source_else_the_routes_else_the_first_address()
    {
        RouteTable table = Table(
            Via("10.0.0.0/8", "172.31.0.254") with { Source = Ip("172.31.0.2") }, Via("11.0.0.0/8", "172.31.0.254"));
        Assert.Equal("172.31.0.2", From(null, "10.0.0.1"));
        Assert.Equal("172.31.0.1", From("172.31.0.1", "10.0.0.1"));
        Assert.Equal("172.31.0.1", From(null, "11.0.0.1"));

        string From(string? source, string remote) =>
            table.TryFind(source is null ? null : Ip(source), Ip(remote), out FoundRoute route)
                ? route.Local.ToString()
                : "none";
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void Thousands_of_routes_say_what_a_look_at_each_of_them_says(IpFamily family)
    {
        var random = new Random(7);
        int bits = family == IpFamily.V4 ? 32 : 128;
        var routes = new Dictionary<IpPrefix, UplinkRoute>();
        while (routes.Count < 5000)
        {
            int length = random.Next(1, bits + 1);
            var prefix = new IpPrefix(IpPrefix.Mask(RandomAddress(random, family), length), length);
            routes[prefix] = new UplinkRoute { Prefix = prefix, Via = [RandomAddress(random, family)] };
        }

        UplinkRoute[] all = [.. routes.Values];
        RouteTable table = Table(all);
        int found = 0;
        for (int i = 0; i < 2000; i++)
        {
            // Half of the addresses are near a route's own, so that long prefixes are met.
            IpAddress address = i % 2 == 0 ? RandomAddress(random, family) : all[random.Next(all.Length)].Prefix.Last;
            UplinkRoute? expected = all.Where(r => r.Prefix.Contains(address)).MaxBy(r => r.Prefix.PrefixLength);
            Assert.Equal(expected is not null, table.TryFind(null, address, out FoundRoute route));
            Assert.Equal(expected?.Via[0] ?? default, route.NextHop);
            Assert.Equal(expected?.Prefix.PrefixLength ?? 0, route.PrefixLength);
            found += expected is null ? 0 : 1;
        }

        Assert.InRange(found, 1000, 2000);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(16)]
    public void Flows_spread_over_next_hops_and_only_those_of_one_that_goes_move(int count)
    {
        IpAddress[] hops = [.. Enumerable.Range(0, count).Select(i => Ip($"172.31.0.{i + 10}"))];
        FoundRoute all = Found(hops);
        FoundRoute fewer = Found(hops[1..]);
        var random = new Random(11);
        var flows = new Dictionary<IpAddress, int>();
        for (int i = 0; i < 1000 * count; i++)
        {
            ulong hash = (ulong)random.NextInt64();
            IpAddress[] order = Order(all, hash);
            Assert.Equal(hops.Order(), order.Order());
            Assert.Equal(order, Order(all, hash));
            flows[order[0]] = flows.GetValueOrDefault(order[0]) + 1;

            // The others' order is what it was, so that whoever had the one that went takes the next one of its own.
            Assert.Equal(order.Where(hop => hop != hops[0]), Order(fewer, hash));
        }

        Assert.All(hops, hop => Assert.InRange(flows[hop], 850, 1150));
    }

    [Fact]
    public void One_next_hop_is_no_choice()
    {
        Assert.False(Found([Ip("172.31.0.8")]).IsChoice);
        Assert.Equal([Ip("172.31.0.8")], Order(Found([Ip("172.31.0.8")]), 7));
        Assert.True(Table(OnLink("10.0.0.0/8")).TryFind(null, Ip("10.0.0.9"), out FoundRoute route));
        Assert.False(route.IsChoice);
        Assert.Equal([Ip("10.0.0.9")], Order(route, 7));
        Assert.True(route.LeadsBy(Ip("10.0.0.9")));
        Assert.False(route.LeadsBy(Ip("10.0.0.8")));
    }

    private static FoundRoute Found(IpAddress[] hops)
    {
        var route = new UplinkRoute { Prefix = IpPrefix.Parse("10.0.0.0/8"), Via = hops.ToValueArray() };
        Assert.True(Table(route).TryFind(null, Ip("10.0.0.9"), out FoundRoute found));
        Assert.All(hops, hop => Assert.True(found.LeadsBy(hop)));
        return found;
    }

    private static IpAddress[] Order(in FoundRoute route, ulong hash)
    {
        var order = new List<IpAddress>();
        FoundRoute.Choices choices = route.For(hash);
        while (choices.MoveNext())
        {
            order.Add(choices.Current);
        }

        return [.. order];
    }

    private static IpAddress RandomAddress(Random random, IpFamily family) => family == IpFamily.V4
        ? new Ipv4Address((uint)random.NextInt64(1L << 32))
        : new Ipv6Address((ulong)random.NextInt64(), (ulong)random.NextInt64());

    private static string? Find(RouteTable table, string remote) =>
        table.TryFind(null, Ip(remote), out FoundRoute route) ? route.NextHop.ToString() : null;

    private static RouteTable Table(params UplinkRoute[] routes) => new(Uplink with { Routes = routes.ToValueArray() });

    private static HostRoute OfHost(string prefix, string? via, int interfaceIndex = 7) =>
        new(IpPrefix.Parse(prefix), 0, interfaceIndex, via is null ? null : Ip(via), null);

    private static UplinkRoute Via(string prefix, string via) =>
        new() { Prefix = IpPrefix.Parse(prefix), Via = [Ip(via)] };

    private static UplinkRoute OnLink(string prefix) => new() { Prefix = IpPrefix.Parse(prefix), OnLink = true };

    private static IpAddress Ip(string text) => IpAddress.Parse(text);
}
