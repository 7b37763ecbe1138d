using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;
using Xunit;

namespace VxlanEngine.Tests.Flows;

public sealed class HeaderRewriterUnchangedTests
{
    /// <summary>
    /// In one's complement 0xFFFF and 0 are both zero; a frame in which nothing changes keeps the one it has.
    /// </summary>
    public static TheoryData<string, byte[]> Frames => new()
    {
        { "icmp", Ipv4().Icmp(0, checksum: 0xFFFF).Build() },
        { "icmpv6", FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2").Icmpv6(129, checksum: 0xFFFF).Build() },
        { "tcp", TcpChecksum(Ipv4().Tcp(1024, 80).Build(), 0xFF) },
        { "udp", Ipv4().Udp(1024, 53, checksum: 0xFFFF).Build() },
        { "udp without", Ipv4().Udp(1024, 53, checksum: 0).Build() },
        { "ipv4", IpChecksum(Ipv4().Udp(1024, 53).Build(), 0xFF) },
    };

    [Theory]
    [MemberData(nameof(Frames))]
    public void A_frame_in_which_nothing_changes_keeps_every_byte(string name, byte[] frame)
    {
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(frame, 0, out ParsedFrame parsed));
        byte[] rewritten = [.. frame];

        HeaderRewriter.Apply(rewritten, parsed, parsed);

        Assert.Equal((name, Convert.ToHexString(frame)), (name, Convert.ToHexString(rewritten)));
    }

    private static FrameBuilder Ipv4() => FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2");

    private static byte[] IpChecksum(byte[] frame, byte value)
    {
        frame.AsSpan(14 + 10, 2).Fill(value);
        return frame;
    }

    private static byte[] TcpChecksum(byte[] frame, byte value)
    {
        frame.AsSpan(14 + 20 + 16, 2).Fill(value);
        return frame;
    }
}
