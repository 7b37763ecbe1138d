using VxlanEngine.Flows;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Flows;

public sealed class FlowTableTests
{
    private const long Second = 1_000_000_000;
    private const int Limit = 12;

    /// <summary>Against a list that is searched from end to end and never swept: sweeping must not show.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_table_answers_like_a_list_of_flows(int seed)
    {
        var random = new Random(seed);
        var model = new List<Entry>();
        int removed = 0;
        var table = new FlowTable(Limit, new FlowTimeouts(), 0, _ => removed++);
        long now = 0;
        int hits = 0;
        int added = 0;
        for (int i = 0; i < 20_000; i++)
        {
            now += random.NextInt64(3 * Second);
            model.RemoveAll(e => now - e.LastUsed >= (e.Replied ? 180 : 30) * Second);
            ushort port = (ushort)random.Next(1, 20);
            bool isForward = random.Next(3) > 0;
            FlowKey key = isForward ? Forward(port) : Forward(port).ReverseOf(Forward(port).Tuple);
            Entry? known = model.Find(e => e.Port == port);

            Assert.Equal(known is not null, table.TryFind(key, now, out FlowPair? pair));
            if (pair is not null)
            {
                pair.Touch(isForward, TcpFlags.None, now);
                table.Refresh(pair);
                model.Remove(known!);
                model.Add(new Entry(port, known!.Replied || !isForward, now));
                hits++;
            }
            else if (isForward)
            {
                bool hasRoom = model.Count < Limit || model.Exists(e => !e.Replied);
                Assert.Equal(hasRoom, table.TryAdd(Begin(table.Rent(), port, now), now));
                if (hasRoom && model.Count == Limit)
                {
                    model.RemoveAt(model.FindIndex(e => !e.Replied)); // The list is in the order of use.
                }

                if (hasRoom)
                {
                    model.Add(new Entry(port, false, now));
                    added++;
                }
            }

            table.Expire(now, random.Next(3));
            table.Recycle();
        }

        table.Expire(now, int.MaxValue);
        model.RemoveAll(e => now - e.LastUsed >= (e.Replied ? 180 : 30) * Second);
        Assert.Equal(model.Count, table.Count);
        Assert.Equal(added, table.Created);
        Assert.Equal(added, removed + table.Count);
        Assert.InRange(hits, 1000, 19_000);
    }

    [Fact]
    public void A_pair_is_found_by_its_translated_answer_whatever_its_port()
    {
        var table = new FlowTable(Limit, new FlowTimeouts(), 0, _ => { });
        FlowKey key = Forward(1000);
        FlowTuple after = key.Tuple with { Source = Ip("203.0.113.1"), SourcePort = 5000 };
        var pair = new FlowPair();
        var rule = new BoundRule(On("a", "nat", 1), Out(), Rule("hide", Nat(source: "203.0.113.1")));
        pair.Begin(key, after, [new LayerFlowState(rule, new Translation(key.Tuple, after, false))], default, 3, 1, 0);
        Assert.True(table.TryAdd(pair, 0));

        Assert.True(table.TryFindTranslated(3, after.Reversed, 0, out FlowPair? found));
        Assert.Same(pair, found);
        Assert.False(table.TryFindTranslated(4, after.Reversed, 0, out _));
        Assert.False(table.TryFindTranslated(3, key.Tuple.Reversed, 0, out _));
        Assert.True(table.TryFindTranslated(3, after.Reversed, (300 * Second) - 1, out _));
        Assert.False(table.TryFindTranslated(3, after.Reversed, 300 * Second, out _));
    }

    [Fact]
    public void Two_pairs_with_the_same_answers_do_not_stand_side_by_side()
    {
        var table = new FlowTable(Limit, new FlowTimeouts(), 0, _ => { });
        Assert.True(table.TryAdd(Begin(new FlowPair(), 1000, 0), 0));
        FlowTuple other = Forward(1000).Tuple with { Destination = Ip("10.0.0.99") };
        var pair = new FlowPair();
        pair.Begin(new FlowKey(1, Direction.Out, other), Forward(1000).Tuple, [], default, -1, 1, 0);

        Assert.False(table.TryAdd(pair, 0));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void A_removed_pair_is_not_rented_before_the_packet_in_hand_is_done()
    {
        var table = new FlowTable(Limit, new FlowTimeouts(), 0, _ => { });
        FlowPair pair = Begin(table.Rent(), 1000, 0);
        Assert.True(table.TryAdd(pair, 0));
        table.Remove(pair);

        Assert.NotSame(pair, table.Rent());
        table.Refresh(pair); // Whoever found it before may still use it, to no effect.
        Assert.Equal(0, table.Count);
        table.Recycle();
        Assert.Same(pair, table.Rent());
    }

    private static FlowKey Forward(ushort port) => new(
        1, Direction.Out, new FlowTuple(Ip("10.0.0.1"), Ip("10.0.0.2"), IpProtocol.Udp, port, 53, 0));

    private static FlowPair Begin(FlowPair pair, ushort port, long now)
    {
        pair.Begin(Forward(port), Forward(port).Tuple, [], default, -1, 1, now);
        return pair;
    }

    private sealed record Entry(ushort Port, bool Replied, long LastUsed);
}
