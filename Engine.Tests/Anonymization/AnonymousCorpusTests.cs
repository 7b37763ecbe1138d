using VxlanEngine.Anonymization;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Tests.Corpus;
using VxlanEngine.Tests.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Anonymization;

/// <summary>The captures of other projects, made anonymous.</summary>
public sealed class AnonymousCorpusTests : IDisposable
{
    /// <summary>Protocols that are followed; tshark's view behind another one is of zeros.</summary>
    private static readonly string[] Followed =
    [
        "eth", "vlan", "ieee8021ad", "arp", "ip", "ipv6", "ipv6.hopopts", "ipv6.dstopts", "ipv6.routing",
        "ipv6.fraghdr", "tcp", "udp", "sctp", "icmp", "icmpv6", "igmp", "vxlan", "sll", "raw", "null",
    ];

    /// <summary>Packets of which tshark checks sums over bytes that no parser here understands.</summary>
    private static readonly Dictionary<string, string> Unlike = new(StringComparer.Ordinal)
    {
        // A home address option that says it has one byte: tshark reads sixteen all the same.
        ["zeek+zeek/ipv6-mobility-dst-opts.pcap"] = "udp.checksum.status",
    };

    private static readonly AnonymizationKey Key = AddressMappingTests.KeyOf("a key");

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void Nothing_throws_and_numbers_lengths_and_what_the_parser_finds_stay()
    {
        long frames = 0;
        foreach (CorpusCapture capture in CorpusCapture.Opened)
        {
            List<ReadPacket> after = Copy(capture, out List<CaptureInterface> interfaces);
            Assert.Equal(
                capture.Packets.Select(p => (capture.Name, p.Data.Length, p.OriginalLength, p.TimestampNs)),
                after.Select(p => (capture.Name, p.Data.Length, p.OriginalLength, p.TimestampNs)));
            Assert.All(
                capture.Packets.Zip(after).Where(pair =>
                    interfaces[pair.Second.InterfaceIndex].LinkType == LinkType.Ethernet),
                pair => Assert.Equal(Reason(pair.First.Data), Reason(pair.Second.Data)));
            frames += after.Count;
        }

        Assert.InRange(frames, 5_000, long.MaxValue);
    }

    [SkippableFact]
    public void A_decoder_sees_the_same_protocols_and_checksums_as_far_as_the_parser_follows()
    {
        List<string> differences = [];
        IReadOnlyList<CorpusCapture> captures = [.. CorpusCapture.Decoded().Where(c => c.Fault is null)];
        foreach (CorpusCapture capture in captures)
        {
            Copy(capture, out _);
        }

        var decoded = new Queue<TsharkFrame>(Tshark.DecodeTogether(
            captures.Select(PathOf)));
        foreach (CorpusCapture capture in captures)
        {
            for (int i = 0; i < capture.Packets.Count; i++)
            {
                string? difference = Difference(capture, capture.Frames[i], decoded.Dequeue());
                if (difference is not null)
                {
                    differences.Add($"{capture} packet {i + 1}: {difference}");
                }
            }
        }

        Assert.Empty(decoded);
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(20)));
    }

    private static string? Difference(CorpusCapture capture, TsharkFrame before, TsharkFrame after)
    {
        string[] followed = [.. before.Layers.TakeWhile(l => Followed.Contains(l, StringComparer.Ordinal))];
        if (!followed.SequenceEqual(after.Layers.Take(followed.Length), StringComparer.Ordinal))
        {
            return $"{string.Join(':', before.Layers)} became {string.Join(':', after.Layers)}";
        }

        foreach ((string protocol, string field) in new[]
            { ("ip", "ip.checksum.status"), ("udp", "udp.checksum.status") })
        {
            int count = followed.Count(l => l == protocol);
            bool isUnlike = Unlike.TryGetValue(capture.Name, out string? unlike) && unlike == field;
            string was = string.Join(',', before.All(field).Take(count));
            string now = string.Join(',', after.All(field).Take(count));
            if (was != now && !isUnlike)
            {
                return $"{field} {was} became {now} in {string.Join(':', before.Layers)}";
            }
        }

        return null;
    }

    private static DropReason Reason(byte[] frame) => PacketParser.ParseFrame(frame, 0, out _);

    private string PathOf(CorpusCapture capture) =>
        Path.Combine(_folder, capture.Name.Replace('/', '_'));

    private List<ReadPacket> Copy(CorpusCapture capture, out List<CaptureInterface> interfaces)
    {
        var addresses = new AddressMapping(Key, []);
        var macs = new MacMapping(Key, addresses);
        var captures = new CaptureAnonymizer(new FrameAnonymizer(addresses, macs, [new(8472, TunnelKind.Vxlan)]));
        using (CaptureReader reader = CaptureReader.Open(capture.Path))
        using (CaptureReader first = CaptureReader.Open(capture.Path))
        using (CaptureWriter writer = CaptureWriter.Create(PathOf(capture), reader.Format))
        {
            try
            {
                captures.Learn(first);
            }
            catch (CaptureFormatException)
            {
                Assert.NotNull(capture.Fault);
            }

            try
            {
                captures.Copy(reader, writer);
            }
            catch (CaptureFormatException)
            {
                Assert.NotNull(capture.Fault);
            }
        }

        interfaces = [];
        return ReadPacket.ReadWhole(File.ReadAllBytes(PathOf(capture)), interfaces);
    }
}
