using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class NvgreHeaderTests
{
    [Fact]
    public void Known_bytes_are_read_and_written()
    {
        const string bytes = "2000 6558 00138907";
        var header = HeaderAssert.Read<NvgreHeader>(bytes);

        Assert.True(header.Gre.IsNvgre);
        Assert.Equal(5001U, header.Subnet.Value);
        Assert.Equal(7, header.Flow);
        HeaderAssert.Writes(new NvgreHeader(new Vni(5001), 7), bytes);
    }
}
