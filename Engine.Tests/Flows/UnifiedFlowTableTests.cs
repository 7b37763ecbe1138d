using VxlanEngine.Flows;
using Xunit;

namespace VxlanEngine.Tests.Flows;

public sealed class UnifiedFlowTableTests
{
    private const uint Hash = 7;

    private static readonly UnifiedFlow Known = new() { Addresses = 1, Ports = 2, Context = 3, Action = 4, Entry = -1 };

    [Fact]
    public void A_packet_kind_is_found_by_all_of_its_key_and_by_no_other()
    {
        using var table = new UnifiedFlowTable(16);
        table.Set(Hash, Known);

        int slot = table.Find(Hash, 1, 2, 3);
        Assert.Equal(4u, table.Slots[slot].Action);
        Assert.Equal(-1, table.Find(Hash, 9, 2, 3));
        Assert.Equal(-1, table.Find(Hash, 1, 9, 3));
        Assert.Equal(-1, table.Find(Hash, 1, 2, 9));
    }

    [Fact]
    public void What_is_written_again_takes_the_same_slot()
    {
        using var table = new UnifiedFlowTable(16);
        table.Set(Hash, Known);
        int slot = table.Find(Hash, 1, 2, 3);
        table.Set(Hash, Known with { Action = 5 });

        Assert.Equal(slot, table.Find(Hash, 1, 2, 3));
        Assert.Equal(5u, table.Slots[slot].Action);
    }

    [Fact]
    public void A_full_bucket_borrows_from_the_next_then_loses_one_and_keeps_the_newest()
    {
        using var table = new UnifiedFlowTable(16);
        for (ulong i = 1; i <= 20; i++)
        {
            table.Set(Hash, Known with { Addresses = i });
            Assert.NotEqual(-1, table.Find(Hash, i, 2, 3));
        }

        int left = Enumerable.Range(1, 20).Count(i => table.Find(Hash, (ulong)i, 2, 3) >= 0);
        Assert.Equal(2 * UnifiedFlowTable.BucketLength, left);
    }
}
