using VxlanEngine.Flows;
using Xunit;

namespace VxlanEngine.Tests.Flows;

public sealed class FlowIndexTests
{
    /// <summary>
    /// Few hashes and small tables, so that buckets overflow, runs of them meet, wrap around and close their gaps; the
    /// table grows while numbers come and go.
    /// </summary>
    [Theory]
    [InlineData(1, 64, 40u)]
    [InlineData(2, 64, 8u)]
    [InlineData(3, 64, uint.MaxValue)]
    [InlineData(4, 64, 0xFFFF_FFFCu)]
    [InlineData(5, 2000, 40u)]
    [InlineData(6, 2000, 200u)]
    [InlineData(7, 2000, uint.MaxValue)]
    [InlineData(8, 2000, 0xFFFF_FFFCu)]
    public void The_index_holds_what_was_added_and_not_removed(int seed, int capacity, uint hashes)
    {
        var random = new Random(seed);
        using var index = new FlowIndex(capacity);
        var model = new Dictionary<int, uint>();
        int steps = 15 * capacity;
        for (int i = 0; i < steps; i++)
        {
            int number = 1 + random.Next(3 * Math.Min(capacity, 10 + i));
            if (model.TryGetValue(number, out uint hash))
            {
                index.Remove(hash, number);
                model.Remove(number);
            }
            else if (model.Count < capacity)
            {
                // Hashes that name the last buckets of a table of any size wrap around in all of them.
                hash = hashes == 0xFFFF_FFFC ? hashes | (uint)random.Next(4) : (uint)random.NextInt64(hashes);
                index.Add(hash, number);
                model.Add(number, hash);
            }

            uint asked = model.Count > 0 ? model.Values.ElementAt(random.Next(model.Count)) : 0;
            Assert.Equal(
                model.Where(m => m.Value == asked).Select(m => m.Key).Order(), Numbers(index, asked).Order());
            Assert.Equal(model.Count, index.Count);
        }

        Assert.All(model, m => Assert.Contains(m.Key, Numbers(index, m.Value)));
        Assert.All(model.Keys.ToList(), n => index.Remove(model[n], n));
        Assert.All(model, m => Assert.Empty(Numbers(index, m.Value)));
    }

    /// <summary>
    /// Nobody waits for a table: what one addition moves does not depend on how many numbers there are.
    /// </summary>
    [Fact]
    public void A_table_that_grows_is_moved_bit_by_bit_and_finds_everything_meanwhile()
    {
        const int Count = 100_000;
        using var index = new FlowIndex(Count);
        var random = new Random(1);
        uint[] hashes = [.. Enumerable.Range(0, Count + 1).Select(_ => (uint)random.NextInt64(uint.MaxValue))];
        int sizes = 0;
        for (int i = 1; i <= Count; i++)
        {
            int before = index.Size;
            index.Add(hashes[i], i);
            sizes += index.Size != before ? 1 : 0;
            int asked = 1 + random.Next(i);
            Assert.Contains(asked, Numbers(index, hashes[asked]));
            Assert.True(index.BucketsToMove <= Math.Max(0, (index.Size / 2) - 2));
        }

        Assert.Equal(11, sizes);
        Assert.Equal(0, index.BucketsToMove);
        Assert.All(Enumerable.Range(1, Count), n => Assert.Contains(n, Numbers(index, hashes[n])));
    }

    [Fact]
    public void Removing_what_is_not_there_changes_nothing()
    {
        using var index = new FlowIndex(4);
        index.Add(5, 1);
        index.Remove(5, 2);
        index.Remove(6, 1);

        Assert.Equal([1], Numbers(index, 5));
    }

    private static List<int> Numbers(FlowIndex index, uint hash)
    {
        var numbers = new List<int>();
        FlowIndex.Search search = index.Find(hash);
        for (int n = index.Next(ref search); n != 0; n = index.Next(ref search))
        {
            numbers.Add(n);
        }

        return numbers;
    }
}
