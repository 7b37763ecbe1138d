using VxlanEngine.Policy.Json;
using Xunit;

namespace VxlanEngine.Tests.Policy.Json;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("0s", 0)]
    [InlineData("100ns", 1)]
    [InlineData("7us", 70)]
    [InlineData("250ms", 2_500_000)]
    [InlineData("30s", 300_000_000)]
    [InlineData("90m", 54_000_000_000)]
    [InlineData("2h", 72_000_000_000)]
    [InlineData("3d", 2_592_000_000_000)]
    public void A_number_and_a_unit_are_a_span_in_the_largest_unit_that_is_whole(string text, long ticks)
    {
        Assert.True(Durations.TryParse(text, out TimeSpan value));
        Assert.Equal(ticks, value.Ticks);
        Assert.Equal(text, Durations.Format(value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("1.5s")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData("5sec")]
    [InlineData("5w")]
    [InlineData("1h30m")]
    [InlineData("150ns")]
    [InlineData("10675200d")]
    [InlineData("9223372036854775808us")]
    public void Anything_else_is_refused(string text) => Assert.False(Durations.TryParse(text, out _));

    [Fact]
    public void The_longest_span_in_days_is_accepted()
    {
        Assert.True(Durations.TryParse("10675199d", out TimeSpan value));
        Assert.Equal(10675199, value.Days);
    }
}
