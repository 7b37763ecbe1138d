using VxlanEngine.Flows;
using Xunit;

namespace VxlanEngine.Tests.Flows;

public sealed class FlowIndexTests
{
    /// <summary>Few hashes and a small table, so that runs of slots meet, wrap around and close their gaps.</summary>
    [Theory]
    [InlineData(1, 40u)]
    [InlineData(2, 8u)]
    [InlineData(3, uint.MaxValue)]
    public void The_index_holds_what_was_added_and_not_removed(int seed, uint hashes)
    {
        const int Capacity = 64;
        var random = new Random(seed);
        using var index = new FlowIndex(Capacity);
        var model = new Dictionary<int, uint>();
        for (int i = 0; i < 30_000; i++)
        {
            int number = random.Next(200);
            if (model.TryGetValue(number, out uint hash))
            {
                index.Remove(hash, number);
                model.Remove(number);
            }
            else if (model.Count < Capacity)
            {
                hash = (uint)random.NextInt64(hashes);
                index.Add(hash, number);
                model.Add(number, hash);
            }

            uint asked = model.Count > 0 ? model.Values.ElementAt(random.Next(model.Count)) : 0;
            Assert.Equal(
                model.Where(m => m.Value == asked).Select(m => m.Key).Order(), Numbers(index, asked).Order());
        }
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
        int position = index.Start(hash);
        for (int n = index.Next(hash, ref position); n >= 0; n = index.Next(hash, ref position))
        {
            numbers.Add(n);
        }

        return numbers;
    }
}
