using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Tests.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Corpus;

/// <summary>Every inner frame that the engine takes out of a tunnel is the one that tshark sees there.</summary>
public sealed class DecapCorpusTests
{
    private const int EthernetLength = 14;
    private const int UdpLength = 8;
    private const int VxlanLength = 8;

    /// <summary>How many packets of the corpus tshark takes for VXLAN.</summary>
    private const int VxlanPackets = 137;

    /// <summary>
    /// NSH in VXLAN-GPE: no Ethernet frame. What stands where its source address would be is a group address.
    /// </summary>
    private const string Gpe = "the-tcpdump-group+tcpdump/nsh-over-vxlan-gpe.pcap 1: inner-source-mac-invalid";

    /// <summary>
    /// Kernels leave these checksums to the network card; tshark finds them wrong too, which is checked.
    /// </summary>
    private static readonly string[] BadChecksums =
    [
        "the-tcpdump-group+tcpdump/gso-ipv4-vxlan-ipv6.pcap 1: udp-bad-checksum",
        "the-tcpdump-group+tcpdump/gso-ipv6-vxlan-ipv4.pcap 1: udp-bad-checksum",
        Gpe,
        "zeek+zeek/vxlan-encapsulated-igmp-v2.pcap 1: udp-bad-checksum",
        "zeek+zeek/vxlan-encapsulated-igmp-v2.pcap 2: udp-bad-checksum",
        "zeek+zeek/vxlan-encapsulated-igmp-v2.pcap 3: udp-bad-checksum",
    ];

    private static readonly SwitchPolicy Trusting = CorpusReplay.Policy("decap-all.json");

    /// <summary>The same with checksums verified, and with nothing for the host.</summary>
    private static readonly SwitchPolicy Verifying = Trusting with
    {
        Ports = Trusting.Ports
            .Select(p => p.Name == "wire" ? p with { Checksum = ChecksumMode.Verify } : p).ToValueArray(),
        Layers = Trusting.Layers.Select(l => l with { Default = DefaultAction.Block }).ToValueArray(),
    };

    [SkippableFact]
    public void With_checksums_trusted_every_inner_frame_is_the_one_that_tshark_sees() => Check(Trusting, [Gpe]);

    [SkippableFact]
    public void With_checksums_verified_every_inner_frame_is_the_one_that_tshark_sees() =>
        Check(Verifying, BadChecksums);

    [SkippableFact]
    public void Congestion_marks_cross_the_tunnel_as_rfc_6040_says()
    {
        int dropped = 0;
        foreach (CorpusCapture capture in CorpusCapture.Decoded().Where(c => c.Frames.Any(f => f.IsVxlan)))
        {
            List<byte[]> packets = [.. Marked(capture)];
            CorpusReplay replay = CorpusReplay.Run(File(packets), Trusting);
            for (int i = 0; i < packets.Count; i++)
            {
                Span<byte> outer = packets[i].AsSpan(EthernetLength);
                Span<byte> inner = outer[(Rfc6040.HeaderLength(outer) + UdpLength + VxlanLength)..];
                Span<byte> innerIp = inner[EthernetLength..];
                if (Rfc6040.Decapsulate(Rfc6040.Read(innerIp), Rfc6040.Read(outer)) is not int expected)
                {
                    Assert.Equal("ecn-invalid", replay.DropOf(i));
                    dropped++;
                    continue;
                }

                Rfc6040.Write(innerIp, expected);
                Assert.Equal(inner.ToArray(), replay.Forwarded[i].Single().Data);
            }
        }

        Assert.InRange(dropped, 100, VxlanPackets);
    }

    private static void Check(SwitchPolicy policy, string[] expectedDrops)
    {
        bool toHost = policy.Layers[0].Default == DefaultAction.Allow;
        var drops = new List<string>();
        int equal = 0;
        foreach (CorpusCapture capture in CorpusCapture.Decoded())
        {
            CorpusReplay replay = CorpusReplay.Run(capture, policy);
            for (int i = 0; i < capture.Packets.Count; i++)
            {
                TsharkFrame frame = capture.Frames[i];
                ReadPacket? forwarded = replay.Forwarded[i].SingleOrDefault();
                string where = $"{capture} {i + 1}";
                if (!frame.IsVxlan)
                {
                    Assert.Equal((where, null), (where, PoppedVni(forwarded)));
                    Assert.True(forwarded is null || toHost, where);
                    Assert.Equal(capture.Packets[i].Data, forwarded?.Data ?? capture.Packets[i].Data);
                }
                else if (forwarded is null)
                {
                    drops.Add($"{where}: {replay.DropOf(i)}");
                    bool isWrong = frame.Text("udp.checksum.status") == "0";
                    Assert.Equal((where, isWrong), (where, drops[^1].EndsWith("udp-bad-checksum", default)));
                }
                else
                {
                    Assert.Equal((where, frame.Text("vxlan.vni")), (where, PoppedVni(forwarded)));
                    Assert.Equal(ExpectedInner(frame), forwarded.Data);
                    equal++;
                }
            }
        }

        Assert.Equal(expectedDrops, drops);
        Assert.Equal(VxlanPackets - expectedDrops.Length, equal);
    }

    /// <summary>
    /// What is behind the VXLAN header; no outer header of the corpus carries a mark that changes it.
    /// </summary>
    private static byte[] ExpectedInner(TsharkFrame frame)
    {
        uint outer = (frame.Number("ip.dsfield") ?? frame.Number("ipv6.tclass") ?? 0) & 3;
        Assert.True(outer is 0b00 or 0b10, "the outer header is marked");
        return frame.UdpPayload[VxlanLength..];
    }

    /// <summary>The VNI of the tunnel that a frame came out of, from its comment.</summary>
    private static string? PoppedVni(ReadPacket? packet)
    {
        const string pop = "; pop vxlan vni ";
        string comment = packet?.Comments.Single() ?? string.Empty;
        int start = comment.IndexOf(pop, StringComparison.Ordinal);
        return start < 0 ? null : comment[(start + pop.Length)..].Split(';')[0];
    }

    /// <summary>
    /// Every VXLAN packet with IP inside, sixteen times: with each pair of inner and outer code points.
    /// </summary>
    private static IEnumerable<byte[]> Marked(CorpusCapture capture)
    {
        foreach ((ReadPacket packet, TsharkFrame frame) in capture.Packets.Zip(capture.Frames))
        {
            if (frame.Layers is not ["eth", "ip" or "ipv6", "udp", "vxlan", "eth", "ip" or "ipv6", ..])
            {
                continue;
            }

            for (int pair = 0; pair < 16; pair++)
            {
                byte[] copy = [.. packet.Data];
                Span<byte> outer = copy.AsSpan(EthernetLength);
                int inner = Rfc6040.HeaderLength(outer) + UdpLength + VxlanLength + EthernetLength;
                Rfc6040.Write(outer, pair & 3);
                Rfc6040.Write(outer[inner..], pair >> 2);
                yield return copy;
            }
        }
    }

    private static byte[] File(List<byte[]> packets)
    {
        var file = new MemoryStream();
        using (CaptureWriter writer = CaptureWriter.Create(file, CaptureFormat.Pcapng))
        {
            writer.AddInterface("wire", LinkType.Ethernet);
            packets.ForEach(p => writer.Write(0, 0, p, p.Length));
        }

        return file.ToArray();
    }
}
