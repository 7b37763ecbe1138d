using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class PacketReaderTests
{
    private static readonly byte[] TenBytes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    [Fact]
    public void Reads_follow_each_other()
    {
        var reader = new PacketReader(TenBytes, 1);

        Assert.True(reader.TryRead(out UInt16BE first));
        Assert.True(reader.TryRead(out UInt32BE second));
        Assert.Equal(0x0102, first.Value);
        Assert.Equal(0x03040506U, second.Value);
        Assert.Equal(7, reader.Offset);
        Assert.Equal(3, reader.Remaining);
        Assert.Equal([7, 8, 9], reader.Rest.ToArray());
    }

    [Fact]
    public void A_read_that_does_not_fit_leaves_the_reader_where_it_was()
    {
        var reader = new PacketReader(TenBytes, 7);

        Assert.False(reader.TryRead(out UInt32BE header));
        Assert.Equal(0U, header.Value);
        Assert.Equal(7, reader.Offset);
        Assert.True(reader.TryRead(out UInt16BE _));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(11)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void Outside_of_the_buffer_there_is_nothing_to_read(int offset)
    {
        var reader = new PacketReader(TenBytes, offset);

        Assert.Equal(10, reader.Offset);
        Assert.Equal(0, reader.Remaining);
        Assert.False(reader.TryRead(out byte _));
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(10, true)]
    [InlineData(11, false)]
    [InlineData(int.MinValue, false)]
    public void Skips_and_limits_stay_inside(int length, bool expected)
    {
        var skipping = new PacketReader(TenBytes);
        Assert.Equal(expected, skipping.TrySkip(length));
        Assert.Equal(expected ? length : 0, skipping.Offset);

        var limited = new PacketReader(TenBytes);
        Assert.Equal(expected, limited.TryLimit(length));
        Assert.Equal(expected ? length : 10, limited.Remaining);
        Assert.Equal(0, limited.Offset);
    }

    [Fact]
    public void A_limit_hides_what_is_behind_it()
    {
        var reader = new PacketReader(TenBytes, 2);
        Assert.True(reader.TryLimit(3));

        Assert.False(reader.TryRead(out UInt32BE _));
        Assert.True(reader.TryRead(out UInt16BE value));
        Assert.Equal(0x0203, value.Value);
        Assert.Equal(4, reader.Offset);
        Assert.Equal(1, reader.Remaining);
    }
}
