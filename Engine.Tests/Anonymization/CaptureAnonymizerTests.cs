using VxlanEngine.Anonymization;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Anonymization;

public sealed class CaptureAnonymizerTests
{
    [Fact]
    public void Names_of_interfaces_directions_and_times_stay_and_comments_do_not()
    {
        byte[] capture = Capture(writer =>
        {
            writer.AddInterface("eth0", LinkType.Ethernet, 100, "the customer's uplink");
            writer.AddInterface("raw", LinkType.Raw);
            writer.Write(0, 5, Frame(7), 60, new PacketAnnotations { Comment = "secret"u8, PacketId = 9 });
            writer.Write(1, 6, Frame(7).AsSpan(14), 46, new PacketAnnotations { Direction = PacketDirection.Inbound });
        });
        List<CaptureInterface> interfaces = [];
        List<ReadPacket> packets = ReadPacket.ReadWhole(Anonymize(capture, new TimeSpan(0, 0, 3)), interfaces);
        Assert.Equal([("eth0", LinkType.Ethernet, null), ("raw", LinkType.Raw, null)],
            interfaces.Select(i => (i.Name, i.LinkType, i.Description)));
        Assert.Equal([3_000_000_005, 3_000_000_006], packets.Select(p => p.TimestampNs));
        Assert.All(packets, p => Assert.Empty(p.Comments));
        Assert.All(packets, p => Assert.Null(p.PacketId));
        Assert.Equal([PacketDirection.Unknown, PacketDirection.Inbound], packets.Select(p => p.Direction));
        Assert.Equal(Hex.Text(packets[0].Data.AsSpan(14)), Hex.Text(packets[1].Data));
    }

    [Fact]
    public void Cut_frames_end_behind_their_headers_and_remember_their_length()
    {
        byte[] capture = Capture(writer =>
        {
            writer.AddInterface("", LinkType.Ethernet);
            writer.Write(0, 0, Frame(1000), 14 + 28 + 1000);
        });
        ReadPacket packet = Assert.Single(ReadPacket.ReadWhole(Anonymize(capture, cuts: true)));
        Assert.Equal((14 + 28, 14 + 28 + 1000), (packet.Data.Length, packet.OriginalLength));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void A_checksum_over_fragments_that_were_learnt_is_right_where_it_was(bool learns, bool isWrong)
    {
        byte[] whole = FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2").Icmpv6EchoRequest(1, 1)
            .Payload(2001).Build()[54..];
        whole[1000] ^= isWrong ? (byte)0x11 : (byte)0;
        byte[][] parts = [whole[..1000], whole[1000..1496], whole[1496..]];
        byte[] capture = Capture(writer =>
        {
            writer.AddInterface("", LinkType.Ethernet);
            int offset = 0;
            foreach (byte[] part in parts)
            {
                byte[] frame = FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2")
                    .Fragment(9, offset, more: part != parts[^1], nextHeader: 58).Payload(part).Build();
                writer.Write(0, offset, frame, frame.Length);
                offset += part.Length;
            }
        });
        byte[] copy = Anonymize(capture, learns: learns);
        byte[][] frames = [.. ReadPacket.ReadWhole(copy).Select(p => p.Data)];
        byte[] datagram = [.. frames.SelectMany(f => f.Skip(62))];
        Assert.Equal(whole.Length, datagram.Length);
        Assert.All(datagram.Skip(8), b => Assert.Equal(0, b));
        byte[] pseudo = [.. frames[0].AsSpan(22, 32), 0, 0, 7, 0xD9, 0, 0, 0, 58, .. datagram];
        Assert.Equal(learns && !isWrong, FrameBuilder.InternetChecksum(pseudo) == 0);
    }

    [Fact]
    public void Damage_is_told_after_the_packets_before_it_were_copied()
    {
        byte[] capture = Capture(writer =>
        {
            writer.AddInterface("", LinkType.Ethernet);
            writer.Write(0, 0, Frame(7), 49);
            writer.Write(0, 0, Frame(7), 49);
        });
        using var output = new MemoryStream();
        using (CaptureReader reader = CaptureReader.Open(new MemoryStream(capture[..^3]), "test"))
        using (CaptureWriter writer = CaptureWriter.Create(output, reader.Format))
        {
            Assert.Throws<CaptureFormatException>(() => Anonymizer().Copy(reader, writer));
        }

        Assert.Single(ReadPacket.ReadWhole(output.ToArray()));
    }

    private static byte[] Frame(int payload) =>
        FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Payload(payload).Build();

    private static CaptureAnonymizer Anonymizer(TimeSpan shift = default, bool cuts = false)
    {
        AddressMapping addresses = AddressMappingTests.Make("a key");
        var macs = new MacMapping(AddressMappingTests.KeyOf("a key"), addresses);
        return new CaptureAnonymizer(new FrameAnonymizer(addresses, macs, [])) { Shift = shift, Cuts = cuts };
    }

    private static byte[] Anonymize(byte[] capture, TimeSpan shift = default, bool cuts = false, bool learns = true)
    {
        CaptureAnonymizer anonymizer = Anonymizer(shift, cuts);
        using var output = new MemoryStream();
        if (learns)
        {
            using CaptureReader first = CaptureReader.Open(new MemoryStream(capture), "test");
            anonymizer.Learn(first);
        }

        using (CaptureReader reader = CaptureReader.Open(new MemoryStream(capture), "test"))
        using (CaptureWriter writer = CaptureWriter.Create(output, reader.Format))
        {
            anonymizer.Copy(reader, writer);
        }

        return output.ToArray();
    }

    private static byte[] Capture(Action<CaptureWriter> write)
    {
        using var stream = new MemoryStream();
        using (CaptureWriter writer = CaptureWriter.Create(stream, CaptureFormat.Pcapng))
        {
            write(writer);
        }

        return stream.ToArray();
    }
}
