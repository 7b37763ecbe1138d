using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class ArpPacketTests
{
    private const string Request = "0001 0800 06 04 0001 02000000000a 0a000001 000000000000 0a000002";
    private const string Reply = "0001 0800 06 04 0002 02000000000b 0a000002 02000000000a 0a000001";

    private static readonly MacAddress MacA = MacAddress.Parse("02:00:00:00:00:0a");
    private static readonly MacAddress MacB = MacAddress.Parse("02:00:00:00:00:0b");
    private static readonly Ipv4Address A = new(0x0A000001);
    private static readonly Ipv4Address B = new(0x0A000002);

    [Fact]
    public void Known_bytes_are_read()
    {
        var arp = HeaderAssert.Read<ArpPacket>(Reply);

        Assert.True(arp.IsEthernetIpv4);
        Assert.Equal(ArpOperation.Reply, arp.Operation);
        Assert.Equal(MacB, arp.SenderMac);
        Assert.Equal(B, arp.Sender);
        Assert.Equal(MacA, arp.TargetMac);
        Assert.Equal(A, arp.Target);
    }

    [Fact]
    public void Known_bytes_are_written() =>
        HeaderAssert.Writes(new ArpPacket(ArpOperation.Request, MacA, A, default, B), Request);

    [Fact]
    public void A_reply_answers_the_request() =>
        HeaderAssert.Writes(HeaderAssert.Read<ArpPacket>(Request).Reply(MacB), Reply);

    [Theory]
    [InlineData("0006 0800 06 04")]
    [InlineData("0001 86dd 06 04")]
    [InlineData("0001 0800 08 04")]
    [InlineData("0001 0800 06 10")]
    public void Another_link_or_protocol_is_told_apart(string start)
    {
        string bytes = $"{start} 0001 02000000000a 0a000001 000000000000 0a000002";

        Assert.False(HeaderAssert.Read<ArpPacket>(bytes).IsEthernetIpv4);
    }
}
