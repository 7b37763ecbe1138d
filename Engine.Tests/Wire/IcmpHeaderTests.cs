using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class IcmpHeaderTests
{
    [Fact]
    public void An_echo_request_is_read_and_written()
    {
        var icmp = HeaderAssert.Read<IcmpHeader>("08 00 1234 050c 0002");

        Assert.Equal(8, icmp.Type);
        Assert.Equal(0, icmp.Code);
        Assert.Equal(0x1234, icmp.Checksum);
        Assert.Equal(0x050C, icmp.Identifier);
        Assert.Equal(2, icmp.Sequence);
        Assert.Equal(0x050C0002U, icmp.RestOfHeader);
        HeaderAssert.Writes(
            new IcmpHeader(8, 0, identifier: 0x050C, sequence: 2) { Checksum = 0x1234 }, "08001234050c0002");
        HeaderAssert.Writes(new IcmpHeader(8, 0, 1, 2) { Identifier = 0x050C }, "08000000050c0002");
    }

    [Fact]
    public void An_error_carries_a_number_in_the_rest_of_its_header() =>
        HeaderAssert.Writes(new IcmpHeader(2, 0, restOfHeader: 1280), "02 00 0000 00000500");

    [Theory]
    [InlineData(IpProtocol.Icmp, new byte[] { 0, 8 })]
    [InlineData(IpProtocol.Icmpv6, new byte[] { 128, 129 })]
    public void Only_echo_messages_carry_an_identifier(IpProtocol protocol, byte[] expected)
    {
        byte[] echoes = [.. Enumerable.Range(0, 256)
            .Select(type => (byte)type)
            .Where(type => new IcmpHeader(type, 0, 0).IsEcho(protocol))];

        Assert.Equal(expected, echoes);
    }
}
