using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class Ipv6AddressTests
{
    [Theory]
    [InlineData("2001:db8::3656:78ff:fe9a:bcde", "34:56:78:9a:bc:de")] // RFC 4291, appendix A.
    [InlineData("fe80::ff:fe00:0", "02:00:00:00:00:00")]
    [InlineData("fe80::200:ff:fe00:1", "00:00:00:00:00:01")]
    public void Mac_address_is_read_from_an_interface_identifier_that_was_made_of_it(string address, string mac)
    {
        Assert.True(IpAddress.Parse(address).V6.TryGetMac(out MacAddress found));
        Assert.Equal(MacAddress.Parse(mac), found);
    }

    [Theory]
    [InlineData("fe80::1")]
    [InlineData("fe80::42:afe:ff00:206")]
    [InlineData("::")]
    public void Other_interface_identifiers_hold_no_mac_address(string address) =>
        Assert.False(IpAddress.Parse(address).V6.TryGetMac(out _));
}
