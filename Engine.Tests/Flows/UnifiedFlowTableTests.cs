using System.Runtime.Intrinsics;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Flows;

public sealed class UnifiedFlowTableTests : IDisposable
{
    // Entries of two pairs; what follows are those of kinds of their own.
    private const int FirstOwn = 6;
    private const int Own = 20;
    private const ulong HashKey = 7;
    private const uint Context = 3;
    private const long Timeout = 1000;

    private readonly NativeBlock<FlowEntry> _entries = new(FirstOwn + Own);
    private readonly NativeBlock<WideAddresses> _addresses = new(FirstOwn + Own);
    private readonly UnifiedFlowTable _table;

    public UnifiedFlowTableTests() => _table = new UnifiedFlowTable(_entries, _addresses, FirstOwn, HashKey);

    public void Dispose()
    {
        _table.Dispose();
        _addresses.Dispose();
        _entries.Dispose();
    }

    [Fact]
    public void A_packet_kind_is_found_by_all_of_its_key_and_by_no_other()
    {
        int number = Set(1, direction: 0);

        Assert.Equal(number, Find(1));
        Assert.Equal(0, _table.Find(Hash(1), Tuple(9), Context));
        Assert.Equal(0, _table.Find(Hash(1), Tuple(1), 9));
        Assert.Equal(0, Find(9));
    }

    [Fact]
    public void Kinds_of_one_hash_are_told_apart()
    {
        int one = _table.Set(5, Kind(1), 0, default, Timeout);
        int other = _table.Set(5, Kind(2), 0, default, Timeout);

        Assert.NotEqual(one, other);
        Assert.Equal(
            (one, other), (_table.Find(5, Tuple(1), Context), _table.Find(5, Tuple(2), Context)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void What_is_written_again_takes_the_same_entry(int direction)
    {
        int number = Set(1, direction);

        Assert.Equal(number, _table.Set(Hash(1), Kind(1) with { Action = 5 }, direction, default, Timeout));
        Assert.Equal(number, Find(1));
        Assert.Equal(5u, _entries[number].Action);
        Assert.Equal(1, _table.Index.Count);
    }

    [Fact]
    public void A_direction_keeps_its_first_kind_itself()
    {
        Assert.Equal(2, Set(1, direction: 2));
        Assert.Equal(FirstOwn, Set(2, direction: 2));
        Assert.Equal(FirstOwn + 1, Set(3, direction: 0));
        Assert.Equal(3, Set(4, direction: 3));
    }

    [Fact]
    public void A_full_table_loses_the_kinds_that_were_made_first()
    {
        for (uint i = 1; i <= Own + 5; i++)
        {
            Set(i, direction: 0);
            Assert.NotEqual(0, Find(i));
        }

        Assert.Equal(
            Enumerable.Range(6, Own), Enumerable.Range(1, Own + 5).Where(i => Find((uint)i) != 0));
        Assert.Equal(Own, _table.Index.Count);
    }

    [Fact]
    public void A_direction_is_told_of_the_time_and_count_of_its_kinds()
    {
        Use(Set(1, direction: 2), timeNs: 50, packets: 3);
        Use(Set(2, direction: 2), timeNs: 60, packets: 4);
        Use(Set(3, direction: 3), timeNs: 70, packets: 9);

        Assert.Equal((7, 7), (_table.PacketsOf(2), _table.PacketsOf(2)));
        Assert.Equal(60, _entries[2].LastUsedNs);
    }

    [Fact]
    public void A_kind_that_gives_way_tells_its_direction_first()
    {
        Set(1, direction: 2);
        Use(Set(2, direction: 2), timeNs: 50, packets: 3);
        for (uint i = 3; i <= Own + 2; i++)
        {
            Set(i, direction: 0);
        }

        Assert.Equal(0, Find(2));
        Assert.False(_entries[2].HasManyKinds);
        Assert.Equal((50, 3), (_entries[2].LastUsedNs, _table.PacketsOf(2)));
    }

    [Fact]
    public void A_kind_that_another_direction_has_now_leaves_the_one_that_had_it()
    {
        Set(1, direction: 2);
        Use(Set(2, direction: 2), timeNs: 50, packets: 3);

        Assert.Equal(3, Set(1, direction: 3));
        Assert.NotEqual(3, Set(2, direction: 3));
        Assert.False(_entries[2].HasManyKinds);
        Assert.Equal(3, _table.PacketsOf(2));
        Assert.Equal(3, Find(1));
        Assert.Equal(2, _table.Index.Count);
    }

    [Fact]
    public void All_kinds_of_a_direction_go_with_it_and_no_other()
    {
        Use(Set(1, direction: 2), timeNs: 50, packets: 3);
        Set(2, direction: 3);
        Use(Set(3, direction: 2), timeNs: 60, packets: 1);
        Set(4, direction: 3);

        _table.Clear(2);

        Assert.Equal((60, 4), (_entries[2].LastUsedNs, _table.PacketsOf(2)));
        Assert.Equal([0, 3, 0], [Find(1), Find(2), Find(3)]);
        Assert.NotEqual(0, Find(4));
    }

    [Fact]
    public void A_flow_of_many_kinds_keeps_the_first_and_the_newest_and_the_count_of_all()
    {
        for (uint i = 1; i <= 20; i++)
        {
            Use(Set(i, direction: 2), timeNs: i, packets: 1);
        }

        Assert.Equal([1, 14, 15, 16, 17, 18, 19, 20], Enumerable.Range(1, 20).Where(i => Find((uint)i) != 0));
        _table.Clear(2);
        Assert.Equal((20, 20), (_entries[2].LastUsedNs, _table.PacketsOf(2)));
        Assert.Equal(0, _table.Index.Count);
    }

    [Fact]
    public void Packets_are_counted_further_than_an_entry_can()
    {
        const long Many = UnifiedFlowTable.MostPackets + 1L;
        Set(1, direction: 2);
        int own = Set(2, direction: 2);
        for (int i = 1; i <= 3; i++)
        {
            _entries[2].Packets += (uint)Many;
            _table.AddPackets(2, 1);
            _entries[own].Packets += (uint)Many;
            Set(2, direction: 2);

            Assert.True(_entries[2].Packets <= UnifiedFlowTable.MostPackets);
            Assert.Equal(0u, _entries[own].Packets);
            Assert.Equal(i * ((2 * Many) + 1), _table.PacketsOf(2));
        }

        Assert.Equal(0, _table.PacketsOf(3));
    }

    [Fact]
    public void Kinds_may_be_idle_as_long_as_their_direction()
    {
        int[] numbers = [Set(1, direction: 2), Set(2, direction: 2), Set(3, direction: 3)];
        _table.SetTimeout(2, 70);

        Assert.Equal([70, 70, Timeout], numbers.Select(TimeoutOf));
    }

    [Fact]
    public void A_kind_without_flow_state_has_no_timeout() => Assert.Equal(0, _entries[Set(1, direction: 0)].Timeout);

    [Fact]
    public void More_timeouts_than_there_are_numbers_are_kept_right()
    {
        int other = Set(2, direction: 3);
        for (int i = 1; i <= ushort.MaxValue + 10; i++)
        {
            int number = _table.Set(Hash(1), Kind(1), 2, default, Timeout + i);
            Assert.Equal(Timeout + i, TimeoutOf(number));
        }

        Assert.Equal(2, Find(1));
        Assert.Equal(0, Find(2));
        Assert.Equal(Timeout, TimeoutOf(Set(2, direction: 3)));
        Assert.Equal(3, other);
    }

    [Fact]
    public void A_key_does_not_tell_fragment_words_apart_and_keeps_all_else()
    {
        var tuple = new FlowTuple(
            new Ipv4Address(0x0A00_0001), new Ipv4Address(0x0A00_0002), IpProtocol.Tcp, 1024, 80, 0);
        var key = new PackedFlowKey(new FlowKey(9, Direction.Out, tuple, 0xFF_FFFF), HashKey);
        var entry = new FlowEntry { Key = key };
        entry.IsSteady = true;
        entry.Become(Kind(1) with { Tuple = key.Tuple.WithElement(2, (byte)0x40) });

        Assert.Equal(key, entry.Key);
        Assert.Equal(new FlowKey(9, Direction.Out, tuple, 0xFF_FFFF), entry.Key.Unpack(default));
        Assert.True(entry.IsSteady);
    }

    private static Vector128<byte> Tuple(uint number) => Vector128.Create(0, number, 0, 0).AsByte();

    private static uint Hash(uint number) => UnifiedKey.Hash(Tuple(number), Context, UnifiedKey.Spread(HashKey));

    private static FlowEntry Kind(uint number) => new() { Tuple = Tuple(number), Context = Context, Action = 4 };

    private int Set(uint number, int direction) =>
        _table.Set(Hash(number), Kind(number), direction, default, Timeout);

    private int Find(uint number) => _table.Find(Hash(number), Tuple(number), Context);

    private void Use(int number, long timeNs, uint packets)
    {
        _entries[number].LastUsedNs = timeNs;
        _entries[number].Packets += packets;
    }

    private long TimeoutOf(int number) => _table.TimeoutsNs[_entries[number].Timeout];
}
