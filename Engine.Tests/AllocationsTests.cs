using Xunit;
using Xunit.Sdk;

namespace VxlanEngine.Tests;

public class AllocationsTests
{
    private static object? _sink;

    [Fact]
    public void Code_that_allocates_nothing_passes()
    {
        int sum = 0;
        Allocations.AssertNone(() => sum++);
        Assert.True(sum >= 2_000, "the action was not warmed up and measured");
    }

    [Fact]
    public void Code_that_allocates_every_time_fails()
    {
        Assert.Throws<TrueException>(() => Allocations.AssertNone(() => _sink = new byte[64], 10));
        Assert.NotNull(_sink);
    }

    [Fact]
    public void Code_that_allocates_in_one_call_of_a_thousand_fails()
    {
        int calls = 0;
        long least = Allocations.Least(() => _sink = ++calls % 1_000 == 0 ? new object() : null, 1_000);
        Assert.InRange(least, 1, 100);
    }

    [Fact]
    public void Code_that_allocates_at_first_only_passes()
    {
        int calls = 0;
        Allocations.AssertNone(() => _sink = ++calls < 1_500 ? new object() : null);
    }
}
