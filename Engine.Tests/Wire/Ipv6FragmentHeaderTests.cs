using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class Ipv6FragmentHeaderTests
{
    [Fact]
    public void Known_bytes_are_read_and_written()
    {
        const string bytes = "11 00 05a9 deadbeef";
        var header = HeaderAssert.Read<Ipv6FragmentHeader>(bytes);

        Assert.Equal(IpProtocol.Udp, header.NextHeader);
        Assert.Equal(1448, header.FragmentOffset);
        Assert.True(header.MoreFragments);
        Assert.True(header.IsFragment);
        Assert.Equal(0xDEADBEEF, header.Identification);
        Assert.Equal(0, header.ReservedBits);
        HeaderAssert.Writes(new Ipv6FragmentHeader(IpProtocol.Udp, 1448, moreFragments: true, 0xDEADBEEF), bytes);
    }

    [Fact]
    public void Reserved_bits_change_nothing_else()
    {
        var header = HeaderAssert.Read<Ipv6FragmentHeader>("06 ff 0006 00000001");

        Assert.Equal(0x3FF, header.ReservedBits);
        Assert.Equal(0, header.FragmentOffset);
        Assert.False(header.MoreFragments);
        Assert.False(header.IsFragment);
    }
}
