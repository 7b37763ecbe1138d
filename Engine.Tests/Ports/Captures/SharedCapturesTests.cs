using VxlanEngine.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Ports.Captures;

public sealed class SharedCapturesTests
{
    /// <summary>The damaged files: what is wrong, and the packets before it.</summary>
    private static readonly Dictionary<string, (int Packets, string Fault)> Damaged = new()
    {
        ["OISF+suricata-verify/bug-6875-01__fuzz.pcap"] = (1, "1409179648 captured bytes"),

        // The manifest counts 1: it reads past a section header that ends in other bytes than its length.
        ["cilium+pwru/shb-option-too-long.pcapng"] = (0, "begins with length 52 and ends with 808464432"),

        ["seladb+PcapPlusPlus/clusterfuzz-testcase-FuzzTarget-6207688043397120"] = (1, "the file ends inside"),
        ["seladb+PcapPlusPlus/crash-81dba690a3f67ee41a41390a625db732fa1413a1"] = (11, "the file ends inside"),
        ["seladb+PcapPlusPlus/crash-8534c61cdf5987482365d7877ade12eef5aaf8b7"] = (2, "the file ends inside"),
        ["seladb+PcapPlusPlus/crash-eec28dafde1f1ac2299674a75a914ae16d4046fa"] = (1, "4294967295 captured bytes"),
        ["seladb+PcapPlusPlus/crash-invalid-asn-record-len"] = (1, "the file ends inside"),
    };

    [SkippableFact]
    public void Every_capture_of_other_projects_reads_to_its_end_or_to_its_known_damage()
    {
        int files = 0;
        foreach ((string file, int packets) in Manifest())
        {
            (List<ReadPacket> read, CaptureFormatException? fault) =
                ReadPacket.ReadAll(File.OpenRead(Path.Combine(RepositoryFiles.SharedPcaps!, file)));
            if (Damaged.TryGetValue(file, out (int Packets, string Fault) damage))
            {
                Assert.True(fault is not null, $"{file} reads to its end");
                Assert.Contains(damage.Fault, fault.Message, StringComparison.Ordinal);
                Assert.Equal((file, damage.Packets), (file, read.Count));
            }
            else
            {
                Assert.True(fault is null, $"{file}: {fault?.Message}");
                Assert.Equal((file, packets), (file, read.Count));
            }

            files++;
        }

        Assert.InRange(files, 100, int.MaxValue);
    }

    /// <summary>Each file with the packets that the manifest counts; the test is skipped where there is none.</summary>
    internal static IEnumerable<(string File, int Packets)> Manifest()
    {
        Skip.If(RepositoryFiles.SharedPcaps is null, "../shared/pcaps is not here");
        string[] lines = File.ReadAllLines(Path.Combine(RepositoryFiles.SharedPcaps, "MANIFEST.tsv"));
        int packets = Array.IndexOf(lines[0].Split('\t'), "packets");
        return lines.Skip(1).Select(l => l.Split('\t')).Select(c => (c[0], int.Parse(c[packets], null)));
    }
}
