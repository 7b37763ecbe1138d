using VxlanEngine.Packets;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Corpus;

/// <summary>What the parser reads from every frame that it accepts is what tshark reads.</summary>
public sealed class FieldsCorpusTests
{
    /// <summary>RARP has ARP's form, and tshark calls it so; to the engine it is a frame that is not IP.</summary>
    private static readonly string[] KnownDifferences =
    [
        "the-tcpdump-group+tcpdump/getname_2_read4_asan.pcap 1: IP or ARP: False, tshark True",
    ];

    [SkippableFact]
    public void Every_field_of_every_accepted_frame_is_the_one_that_tshark_reads()
    {
        Tally tally = Compare(CorpusCapture.Decoded());

        Assert.Equal(KnownDifferences, tally.Differences);
        Assert.Equal((5399, 136), (tally.Frames, tally.Inner));
        Assert.InRange(tally.Fields, 80_000, int.MaxValue);
    }

    [SkippableFact]
    public void Every_field_of_every_accepted_frame_of_the_scenarios_is_the_one_that_tshark_reads()
    {
        Tally tally = Compare(CorpusCapture.DecodedScenarios());

        Assert.Equal([], tally.Differences);
        Assert.InRange(tally.Frames, 1000, int.MaxValue);
        Assert.InRange(tally.Inner, 300, int.MaxValue);
    }

    private static Tally Compare(IReadOnlyList<CorpusCapture> captures)
    {
        var differences = new List<string>();
        int frames = 0;
        int inner = 0;
        int fields = 0;
        foreach (CorpusCapture capture in captures)
        {
            for (int i = 0; i < capture.Packets.Count; i++)
            {
                byte[] bytes = capture.Packets[i].Data;
                if (capture.Interfaces[capture.Packets[i].InterfaceIndex].LinkType != LinkType.Ethernet
                    || PacketParser.ParseFrame(bytes, 0, out ParsedFrame frame) != DropReason.None)
                {
                    continue;
                }

                var comparison = new FieldComparison(capture.Frames[i]);
                frames++;
                comparison.Compare(bytes, frame, layer: 0);
                int vxlan = capture.Frames[i].Layers.ToList().IndexOf("vxlan");
                bool isUdp = frame is { HasTransport: true, Protocol: IpProtocol.Udp };
                if (vxlan > 0 && isUdp
                    && PacketParser.ParseTunnel(
                        bytes,
                        frame,
                        TunnelProtocols.Vxlan,
                        out TunnelHeader header,
                        out ParsedFrame tunnelled) == DropReason.None)
                {
                    inner++;
                    comparison.CompareVni(header);
                    comparison.Compare(bytes, tunnelled, vxlan + 1);
                }

                fields += comparison.Fields;
                differences.AddRange(comparison.Differences.Select(d => $"{capture} {i + 1}: {d}"));
            }
        }

        return new Tally(frames, inner, fields, differences);
    }

    private sealed record Tally(int Frames, int Inner, int Fields, List<string> Differences);
}
