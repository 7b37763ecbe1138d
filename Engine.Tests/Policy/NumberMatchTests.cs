using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Policy;
using Xunit;

namespace VxlanEngine.Tests.Policy;

public sealed class NumberMatchTests
{
    [Theory]
    [InlineData("80", 80, true)]
    [InlineData("80", 81, false)]
    [InlineData("80,8000-8099", 8000, true)]
    [InlineData("80,8000-8099", 8099, true)]
    [InlineData("80,8000-8099", 8100, false)]
    [InlineData("!22", 22, false)]
    [InlineData("!22", 23, true)]
    [InlineData("1-100,!50-60", 50, false)]
    [InlineData("1-100,!50-60", 61, true)]
    [InlineData("!50-60,1-100", 60, false)]
    [InlineData("!50-60,1-100", 101, false)]
    [InlineData(" 80 , 443 ", 443, true)]
    [InlineData("0-4294967295", 4294967295, true)]
    public void A_number_meets_included_ranges_and_no_excluded_one(string text, uint number, bool meets) =>
        Assert.Equal(meets, NumberMatch.Parse(text).Matches(number));

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("80,")]
    [InlineData("a")]
    [InlineData("-5")]
    [InlineData("+5")]
    [InlineData("5-")]
    [InlineData("9-8")]
    [InlineData("1-2-3")]
    [InlineData("!!5")]
    [InlineData("!")]
    [InlineData("0x10")]
    [InlineData("1.5")]
    [InlineData("4294967296")]
    public void A_text_that_is_no_list_of_numbers_is_refused(string text)
    {
        Assert.False(NumberMatch.TryParse(text, uint.MaxValue, out _));
        Assert.Throws<FormatException>(() => NumberMatch.Parse(text));
    }

    [Theory]
    [InlineData("65535", true)]
    [InlineData("65536", false)]
    [InlineData("1-65536", false)]
    [InlineData("!65536", false)]
    public void A_number_above_the_limit_is_refused(string text, bool accepted) =>
        Assert.Equal(accepted, NumberMatch.TryParse(text, 65535, out _));

    [Fact]
    public void No_condition_is_met_by_every_number()
    {
        Assert.True(default(NumberMatch).IsEmpty);
        Assert.True(default(NumberMatch).Matches(0));
        Assert.True(default(NumberMatch).Matches(uint.MaxValue));
    }

    [Fact]
    public void A_number_stands_for_the_condition_that_it_holds()
    {
        NumberMatch match = 53;
        Assert.Equal(NumberMatch.Parse("53"), match);
        Assert.Equal("53", match.ToString());
    }

    [Fact]
    public void Evaluation_agrees_with_sets_of_numbers_and_the_written_form_parses_back() =>
        Prop.ForAll(
                Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
                seed =>
                {
                    var random = new Random(seed);
                    var included = new HashSet<uint>();
                    var excluded = new HashSet<uint>();
                    var terms = new List<NumberTerm>();
                    for (int i = random.Next(5); i > 0; i--)
                    {
                        int first = random.Next(32);
                        int last = random.Next(first, 32);
                        bool negated = random.Next(3) == 0;
                        terms.Add(new NumberTerm(new NumberRange((uint)first, (uint)last), negated));
                        (negated ? excluded : included).UnionWith(
                            Enumerable.Range(first, last - first + 1).Select(n => (uint)n));
                    }

                    bool anyIncluded = terms.Exists(term => !term.Negated);
                    var match = new NumberMatch(terms.ToValueArray());
                    for (uint n = 0; n < 33; n++)
                    {
                        Assert.Equal((!anyIncluded || included.Contains(n)) && !excluded.Contains(n), match.Matches(n));
                    }

                    if (terms.Count > 0)
                    {
                        Assert.Equal(match, NumberMatch.Parse(match.ToString()));
                    }
                })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));
}
