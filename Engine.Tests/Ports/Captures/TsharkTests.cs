using System.Globalization;
using VxlanEngine.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Ports.Captures;

/// <summary>An independent program's view of the files that are read and written.</summary>
public sealed class TsharkTests
{
    private static readonly Decoder Tshark = new("tshark");

    /// <summary>
    /// A damaged file that tshark takes for a vendor's variant of pcap with the same magic number, guessing from the
    /// records; so it sees one more. libpcap does not guess, and stops where the reader stops.
    /// </summary>
    private const string Misjudged = "OISF+suricata-verify/bug-6875-01__fuzz.pcap";

    /// <summary>A damaged file with 8916227 µs beside the seconds; their nanoseconds leave tshark's 32 bits.</summary>
    private const string Overflowing = "seladb+PcapPlusPlus/crash-eec28dafde1f1ac2299674a75a914ae16d4046fa";

    [SkippableFact]
    public void Every_capture_of_other_projects_reads_as_tshark_reads_it()
    {
        SkipWithoutTshark();
        List<(string File, List<ReadPacket> Packets)> together = [];
        foreach ((string file, _) in SharedCapturesTests.Manifest())
        {
            string path = PathOf(file);
            List<CaptureInterface> interfaces = [];
            (List<ReadPacket> packets, CaptureFormatException? fault) =
                ReadPacket.ReadAll(File.OpenRead(path), interfaces: interfaces);
            if (fault is null && file != Overflowing && !IsPcapng(path))
            {
                together.Add((file, packets));
                continue;
            }

            List<string[]> frames = Frames(path);
            Assert.Equal((file, frames.Count), (file, packets.Count + (file == Misjudged ? 1 : 0)));
            foreach ((string[] frame, ReadPacket packet) in frames.Zip(packets))
            {
                AssertPacket(file, frame, packet, file == Overflowing ? "1515728621.326292408" : Epoch(packet));
                if (frame[5].Length > 0)
                {
                    AssertInterface(file, frame, interfaces, packet);
                }
            }
        }

        using var merged = new MergedCapture(together.Select(capture => PathOf(capture.File)));
        var rest = new Queue<string[]>(Frames(merged.Path));
        foreach ((string file, List<ReadPacket> packets) in together)
        {
            packets.ForEach(packet => AssertPacket(file, rest.Dequeue(), packet, Epoch(packet)));
        }

        Assert.Empty(rest);
    }

    [SkippableFact]
    public void Tshark_reads_what_is_written()
    {
        SkipWithoutTshark();
        string path = Path.GetTempFileName();
        try
        {
            using (CaptureWriter writer = CaptureWriter.Create(path, CaptureFormat.Pcapng))
            {
                writer.AddInterface("tenant", LinkType.Ethernet);
                writer.AddInterface("underlay", LinkType.Raw, 96, "towards the fabric");
                byte[] kept = new CaptureBytes().Option(1, "seen before"u8.ToArray());
                writer.Write(0, 1_700_000_000_123_456_789, new byte[61], 61, new PacketAnnotations
                {
                    CommentsFrom = new PcapngOptions(kept, isBigEndian: false),
                    Comment = "drop vxlan-vni-not-found"u8,
                    Direction = PacketDirection.Inbound,
                    PacketId = 0x0102030405060708,
                    Queue = 3,
                });
                writer.Write(1, 0, new byte[20], 1500, new PacketAnnotations { Direction = PacketDirection.Outbound });
            }

            List<string[]> frames = Frames(path);

            Assert.Equal(
                ["1", "1700000000.123456789", "61", "61", "seen before|drop vxlan-vni-not-found", "0", "tenant", "1",
                    "", "1", "0x00000001", "72623859790382856", "3"],
                frames[0]);
            Assert.Equal(
                ["2", "0.000000000", "1500", "20", "", "1", "underlay", "7", "towards the fabric", "1",
                    "0x00000002", "", ""],
                frames[1]);
            Assert.Equal(2, frames.Count);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string PathOf(string file) => Path.Combine(RepositoryFiles.SharedPcaps!, file);

    private static bool IsPcapng(string path)
    {
        using FileStream stream = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
            && start.SequenceEqual((ReadOnlySpan<byte>)[0x0A, 0x0D, 0x0D, 0x0A]);
    }

    private static void AssertPacket(string file, string[] frame, ReadPacket packet, string epoch)
    {
        Assert.Equal((file, frame[0], epoch), (file, frame[0], frame[1]));
        Assert.Equal((file, frame[0], Text(packet.OriginalLength)), (file, frame[0], frame[2]));
        Assert.Equal((file, frame[0], Text(packet.Data.Length)), (file, frame[0], frame[3]));
        Assert.Equal((file, frame[0], string.Join('|', packet.Comments)), (file, frame[0], frame[4]));
    }

    private static void AssertInterface(
        string file, string[] frame, List<CaptureInterface> interfaces, ReadPacket packet)
    {
        CaptureInterface source = interfaces[packet.InterfaceIndex];
        int firstOfSection = interfaces.FindIndex(i => i.Section == source.Section);
        Assert.Equal((file, frame[0], frame[5]), (file, frame[0], Text(source.Index - firstOfSection)));
        Assert.Equal((file, frame[0], frame[9]), (file, frame[0], Text(source.Section + 1)));

        // In later sections tshark 4.0 shows the names of the first section's interfaces.
        if (source.Section == 0)
        {
            Assert.Equal((file, frame[0], frame[6]), (file, frame[0], source.Name ?? "unknown"));
            Assert.Equal((file, frame[0], frame[8]), (file, frame[0], source.Description ?? string.Empty));
        }
    }

    private static string Epoch(ReadPacket packet)
    {
        if (!packet.HasTimestamp)
        {
            return string.Empty;
        }

        (long seconds, long rest) = Math.DivRem(packet.TimestampNs, 1_000_000_000);
        return string.Create(CultureInfo.InvariantCulture, $"{seconds}.{rest:000000000}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void SkipWithoutTshark() =>
        Skip.IfNot(Tshark.IsInstalled && MergedCapture.IsPossible, "tshark or mergecap is not installed");

    /// <summary>The packets as rows of fields; the blocks of other kinds that tshark shows have no link type.</summary>
    private static List<string[]> Frames(string path)
    {
        string[] fields =
        [
            "frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.comment", "frame.interface_id",
            "frame.interface_name", "frame.encap_type", "frame.interface_description", "frame.section_number",
            "frame.packet_flags", "frame.packet_id", "frame.interface_queue",
        ];
        string[] columns = [.. fields.SelectMany(f => new[] { "-e", f })];
        (_, string output, _) = Tshark.Read(path, ["-n", "-T", "fields", "-E", "aggregator=|", .. columns]);
        return [.. output.Split('\n').Select(l => l.Split('\t')).Where(r => r.Length > 7 && r[7].Length > 0)];
    }
}
