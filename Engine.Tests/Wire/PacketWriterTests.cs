using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class PacketWriterTests
{
    [Fact]
    public void Writes_follow_each_other()
    {
        byte[] memory = new byte[9];
        var writer = new PacketWriter(memory, 1);

        Assert.True(writer.TryWrite(new UInt16BE(0x0102)));
        Assert.True(writer.TryWrite(new UInt32BE(0x03040506)));
        Assert.True(writer.TryWrite([7]));
        Assert.Equal(8, writer.Offset);
        Assert.Equal(1, writer.Remaining);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 0], memory);
    }

    [Fact]
    public void A_write_that_does_not_fit_changes_nothing()
    {
        byte[] memory = new byte[3];
        var writer = new PacketWriter(memory);

        Assert.False(writer.TryWrite(new UInt32BE(uint.MaxValue)));
        Assert.False(writer.TryWrite([1, 2, 3, 4]));
        Assert.Equal(0, writer.Offset);
        Assert.Equal(new byte[3], memory);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    [InlineData(int.MinValue)]
    public void Outside_of_the_buffer_nothing_fits(int offset)
    {
        var writer = new PacketWriter(new byte[3], offset);

        Assert.Equal(0, writer.Remaining);
        Assert.False(writer.TryWrite<byte>(1));
        Assert.True(writer.TryWrite([]));
    }
}
