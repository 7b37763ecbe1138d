using VxlanEngine.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Ports.Captures;

public sealed class CaptureReaderPcapngTests
{
    private const string LittleEndian =
        "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000" +
        "01000000 28000000 0100 0000 60000000" +
        " 0200 0400 65746830  0900 0100 09000000  0000 0000 28000000" +
        "06000000 48000000 00000000 01000000 02000000 05000000 3c000000 0102030405 000000" +
        " 0100 0200 68690000  0200 0400 02000000  0500 0800 0807060504030201 0000 0000" +
        " 48000000";

    private const string BigEndian =
        "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c" +
        "00000001 00000028 0001 0000 00000060" +
        " 0002 0004 65746830  0009 0001 09000000  0000 0000 00000028" +
        "00000006 00000048 00000000 00000001 00000002 00000005 0000003c 0102030405 000000" +
        " 0001 0002 68690000  0002 0004 00000002  0005 0008 0102030405060708 0000 0000" +
        " 00000048";

    [Theory]
    [InlineData(LittleEndian, false)]
    [InlineData(BigEndian, true)]
    public void A_file_reads_as_written_by_hand(string hex, bool isBigEndian)
    {
        byte[] file = Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(file), "test");

        Assert.Equal(CaptureFormat.Pcapng, reader.Format);
        Assert.Empty(reader.Interfaces);
        Assert.True(reader.TryRead(out CapturedPacket packet));
        CaptureInterface source = Assert.Single(reader.Interfaces);
        Assert.Equal("eth0", source.Name);
        Assert.Null(source.Description);
        Assert.Equal(96, source.SnapLength);
        Assert.Equal(1_000_000_000u, source.TimestampResolution);
        Assert.Equal([1, 2, 3, 4, 5], packet.Data.ToArray());
        Assert.Equal(0x1_0000_0002, packet.TimestampNs);
        Assert.Equal(60, packet.OriginalLength);
        Assert.Equal("hi"u8, packet.Comment);
        Assert.Equal(PacketDirection.Outbound, packet.Direction);
        Assert.Equal(0x0102030405060708u, packet.PacketId);
        Assert.Null(packet.Queue);
        Assert.Equal(isBigEndian, packet.Options.IsBigEndian);
        Assert.False(reader.TryRead(out _));
        Assert.Equal(file.Length, reader.Offset);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sections_restart_interface_numbers_and_may_change_the_byte_order(bool isBigEndian)
    {
        List<CaptureInterface> interfaces = [];

        List<ReadPacket> packets = ReadPacket.ReadWhole(
            SampleCaptures.Pcapng(isBigEndian).ToArray(), interfaces);

        Assert.Equal([0, 0, 2, 2], packets.Select(p => p.InterfaceIndex));
        Assert.Equal([0, 0, 1], interfaces.Select(i => i.Section));
        Assert.Equal([0, 1, 2], interfaces.Select(i => i.Index));
        Assert.Equal([LinkType.Ethernet, LinkType.LinuxSll, LinkType.Ethernet], interfaces.Select(i => i.LinkType));
        Assert.Equal(
            [SampleCaptures.First, SampleCaptures.Second, SampleCaptures.Second, []], packets.Select(p => p.Data));
        Assert.Equal(
            [1_000_000_000, 1_000_000_000, 5_000_000_000, 6_000_000_000], packets.Select(p => p.TimestampNs));
        Assert.Equal([true, false, true, true], packets.Select(p => p.HasTimestamp));
        Assert.Equal(["one"], packets[0].Comments);
    }

    [Fact]
    public void A_simple_packet_before_any_other_has_time_0()
    {
        byte[] file = new CaptureBytes().Section().Interface().Simple([1, 2, 3]).ToArray();

        ReadPacket packet = Assert.Single(ReadPacket.ReadWhole(file));

        Assert.False(packet.HasTimestamp);
        Assert.Equal(0, packet.TimestampNs);
    }

    [Fact]
    public void A_simple_packet_is_cut_at_the_first_interfaces_snap_length()
    {
        byte[] file = new CaptureBytes().Section().Interface(snapLength: 3).Interface(snapLength: 1)
            .Simple([1, 2, 3], original: 1000).Simple([7], original: 1).ToArray();

        List<ReadPacket> packets = ReadPacket.ReadWhole(file);

        Assert.Equal([[1, 2, 3], [7]], packets.Select(p => p.Data));
        Assert.Equal([1000, 1], packets.Select(p => p.OriginalLength));
    }

    [Theory]
    [InlineData(6, 1_500_000, 0, 1_500_000_000)]
    [InlineData(0, 3, 0, 3_000_000_000)]
    [InlineData(9, 3, 0, 3)]
    [InlineData(12, 3_999, 0, 3)]
    [InlineData(19, 10_000_000_000, 0, 1)]
    [InlineData(0x80 + 10, 1536, 0, 1_500_000_000)]
    [InlineData(0x80 + 32, 0x1_8000_0000, 0, 1_500_000_000)]
    [InlineData(0x80 + 63, 1L << 62, 0, 500_000_000)]
    [InlineData(6, 1_500_000, 10, 11_500_000_000)]
    [InlineData(6, 1_500_000, -10, -8_500_000_000)]
    [InlineData(9, -1, 0, long.MaxValue)] // 2^64 - 1 ticks
    [InlineData(0, -1, 0, long.MaxValue)]
    [InlineData(0, 0, long.MaxValue, long.MaxValue)]
    [InlineData(0, 0, long.MinValue, long.MinValue)]
    [InlineData(6, 9_223_372_036_854_776, 0, long.MaxValue)]
    [InlineData(6, 9_223_372_036_854_775, 0, 9_223_372_036_854_775_000)]
    public void Time_stamps_follow_resolution_and_offset_and_saturate(
        byte resolution, long ticks, long offset, long expectedNs)
    {
        var file = new CaptureBytes(isBigEndian: true);
        byte[] offsetBytes = new CaptureBytes(isBigEndian: true).U64((ulong)offset).ToArray();
        file.Section().Interface(options: [.. file.Option(9, resolution), .. file.Option(14, offsetBytes)])
            .Enhanced(0, (ulong)ticks, [1]);
        List<CaptureInterface> interfaces = [];

        ReadPacket packet = Assert.Single(ReadPacket.ReadWhole(file.ToArray(), interfaces));

        Assert.Equal(expectedNs, packet.TimestampNs);
        Assert.Equal(offset, interfaces[0].TimestampOffset);
    }

    [Fact]
    public void Resolutions_are_reported_in_ticks_a_second()
    {
        var file = new CaptureBytes();
        file.Section().Interface(options: file.Option(9, 19)).Interface(options: file.Option(9, 0x80 + 63))
            .Interface();
        List<CaptureInterface> interfaces = [];

        ReadPacket.ReadWhole(file.ToArray(), interfaces);

        Assert.Equal(
            [10_000_000_000_000_000_000, 1UL << 63, 1_000_000], interfaces.Select(i => i.TimestampResolution));
    }

    [Fact]
    public void Names_and_descriptions_are_utf8_and_lose_a_final_nul()
    {
        var file = new CaptureBytes();
        file.Section().Interface(
            options: [.. file.Option(2, "ünï\0"u8.ToArray()), .. file.Option(3, "a port"u8.ToArray())]);
        List<CaptureInterface> interfaces = [];

        ReadPacket.ReadWhole(file.ToArray(), interfaces);

        Assert.Equal("ünï", interfaces[0].Name);
        Assert.Equal("a port", interfaces[0].Description);
    }

    [Fact]
    public void All_options_of_a_packet_are_kept_in_their_order()
    {
        var file = new CaptureBytes();
        byte[] options =
        [
            .. file.Option(1, "one"u8.ToArray()), .. file.Option(6, 3, 0, 0, 0), .. file.Option(4711, 9),
            .. file.Option(1, "two"u8.ToArray()), .. file.Option(0),
        ];
        file.Section().Interface().Enhanced(0, 0, [1, 2], options: options);
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(file.ToArray()), "test");

        Assert.True(reader.TryRead(out CapturedPacket packet));

        Assert.Equal(options, packet.Options.Bytes.ToArray());
        Assert.Equal("one"u8, packet.Comment);
        Assert.Equal(3u, packet.Queue);
        List<(ushort, int)> seen = [];
        foreach (PcapngOption option in packet.Options)
        {
            seen.Add((option.Code, option.Value.Length));
        }

        Assert.Equal([(1, 3), (6, 4), (4711, 1), (1, 3)], seen);
    }

    [Fact]
    public void A_packet_whose_options_are_damaged_is_still_a_packet()
    {
        var file = new CaptureBytes();
        file.Section().Interface()
            .Enhanced(0, 0, [1], options: [.. file.Option(1, "one"u8.ToArray()), 1, 0, 0xFF, 0xFF]);

        ReadPacket packet = Assert.Single(ReadPacket.ReadWhole(file.ToArray()));

        Assert.Equal(["one"], packet.Comments);
    }

    [Fact]
    public void Options_of_the_wrong_length_are_not_values()
    {
        var file = new CaptureBytes();
        file.Section().Interface().Enhanced(
            0, 0, [1], options: [.. file.Option(2, 1), .. file.Option(5, 1, 2, 3, 4), .. file.Option(6)]);

        ReadPacket packet = Assert.Single(ReadPacket.ReadWhole(file.ToArray()));

        Assert.Equal(PacketDirection.Unknown, packet.Direction);
        Assert.Null(packet.PacketId);
        Assert.Null(packet.Queue);
    }

    [Fact]
    public void Skipped_blocks_may_be_longer_than_any_limit()
    {
        byte[] file = new CaptureBytes().Section().Interface()
            .Block(0x0BAD, new CaptureBytes().Raw(new byte[100_000])).Enhanced(0, 1, [1]).ToArray();

        (List<ReadPacket> packets, CaptureFormatException? fault) = ReadPacket.ReadAll(
            file, new CaptureReaderOptions { BufferLength = 64, MaximumBlockLength = 64 });

        Assert.Null(fault);
        Assert.Single(packets);
    }
}
