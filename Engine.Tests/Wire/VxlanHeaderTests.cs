using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class VxlanHeaderTests
{
    [Fact]
    public void Known_bytes_are_read()
    {
        var header = HeaderAssert.Read<VxlanHeader>("08000000 00138900");

        Assert.True(header.HasVni);
        Assert.Equal(5001U, header.Vni.Value);
        Assert.Equal(0UL, header.ReservedBits);
        Assert.False(header.HasGroupPolicyId);
    }

    [Theory]
    [InlineData(0U, "08000000 00000000")]
    [InlineData(5001U, "08000000 00138900")]
    [InlineData(Vni.MaxValue, "08000000 ffffff00")]
    public void Known_bytes_are_written(uint vni, string bytes) =>
        HeaderAssert.Writes(new VxlanHeader(new Vni(vni)), bytes);

    [Fact]
    public void Reserved_bits_change_neither_flag_nor_vni()
    {
        var header = HeaderAssert.Read<VxlanHeader>("ffffffff 001389ff");

        Assert.True(header.HasVni);
        Assert.Equal(5001U, header.Vni.Value);
        Assert.Equal(0xF7FFFFFF_000000FFUL, header.ReservedBits);
    }

    [Fact]
    public void Without_the_flag_there_is_no_vni() =>
        Assert.False(HeaderAssert.Read<VxlanHeader>("f7ffffff 00138900").HasVni);

    [Fact]
    [Trait("Scenario", "VD06")]
    public void Every_bit_is_flag_vni_or_reserved()
    {
        for (int bit = 0; bit < 64; bit++)
        {
            var header = HeaderAssert.Read<VxlanHeader>($"{1UL << bit:x16}");
            int views = (header.HasVni ? 1 : 0) + (header.Vni.Value != 0 ? 1 : 0) + (header.ReservedBits != 0 ? 1 : 0);
            Assert.Equal(1, views);
        }
    }

    [Fact]
    [Trait("Scenario", "VD24")]
    public void A_group_policy_is_read_from_reserved_bits()
    {
        // From a capture of traffic with the extension: flags G, I, D and A, group 100.
        var header = HeaderAssert.Read<VxlanHeader>("88480064 2dc6c100");

        Assert.True(header.HasVni);
        Assert.True(header.HasGroupPolicyId);
        Assert.Equal(100, header.GroupPolicyId);
        Assert.Equal(3000001U, header.Vni.Value);
    }
}
