using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class VlanTagTests
{
    private const string Bytes = "b064 86dd";

    [Fact]
    public void Known_bytes_are_read()
    {
        var tag = HeaderAssert.Read<VlanTag>(Bytes);

        Assert.Equal(5, tag.Priority);
        Assert.True(tag.DropEligible);
        Assert.Equal(100, tag.Id);
        Assert.Equal(0xB064, tag.Tci);
        Assert.Equal(EtherType.Ipv6, tag.EtherType);
    }

    [Fact]
    public void Known_bytes_are_written() => HeaderAssert.Writes(new VlanTag(0xB064, EtherType.Ipv6), Bytes);

    [Fact]
    public void A_length_is_no_ether_type()
    {
        var tag = HeaderAssert.Read<VlanTag>("0fff 0026");

        Assert.Equal(4095, tag.Id);
        Assert.Equal(0, tag.Priority);
        Assert.False(tag.DropEligible);
        Assert.Equal(EtherType.None, tag.EtherType);
        Assert.Equal(0x26, tag.TypeOrLength);
    }

    [Theory]
    [InlineData(0x8100, true)]
    [InlineData(0x88A8, true)]
    [InlineData(0x9100, true)]
    [InlineData(0x0800, false)]
    [InlineData(0x8847, false)]
    public void Three_ether_types_announce_a_tag(ushort etherType, bool expected) =>
        Assert.Equal(expected, VlanTag.IsAnnouncedBy((EtherType)etherType));
}
