using VxlanEngine.Flows;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Flows;

public sealed class NatPoolTests
{
    [Fact]
    public void Bindings_are_unique_until_all_are_taken()
    {
        var pool = new NatPool(Pool("203.0.113.1,203.0.113.7-203.0.113.8", 1024, 1123));
        var taken = new HashSet<FlowTuple>();
        for (int i = 0; i < 300; i++)
        {
            Assert.True(pool.TryTake(Flow(i), (ulong)i * 7919, 0, out FlowTuple after));
            Assert.True(taken.Add(after), $"{after} was given twice.");
            Assert.Contains(after.Source.ToString(), new[] { "203.0.113.1", "203.0.113.7", "203.0.113.8" });
            Assert.InRange(after.SourcePort, 1024, 1123);
            Assert.Equal((Ip("192.0.2.1"), (ushort)443), (after.Destination, after.DestinationPort));
        }

        Assert.Equal(300, pool.InUse);
        Assert.False(pool.TryTake(Flow(300), 1, 0, out _));

        FlowTuple returned = taken.First();
        pool.Return(returned);
        Assert.True(pool.TryTake(Flow(300), 1, 0, out FlowTuple again));
        Assert.Equal(returned, again);
    }

    [Fact]
    public void A_search_that_found_nothing_is_not_repeated_until_a_binding_ends()
    {
        var pool = new NatPool(Pool("203.0.113.1", 1024, 1025));
        Assert.True(pool.TryTake(Flow(1), 0, 0, out FlowTuple first));
        Assert.True(pool.TryTake(Flow(2), 0, 0, out _));
        Assert.True(pool.TryTake(Flow(2) with { DestinationPort = 80 }, 0, 0, out FlowTuple elsewhere));
        for (int i = 3; i < 1000; i++)
        {
            Assert.False(pool.TryTake(Flow(i), (ulong)i, i, out _));
        }

        Assert.Equal(4, pool.Searches);
        pool.Return(elsewhere);
        Assert.False(pool.TryTake(Flow(1000), 0, 1000, out _));
        Assert.Equal(4, pool.Searches);

        pool.Return(first);
        Assert.True(pool.TryTake(Flow(1000), 0, 1000, out FlowTuple again));
        Assert.Equal(first.SourcePort, again.SourcePort);
        Assert.False(pool.TryTake(Flow(1001), 0, 1000, out _));
        Assert.Equal(6, pool.Searches);
    }

    [Fact]
    public void Remotes_without_a_free_binding_are_remembered_in_bounds_and_never_mixed_up()
    {
        var pool = new NatPool(Pool("203.0.113.1", 1024, 1024));
        for (int round = 0; round < 3; round++)
        {
            for (ushort port = 1; port <= 200; port++)
            {
                FlowTuple flow = Flow(round) with { DestinationPort = port };
                Assert.Equal(round == 0, pool.TryTake(flow, 0, 0, out _));
                Assert.False(pool.TryTake(flow with { Source = Ip("10.0.0.2") }, 0, 0, out _));
            }
        }

        FlowTuple echo = new(Ip("10.0.0.1"), Ip("192.0.2.1"), IpProtocol.Icmp, 7, 7, 8);
        Assert.True(pool.TryTake(echo, 0, 0, out FlowTuple taken));
        Assert.False(pool.TryTake(echo with { SourcePort = 8, DestinationPort = 8 }, 0, 0, out _));
        pool.Return(taken);
        Assert.True(pool.TryTake(echo with { SourcePort = 8, DestinationPort = 8 }, 0, 0, out _));
    }

    [Fact]
    public void Another_destination_port_or_protocol_has_bindings_of_its_own()
    {
        var pool = new NatPool(Pool("203.0.113.1", 1024, 1024));

        Assert.True(pool.TryTake(Flow(1), 0, 0, out _));
        Assert.False(pool.TryTake(Flow(2), 0, 0, out _));
        Assert.True(pool.TryTake(Flow(2) with { DestinationPort = 80 }, 0, 0, out _));
        Assert.True(pool.TryTake(Flow(2) with { Protocol = IpProtocol.Udp }, 0, 0, out _));
        Assert.True(pool.TryTake(Flow(2) with { Destination = Ip("192.0.2.2") }, 0, 0, out _));
    }

    [Fact]
    public void Pools_of_several_workers_share_all_bindings_and_give_none_away_twice()
    {
        var taken = new HashSet<FlowTuple>();
        for (int worker = 0; worker < 4; worker++)
        {
            var shards = new FlowShards(7, worker, 4);
            var pool = new NatPool(Pool("203.0.113.1", 1024, 1123), shards: shards);
            for (int i = 0; pool.TryTake(Flow(i), (ulong)i, 0, out FlowTuple after, shard: i); i++)
            {
                Assert.True(taken.Add(after), $"{after} was given twice.");
                Assert.True(shards.Owns(shards.Hash(after.Reversed)));
            }
        }

        Assert.Equal(100, taken.Count);
    }

    [Fact]
    public void A_large_pool_keeps_answers_in_the_shard_of_the_flow_whatever_the_number_of_workers()
    {
        for (int i = 0; i < 50; i++)
        {
            ulong hash = new FlowShards(7, 0, 1).Hash(Flow(i));
            FlowTuple[] bindings = [.. new[] { 1, 2, 4 }.Select(workers =>
            {
                var shards = new FlowShards(7, FlowShards.ShardOf(hash) * workers / FlowShards.Count, workers);
                var pool = new NatPool(Pool("203.0.113.1", 1024, 65535), shards: shards);
                Assert.True(pool.TryTake(Flow(i), (ulong)i, 0, out FlowTuple after, FlowShards.ShardOf(hash)));
                Assert.Equal(FlowShards.ShardOf(hash), FlowShards.ShardOf(shards.Hash(after)));
                return after;
            })];
            Assert.Single(bindings.Distinct());
        }
    }

    [Theory]
    [InlineData("203.0.113.1", 5000, true)]
    [InlineData("203.0.113.2", 5000, false)] // Another address.
    [InlineData("203.0.113.1", 7000, false)] // A port outside the pool's.
    [InlineData("fd00::1", 5000, false)]
    public void A_binding_of_before_is_taken_again_where_the_pool_holds_it(string address, int port, bool isTaken)
    {
        var pool = new NatPool(Pool("203.0.113.1", 4000, 6000));
        FlowTuple after = Flow(1) with { Source = Ip(address), SourcePort = (ushort)port };

        Assert.Equal(isTaken, pool.TryTakeAgain(after));
        Assert.False(pool.TryTakeAgain(after));
        Assert.Equal(isTaken ? 1 : 0, pool.InUse);
    }

    [Fact]
    public void A_range_of_ipv6_addresses_is_counted_through()
    {
        var pool = new NatPool(Pool("fd99::fffe-fd99::1:1", 9, 9));
        var sources = new SortedSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < 4; i++)
        {
            var flow = new FlowTuple(Ip("fd00::1"), Ip("2001:db8::1"), IpProtocol.Udp, (ushort)(1000 + i), 53, 0);
            Assert.True(pool.TryTake(flow, 5, 0, out FlowTuple after));
            sources.Add(after.Source.ToString());
        }

        Assert.Equal(["fd99::1:0", "fd99::1:1", "fd99::fffe", "fd99::ffff"], sources);
    }

    private static FlowTuple Flow(int number) =>
        new(Ip("10.0.0.1"), Ip("192.0.2.1"), IpProtocol.Tcp, (ushort)(20000 + number), 443, 0);
}
