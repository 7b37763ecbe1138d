using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class SnapHeaderTests
{
    [Fact]
    public void A_discovery_protocol_header_is_read_and_written()
    {
        var header = HeaderAssert.Read<SnapHeader>("00000c 2000");

        Assert.Equal(0x00000CU, header.Organisation);
        Assert.Equal((EtherType)0x2000, header.Protocol);
        Assert.False(header.IsEtherType);
        Assert.True(HeaderAssert.Read<SnapHeader>("000000 0806").IsEtherType);
        Assert.True(HeaderAssert.Read<SnapHeader>("0000f8 0806").IsEtherType);
        HeaderAssert.Writes(new SnapHeader(0x123456, EtherType.Arp), "123456 0806");
    }
}
