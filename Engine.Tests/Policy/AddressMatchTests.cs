using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Policy;

public sealed class AddressMatchTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0", "10.255.255.255", false, "10.0.0.0/8")]
    [InlineData("10.0.0.7", "10.0.0.7", "10.0.0.7", false, "10.0.0.7")]
    [InlineData("!10.0.0.7/32", "10.0.0.7", "10.0.0.7", true, "!10.0.0.7")]
    [InlineData("10.0.0.1-10.0.0.9", "10.0.0.1", "10.0.0.9", false, "10.0.0.1-10.0.0.9")]
    [InlineData("10.0.0.0-10.0.0.255", "10.0.0.0", "10.0.0.255", false, "10.0.0.0/24")]
    [InlineData("0.0.0.0/0", "0.0.0.0", "255.255.255.255", false, "0.0.0.0/0")]
    [InlineData("FD00::/8", "fd00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, "fd00::/8")]
    [InlineData("!fd00::1-fd00::3", "fd00::1", "fd00::3", true, "!fd00::1-fd00::3")]
    [InlineData("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, "::/0")]
    public void A_range_is_read_from_a_prefix_an_address_or_its_ends(
        string text, string first, string last, bool negated, string canonical)
    {
        AddressTerm term = Assert.Single(AddressMatch.Parse(text).Terms);
        Assert.Equal(IpAddress.Parse(first), term.First);
        Assert.Equal(IpAddress.Parse(last), term.Last);
        Assert.Equal(negated, term.Negated);
        Assert.Null(term.Set);
        Assert.Equal(canonical, term.ToString());
        Assert.True(term.Contains(IpAddress.Parse(first)));
        Assert.True(term.Contains(IpAddress.Parse(last)));
    }

    [Theory]
    [InlineData("@offices", "offices", false)]
    [InlineData("!@offices", "offices", true)]
    public void A_set_is_read_by_its_name(string text, string set, bool negated)
    {
        AddressTerm term = Assert.Single(AddressMatch.Parse(text).Terms);
        Assert.Equal(new AddressTerm(set, negated), term);
        Assert.Equal(text, term.ToString());
    }

    [Fact]
    public void A_list_keeps_its_order()
    {
        AddressMatch match = "10.0.0.0/8, @offices,!10.9.0.0/16 ,fd00::1-fd00::2";
        Assert.Equal("10.0.0.0/8,@offices,!10.9.0.0/16,fd00::1-fd00::2", match.ToString());
        Assert.Equal(match, AddressMatch.Parse(match.ToString()));
        Assert.False(match.IsEmpty);
        Assert.True(default(AddressMatch).IsEmpty);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0/8,")]
    [InlineData("@")]
    [InlineData("!")]
    [InlineData("!@")]
    [InlineData("!!10.0.0.1")]
    [InlineData("10.0.0.1/8")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0")]
    [InlineData("10.0.0.01")]
    [InlineData("10.0.0.9-10.0.0.1")]
    [InlineData("10.0.0.1-fd00::1")]
    [InlineData("10.0.0.0/8-10.0.0.9")]
    [InlineData("fd00::1%eth0")]
    [InlineData("example.org")]
    public void A_text_that_is_no_list_of_addresses_is_refused(string text) =>
        Assert.Throws<FormatException>(() => AddressMatch.Parse(text));

    [Fact]
    public void A_term_holds_no_address_of_the_other_family_or_beside_its_range()
    {
        var term = new AddressTerm(IpPrefix.Parse("10.0.0.0/8"));
        Assert.False(term.Contains(IpAddress.Parse("9.255.255.255")));
        Assert.False(term.Contains(IpAddress.Parse("11.0.0.0")));
        Assert.False(term.Contains(IpAddress.Parse("::ffff:10.0.0.1")));
        Assert.False(new AddressTerm(IpPrefix.Parse("::/0")).Contains(IpAddress.Parse("10.0.0.1")));
    }

    [Fact]
    public void A_range_of_two_families_or_backwards_is_refused()
    {
        Assert.Throws<ArgumentException>(
            () => new AddressTerm(IpAddress.Parse("10.0.0.2"), IpAddress.Parse("10.0.0.1")));
        Assert.Throws<ArgumentException>(
            () => new AddressTerm(IpAddress.Parse("10.0.0.2"), IpAddress.Parse("fd00::1")));
    }
}
