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
        Assert.True(header.DontLearn);
        Assert.True(header.IsPolicyApplied);
        Assert.Equal(0UL, header.ReservedBitsBesideGroupPolicy);
        HeaderAssert.Writes(new VxlanHeader(new Vni(3000001), 100, true, true), "88480064 2dc6c100");
    }

    [Theory]
    [InlineData("88080007 00138900", true, false)]
    [InlineData("88400007 00138900", false, true)]
    [InlineData("88000007 00138900", false, false)]
    [Trait("Scenario", "VD24")]
    public void The_bits_of_a_group_policy_are_told_apart(string bytes, bool isApplied, bool dontLearn)
    {
        var header = HeaderAssert.Read<VxlanHeader>(bytes);
        Assert.Equal((isApplied, dontLearn, 7), (header.IsPolicyApplied, header.DontLearn, header.GroupPolicyId));
        HeaderAssert.Writes(new VxlanHeader(new Vni(5001), 7, isApplied, dontLearn), bytes);
    }

    [Fact]
    public void A_group_policy_leaves_seven_flags_and_the_last_byte_reserved() =>
        Assert.Equal(
            0x77000000_000000FFUL, HeaderAssert.Read<VxlanHeader>("ffffffff 001389ff").ReservedBitsBesideGroupPolicy);
}
