using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Overlay;
using VxlanEngine.Tests.Frames;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

public sealed class Ipv4FragmenterTests
{
    private const int Link = 14;

    [Theory]
    [InlineData(1450, 20, 1424)]
    [InlineData(1450, 60, 1384)]
    [InlineData(68, 60, 8)]
    [InlineData(68, 20, 48)]
    public void Fragments_hold_as_many_eights_as_fit(int mtu, int header, int payload) =>
        Assert.Equal(payload, Ipv4Fragmenter.PayloadFor(mtu, header));

    [Fact]
    [Trait("Scenario", "MT04")]
    public void Fragments_are_the_ones_that_a_router_makes()
    {
        byte[] payload = [.. Enumerable.Range(0, 60).Select(i => (byte)i)];
        byte[] Part(Range range, bool more) => FrameBuilder.Ethernet()
            .Ipv4("10.0.0.1", "10.0.0.2", id: 77, moreFragments: more, fragmentOffset: range.Start.Value, protocol: 17)
            .Payload(payload[range]).Build();
        byte[] whole = FrameBuilder.Ethernet()
            .Ipv4("10.0.0.1", "10.0.0.2", id: 77, protocol: 17).Payload(payload).Build();
        AssertSame([Part(..24, true), Part(24..48, true), Part(48..60, false)], Cut(whole, 24));

        // A fragment that is cut again stays where it was in its datagram, and says that more follow if more did.
        AssertSame([Part(24..32, true), Part(32..40, true), Part(40..48, true)], Cut(Part(24..48, true), 8));
        AssertSame([Part(48..56, true), Part(56..60, false)], Cut(Part(48..60, false), 8));
    }

    [Theory]
    [InlineData("8304" + "0a00" + "07040000", "83040a00")] // A loose source route is copied, a recorded route is not.
    [InlineData("07040000" + "83040a00", "83040a00")]
    [InlineData("01010183040a0000", "83040a00")]
    [InlineData("4404050194040000", "94040000")] // Timestamp, router alert.
    [InlineData("8805aabbcc000000", "8805aabbcc000000")] // Padded to a word.
    [InlineData("0101010100000000", "")]
    [InlineData("0083040a00000000", "")] // Behind the end.
    [InlineData("8301000000000000", "")] // Lengths that no option has.
    [InlineData("83ff000000000000", "")]
    [InlineData("01010183", "")]
    [Trait("Scenario", "MT04")]
    public void Options_follow_their_copy_flag(string options, string copied)
    {
        byte[] payload = new byte[40];
        byte[] whole = FrameBuilder.Ethernet()
            .Ipv4("10.0.0.1", "10.0.0.2", id: 1, protocol: 17, options: Convert.FromHexString(options))
            .Payload(payload).Build();
        byte[] first = FrameBuilder.Ethernet()
            .Ipv4(
                "10.0.0.1",
                "10.0.0.2",
                id: 1,
                protocol: 17,
                moreFragments: true,
                options: Convert.FromHexString(options))
            .Payload(payload[..24]).Build();
        byte[] second = FrameBuilder.Ethernet()
            .Ipv4(
                "10.0.0.1",
                "10.0.0.2",
                id: 1,
                protocol: 17,
                fragmentOffset: 24,
                options: Convert.FromHexString(copied))
            .Payload(payload[24..]).Build();
        AssertSame([first, second], Cut(whole, 24));
    }

    [Fact]
    public void A_wrong_header_checksum_stays_as_wrong()
    {
        byte[] whole = FrameBuilder.Ethernet()
            .Ipv4("10.0.0.1", "10.0.0.2", id: 77, protocol: 17, options: [7, 7, 4, 0, 0, 0, 0, 0])
            .Payload(40).Build();
        byte[][] right = Cut(whole, 24);
        whole[24] ^= 0x40;
        byte[][] wrong = Cut(whole, 24);
        Assert.All(right, f => Assert.Equal(0, FrameBuilder.InternetChecksum(Header(f))));
        Assert.All(wrong, f => Assert.Equal(
            FrameBuilder.InternetChecksum(whole.AsSpan(14, 28)), FrameBuilder.InternetChecksum(Header(f))));

        static byte[] Header(byte[] frame) => frame[14..(14 + ((frame[14] & 0xF) * 4))];
    }

    [Fact]
    [Trait("Scenario", "MT04")]
    public void Fragments_of_fragments_in_any_order_make_the_datagram()
    {
        Gen<(int, int, int, int)> sizes =
            from length in Gen.Choose(1, 3000)
            from first in Gen.Choose(1, 100)
            from second in Gen.Choose(1, 100)
            from seed in Gen.Choose(0, 1000)
            select (length, first, second, seed);
        Prop.ForAll(Arb.From(sizes), s =>
        {
            (int length, int first, int second, int seed) = s;
            byte[] payload = new byte[length];
            new Random(seed).NextBytes(payload);
            byte[] whole = FrameBuilder.Ethernet().Vlan(7)
                .Ipv4("10.0.0.1", "10.0.0.2", id: 9, protocol: 17, options: [0x94, 4, 0, 0]).Payload(payload).Build();
            byte[][] parts = [.. Cut(whole, first * 8, Link + 4).SelectMany(f => Cut(f, second * 8, Link + 4))];
            new Random(seed).Shuffle(parts);
            Assert.Equal(Hex.Text(payload), Hex.Text(Reassemble(parts, Link + 4)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private static byte[][] Cut(byte[] frame, int most, int link = Link)
    {
        List<byte[]> fragments = [];
        int header = (frame[link] & 0xF) * 4;
        for (int start = 0; start < frame.Length - link - header; start += most)
        {
            byte[] fragment = new byte[link + header + most];
            fragment.AsSpan().Fill(0xA5);
            fragments.Add(fragment[..Ipv4Fragmenter.Write(frame, link, start, most, fragment)]);
        }

        return [.. fragments];
    }

    /// <summary>RFC 815 without holes: every byte at its place, every one of them once, the last one known.</summary>
    private static byte[] Reassemble(byte[][] fragments, int link)
    {
        byte[] payload = new byte[65536];
        bool[] isThere = new bool[65536];
        int end = -1;
        foreach (byte[] fragment in fragments)
        {
            ReadOnlySpan<byte> packet = fragment.AsSpan(link);
            int header = (packet[0] & 0xF) * 4;
            Assert.Equal(0, FrameBuilder.InternetChecksum(packet[..header]));
            Assert.Equal(packet.Length, BinaryPrimitives.ReadUInt16BigEndian(packet[2..]));
            int word = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
            int offset = (word & 0x1FFF) * 8;
            for (int i = 0; i < packet.Length - header; i++)
            {
                Assert.False(isThere[offset + i]);
                isThere[offset + i] = true;
                payload[offset + i] = packet[header + i];
            }

            if ((word & 0x2000) == 0)
            {
                Assert.Equal(-1, end);
                end = offset + packet.Length - header;
            }
        }

        Assert.All(isThere[..end], Assert.True);
        Assert.DoesNotContain(true, isThere[end..]);
        return payload[..end];
    }

    private static void AssertSame(byte[][] expected, byte[][] actual) =>
        Assert.Equal(expected.Select(e => Hex.Text(e)), actual.Select(a => Hex.Text(a)));
}
