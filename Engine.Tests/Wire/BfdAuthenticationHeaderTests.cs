using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class BfdAuthenticationHeaderTests
{
    [Fact]
    public void A_password_section_begins_with_type_length_and_key()
    {
        var header = HeaderAssert.Read<BfdAuthenticationHeader>("01 0b 07");
        Assert.Equal(
            (BfdAuthenticationType.SimplePassword, 11, 7), (header.Type, header.SectionLength, header.KeyId));
        HeaderAssert.Writes(new BfdAuthenticationHeader(BfdAuthenticationType.SimplePassword, 11, 7), "01 0b 07");
    }

    [Fact]
    public void A_digest_section_has_a_sequence_number_behind_a_reserved_byte()
    {
        const string bytes = "05 1c 09 00 fffffffe";
        var header = HeaderAssert.Read<BfdDigestHeader>("05 1c 09 ff fffffffe");
        Assert.Equal(BfdAuthenticationType.MeticulousKeyedSha1, header.Common.Type);
        Assert.Equal((28, 9, 0xFFFF_FFFE), (header.Common.SectionLength, header.Common.KeyId, header.Sequence));
        HeaderAssert.Writes(
            new BfdDigestHeader(
                new BfdAuthenticationHeader(BfdAuthenticationType.MeticulousKeyedSha1, 28, 9), 0xFFFF_FFFE),
            bytes);
    }
}
