using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class VxlanGpeHeaderTests
{
    [Fact]
    [Trait("Scenario", "VE23")]
    public void Known_bytes_are_read_and_written()
    {
        const string bytes = "0c000003 00138900";
        var header = HeaderAssert.Read<VxlanGpeHeader>(bytes);

        Assert.Equal(0, header.Version);
        Assert.True(header.HasVni);
        Assert.True(header.HasNextProtocol);
        Assert.Equal(VxlanGpeHeader.EthernetProtocol, header.NextProtocol);
        Assert.Equal(5001U, header.Vni.Value);
        HeaderAssert.Writes(new VxlanGpeHeader(new Vni(5001), VxlanGpeHeader.EthernetProtocol), bytes);
    }

    [Fact]
    public void Reserved_bits_change_nothing_else()
    {
        var header = HeaderAssert.Read<VxlanGpeHeader>("c3ffff00 000000ff");

        Assert.Equal(0, header.Version);
        Assert.False(header.HasVni);
        Assert.False(header.HasNextProtocol);
        Assert.Equal(0, header.NextProtocol);
        Assert.Equal(0U, header.Vni.Value);
    }
}
