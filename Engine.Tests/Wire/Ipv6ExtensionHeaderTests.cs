using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class Ipv6ExtensionHeaderTests
{
    [Fact]
    public void Known_bytes_are_read_and_written()
    {
        var header = HeaderAssert.Read<Ipv6ExtensionHeader>("3a 02");

        Assert.Equal(IpProtocol.Icmpv6, header.NextHeader);
        Assert.Equal(2, header.LengthField);
        HeaderAssert.Writes(new Ipv6ExtensionHeader(IpProtocol.Icmpv6, 2), "3a02");
    }

    [Theory]
    [InlineData(IpProtocol.HopByHop, 0, 8)]
    [InlineData(IpProtocol.Routing, 2, 24)]
    [InlineData(IpProtocol.DestinationOptions, 255, 2048)]
    [InlineData(IpProtocol.AuthenticationHeader, 4, 24)]
    [InlineData(IpProtocol.AuthenticationHeader, 0, 8)]
    [InlineData(IpProtocol.AuthenticationHeader, 255, 1028)]
    public void The_length_counts_in_the_units_of_its_kind(IpProtocol kind, byte field, int expected) =>
        Assert.Equal(expected, new Ipv6ExtensionHeader(IpProtocol.Tcp, field).WholeLength(kind));

    [Fact]
    public void Eight_numbers_announce_an_extension_header()
    {
        byte[] numbers = [.. Enumerable.Range(0, 256)
            .Select(number => (byte)number)
            .Where(number => Ipv6ExtensionHeader.IsAnnouncedBy((IpProtocol)number))];

        // The IANA registry of IPv6 extension header types, without ESP (50) and the experimental 253 and 254.
        Assert.Equal([0, 43, 44, 51, 60, 135, 139, 140], numbers);
    }
}
