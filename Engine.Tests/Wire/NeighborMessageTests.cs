using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class NeighborMessageTests
{
    private const string Target = "fe80000000000000 0000000000000001";

    private static readonly Ipv6Address TargetAddress = new(0xFE80_0000_0000_0000, 1);

    [Fact]
    public void A_solicitation_is_read_and_written()
    {
        const string bytes = "87 00 1234 00000000 " + Target;
        var message = HeaderAssert.Read<NeighborMessage>(bytes);

        Assert.Equal(Icmpv6Type.NeighborSolicitation, message.Type);
        Assert.Equal(0, message.Code);
        Assert.Equal(0x1234, message.Checksum);
        Assert.Equal(TargetAddress, message.Target);
        HeaderAssert.Writes(new NeighborMessage(TargetAddress) { Checksum = 0x1234 }, bytes);
    }

    [Theory]
    [InlineData("80000000", true, false, false)]
    [InlineData("40000000", false, true, false)]
    [InlineData("20000000", false, false, true)]
    [InlineData("e0000000", true, true, true)]
    public void The_flags_of_an_advertisement_are_read_and_written(
        string flags, bool isRouter, bool isSolicited, bool isOverride)
    {
        string bytes = $"88 00 0000 {flags} {Target}";
        var message = HeaderAssert.Read<NeighborMessage>(bytes);

        Assert.Equal(isRouter, message.IsRouter);
        Assert.Equal(isSolicited, message.IsSolicited);
        Assert.Equal(isOverride, message.IsOverride);
        HeaderAssert.Writes(new NeighborMessage(TargetAddress, isRouter, isSolicited, isOverride), bytes);
    }

    [Fact]
    public void Reserved_bits_are_no_flags()
    {
        var message = HeaderAssert.Read<NeighborMessage>($"88 00 0000 1fffffff {Target}");

        Assert.False(message.IsRouter || message.IsSolicited || message.IsOverride);
        Assert.Equal(TargetAddress, message.Target);
    }
}
