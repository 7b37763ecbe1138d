using VxlanEngine.Policy;
using Xunit;

namespace VxlanEngine.Tests.Policy;

public sealed class ValueArrayTests
{
    [Fact]
    public void Arrays_are_equal_when_their_items_are()
    {
        ValueArray<string> one = ["a", "b"];
        ValueArray<string> same = new[] { "a", "b" }.ToValueArray();
        Assert.True(one == same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.True(one.Equals((object)same));
        Assert.True(one != (ValueArray<string>)["b", "a"]);
        Assert.True(one != (ValueArray<string>)["a"]);
        Assert.False(one.Equals("a,b"));
    }

    [Fact]
    public void The_default_value_is_an_empty_array()
    {
        ValueArray<int> none = default;
        ValueArray<int> empty = [];
        Assert.Equal(empty, none);
        Assert.Equal(empty.GetHashCode(), none.GetHashCode());
        Assert.True(none.IsEmpty);
        Assert.Equal(none.AsSpan().Length, none.Count);
        Assert.Empty(none);
        Assert.Equal("", none.ToString());
        Assert.Throws<IndexOutOfRangeException>(() => default(ValueArray<int>)[0]);
    }

    [Fact]
    public void Items_are_counted_indexed_and_enumerated_in_order()
    {
        ValueArray<int> array = [3, 1, 2];
        Assert.Equal(3, array.Count);
        Assert.Equal(1, array[1]);
        Assert.Equal([3, 1, 2], array.Select(item => item));
        Assert.Equal("3,1,2", array.ToString());
        var seen = new List<int>();
        foreach (int item in array)
        {
            seen.Add(item);
        }

        Assert.Equal([3, 1, 2], seen);
    }

    [Fact]
    public void An_array_is_a_copy_of_what_it_was_made_from()
    {
        int[] source = [1, 2];
        ValueArray<int> array = ValueArray.Create<int>(source);
        ValueArray<int> sequence = source.ToValueArray();
        source[0] = 9;
        Assert.Equal(1, array[0]);
        Assert.Equal(1, sequence[0]);
    }

    [Fact]
    public void Records_with_arrays_compare_by_value()
    {
        var one = new Layer { Name = "l", Priority = 1, Default = DefaultAction.Allow, Ports = ["a"] };
        Assert.Equal(one, one with { Ports = new List<string> { "a" }.ToValueArray() });
        Assert.NotEqual(one, one with { Ports = ["b"] });
    }
}
