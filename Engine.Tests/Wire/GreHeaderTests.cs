using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class GreHeaderTests
{
    [Fact]
    public void Known_bytes_are_read_and_written()
    {
        var header = HeaderAssert.Read<GreHeader>("b001 880b");

        Assert.True(header.HasChecksum && header.HasKey && header.HasSequence);
        Assert.Equal(1, header.Version);
        Assert.Equal((EtherType)0x880B, header.Protocol);
        Assert.Equal(16, header.HeaderLength);
        HeaderAssert.Writes(new GreHeader(EtherType.Ipv4), "0000 0800");
        HeaderAssert.Writes(new GreHeader(EtherType.Ipv6, true, true, true), "b000 86dd");
    }

    [Theory]
    [InlineData("2000 6558", true)]
    [InlineData("0000 6558", false)]
    [InlineData("2000 0800", false)]
    [InlineData("a000 6558", false)]
    [InlineData("3000 6558", false)]
    [InlineData("2001 6558", false)]
    public void Nvgre_has_a_key_and_nothing_else(string bytes, bool expected) =>
        Assert.Equal(expected, HeaderAssert.Read<GreHeader>(bytes).IsNvgre);
}
