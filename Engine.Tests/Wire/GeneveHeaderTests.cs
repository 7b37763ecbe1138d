using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class GeneveHeaderTests
{
    [Fact]
    public void Known_bytes_are_read_and_written()
    {
        const string bytes = "00 00 6558 00138900";
        var header = HeaderAssert.Read<GeneveHeader>(bytes);

        Assert.Equal(0, header.Version);
        Assert.Equal(8, header.HeaderLength);
        Assert.False(header.IsControl || header.HasCriticalOptions);
        Assert.Equal(EtherType.TransparentEthernet, header.Protocol);
        Assert.Equal(5001U, header.Vni.Value);
        HeaderAssert.Writes(new GeneveHeader(new Vni(5001), EtherType.TransparentEthernet), bytes);
    }

    [Fact]
    public void Options_length_and_flags_are_read()
    {
        var header = HeaderAssert.Read<GeneveHeader>("7f c0 0800 ffffffff");

        Assert.Equal(1, header.Version);
        Assert.Equal(260, header.HeaderLength);
        Assert.True(header.IsControl && header.HasCriticalOptions);
        Assert.Equal(Vni.MaxValue, header.Vni.Value);
    }
}
