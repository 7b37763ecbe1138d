using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>An independent decoder reads what the engine wrote: nothing malformed, every checksum right.</summary>
public sealed class ScenarioTsharkTests
{
    private static readonly Lazy<Dictionary<string, (string[] Comments, string[][] Rows)>> Outputs =
        new(DecodeOutputs);

    public static TheoryData<string> Names => [.. Scenario.Names];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void Tshark_finds_no_fault_in_what_leaves_and_shows_ports_and_reasons(string name)
    {
        Tshark.SkipWhereMissing();
        Scenario scenario = Scenario.Load(name);
        (string[] comments, string[][] rows) = Outputs.Value[name];

        Assert.Equal(comments, rows.Select(r => r[3]));
        string[] ports = [.. scenario.Policies.SelectMany(p => p.Ports).Select(p => p.Name)];
        foreach (string[] row in rows)
        {
            string packet = $"{name}, packet {row[0]} ({row[10]})";
            Assert.Contains(row[1], ports);
            Assert.Equal("0x00000002", row[2]);
            Assert.Contains($" > {row[1]}", row[3], StringComparison.Ordinal);
            Assert.True(row[4].Length == 0, $"{packet} is malformed");

            // 0 is bad; 1 good, 2 not checked (fragments, packets quoted in part), 3 not there (UDP over IPv4).
            bool isBad = row[5..10].Any(status => status.Split(',').Contains("0", StringComparer.Ordinal));
            Assert.False(isBad, $"{packet} has a wrong checksum: {string.Join(' ', row[5..10])}");
        }
    }

    [SkippableFact]
    public void Tshark_reads_control_packets_of_bfd_in_the_management_vni()
    {
        Tshark.SkipWhereMissing();
        List<string[]> rows = Tshark.Read(
            Scenario.Load("vteps-watched-by-bfd").PathOf("out.pcapng"),
            "frame.protocols",
            "vxlan.vni",
            "eth.dst",
            "ip.dst",
            "ip.ttl",
            "bfd.version",
            "bfd.sta",
            "bfd.diag",
            "bfd.flags.p",
            "bfd.detect_time_multiplier",
            "bfd.message_length",
            "bfd.desired_min_tx_interval",
            "bfd.required_min_rx_interval",
            "bfd.required_min_echo_interval");
        string[][] packets = [.. rows.Where(r => r[0] == "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:udp:bfd")];
        Assert.Equal(9, packets.Length);
        Assert.All(packets, row => Assert.Equal(
            ("1", "00:00:5e:00:52:02", "127.0.0.1", "255", "1"),
            (row[1], row[2].Split(',')[1], row[3].Split(',')[1], row[4].Split(',')[1], row[5])));
        Assert.All(packets, row => Assert.Equal(("3", "24", "100000", "0"), (row[9], row[10], row[12], row[13])));
        Assert.Equal(
            "Down Down Init Up Up Down Init Up Down",
            string.Join(' ', packets.Select(r => ((BfdState)Convert.ToInt32(r[6], 16)).ToString())));
    }

    [SkippableFact]
    public void Tshark_reads_what_control_packets_of_bfd_are_authenticated_by()
    {
        Tshark.SkipWhereMissing();
        List<string[]> rows = Tshark.Read(
            Scenario.Load("bfd-authenticated").PathOf("out.pcapng"),
            "bfd.flags.a",
            "bfd.message_length",
            "bfd.auth.type",
            "bfd.auth.len",
            "bfd.auth.key",
            "bfd.auth.seq_num");
        string[][] packets = [.. rows.Where(r => r[0].Length > 0)];
        Assert.All(packets, row => Assert.Equal(
            ("1", "52", "5", "28", "7"), (row[0], row[1], row[2], row[3], row[4])));
        uint[] numbers = [.. packets.Select(row => Convert.ToUInt32(row[5], 16))];
        Assert.Equal(Enumerable.Range(0, 5).Select(i => numbers[0] + (uint)i), numbers);
    }

    [SkippableFact]
    [Trait("Scenario", "FD12")]
    public void Tshark_reads_what_is_said_of_groups_and_what_is_sent_to_them()
    {
        Tshark.SkipWhereMissing();
        string[] fields =
        [
            "eth.dst", "ip.ttl", "ipv6.hlim", "igmp.checksum.status", "icmpv6.checksum.status", "igmp.type",
            "icmpv6.type", "igmp.record_type", "icmpv6.mldr.mar.record_type", "igmp.maddr",
            "icmpv6.mldr.mar.multicast_address", "vxlan.vni",
        ];
        List<string[]> rows = Tshark.Read(Scenario.Load("flooded-to-a-multicast-group").PathOf("out.pcapng"), fields);
        string[][] igmp = [.. rows.Where(r => r[5].Length > 0)];
        Assert.Equal(7, igmp.Length);
        Assert.All(igmp, r => Assert.Equal(("1", "1"), (r[1], r[3])));
        Assert.Equal("0x22 0x22 0x22 0x16 0x17 0x16 0x16", string.Join(' ', igmp.Select(r => r[5])));
        Assert.Equal("4 4 2", string.Join(' ', igmp.Select(r => r[7]).Where(t => t.Length > 0)));
        Assert.Equal(["239.1.1.1", "239.1.1.2"], igmp.Select(r => r[9]).Distinct());
        string[][] mld = [.. rows.Where(r => r[6] == "143")];
        Assert.Equal("4 4 2 3 3", string.Join(' ', mld.Select(r => r[8])));
        Assert.All(mld, r => Assert.Equal(
            ("33:33:00:00:00:16", "1", "1", "ff05::4098"), (r[0], r[2], r[4], r[10])));
        Assert.Equal(
            [("01:00:5e:01:01:01", "1", ""), ("33:33:00:00:40:98", "", "4")],
            rows.Where(r => r[11].Length > 0 && r[0][1] is '1' or '3').Select(r => (r[0].Split(',')[0], r[1], r[2])));
    }

    [SkippableFact]
    [Trait("Scenario", "MT04")]
    public void Tshark_puts_fragments_together_to_the_datagrams_that_were_sent()
    {
        Tshark.SkipWhereMissing();
        Scenario scenario = Scenario.Load("fragmented-for-the-tunnel");
        string[] settings = ["ip.defragment:TRUE"];
        string[] fields = ["ip.reassembled.length", "udp.checksum.status", "data.data"];
        List<string[]> entered = Tshark.Read(scenario.PathOf("web.in.pcap"), settings, fields);
        entered.AddRange(Tshark.Read(scenario.PathOf("uplink.in.pcap"), settings, fields));
        List<string[]> left = Tshark.Read(scenario.PathOf("out.pcapng"), settings, fields);
        string[] expected = [.. entered.Where(r => r[1].EndsWith('1')).Select(Data).Order()];
        Assert.Equal(5, expected.Length);
        Assert.Equal(expected, left.Where(r => r[0].Length > 0 && r[1].EndsWith('1')).Select(Data).Order());

        // The last one of several is the innermost packet's.
        static string Data(string[] row) => row[2].Split(',')[^1];
    }

    [SkippableFact]
    [Trait("Scenario", "VE19")]
    public void Tshark_opens_both_tunnels_of_what_is_encapsulated_twice()
    {
        Tshark.SkipWhereMissing();
        List<string[]> rows = Tshark.Read(
            Scenario.Load("vxlan-in-vxlan").PathOf("out.pcapng"), "vxlan.vni", "tcp.dstport", "tcp.checksum.status");
        Assert.Equal(["4097,88", "88", "4097,88", "77,4242"], rows.Select(r => r[0]));
        Assert.All(rows, r => Assert.Equal(("80", "1"), (r[1], r[2])));
    }

    [SkippableFact]
    [Trait("Scenario", "VE24")]
    public void Tshark_opens_both_tunnels_that_layers_have_put_packets_into()
    {
        Tshark.SkipWhereMissing();
        string[] fields = ["vxlan.vni", "ip.dst", "ip.checksum.status", "udp.length", "ip.len", "frame.interface_name"];
        List<string[]> rows = Tshark.Read(
            Scenario.Load("two-tunnels-by-policy").PathOf("out.pcapng"), ["ip.check_checksum:TRUE"], fields);
        string[][] twice = [.. rows.Where(r => r[0].Contains(',', StringComparison.Ordinal))];
        Assert.Equal(8, twice.Length);
        Assert.All(twice, r => Assert.Equal(r[5] == "uplink" ? "9000,4097" : "9001,4097", r[0]));
        Assert.All(twice.Where(r => r[5] == "uplink"), r => Assert.StartsWith("172.31.0.2,10.99.0.2", r[1]));
        Assert.All(twice, r => Assert.All(r[2].Split(','), status => Assert.Equal("1", status)));
        Assert.All(twice, r => Assert.Equal(50, Length(r[4], 0) - Length(r[4], 1)));
        Assert.All(twice, r => Assert.Equal(20, Length(r[4], 0) - Length(r[3], 0)));

        static int Length(string lengths, int tunnel) => int.Parse(lengths.Split(',')[tunnel]);
    }

    [SkippableFact]
    [Trait("Scenario", "VE25")]
    public void Tshark_sees_flows_move_to_a_router_that_comes_and_no_others()
    {
        Tshark.SkipWhereMissing();
        List<string[]> rows = Tshark.Read(
            Scenario.Load("next-hops-of-one-route").PathOf("out.pcapng"), "vxlan.vni", "ip.id", "eth.dst");
        string[][] rounds =
        [
            .. Enumerable.Range(1, 3).Select(round => rows
                .Where(r => r[0] == "4097" && r[1].EndsWith($",0x000{round}", StringComparison.Ordinal))
                .Select(r => r[2].Split(',')[0][^2..])
                .ToArray()),
        ];
        Assert.Equal([6, 6, 6], rounds.Select(r => r.Length));
        Assert.All(rounds[0], router => Assert.Equal("fe", router));
        Assert.Equal(["fd", "fe"], rounds[1].Distinct().Order());
        Assert.Equal(["fc", "fd", "fe"], rounds[2].Distinct().Order());
        Assert.All(rounds[1].Zip(rounds[2]), r => Assert.True(r.Second == "fc" || r.Second == r.First));
    }

    [SkippableFact]
    [Trait("Scenario", "VD17")]
    public void Tshark_sees_the_uplinks_vlan_in_front_of_its_tunnel_packets()
    {
        Tshark.SkipWhereMissing();
        string[] fields = ["frame.interface_name", "vlan.id", "vlan.priority", "vxlan.vni"];
        List<string[]> rows = Tshark.Read(Scenario.Load("underlay-vlan").PathOf("out.pcapng"), fields);
        string[][] tunnelled = [.. rows.Where(r => r[3].Length > 0)];
        Assert.Equal(2, tunnelled.Length);
        Assert.All(tunnelled, r => Assert.Equal(["uplink", "100", "3", "4097"], r));
        Assert.All(rows, r => Assert.Equal(r[0] == "uplink" ? "100" : "", r[1]));
    }

    [SkippableFact]
    public void Tshark_finds_a_wrong_checksum_inside_a_tunnel()
    {
        Tshark.SkipWhereMissing();
        string path = Path.GetTempFileName();
        try
        {
            byte[] capture = File.ReadAllBytes(Scenario.Load("tcp-bulk").PathOf("out.pcapng"));
            byte[] lastBytesOfFirstFrame = CapturedFrame.ReadAll(capture)[0].Bytes[^8..];
            capture[capture.AsSpan().IndexOf(lastBytesOfFirstFrame) + 7] ^= 1;
            File.WriteAllBytes(path, capture);
            Assert.Contains("0", Tshark.Read(path, "tcp.checksum.status")[0][0].Split(','));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>What leaves in each scenario: our comments on it, and tshark's view of it.</summary>
    private static Dictionary<string, (string[] Comments, string[][] Rows)> DecodeOutputs()
    {
        (string Name, string Path)[] outputs =
        [
            .. Scenario.Names.Select(name => (name, Scenario.Load(name).PathOf("out.pcapng"))),
        ];
        using var merged = new MergedCapture(outputs.Select(output => output.Path));
        var rows = new Queue<string[]>(Tshark.Read(
            merged.Path,
            "frame.number",
            "frame.interface_name",
            "frame.packet_flags_direction",
            "frame.comment",
            "_ws.malformed",
            "ip.checksum.status",
            "udp.checksum.status",
            "tcp.checksum.status",
            "icmp.checksum.status",
            "icmpv6.checksum.status",
            "frame.protocols"));
        Dictionary<string, (string[] Comments, string[][] Rows)> decoded = [];
        foreach ((string name, string path) in outputs)
        {
            string[] comments = [.. CapturedFrame.ReadAll(File.ReadAllBytes(path)).Select(frame => frame.Comment)];
            decoded.Add(name, (comments, [.. comments.Select(_ => rows.Dequeue())]));
        }

        Assert.Empty(rows);
        return decoded;
    }
}
