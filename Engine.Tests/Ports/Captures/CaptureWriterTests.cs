using System.Text;
using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Ports.Captures;

public sealed class CaptureWriterTests
{
    private static readonly CaptureWriterOptions SmallBuffer = new() { BufferLength = 256, LeaveOpen = true };

    [Fact]
    public void A_pcapng_file_is_what_one_would_write_by_hand()
    {
        var file = new CaptureBytes();
        byte[] end = file.Option(0);
        byte[] expected = file
            .Section(options: [.. file.Option(4, "vxe"u8.ToArray()), .. end])
            .Interface(1, 96, [.. file.Option(2, "eth0"u8.ToArray()), .. file.Option(3, "a"u8.ToArray()),
                .. file.Option(9, 9), .. end])
            .Enhanced(0, 0x1_0000_0002, [1, 2, 3, 4, 5], 60, [.. file.Option(1, "hi"u8.ToArray()),
                .. file.Option(2, 2, 0, 0, 0), .. file.Option(5, 8, 7, 6, 5, 4, 3, 2, 1),
                .. file.Option(6, 3, 0, 0, 0), .. end])
            .Enhanced(0, 0, [9])
            .ToArray();

        byte[] written = Write(CaptureFormat.Pcapng, writer =>
        {
            writer.AddInterface("eth0", LinkType.Ethernet, 96, "a");
            writer.Write(0, 0x1_0000_0002, [1, 2, 3, 4, 5], 60, new PacketAnnotations
            {
                Comment = "hi"u8,
                Direction = PacketDirection.Outbound,
                PacketId = 0x0102030405060708,
                Queue = 3,
            });
            writer.Write(0, 0, [9], 1);
        });

        Assert.Equal(expected, written);
    }

    [Theory]
    [InlineData(CaptureFormat.Pcap, 0xA1B2C3D4, 7)]
    [InlineData(CaptureFormat.PcapNanoseconds, 0xA1B23C4D, 7999)]
    public void A_pcap_file_is_what_one_would_write_by_hand(CaptureFormat format, uint magic, uint fraction)
    {
        byte[] expected = new CaptureBytes().PcapHeader(magic, 113, 262144)
            .Record(10, fraction, [1, 2, 3], 60).ToArray();

        byte[] written = Write(format, writer =>
        {
            writer.AddInterface("any", LinkType.LinuxSll);
            writer.Write(0, 10_000_007_999, [1, 2, 3], 60, new PacketAnnotations { Comment = "lost"u8 });
        });

        Assert.Equal(expected, written);
    }

    [Theory]
    [InlineData(CaptureFormat.Pcap)]
    [InlineData(CaptureFormat.PcapNanoseconds)]
    [InlineData(CaptureFormat.Pcapng)]
    public void A_file_without_interface_and_packets_can_be_read(CaptureFormat format)
    {
        byte[] written = Write(format, _ => { });

        using CaptureReader reader = CaptureReader.Open(new MemoryStream(written), "test");

        Assert.Equal(format, reader.Format);
        Assert.False(reader.TryRead(out _));
    }

    [Theory]
    [InlineData(CaptureFormat.Pcapng, long.MaxValue, long.MaxValue)]
    [InlineData(CaptureFormat.Pcapng, -1, 0)]
    [InlineData(CaptureFormat.PcapNanoseconds, long.MaxValue, 4_294_967_295_999_999_999)]
    [InlineData(CaptureFormat.Pcap, long.MaxValue, 4_294_967_295_999_999_000)]
    [InlineData(CaptureFormat.Pcap, long.MinValue, 0)]
    public void Times_that_the_format_cannot_hold_become_the_nearest(CaptureFormat format, long given, long expected)
    {
        byte[] written = Write(format, writer =>
        {
            writer.AddInterface("a", LinkType.Ethernet);
            writer.Write(0, given, [1], 1);
        });

        Assert.Equal(expected, Assert.Single(ReadPacket.ReadWhole(written)).TimestampNs);
    }

    [Fact]
    public void Wrong_arguments_are_refused_and_leave_no_trace()
    {
        byte[] written = Write(CaptureFormat.Pcapng, writer =>
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(0, 0, [1], 1));
            Assert.Throws<ArgumentException>(() => writer.AddInterface(new string('x', 65_536), LinkType.Ethernet));
            writer.AddInterface("a", LinkType.Ethernet);
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(-1, 0, [1], 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(0, 0, [1], -1));
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(0, 0, new byte[262_145], 1));
            Assert.Throws<ArgumentException>(
                () => writer.Write(0, 0, [1], 1, new PacketAnnotations { Comment = new byte[65_536] }));
        });

        Assert.Empty(ReadPacket.ReadWhole(written));
    }

    [Fact]
    public void Classic_pcap_has_one_interface()
    {
        using CaptureWriter writer = CaptureWriter.Create(new MemoryStream(), CaptureFormat.Pcap);
        writer.AddInterface("a", LinkType.Ethernet);

        Assert.Throws<InvalidOperationException>(() => writer.AddInterface("b", LinkType.Ethernet));
    }

    [Fact]
    public void Flush_makes_every_packet_visible_and_dispose_closes_the_stream()
    {
        var stream = new MemoryStream();
        CaptureWriter writer = CaptureWriter.Create(stream, CaptureFormat.Pcapng);
        writer.AddInterface("a", LinkType.Ethernet);
        writer.Write(0, 1, [1], 1);
        Assert.Equal(0, stream.Length);

        writer.Flush();
        Assert.Single(ReadPacket.ReadWhole(stream.ToArray()));

        writer.Dispose();
        writer.Dispose();
        Assert.False(stream.CanWrite);
        Assert.Throws<ObjectDisposedException>(() => writer.Write(0, 1, [1], 1));
    }

    [Fact]
    public void Files_on_disk_are_written_and_read_by_path()
    {
        string path = Path.GetTempFileName();
        try
        {
            using (CaptureWriter writer = CaptureWriter.Create(path, CaptureFormat.Pcapng))
            {
                writer.AddInterface("a", LinkType.Ethernet);
                writer.Write(0, 7, [1, 2], 2);
            }

            using CaptureReader reader = CaptureReader.Open(path);
            Assert.Equal(path, reader.Name);
            Assert.True(reader.TryRead(out CapturedPacket packet));
            Assert.Equal(7, packet.TimestampNs);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Reading_what_was_written_to_pcapng_gives_it_back()
    {
        Prop.ForAll(Packets(long.MaxValue).ToArbitrary(), packets =>
        {
            int interfaces = packets.Select(p => p.InterfaceIndex).DefaultIfEmpty(0).Max() + 1;
            byte[] written = Write(CaptureFormat.Pcapng, writer =>
            {
                for (int i = 0; i < interfaces; i++)
                {
                    Assert.Equal(i, writer.AddInterface($"port{i}", (LinkType)i, i, i % 2 == 0 ? null : $"number {i}"));
                }

                packets.ForEach(p => Write(writer, p));
            });
            List<CaptureInterface> read = [];
            Assert.Equal(packets, ReadPacket.ReadWhole(written, read));
            Assert.Equal(
                Enumerable.Range(0, interfaces).Select(
                    i => ($"port{i}", (LinkType)i, i, i % 2 == 0 ? null : $"number {i}", 1_000_000_000UL)),
                read.Select(i => (i.Name!, i.LinkType, i.SnapLength, i.Description, i.TimestampResolution)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Theory]
    [InlineData(CaptureFormat.Pcap, 1000)]
    [InlineData(CaptureFormat.PcapNanoseconds, 1)]
    public void Reading_what_was_written_to_pcap_gives_bytes_times_and_lengths_back(CaptureFormat format, long unit)
    {
        const long LastNs = 4_294_967_295_999_999_999;
        Prop.ForAll(Packets(LastNs).ToArbitrary(), packets =>
        {
            byte[] written = Write(format, writer =>
            {
                writer.AddInterface("a", LinkType.Raw, 77);
                packets.ForEach(p => Write(writer, p with { InterfaceIndex = 0 }));
            });
            List<CaptureInterface> read = [];
            Assert.Equal(
                packets.Select(p => new ReadPacket(p.Data, p.TimestampNs / unit * unit, HasTimestamp: true,
                    p.OriginalLength, 0, [], PacketDirection.Unknown, PacketId: null, Queue: null)),
                ReadPacket.ReadWhole(written, read));
            Assert.Equal((LinkType.Raw, 77), (read[0].LinkType, read[0].SnapLength));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    /// <summary>Writes all comments but the last as if they came from another file, in either byte order.</summary>
    private static void Write(CaptureWriter writer, ReadPacket packet)
    {
        var source = new CaptureBytes(isBigEndian: packet.TimestampNs % 2 == 0);
        byte[] kept =
        [
            .. source.Option(2, 9, 9, 9, 9),
            .. packet.Comments.SkipLast(1).SelectMany(c => source.Option(1, Encoding.UTF8.GetBytes(c))),
        ];
        writer.Write(packet.InterfaceIndex, packet.TimestampNs, packet.Data, packet.OriginalLength,
            new PacketAnnotations
            {
                CommentsFrom = new PcapngOptions(kept, source.IsBigEndian),
                Comment = Encoding.UTF8.GetBytes(packet.Comments.LastOrDefault(string.Empty)),
                Direction = packet.Direction,
                PacketId = packet.PacketId,
                Queue = packet.Queue,
            });
    }

    private static byte[] Write(CaptureFormat format, Action<CaptureWriter> write)
    {
        using var stream = new MemoryStream();
        using (CaptureWriter writer = CaptureWriter.Create(stream, format, SmallBuffer))
        {
            write(writer);
        }

        return stream.ToArray();
    }

    private static Gen<List<ReadPacket>> Packets(long lastNs)
    {
        Gen<long> time = Gen.OneOf(
            Gen.Elements(0L, 1L, 999L, 1000L, 999_999_999L, 1_000_000_000L, lastNs - 1, lastNs),
            ArbMap.Default.GeneratorFor<long>().Select(t => Math.Abs(t % lastNs)));
        Gen<byte[]> data =
            from length in Gen.Frequency((9, Gen.Choose(0, 80)), (1, Gen.Elements(255, 256, 257, 1514, 262_144)))
            from seed in Gen.Choose(0, int.MaxValue)
            select Random(length, seed);
        Gen<string[]> comments =
            from texts in Gen.Elements("a", "drop: vni-unknown", "ünïcödé – ☃", new string('x', 300)).ListOf()
            select texts.Take(4).ToArray();
        Gen<ReadPacket> packet =
            from t in time
            from bytes in data
            from original in Gen.OneOf(Gen.Choose(0, 2000), Gen.Constant(int.MaxValue))
            from source in Gen.Choose(0, 20)
            from texts in comments
            from direction in Gen.Elements(
                PacketDirection.Unknown, PacketDirection.Inbound, PacketDirection.Outbound)
            from id in Gen.Elements<ulong?>(null, 0, 1, ulong.MaxValue)
            from queue in Gen.Elements<uint?>(null, 0, uint.MaxValue)
            select new ReadPacket(
                bytes, t, HasTimestamp: true, original, source, texts, direction, id, queue);
        return packet.ListOf().Select(l => l.ToList());
    }

    private static byte[] Random(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
