using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Corpus;

/// <summary>Every frame that the engine puts into a tunnel is there when tshark looks.</summary>
public sealed class EncapCorpusTests
{
    private const int VxlanLength = 8;
    private const string Ipv4Vtep = "192.0.2.2";
    private const string Ipv6Vtep = "2001:db8::2";

    // tshark's words for what it finds in a checksum field.
    private const string Good = "1";
    private const string NotPresent = "3";

    [SkippableTheory]
    [InlineData(Ipv4Vtep)]
    [InlineData(Ipv6Vtep)]
    public void Tshark_finds_every_frame_whole_in_the_tunnel(string vtep)
    {
        bool isV4 = vtep == Ipv4Vtep;
        SwitchPolicy policy = Policy(vtep);
        var sent = new List<(string Where, byte[] Frame, byte[] Inner)>();
        foreach (CorpusCapture capture in CorpusCapture.Decoded())
        {
            CorpusReplay replay = CorpusReplay.Run(capture, policy);
            sent.AddRange(capture.Packets.Index().Where(p => replay.DropOf(p.Index) is null).Select(
                p => ($"{capture} {p.Index + 1}", replay.Forwarded[p.Index].Single().Data, p.Item.Data)));
        }

        IReadOnlyList<TsharkFrame> decoded = Decode(sent.ConvertAll(s => s.Frame));
        Assert.Equal(sent.Count, decoded.Count);
        foreach (((string where, _, byte[] inner), TsharkFrame frame) in sent.Zip(decoded))
        {
            string[] found =
            [
                where, frame.Text("eth.src")!, frame.Text("eth.dst")!,
                frame.Text(isV4 ? "ip.src" : "ipv6.src")!, frame.Text(isV4 ? "ip.dst" : "ipv6.dst")!,
                frame.Text("udp.dstport")!, frame.Text("udp.checksum.status")!, frame.Text("vxlan.vni")!,
            ];
            Assert.Equal(
                [
                    where, "02:00:00:00:00:02", "02:00:00:00:00:03",
                    isV4 ? "192.0.2.1" : "2001:db8::1", vtep,
                    "4789", isV4 ? NotPresent : Good, "5001",
                ],
                found);
            Assert.Equal((where, true), (where, !isV4 || frame.Text("ip.checksum.status") == Good));
            Assert.InRange(frame.Number("udp.srcport")!.Value, 49152u, 65535u);
            Assert.Equal(inner, frame.UdpPayload[VxlanLength..]);
        }
    }

    [SkippableTheory]
    [InlineData(Ipv4Vtep)]
    [InlineData(Ipv6Vtep)]
    public void Only_frames_that_are_cut_or_foreign_or_known_to_be_malformed_are_dropped(string vtep)
    {
        SwitchPolicy policy = Policy(vtep);
        var malformed = new List<(string Capture, string Reason, int Packet)>();
        foreach (CorpusCapture capture in CorpusCapture.Decoded())
        {
            CorpusReplay replay = CorpusReplay.Run(capture, policy);
            foreach ((int i, TsharkFrame frame) in capture.Frames.Index())
            {
                string? reason = replay.DropOf(i);
                if (!frame.IsEthernet || frame.IsCut)
                {
                    string expected = frame.IsEthernet ? "frame-cut" : "link-type-unsupported";
                    Assert.Equal((capture.Name, i + 1, expected), (capture.Name, i + 1, reason));
                }
                else if (reason is not null)
                {
                    malformed.Add((capture.Name, reason, i + 1));
                }
            }
        }

        Assert.Equal(
            KnownDrop.All.Select(d => d.ToString()),
            malformed.GroupBy(m => (m.Capture, m.Reason))
                .Select(g => $"{g.Key.Capture}: {g.Key.Reason}: {string.Join(',', g.Select(m => m.Packet))}"));
    }

    [SkippableTheory]
    [InlineData(Ipv4Vtep)]
    [InlineData(Ipv6Vtep)]
    public void What_encap_sends_decap_gives_back_byte_for_byte_vxlan_in_vxlan_too(string vtep)
    {
        SwitchPolicy encap = Policy(vtep);
        SwitchPolicy decap = CorpusReplay.Policy("decap-all.json");
        int nested = 0;
        foreach (CorpusCapture capture in CorpusCapture.Decoded())
        {
            CorpusReplay there = CorpusReplay.Run(capture, encap);
            CorpusReplay back = CorpusReplay.Run(there.ForwardedFile, decap);
            int[] sent = [.. Enumerable.Range(0, capture.Packets.Count).Where(i => there.Forwarded[i].Any())];
            foreach ((int place, int i) in sent.Index())
            {
                byte[] frame = capture.Packets[i].Data;
                bool hasStationSource = (frame[6] & 1) == 0 && frame.AsSpan(6, 6).ContainsAnyExcept((byte)0);
                string? reason = hasStationSource ? null : "inner-source-mac-invalid";
                Assert.Equal((capture.Name, i + 1, reason), (capture.Name, i + 1, back.DropOf(place)));
                Assert.Equal(frame, back.Forwarded[place].SingleOrDefault()?.Data ?? frame);
                nested += capture.Frames[i].IsVxlan && hasStationSource ? 1 : 0;
            }
        }

        Assert.InRange(nested, 100, int.MaxValue);
    }

    private static SwitchPolicy Policy(string vtep) => PolicyJson.Parse(
        PolicyJson.ToJson(CorpusReplay.Policy("encap-all.json"))
            .Replace($"\"destination\": \"{Ipv4Vtep}\"", $"\"destination\": \"{vtep}\"", StringComparison.Ordinal));

    /// <summary>Shows all frames to tshark at once.</summary>
    private static IReadOnlyList<TsharkFrame> Decode(List<byte[]> frames)
    {
        string path = Path.GetTempFileName();
        try
        {
            using (CaptureWriter writer = CaptureWriter.Create(path, CaptureFormat.Pcapng))
            {
                writer.AddInterface("underlay", LinkType.Ethernet);
                frames.ForEach(f => writer.Write(0, 0, f, f.Length));
            }

            return Tshark.Decode(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
