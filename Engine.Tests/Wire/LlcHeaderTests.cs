using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class LlcHeaderTests
{
    [Fact]
    public void A_spanning_tree_header_is_read_and_written()
    {
        var header = HeaderAssert.Read<LlcHeader>("42 42 03");

        Assert.Equal(0x42, header.Destination);
        Assert.Equal(0x42, header.Source);
        Assert.Equal(3, header.Control);
        Assert.False(header.IsSnap);
        HeaderAssert.Writes(new LlcHeader(0x42, 0x42, 3), "424203");
    }

    [Fact]
    public void Snap_is_recognised_and_written()
    {
        Assert.True(HeaderAssert.Read<LlcHeader>("aa aa 03").IsSnap);
        HeaderAssert.Writes(LlcHeader.Snap, "aaaa03");
    }

    [Theory]
    [InlineData("ab aa 03")]
    [InlineData("aa ab 03")]
    [InlineData("aa aa 13")]
    public void Snap_is_all_three_bytes(string bytes) => Assert.False(HeaderAssert.Read<LlcHeader>(bytes).IsSnap);
}
