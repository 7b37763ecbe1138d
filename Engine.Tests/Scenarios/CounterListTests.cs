using Xunit;

namespace VxlanEngine.Tests.Scenarios;

public sealed class CounterListTests
{
    [Fact]
    public void A_counter_that_the_file_leaves_out_is_expected_to_be_zero()
    {
        SortedDictionary<string, string> expected = CounterList.Expand("{}", [Scenario.Load("block-telnet").Policy]);
        Assert.Equal("0", expected["dropped.rule-block"]);
        Assert.Equal("0", expected["dropped.egress-full"]);
        Assert.Equal("0", expected["rules.acl/acl-out/no-telnet"]);
        Assert.Equal("0", expected["ports.uplink.sent"]);
        Assert.DoesNotContain("dropped.none", expected.Keys);
    }

    [Fact]
    public void Counters_that_differ_or_do_not_exist_are_named() =>
        Assert.Equal(
            """
              a: expected 1, found 2
              b: expected 1, found no such counter
              c: expected no such counter, found 1
            """,
            CounterList.Difference(
                new(StringComparer.Ordinal) { ["a"] = "1", ["b"] = "1", ["d"] = "1" },
                new(StringComparer.Ordinal) { ["a"] = "2", ["c"] = "1", ["d"] = "1" }));
}
