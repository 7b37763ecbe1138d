using VxlanEngine.Ports.Linux;
using Xunit;

namespace VxlanEngine.Tests.Ports.Linux;

public sealed class LinkMessageTests
{
    [Fact]
    public void A_limit_of_segments_is_what_ip_sends_for_gso_max_segs()
    {
        // struct nlmsghdr, struct ifinfomsg and struct rtattr of linux/rtnetlink.h, little-endian.
        byte[] expected = Convert.FromHexString(
            "28000000" + "1000" + "0500" + "01000000" + "00000000"
            + "00" + "00" + "0000" + "07010000" + "00000000" + "00000000"
            + "0800" + "2800" + "2C000000");
        byte[] message = [.. Enumerable.Repeat((byte)0xA5, LinkMessage.MaxSegmentsLength + 3)];
        LinkMessage.WriteMaxSegments(message, interfaceIndex: 263, segments: 44);
        Assert.Equal(expected, message[..^3]);
        Assert.All(message[^3..], left => Assert.Equal(0xA5, left));
    }

    [Fact]
    public void There_must_be_room_for_all_of_it() =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => LinkMessage.WriteMaxSegments(new byte[LinkMessage.MaxSegmentsLength - 1], 1, 1));
}
