using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

public sealed class MssClampTests
{
    [Theory]
    [InlineData("020405dc", "020403e8")] // 1500 becomes 1000.
    [InlineData("020403e8", "020403e8")]
    [InlineData("02040200", "02040200")] // Never raised.
    [InlineData("01020405dc010101", "0102" + "0403e8010101")] // At an odd offset.
    [InlineData("0101020405dc0101", "0101020403e80101")]
    [InlineData("0204ffff020405b4", "020403e8020403e8")] // Twice: whichever the receiver takes.
    [InlineData("0402080a0000000100000002" + "020405b4", "0402080a0000000100000002" + "020403e8")]
    [InlineData("00020405b4000000", "00020405b4000000")] // Behind the end of options.
    [InlineData("020305b4", "020305b4")] // No length of that option.
    [InlineData("020605b400000000", "020605b400000000")]
    [InlineData("0801020405b40000", "0801020405b40000")] // A length below two ends the search.
    [InlineData("0800020405b40000", "0800020405b40000")]
    [InlineData("08ff020405b40000", "08ff020405b40000")] // A length beyond the header, too.
    [InlineData("010101" + "02", "010101" + "02")]
    [InlineData("01010204", "01010204")]
    [Trait("Scenario", "MT07")]
    public void Segment_sizes_are_lowered_and_everything_else_is_left_alone(string options, string expected)
    {
        byte[] Frame(string o) => FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2")
            .Tcp(1000, 80, TcpFlags.Syn, options: Convert.FromHexString(o)).Payload("data").Build();
        byte[] frame = Frame(options);
        ParsedFrame packet = Parse(frame);
        Assert.Equal(options != expected, MssClamp.Exceeds(frame, packet, 1000));
        MssClamp.Apply(frame, packet, 1000);
        Assert.Equal(Hex.Text(Frame(expected)), Hex.Text(frame)); // The checksum, too, is that of a frame built so.
    }

    [Fact]
    [Trait("Scenario", "MT07")]
    public void A_wrong_checksum_stays_as_wrong()
    {
        byte[] right = Syn(0x1234, "020405dc");
        byte[] wrong = Syn(0x1234 ^ 0x0100, "020405dc");
        MssClamp.Apply(right, Parse(right), 1000);
        MssClamp.Apply(wrong, Parse(wrong), 1000);
        Assert.Equal(right[50] ^ 1, wrong[50]);
        Assert.Equal(right[51], wrong[51]);

        static byte[] Syn(int checksum, string options) => FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2")
            .Tcp(1, 80, TcpFlags.Syn, options: Convert.FromHexString(options), checksum: checksum).Build();
    }

    [Fact]
    [Trait("Scenario", "MT07")]
    public void Random_options_keep_the_frame_right_and_are_read_no_further_than_they_reach()
    {
        Gen<byte[]> options = Gen.Choose(0, 10).SelectMany(words => Gen.ArrayOf(
            Gen.OneOf(Gen.Elements<byte>(0, 1, 2, 4, 8), Gen.Choose(0, 255).Select(i => (byte)i)), words * 4));
        Prop.ForAll(Arb.From(options), bytes =>
        {
            byte[] frame = FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2")
                .Tcp(1000, 80, TcpFlags.Syn | TcpFlags.Ack, options: bytes).Build();
            byte[] before = [.. frame];
            MssClamp.Apply(frame, Parse(frame), 1220);
            byte[] rebuilt = FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2")
                .Tcp(1000, 80, TcpFlags.Syn | TcpFlags.Ack, options: frame[74..]).Build();
            Assert.Equal(Hex.Text(rebuilt), Hex.Text(frame));
            Assert.False(MssClamp.Exceeds(frame, Parse(frame), 1220));
            Assert.Equal(Hex.Text(before.AsSpan(0, 70)), Hex.Text(frame.AsSpan(0, 70)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Theory]
    [InlineData(1450, IpFamily.V4, 1410)]
    [InlineData(1450, IpFamily.V6, 1390)]
    [InlineData(40, IpFamily.V4, 0)]
    [InlineData(10, IpFamily.V6, 0)]
    [Trait("Scenario", "MT07")]
    public void A_segment_is_a_packet_without_its_headers(int mtu, IpFamily family, int segment) =>
        Assert.Equal(segment, MssClamp.SegmentFor(mtu, family));

    [Fact]
    public void Only_segments_that_open_a_connection_concern_it()
    {
        Assert.True(Concerns(TcpFlags.Syn));
        Assert.True(Concerns(TcpFlags.Syn | TcpFlags.Ack));
        Assert.False(Concerns(TcpFlags.Ack));
        Assert.False(Concerns(TcpFlags.Rst));

        static bool Concerns(TcpFlags flags) =>
            MssClamp.Concerns(Parse(FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Tcp(1, 2, flags).Build()));
    }

    private static ParsedFrame Parse(byte[] frame)
    {
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(frame, 0, out ParsedFrame packet));
        return packet;
    }
}
