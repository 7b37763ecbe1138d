using VxlanEngine.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Ports.Captures;

public sealed class CaptureReaderPcapTests
{
    private const string LittleEndianMicroseconds =
        "d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000" +
        "0a000000 07000000 03000000 3c000000 aabbcc" +
        "0b000000 3f420f00 01000000 01000000 dd";

    private const string BigEndianNanoseconds =
        "a1b23c4d 0002 0004 00000000 00000000 00040000 00000071" +
        "0000000a 00000007 00000003 0000003c aabbcc" +
        "0000000b 3b9ac9ff 00000001 00000001 dd";

    [Fact]
    public void A_little_endian_file_in_microseconds_reads_as_written_by_hand()
    {
        using CaptureReader reader = Open(LittleEndianMicroseconds);

        Assert.Equal(CaptureFormat.Pcap, reader.Format);
        CaptureInterface source = Assert.Single(reader.Interfaces);
        Assert.Equal(LinkType.Ethernet, source.LinkType);
        Assert.Equal(262144, source.SnapLength);
        Assert.Equal(1_000_000u, source.TimestampResolution);
        Assert.Null(source.Name);
        Assert.Equal(24, reader.Offset);

        Assert.True(reader.TryRead(out CapturedPacket packet));
        Assert.Equal([0xAA, 0xBB, 0xCC], packet.Data.ToArray());
        Assert.Equal(10_000_007_000, packet.TimestampNs);
        Assert.Equal(60, packet.OriginalLength);
        Assert.True(packet.IsCut);
        Assert.True(packet.HasTimestamp);
        Assert.True(packet.Options.Bytes.IsEmpty);
        Assert.True(packet.Comment.IsEmpty);
        Assert.Equal(PacketDirection.Unknown, packet.Direction);
        Assert.Null(packet.PacketId);
        Assert.Equal(43, reader.Offset);

        Assert.True(reader.TryRead(out packet));
        Assert.Equal([0xDD], packet.Data.ToArray());
        Assert.Equal(11_999_999_000, packet.TimestampNs);
        Assert.False(packet.IsCut);
        Assert.Equal([0xDD], reader.Current.Data.ToArray());

        Assert.False(reader.TryRead(out packet));
        Assert.True(packet.Data.IsEmpty);
        Assert.False(reader.TryRead(out _));
        Assert.Equal(60, reader.Offset);
    }

    [Fact]
    public void A_big_endian_file_in_nanoseconds_reads_as_written_by_hand()
    {
        using CaptureReader reader = Open(BigEndianNanoseconds);

        Assert.Equal(CaptureFormat.PcapNanoseconds, reader.Format);
        Assert.Equal(LinkType.LinuxSll, reader.Interfaces[0].LinkType);
        Assert.Equal(1_000_000_000u, reader.Interfaces[0].TimestampResolution);
        Assert.True(reader.TryRead(out CapturedPacket packet));
        Assert.Equal([0xAA, 0xBB, 0xCC], packet.Data.ToArray());
        Assert.Equal(10_000_000_007, packet.TimestampNs);
        Assert.True(reader.TryRead(out packet));
        Assert.Equal(11_999_999_999, packet.TimestampNs);
        Assert.False(reader.TryRead(out _));
    }

    [Theory]
    [InlineData(0xA1B2C3D4, 1000)]
    [InlineData(0xA1B23C4D, 1)]
    [InlineData(0xA1B2CD34, 1000)]
    [InlineData(0x1C0001AB, 1000)]
    [InlineData(0x1C0001AC, 1)]
    [Trait("Scenario", "MF12")]
    public void Every_magic_number_reads_the_same_packets_in_both_byte_orders(uint magic, long nanoseconds)
    {
        foreach (bool isBigEndian in new[] { false, true })
        {
            List<ReadPacket> packets = ReadPacket.ReadWhole(SampleCaptures.Pcap(magic, isBigEndian).ToArray());

            Assert.Equal([SampleCaptures.First, [], SampleCaptures.Second], packets.Select(p => p.Data));
            Assert.Equal(
                [100_000_000_000 + (200 * nanoseconds), 100_000_000_000 + (201 * nanoseconds), 101_000_000_000],
                packets.Select(p => p.TimestampNs));
            Assert.Equal([60, 0, 8], packets.Select(p => p.OriginalLength));
        }
    }

    [Fact]
    public void The_upper_bits_of_the_link_type_are_not_part_of_it()
    {
        byte[] file = new CaptureBytes().PcapHeader(linkType: 0x4400_0069).ToArray();

        using CaptureReader reader = CaptureReader.Open(new MemoryStream(file), "test");

        Assert.Equal(LinkType.Ieee80211, reader.Interfaces[0].LinkType);
    }

    [Fact]
    public void A_link_type_without_a_name_prints_as_its_number()
    {
        byte[] file = new CaptureBytes().PcapHeader(linkType: 4242).ToArray();

        using CaptureReader reader = CaptureReader.Open(new MemoryStream(file), "test");

        Assert.Equal("4242", reader.Interfaces[0].LinkType.ToString());
    }

    [Theory]
    [InlineData(2, 2, 9, 3, 3, 9)] // original length first
    [InlineData(2, 3, 9, 3, 3, 9)] // wrongly swapped
    [InlineData(2, 3, 3, 9, 3, 9)]
    [InlineData(2, 4, 3, 9, 3, 9)]
    [InlineData(543, 0, 9, 3, 3, 9)]
    public void Old_versions_swap_the_two_lengths(
        ushort major, ushort minor, uint firstLength, uint secondLength, int captured, int original)
    {
        byte[] file = new CaptureBytes().PcapHeader(major: major, minor: minor)
            .Record(1, 0, [1, 2, 3], captured: firstLength, original: secondLength).ToArray();

        ReadPacket packet = Assert.Single(ReadPacket.ReadWhole(file));

        Assert.Equal(captured, packet.Data.Length);
        Assert.Equal(original, packet.OriginalLength);
    }

    [Fact]
    public void The_largest_times_and_lengths_do_not_overflow()
    {
        byte[] file = new CaptureBytes().PcapHeader()
            .Record(uint.MaxValue, uint.MaxValue, [1], original: uint.MaxValue).ToArray();

        ReadPacket packet = Assert.Single(ReadPacket.ReadWhole(file));

        Assert.Equal((uint.MaxValue * 1_000_000_000L) + (uint.MaxValue * 1000L), packet.TimestampNs);
        Assert.Equal(int.MaxValue, packet.OriginalLength);
    }

    [Fact]
    [Trait("Scenario", "MF12")]
    public void More_captured_than_sent_is_kept_as_the_file_says()
    {
        byte[] file = new CaptureBytes().PcapHeader().Record(1, 0, [1, 2, 3], original: 2).ToArray();

        using CaptureReader reader = CaptureReader.Open(new MemoryStream(file), "test");

        Assert.True(reader.TryRead(out CapturedPacket packet));
        Assert.Equal(3, packet.Data.Length);
        Assert.Equal(2, packet.OriginalLength);
        Assert.False(packet.IsCut);
    }

    private static CaptureReader Open(string hex) => CaptureReader.Open(
        new MemoryStream(Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal))), "test");
}
