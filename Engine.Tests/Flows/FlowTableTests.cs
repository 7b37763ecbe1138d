using System.Runtime.InteropServices;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Packets;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Flows;

public sealed class FlowTableTests
{
    private const long Second = 1_000_000_000;
    private const int Limit = 12;

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(49L * TimeSpan.TicksPerDay)]
    [InlineData(80_000_000L * TimeSpan.TicksPerHour)]
    public void A_flow_lives_for_49_days_at_most_and_not_for_a_moment_because_of_that(long ticks)
    {
        var timeouts = new FlowTimeouts { UdpUnreplied = TimeSpan.FromTicks(ticks) };
        using var table = new FlowTable(Limit, timeouts, 0, _ => { });
        FlowKey key = Forward(1, false);
        Assert.Equal(DropReason.None, table.Add(Begin(table, key, 0), 0));
        Assert.True(table.TryFind(key, 48 * 86_400 * Second, out _, out _));
        Assert.False(table.TryFind(key, 50 * 86_400 * Second, out _, out _));
    }

    [SkippableFact]
    public void Populating_takes_the_memory_of_all_flows_and_leaves_the_table_empty()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "What a process has is read from /proc.");
        const int Many = 100_000;
        using var table = new FlowTable(Many, new FlowTimeouts(), 0, _ => { });
        Span<byte> entries = MemoryMarshal.AsBytes(table.Kinds.Entries.Slice(0, table.Kinds.Entries.Count));
        Span<byte> buckets = MemoryMarshal.AsBytes(table.Kinds.Index.Buckets.Slice(0, table.Kinds.Index.Buckets.Count));
        Assert.True(ResidentMemory.KilobytesAround(entries) < entries.Length / 1024);

        table.Populate();
        Assert.True(ResidentMemory.KilobytesAround(entries) >= entries.Length / 1024);
        Assert.True(ResidentMemory.KilobytesAround(buckets) >= buckets.Length / 1024);
        Assert.Equal(-1, entries.IndexOfAnyExcept((byte)0));
        Assert.Equal((0, false), (table.Count, table.TryFind(Forward(1, false), 0, out _, out _)));
    }

    /// <summary>Against a list that is searched from end to end and never swept: sweeping must not show.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void The_table_answers_like_a_list_of_flows(int seed, bool isV6)
    {
        var random = new Random(seed);
        var model = new List<Entry>();
        int removed = 0;
        var evicted = new List<ushort>();
        using var table = new FlowTable(
            Limit,
            new FlowTimeouts(),
            0,
            pair =>
            {
                removed++;
                evicted.Add(pair.Forward.Tuple.SourcePort);
            });
        long now = 0;
        int hits = 0;
        int added = 0;
        int evictions = 0;
        for (int i = 0; i < 20_000; i++)
        {
            now += random.NextInt64(3 * Second);
            model.RemoveAll(e => now - e.LastUsed >= (e.Replied ? 180 : 30) * Second);
            ushort port = (ushort)random.Next(1, 20);
            bool isForward = random.Next(3) > 0;
            FlowKey forward = Forward(port, isV6);
            FlowKey key = isForward ? forward : forward.ReverseOf(forward.Tuple);
            Entry? known = model.Find(e => e.Port == port);

            Assert.Equal(known is not null, table.TryFind(key, now, out FlowPair pair, out bool foundForward));
            if (pair.Exists)
            {
                Assert.Equal(isForward, foundForward);
                Assert.Equal(forward, pair.Forward);
                Assert.Equal(forward.ReverseOf(forward.Tuple), pair.Reverse);
                pair.Touch(isForward, TcpFlags.None, now);
                model.Remove(known!);
                model.Add(new Entry(port, known!.Replied || !isForward, now));
                hits++;
            }
            else if (isForward)
            {
                bool hasRoom = model.Count < Limit || model.Exists(e => !e.Replied);
                evicted.Clear();
                FlowPair begun = Begin(table, forward, now);
                bool wasAdded = table.Add(begun, now) == DropReason.None;
                Assert.Equal(hasRoom, wasAdded);
                if (!wasAdded)
                {
                    table.Return(begun);
                }
                else
                {
                    if (model.Count == Limit)
                    {
                        // Whoever goes is half-open; the rest of what went had expired.
                        Entry victim = Assert.Single(model, e => evicted.Contains(e.Port));
                        Assert.False(victim.Replied);
                        model.Remove(victim);
                        evictions++;
                    }

                    model.Add(new Entry(port, false, now));
                    added++;
                }
            }

            table.Expire(now, random.Next(3));
            table.Recycle();
        }

        table.ExpireAll(now);
        model.RemoveAll(e => now - e.LastUsed >= (e.Replied ? 180 : 30) * Second);
        Assert.Equal(model.Count, table.Count);
        Assert.Equal(added, table.Created);
        Assert.Equal(added, removed + table.Count);
        Assert.InRange(hits, 1000, 19_000);
        Assert.InRange(evictions, 20, 19_000);
    }

    [Fact]
    public void A_pair_is_found_by_its_translated_answer_whatever_its_port()
    {
        using FlowTable table = Table();
        FlowKey key = Forward(1000);
        FlowTuple after = key.Tuple with { Source = Ip("203.0.113.1"), SourcePort = 5000 };
        var rule = new BoundRule(On("a", "nat", 1), Out(), Rule("hide", Nat(source: "203.0.113.1")));
        LayerFlowState[] layers = [new LayerFlowState(rule, new Translation(key.Tuple, after, false))];
        Assert.True(table.TryBegin(key, after, layers, default, 3, 1, 0, out FlowPair pair));
        Assert.Equal(DropReason.None, table.Add(pair, 0));

        Assert.True(table.TryFindTranslated(3, after.Reversed, 0, out FlowPair found));
        Assert.Equal(pair, found);
        Assert.Equal(layers[0], found.Layer(0));
        Assert.False(table.TryFindTranslated(4, after.Reversed, 0, out _));
        Assert.False(table.TryFindTranslated(3, key.Tuple.Reversed, 0, out _));
        Assert.True(table.TryFindTranslated(3, after.Reversed, (300 * Second) - 1, out _));
        Assert.False(table.TryFindTranslated(3, after.Reversed, 300 * Second, out _));
    }

    [Fact]
    public void Each_of_several_translations_is_remembered()
    {
        using FlowTable table = Table();
        FlowKey key = Forward(1000);
        FlowTuple between = key.Tuple with { Destination = Ip("10.0.0.9"), DestinationPort = 8080 };
        FlowTuple after = between with { Source = Ip("203.0.113.1"), SourcePort = 5000 };
        Rule nat = Rule("nat", Nat(source: "203.0.113.1"));
        LayerFlowState[] layers =
        [
            new(new BoundRule(On("a", "vip", 1), Out(), nat), new(key.Tuple, between, false)),
            new(new BoundRule(On("a", "acl", 2), Out(), Rule("b", Allow)), null),
            new(new BoundRule(On("a", "snat", 3), Out(), nat), new(between, after, true)),
        ];
        Assert.True(table.TryBegin(key, after, layers, default, 3, 1, 0, out FlowPair pair));

        Assert.Equal(layers, Enumerable.Range(0, pair.LayerCount).Select(pair.Layer));
        Assert.True(pair.TryGetLayer("snat", out LayerFlowState third));
        Assert.Equal(layers[2], third);
        Assert.False(pair.TryGetLayer("nat", out _));

        table.PassOnBinding(pair, 2);
        Assert.False(pair.Layer(2).HoldsBinding);
    }

    [Fact]
    public void Two_pairs_with_the_same_answers_do_not_stand_side_by_side()
    {
        using FlowTable table = Table();
        Assert.Equal(DropReason.None, table.Add(Begin(table, Forward(1000), 0), 0));
        FlowTuple other = Forward(1000).Tuple with { Destination = Ip("10.0.0.99") };
        var key = new FlowKey(1, Direction.Out, other);
        Assert.True(table.TryBegin(key, Forward(1000).Tuple, [], default, -1, 1, 0, out FlowPair pair));

        Assert.Equal(DropReason.FlowCollision, table.Add(pair, 0));
        Assert.Equal(1, table.Count);

        // One that has expired makes way.
        Assert.Equal(DropReason.None, table.Add(pair, 40 * Second));
        Assert.Equal(1, table.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Equal_tuples_in_different_networks_are_different_flows(bool isV6)
    {
        using FlowTable table = Table();
        uint?[] vnis = [null, 0, 1, 0xFFFFFF];
        foreach (uint? vni in vnis)
        {
            Assert.Equal(DropReason.None, table.Add(Begin(table, Forward(1000, isV6) with { Vni = vni }, 0), 0));
        }

        for (int i = 0; i < vnis.Length; i++)
        {
            FlowKey key = Forward(1000, isV6) with { Vni = vnis[i] };
            Assert.True(table.TryFind(key, 0, out FlowPair pair, out _));
            Assert.Equal((i + 1, key, key.ReverseOf(key.Tuple)), (pair.Number, pair.Forward, pair.Reverse));
            Assert.True(table.TryFind(key.ReverseOf(key.Tuple), 0, out FlowPair same, out bool isForward));
            Assert.Equal((i + 1, false), (same.Number, isForward));
        }
    }

    [Fact]
    public void A_removed_pair_does_not_begin_again_before_the_packet_in_hand_is_done()
    {
        using FlowTable table = Table();
        FlowPair pair = Begin(table, Forward(1000), 0);
        Assert.Equal(DropReason.None, table.Add(pair, 0));
        table.Remove(pair);

        FlowPair other = Begin(table, Forward(1001), 0);
        Assert.NotEqual(pair, other);
        pair.Touch(true, TcpFlags.None, 1); // Whoever found it before may still use it, to no effect.
        Assert.Equal(0, table.Count);
        table.Recycle();
        Assert.Equal(pair, Begin(table, Forward(1002), 0));
    }

    [Fact]
    public void A_million_flows_are_found_and_end_in_bounded_steps()
    {
        const int Count = 1_000_000;
        using var table = new FlowTable(Count, new FlowTimeouts(), 7, _ => { });
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(DropReason.None, table.Add(Begin(table, Numbered(i), i), i));
        }

        for (int i = 0; i < Count; i += 97)
        {
            Assert.True(table.TryFind(Numbered(i), Second, out FlowPair pair, out bool isForward));
            Assert.Equal((i + 1, true), (pair.Number, isForward));
        }

        long now = 40 * Second;
        int before = table.Count;
        while (table.Count > 0)
        {
            table.Expire(now, 500);
            Assert.InRange(before - table.Count, 1, 500);
            before = table.Count;
        }
    }

    private static FlowTable Table() => new(Limit, new FlowTimeouts(), 0, _ => { });

    private static FlowKey Numbered(int i) => new(2, Direction.In, Forward(0).Tuple with
    {
        SourcePort = (ushort)(i >> 10),
        DestinationPort = (ushort)(i & 1023),
    });

    private static FlowKey Forward(ushort port, bool isV6 = false) => new(
        1,
        Direction.Out,
        isV6
            ? new FlowTuple(Ip("fd00::1"), Ip("fd00::2"), IpProtocol.Udp, port, 53, 0)
            : new FlowTuple(Ip("10.0.0.1"), Ip("10.0.0.2"), IpProtocol.Udp, port, 53, 0));

    private static FlowPair Begin(FlowTable table, FlowKey key, long now)
    {
        Assert.True(table.TryBegin(key, key.Tuple, [], default, -1, 1, now, out FlowPair pair));
        return pair;
    }

    private sealed record Entry(ushort Port, bool Replied, long LastUsed);
}
