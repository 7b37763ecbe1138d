using System.Runtime.Intrinsics;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using Xunit;

namespace VxlanEngine.Tests.Flows;

public sealed class UnifiedFlowTableTests : IDisposable
{
    private const int First = 7;
    private const long Timeout = 1000;

    private static readonly UnifiedFlow Known = new() { Tuple = Tuple(1), Context = 3, Action = 4, Entry = -1 };

    private readonly NativeBlock<FlowEntry> _entries = new(16);
    private readonly UnifiedFlowTable _table;

    public UnifiedFlowTableTests() => _table = new UnifiedFlowTable(16, _entries);

    public void Dispose()
    {
        _table.Dispose();
        _entries.Dispose();
    }

    [Fact]
    public void A_packet_kind_is_found_by_all_of_its_key_and_by_no_other()
    {
        _table.Set(First, Known, default, Timeout);

        Assert.Equal(4u, _table.Slots[_table.Find(First, Tuple(1), 3)].Action);
        Assert.Equal(-1, _table.Find(First, Tuple(9), 3));
        Assert.Equal(-1, _table.Find(First, Tuple(1), 9));
    }

    [Fact]
    public void What_is_written_again_takes_the_same_slot()
    {
        int slot = _table.Set(First, Known, default, Timeout);

        Assert.Equal(slot, _table.Set(First, Known with { Action = 5 }, default, Timeout));
        Assert.Equal(slot, _table.Find(First, Tuple(1), 3));
        Assert.Equal(5u, _table.Slots[slot].Action);
    }

    [Fact]
    public void A_full_window_loses_one_and_keeps_the_newest()
    {
        for (uint i = 1; i <= 20; i++)
        {
            _table.Set(First, Known with { Tuple = Tuple(i) }, default, Timeout);
            Assert.NotEqual(-1, _table.Find(First, Tuple(i), 3));
        }

        int left = Enumerable.Range(1, 20).Count(i => _table.Find(First, Tuple((uint)i), 3) >= 0);
        Assert.Equal(UnifiedFlowTable.WindowLength, left);
    }

    [Fact]
    public void A_stray_is_found_when_the_slot_that_its_hash_names_is_another_ones_or_free_again()
    {
        Set(1, entry: 2);
        int stray = Set(2, entry: 3);
        Assert.Equal(stray, _table.Find(First, Tuple(2), 3));

        _table.Clear(ref _entries[2]);
        Assert.Equal(stray, _table.Find(First, Tuple(2), 3));

        Assert.Equal(First, Set(4, entry: 2));
        Assert.NotEqual(First, stray);
        Assert.Equal(stray, _table.Find(First, Tuple(2), 3));
    }

    [Fact]
    public void The_last_slots_window_goes_on_at_the_first()
    {
        int last = (int)_table.Mask;
        int[] slots = [.. Enumerable.Range(1, 3).Select(i =>
            _table.Set(last, Known with { Tuple = Tuple((uint)i) }, default, Timeout))];

        Assert.Equal([last, 0, 1], slots);
        Assert.Equal(1, _table.Find(last, Tuple(3), 3));
    }

    [Fact]
    public void An_entry_is_told_of_the_time_and_count_of_its_kinds()
    {
        Use(Set(1, entry: 2), timeNs: 50, packets: 3);
        Use(Set(2, entry: 2), timeNs: 40, packets: 4);
        _entries[2].LastUsedNs = 45;

        _table.Settle(ref _entries[2]);
        _table.Settle(ref _entries[2]);

        Assert.Equal((50, 7), (_entries[2].LastUsedNs, _entries[2].Packets));
    }

    [Fact]
    public void A_kind_that_gives_way_tells_its_entry_first()
    {
        Use(Set(1, entry: 2), timeNs: 50, packets: 3);
        for (uint i = 2; i <= UnifiedFlowTable.WindowLength + 1; i++)
        {
            Set(i, entry: 3);
        }

        Assert.Equal(-1, _table.Find(First, Tuple(1), 3));
        Assert.Equal((50, 3, 0), (_entries[2].LastUsedNs, _entries[2].Packets, _entries[2].FirstKind));
    }

    [Fact]
    public void All_kinds_of_an_entry_go_with_it_and_no_other()
    {
        Use(Set(1, entry: 2), timeNs: 50, packets: 3);
        Set(2, entry: 3);
        Use(Set(3, entry: 2), timeNs: 60, packets: 1);

        _table.Clear(ref _entries[2]);

        Assert.Equal((60, 4, 0), (_entries[2].LastUsedNs, _entries[2].Packets, _entries[2].FirstKind));
        Assert.Equal(-1, _table.Find(First, Tuple(1), 3));
        Assert.NotEqual(-1, _table.Find(First, Tuple(2), 3));
        Assert.Equal(-1, _table.Find(First, Tuple(3), 3));
    }

    [Fact]
    public void A_flow_of_many_kinds_keeps_the_newest_and_the_count_of_all()
    {
        for (uint i = 1; i <= 20; i++)
        {
            Use(_table.Set((int)(i & _table.Mask), Kind(i, entry: 2), default, Timeout), timeNs: i, packets: 1);
        }

        int left = Enumerable.Range(1, 20).Count(i => _table.Find(i & (int)_table.Mask, Tuple((uint)i), 3) >= 0);
        _table.Clear(ref _entries[2]);

        Assert.Equal(8, left);
        Assert.Equal((20, 20), (_entries[2].LastUsedNs, _entries[2].Packets));
    }

    [Fact]
    public void Kinds_may_be_idle_as_long_as_their_entry()
    {
        int slot = Set(1, entry: 2);
        int other = Set(2, entry: 3);
        _table.SetTimeout(ref _entries[2], 70);

        Assert.Equal((70, Timeout), (TimeoutOf(slot), TimeoutOf(other)));
    }

    [Fact]
    public void More_timeouts_than_there_are_numbers_are_kept_right()
    {
        for (int i = 1; i <= ushort.MaxValue + 10; i++)
        {
            int slot = _table.Set(First, Kind(1, entry: 2), default, i);
            Assert.Equal(i, TimeoutOf(slot));
        }

        Assert.NotEqual(0, _entries[2].FirstKind);
    }

    private static Vector128<byte> Tuple(uint number) => Vector128.Create(0, number, 0, 0).AsByte();

    private static UnifiedFlow Kind(uint number, int entry) => Known with { Tuple = Tuple(number), Entry = entry };

    private int Set(uint number, int entry) => _table.Set(First, Kind(number, entry), default, Timeout);

    private void Use(int slot, long timeNs, uint packets)
    {
        _table.Slots[slot].LastUsedNs = timeNs;
        _table.Slots[slot].Packets = packets;
    }

    private long TimeoutOf(int slot) => _table.TimeoutsNs[_table.Slots[slot].Timeout];
}
