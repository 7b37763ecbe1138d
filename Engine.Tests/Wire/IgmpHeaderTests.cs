using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class IgmpHeaderTests
{
    [Fact]
    public void A_report_is_read_and_written()
    {
        const string bytes = "16 64 1234 e0000116";
        var igmp = HeaderAssert.Read<IgmpHeader>(bytes);

        Assert.Equal(IgmpHeader.MembershipReportV2, igmp.Type);
        Assert.Equal(100, igmp.MaxResponseTime);
        Assert.Equal(0x1234, igmp.Checksum);
        Assert.Equal("224.0.1.22", igmp.Group.ToString());
        HeaderAssert.Writes(new IgmpHeader(0x16, 100, 0x1234, new Ipv4Address(0xE0000116)), bytes);
    }
}
