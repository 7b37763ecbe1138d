using Xunit;

namespace VxlanEngine.Tests.Corpus;

/// <summary>An independent decoder's view of capture files.</summary>
internal static class Tshark
{
    private static readonly Decoder Program = new("tshark");

    // One packet is one row: nothing is put together from several packets.
    private static readonly string[] Settings =
    [
        "-n", "-d", "udp.port==8472,vxlan",
        "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE",
        "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
    ];

    private static readonly string[] Fields =
    [
        "frame.number", "frame.protocols", "frame.len", "frame.cap_len", "frame.encap_type", "_ws.malformed",
        "eth.dst", "eth.src", "vlan.id", "ieee8021ad.id",
        "arp.opcode", "arp.src.hw_mac", "arp.dst.hw_mac", "arp.src.proto_ipv4", "arp.dst.proto_ipv4",
        "ip.src", "ip.dst", "ip.proto", "ip.ttl", "ip.dsfield", "ip.flags.df", "ip.flags.mf", "ip.frag_offset", "ip.id",
        "ip.checksum.status", "udp.checksum.status",
        "ipv6.src", "ipv6.dst", "ipv6.nxt", "ipv6.hlim", "ipv6.tclass", "ipv6.hopopts.nxt", "ipv6.dstopts.nxt",
        "ipv6.routing.nxt", "ipv6.fraghdr.nxt", "ipv6.fraghdr.offset", "ipv6.fraghdr.more", "ipv6.fraghdr.ident",
        "ah.next_header", "mip6.proto",
        "tcp.srcport", "tcp.dstport", "tcp.flags", "udp.srcport", "udp.dstport", "udp.payload",
        "sctp.srcport", "sctp.dstport", "icmp.type", "icmp.code", "icmp.ident",
        "icmpv6.type", "icmpv6.code", "icmpv6.echo.identifier", "vxlan.vni",
    ];

    /// <summary>Skips the test where tshark or mergecap is not installed.</summary>
    public static void SkipIfMissing() =>
        Skip.IfNot(Program.IsInstalled && MergedCapture.IsPossible, "tshark or mergecap is not installed");

    /// <summary>The packets of a file; blocks of other kinds, which have no link type, are left out.</summary>
    public static IReadOnlyList<TsharkFrame> Decode(string path)
    {
        string[] columns = [.. Fields.SelectMany(f => new[] { "-e", f })];
        (_, string output, _) =
            Program.Read(path, [.. Settings, "-T", "fields", "-E", "occurrence=a", .. columns]);
        return
        [
            .. output.Split('\n').Where(l => l.Length > 0)
                .Select(l => new TsharkFrame(Fields, l.Split('\t')))
                .Where(f => f.All("frame.encap_type").Length > 0),
        ];
    }

    /// <summary>The packets of several undamaged files, one after another.</summary>
    public static IReadOnlyList<TsharkFrame> DecodeTogether(IEnumerable<string> paths)
    {
        using var merged = new MergedCapture(paths);
        return Decode(merged.Path);
    }
}
