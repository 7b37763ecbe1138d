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
        Assert.False(header.IsControl);
        HeaderAssert.Writes(new VxlanGpeHeader(new Vni(5001), VxlanGpeHeader.EthernetProtocol), bytes);
    }

    [Fact]
    [Trait("Scenario", "VD23")]
    public void Version_and_o_flag_are_read()
    {
        Assert.True(HeaderAssert.Read<VxlanGpeHeader>("0d000003 00138900").IsControl);
        Assert.Equal(3, HeaderAssert.Read<VxlanGpeHeader>("3c000003 00138900").Version);
    }

    [Fact]
    public void The_b_flag_is_read_and_written()
    {
        const string bytes = "0e000003 00138900";
        Assert.True(HeaderAssert.Read<VxlanGpeHeader>(bytes).IsReplicated);
        Assert.False(HeaderAssert.Read<VxlanGpeHeader>("fdffffff ffffffff").IsReplicated);
        HeaderAssert.Writes(
            new VxlanGpeHeader(new Vni(5001), VxlanGpeHeader.EthernetProtocol, isReplicated: true), bytes);
    }

    [Fact]
    public void Reserved_bits_change_nothing_else()
    {
        var header = HeaderAssert.Read<VxlanGpeHeader>("c3ffff00 000000ff");

        Assert.Equal(0, header.Version);
        Assert.False(header.HasVni);
        Assert.False(header.HasNextProtocol);
        Assert.Equal(0, header.NextProtocol);
        Assert.True(header.IsControl);
        Assert.Equal(0U, header.Vni.Value);
    }
}
