using VxlanEngine.Cli;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>
/// The example policy that stands beside the repository, from the command line to what an independent decoder sees.
/// </summary>
public sealed class OverlayExampleTests
{
    private const string WebMac = "02:42:0a:00:01:05";
    private const string PeerMac = "02:42:0a:00:01:06";
    private const string FarMac = "02:42:0a:00:01:07";
    private const string RouterMac = "02:42:0a:00:01:01";
    private const string UplinkMac = "02:aa:00:00:00:01";
    private const string RemoteMac = "02:aa:00:00:00:02";
    private const long StartNs = 1_767_225_600_000_000_000;

    private static readonly string Policy =
        Path.GetFullPath(Path.Combine(RepositoryFiles.Root, "..", "shared", "examples", "overlay.json"));

    [SkippableFact]
    public void A_frame_is_encapsulated_over_ipv4()
    {
        string[] row = Assert.Single(Replay(("web", ToPeer().Tcp(40080, 80, TcpFlags.Syn))).Sent);
        Assert.Equal(
            ["uplink", "02:aa:00:00:00:01,02:42:0a:00:01:05", "02:aa:00:00:00:02,02:42:0a:00:01:06",
                "172.31.0.1,10.0.1.5", "172.31.0.2,10.0.1.6", "", "", "64,64", "4789", "80", "4097"],
            row[..11]);
        Assert.Equal(
            "web > uplink: acl/acl-out/anything-out, nat/default, vnet/encap/to-blue; "
            + "push vxlan vni 4097 172.31.0.1 > 172.31.0.2",
            row[11]);
    }

    [SkippableFact]
    public void A_frame_is_encapsulated_over_ipv6()
    {
        FrameBuilder frame = FrameBuilder.Ethernet(WebMac, FarMac).Ipv4("10.0.1.5", "10.0.1.7").IcmpEchoRequest(1, 1);
        string[] row = Assert.Single(Replay(("web", frame)).Sent);
        Assert.Equal(
            ["uplink", "02:aa:00:00:00:01,02:42:0a:00:01:05", "02:aa:00:00:00:03,02:42:0a:00:01:07",
                "10.0.1.5", "10.0.1.7", "fd31::1", "fd31::3", "64", "4789", "", "4097"],
            row[..11]);
    }

    [SkippableFact]
    public void Telnet_is_blocked()
    {
        (List<string[]> sent, List<string[]> dropped) = Replay(("web", ToPeer().Tcp(40001, 23, TcpFlags.Syn)));
        Assert.Empty(sent);
        Assert.Equal("web: drop rule-block: acl/acl-out/no-telnet", Assert.Single(dropped)[11]);
    }

    [SkippableFact]
    public void A_vip_is_translated_and_answers_as_itself()
    {
        FrameBuilder question = FrameBuilder.Ethernet(WebMac, RouterMac).Ipv4("10.0.1.5", "10.0.1.250").Udp(40053, 53);
        List<string[]> sent = Replay(
            ("web", question.Payload("which?")),
            ("uplink", ToWeb(Tunnel()).Udp(5353, 40053).Payload("this"))).Sent;
        Assert.Equal(2, sent.Count);
        Assert.Equal("172.31.0.2,10.0.1.6", sent[0][4]);
        Assert.Equal("4789,5353", sent[0][8]);
        Assert.Equal("02:aa:00:00:00:02,02:42:0a:00:01:06", sent[0][2]);
        Assert.Equal(("web", "10.0.1.250", "10.0.1.5"), (sent[1][0], sent[1][3], sent[1][4]));
        Assert.Equal("40053", sent[1][8]);
        Assert.Equal("53", sent[1][12]);
    }

    [SkippableFact]
    public void An_answer_is_let_in_by_the_flows_state_and_a_stranger_is_not()
    {
        (List<string[]> sent, List<string[]> dropped) = Replay(
            ("web", ToPeer().Tcp(40022, 22, TcpFlags.Syn)),
            ("uplink", ToWeb(Tunnel()).Tcp(22, 40022, TcpFlags.Syn | TcpFlags.Ack)),
            ("uplink", ToWeb(Tunnel()).Tcp(22, 40023, TcpFlags.Syn | TcpFlags.Ack)),
            ("uplink", ToWeb(Tunnel()).Tcp(40001, 8080, TcpFlags.Syn)));
        Assert.Equal(["uplink", "web", "web"], sent.Select(r => r[0]));
        Assert.Equal(
            "uplink > web: vnet/decap/from-blue, nat/default, acl/acl-out/anything-out (flow); pop vxlan vni 4097",
            sent[1][11]);
        Assert.Contains("acl/acl-in/http-in", sent[2][11], StringComparison.Ordinal);
        Assert.StartsWith(
            "uplink: drop layer-default-block: ", Assert.Single(dropped)[11], StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_foreign_vni_and_a_missing_i_flag_are_dropped()
    {
        (List<string[]> sent, List<string[]> dropped) = Replay(
            ("uplink", ToWeb(Tunnel(vni: 4098)).Tcp(40001, 80, TcpFlags.Syn)),
            ("uplink", ToWeb(Tunnel(flags: 0)).Tcp(40001, 80, TcpFlags.Syn)));
        Assert.Empty(sent);
        Assert.Equal(
            ["uplink: drop vxlan-vni-not-found", "uplink: drop vxlan-invalid-header"], dropped.Select(r => r[11]));
    }

    [SkippableFact]
    public void A_spoofed_source_is_dropped()
    {
        (List<string[]> sent, List<string[]> dropped) = Replay(
            ("web", FrameBuilder.Ethernet(FarMac, PeerMac).Ipv4("10.0.1.5", "10.0.1.6").IcmpEchoRequest(1, 1)),
            ("web", FrameBuilder.Ethernet(WebMac, PeerMac).Ipv4("10.0.1.7", "10.0.1.6").IcmpEchoRequest(1, 1)));
        Assert.Empty(sent);
        Assert.Equal(
            ["web: drop source-mac-spoofed", "web: drop source-address-spoofed"], dropped.Select(r => r[11]));
    }

    private static FrameBuilder ToPeer() => FrameBuilder.Ethernet(WebMac, PeerMac).Ipv4("10.0.1.5", "10.0.1.6");

    private static FrameBuilder Tunnel(uint vni = 4097, uint flags = 0x0800_0000) =>
        FrameBuilder.Ethernet(RemoteMac, UplinkMac).Ipv4("172.31.0.2", "172.31.0.1").Vxlan(vni, flags: flags);

    private static FrameBuilder ToWeb(FrameBuilder tunnel) =>
        tunnel.InnerEthernet(PeerMac, WebMac).Ipv4("10.0.1.6", "10.0.1.5");

    /// <summary>Replays frames, a millisecond apart, by command line, and reads both captures with tshark.</summary>
    private static (List<string[]> Sent, List<string[]> Dropped) Replay(
        params (string Port, FrameBuilder Frame)[] frames)
    {
        Skip.IfNot(File.Exists(Policy), "the example policy is not beside the repository");
        Tshark.SkipWhereMissing();
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string output = Path.Combine(folder, "out.pcapng");
            string drops = Path.Combine(folder, "drops.pcapng");
            List<string> arguments = ["replay", "--policy", Policy, "-w", output, "--drops", drops];
            foreach (string port in frames.Select(f => f.Port).Distinct(StringComparer.Ordinal))
            {
                string input = Path.Combine(folder, $"{port}.pcap");
                WriteCapture(input, frames.Select((f, i) => (f.Port == port, i, f.Frame)));
                arguments.AddRange(["-r", $"{port}={input}"]);
            }

            using var text = new StringWriter();
            var io = new CommandIo { OpenInput = () => Stream.Null, Output = text, Error = text };
            Assert.True(Program.Run([.. arguments], io) == 0, text.ToString());
            return (Read(output), Read(drops));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void WriteCapture(string path, IEnumerable<(bool IsWanted, int Index, FrameBuilder Frame)> frames)
    {
        using CaptureWriter writer = CaptureWriter.Create(path, CaptureFormat.PcapNanoseconds);
        writer.AddInterface("frames", LinkType.Ethernet);
        foreach ((_, int index, FrameBuilder frame) in frames.Where(f => f.IsWanted))
        {
            byte[] bytes = frame.Build();
            writer.Write(0, StartNs + (index * 1_000_000L), bytes, bytes.Length);
        }
    }

    private static List<string[]> Read(string path) => Tshark.Read(
        path,
        "frame.interface_name",
        "eth.src",
        "eth.dst",
        "ip.src",
        "ip.dst",
        "ipv6.src",
        "ipv6.dst",
        "ip.ttl",
        "udp.dstport",
        "tcp.dstport",
        "vxlan.vni",
        "frame.comment",
        "udp.srcport");
}
