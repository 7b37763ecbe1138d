using System.Text.Json;
using VxlanEngine.Cli;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Tests.Scenarios;
using Xunit;

namespace VxlanEngine.Tests.Cli;

/// <summary><c>vxe replay</c> as it is typed.</summary>
public sealed class ReplayCommandTests : IDisposable
{
    private static readonly string Scenario = RepositoryFiles.PathOf("pcaps/ping-ipv4-over-ipv4");
    private static readonly string Policy = Path.Combine(Scenario, "policy.json");
    private static readonly string WebIn = Path.Combine(Scenario, "web.in.pcap");
    private static readonly string UplinkIn = Path.Combine(Scenario, "uplink.in.pcap");

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_leaves_is_written_and_the_summary_is_printed()
    {
        string output = InFolder("out.pcapng");
        Outcome outcome = Replay("-r", $"web={WebIn}", "-r", $"uplink={UplinkIn}", "-w", output);
        Assert.Equal((0, string.Empty), (outcome.Code, outcome.Error));
        CaptureDifference.AssertNone(CaptureDifference.Describe(
            File.ReadAllBytes(Path.Combine(Scenario, "out.pcapng")), File.ReadAllBytes(output)));
        Assert.Equal(
            """
            port    received  generated  forwarded  dropped  punted  consumed  held  sent
            web     3         0          3          0        0       0         0     3
            uplink  3         0          3          0        0       0         0     3

            rule                  packets
            acl/acl-out/ping      6
            vnet/encap/to-blue    3
            vnet/decap/from-blue  3

            flows: 1 created, 1 active at the end
            received 6 + generated 0 = forwarded 6 + dropped 0 + punted 0 + consumed 0 + held 0: it adds up

            """,
            outcome.Output);
    }

    [Fact]
    public void Json_holds_every_counter()
    {
        Outcome outcome = Replay("-r", $"uplink={UplinkIn}", "--json");
        Assert.Equal((0, string.Empty), (outcome.Code, outcome.Error));
        using JsonDocument document = JsonDocument.Parse(outcome.Output);
        JsonElement root = document.RootElement;
        Assert.Equal(
            ["received", "generated", "forwarded", "dropped", "punted", "consumed", "held", "addsUp", "rules", "ports",
                "flows"],
            root.EnumerateObject().Select(p => p.Name));
        Assert.Equal(3, root.GetProperty("received").GetInt64());
        Assert.Equal(3, root.GetProperty("dropped").GetProperty("layer-default-block").GetInt64());
        Assert.Equal(3, root.GetProperty("rules").GetProperty("vnet/decap/from-blue").GetInt64());
        Assert.Equal(0, root.GetProperty("ports").GetProperty("web").GetProperty("sent").GetInt64());
        Assert.Equal(0, root.GetProperty("flows").GetProperty("created").GetInt64());
        Assert.True(root.GetProperty("addsUp").GetBoolean());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_capture_on_standard_output_moves_the_summary_to_the_error_stream(bool json)
    {
        string[] more = json ? ["--json"] : [];
        Outcome outcome = Replay(["-r", $"web={WebIn}", "-w", "-", .. more]);
        Assert.Equal((0, string.Empty), (outcome.Code, outcome.Output));
        Assert.Equal(3, CapturedFrame.ReadAll(outcome.Bytes).Count);
        Assert.Contains(json ? "\"received\": 3" : "received 3", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_capture_is_read_from_standard_input()
    {
        Outcome outcome = Run(File.ReadAllBytes(WebIn), "replay", "--policy", Policy, "-r", "web=-", "--json");
        Assert.Equal((0, string.Empty), (outcome.Code, outcome.Error));
        Assert.Contains("\"forwarded\": 3", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("#eth1", 2)]
    [InlineData("#0", 1)]
    [InlineData("", 3)]
    public void Frames_of_one_interface_are_taken_by_name_or_number(string filter, int received)
    {
        Outcome outcome = Replay("-r", $"web={TwoInterfaces()}{filter}", "--json");
        Assert.Equal((0, string.Empty), (outcome.Code, outcome.Error));
        Assert.Contains($"\"received\": {received},", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interface_that_the_capture_does_not_have_is_a_failure()
    {
        string capture = TwoInterfaces();
        Outcome outcome = Replay("-r", $"web={capture}#eth7", "--json");
        Assert.Equal(1, outcome.Code);
        Assert.Equal($"vxe: {capture}: no interface 'eth7'; it has eth0, eth1.\n", outcome.Error);
    }

    [Fact]
    public void Drops_are_written_as_they_came_with_the_reason()
    {
        string drops = InFolder("drops.pcapng");
        Outcome outcome = Replay("-r", $"uplink={UplinkIn}", "--drops", drops);
        Assert.Equal(0, outcome.Code);
        IReadOnlyList<CapturedFrame> dropped = CapturedFrame.ReadAll(File.ReadAllBytes(drops));
        Assert.Equal(
            CapturedFrame.ReadAll(File.ReadAllBytes(UplinkIn)).Select(f => f.Bytes), dropped.Select(f => f.Bytes));
        Assert.All(dropped, f => Assert.Equal(
            ("uplink", "uplink: drop layer-default-block: vnet/decap/from-blue, acl/default"),
            (f.Interface, f.Comment)));
    }

    [Fact]
    public void Comments_are_left_out_on_request()
    {
        string output = InFolder("out.pcapng");
        Assert.Equal(0, Replay("-r", $"web={WebIn}", "-w", output, "--no-comments").Code);
        Assert.All(CapturedFrame.ReadAll(File.ReadAllBytes(output)), f => Assert.Empty(f.Comment));
    }

    [Theory]
    [InlineData("verify", "\"udp-bad-checksum\": 1")]
    [InlineData("trust", "\"layer-default-block\": 1")]
    public void Checksums_are_verified_or_trusted_as_told(string mode, string expected)
    {
        byte[] frame = CapturedFrame.ReadAll(File.ReadAllBytes(UplinkIn))[0].Bytes;
        frame[40] = 0x12; // the outer UDP checksum, which was 0
        string capture = Capture("wrong.pcap", LinkType.Ethernet, frame);
        Outcome outcome = Replay("-r", $"uplink={capture}", "--checksum", $"uplink={mode}", "--json");
        Assert.Equal(0, outcome.Code);
        Assert.Contains(expected, outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("150ms", 2)]
    [InlineData("0.15s", 2)]
    [InlineData("0s", 0)]
    [InlineData("1h", 3)]
    public void Another_policy_takes_over_at_its_time(string offset, int forwarded)
    {
        string closed = InFolder("closed.json");
        string open = File.ReadAllText(Policy);
        File.WriteAllText(closed, open.Replace("\"allow\"", "\"block\"", StringComparison.Ordinal));
        Outcome outcome = Replay("-r", $"web={WebIn}", "--policy-at", $"{offset}={closed}", "--json");
        Assert.Equal((0, string.Empty), (outcome.Code, outcome.Error));
        Assert.Contains($"\"forwarded\": {forwarded},", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Whole_packets_of_a_damaged_capture_are_replayed_then_the_damage_is_told()
    {
        string damaged = InFolder("damaged.pcap");
        File.WriteAllBytes(damaged, File.ReadAllBytes(WebIn)[..^10]);
        string output = InFolder("out.pcapng");
        Outcome outcome = Replay("-r", $"web={damaged}", "-w", output, "--json");
        Assert.Equal(1, outcome.Code);
        Assert.Equal(2, CapturedFrame.ReadAll(File.ReadAllBytes(output)).Count);
        Assert.Contains("\"forwarded\": 2,", outcome.Output, StringComparison.Ordinal);
        Assert.StartsWith($"vxe: {damaged}: ", outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Frames_of_another_link_type_are_dropped_and_the_interface_is_named_once()
    {
        string capture = Capture("raw.pcap", LinkType.Raw, new byte[40], new byte[40]);
        Outcome outcome = Replay("-r", $"web={capture}", "--json");
        Assert.Equal(0, outcome.Code);
        Assert.Contains("\"link-type-unsupported\": 2", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(
            $"vxe: {capture}: interface 0 has link type Raw, not Ethernet; its frames were dropped.\n", outcome.Error);
    }

    [Fact]
    public void Output_named_pcap_is_classic_pcap()
    {
        string output = InFolder("out.pcap");
        Assert.Equal(0, Replay("-r", $"web={WebIn}", "-r", $"uplink={UplinkIn}", "-w", output).Code);
        using CaptureReader reader = CaptureReader.Open(output);
        Assert.Equal(CaptureFormat.PcapNanoseconds, reader.Format);
        Assert.Equal(
            CapturedFrame.ReadAll(File.ReadAllBytes(Path.Combine(Scenario, "out.pcapng"))).Select(f => f.Bytes),
            CapturedFrame.ReadAll(File.ReadAllBytes(output)).Select(f => f.Bytes));
    }

    [Fact]
    public void A_file_that_is_missing_is_a_failure()
    {
        string missing = InFolder("missing.pcap");
        AssertFailed(Replay("-r", $"web={missing}"), "missing.pcap");
        AssertFailed(Replay("-r", $"web={WebIn}", "-w", InFolder("no/such/out.pcapng")), "out.pcapng");
        AssertFailed(Replay("-r", $"web={WebIn}", "--policy-at", $"1s={missing}"), "missing.pcap");
        AssertFailed(Run([], "replay", "--policy", missing, "-r", $"web={WebIn}"), "missing.pcap");
    }

    [Fact]
    public void A_mistaken_policy_is_a_failure_and_nothing_is_written()
    {
        string policy = InFolder("policy.json");
        File.WriteAllText(policy, "{ \"version\": 2 }");
        string output = InFolder("out.pcapng");
        Outcome outcome = Run([], "replay", "--policy", policy, "-r", $"web={WebIn}", "-w", output);
        AssertFailed(outcome, $"{policy}:1: $.version");
        Assert.False(File.Exists(output));
    }

    [Fact]
    public void A_file_that_is_no_capture_is_a_failure() =>
        AssertFailed(Replay("-r", $"web={Policy}"), "policy.json");

    [Fact]
    public void A_capture_is_never_overwritten_by_its_own_outcome()
    {
        string capture = InFolder("web.pcap");
        File.Copy(WebIn, capture);
        Outcome outcome = Replay("-r", $"web={capture}", "--drops", Path.Combine(_folder, ".", "web.pcap"));
        Assert.Equal((2, string.Empty), (outcome.Code, outcome.Output));
        Assert.EndsWith("web.pcap is read, so it cannot be written.\n", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(WebIn), File.ReadAllBytes(capture));
    }

    [Fact]
    public void An_unknown_port_is_a_usage_error_that_names_the_known_ones()
    {
        Outcome outcome = Replay("-r", $"db={WebIn}");
        Assert.Equal(2, outcome.Code);
        Assert.Equal("vxe: the policy has no port 'db'; it has web, uplink.\n", outcome.Error);
    }

    [Theory]
    [InlineData("-r", "web")]
    [InlineData("-r", "=x.pcap")]
    [InlineData("-r", "web=x.pcap#")]
    [InlineData("-r", "web=-", "--policy-at", "soon=x.json")]
    [InlineData("-r", "web=-", "--policy-at", "-Infinity=x.json")]
    [InlineData("-r", "web=-", "--policy-at", "1s")]
    [InlineData("-r", "web=-", "--checksum", "web=maybe")]
    [InlineData("-r", "web=-", "-r", "uplink=-")]
    [InlineData("-r", "web=-", "-w", "-", "--drops", "-")]
    [InlineData("-r", "web=-", "-w", "x.pcapng", "--drops", "./x.pcapng")]
    [InlineData("-r", "web=-", "--policy-at", "1s=-")]
    [InlineData("-r", "web=-", "--frobnicate")]
    [InlineData]
    public void A_command_line_that_makes_no_sense_is_a_usage_error(params string[] args)
    {
        Outcome outcome = Replay(args);
        Assert.Equal((2, string.Empty), (outcome.Code, outcome.Output));
        Assert.StartsWith("vxe: ", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_names_every_option()
    {
        Outcome outcome = Run([], "replay", "--help");
        Assert.Equal(0, outcome.Code);
        string[] options =
            ["--policy", "-r", "-w", "--drops", "--json", "--no-comments", "--checksum", "--policy-at"];
        Assert.All(options, o => Assert.Contains(o, outcome.Output, StringComparison.Ordinal));
    }

    private static void AssertFailed(Outcome outcome, string message)
    {
        Assert.Equal((1, string.Empty), (outcome.Code, outcome.Output));
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    private static Outcome Replay(params string[] args) => Run([], ["replay", "--policy", Policy, .. args]);

    private static Outcome Run(byte[] input, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var bytes = new MemoryStream();
        int code = Program.Run(
            args,
            new CommandIo
            {
                OpenInput = () => new MemoryStream(input),
                OpenOutput = () => bytes,
                Output = output,
                Error = error,
                IsPlain = true,
            });
        return new Outcome(code, output.ToString(), error.ToString(), bytes.ToArray());
    }

    private string InFolder(string name) => Path.Combine(_folder, name);

    private string Capture(string name, LinkType linkType, params byte[][] frames)
    {
        string path = InFolder(name);
        using CaptureWriter writer = CaptureWriter.Create(path, CaptureFormat.PcapNanoseconds);
        writer.AddInterface("any", linkType);
        foreach (byte[] frame in frames)
        {
            writer.Write(0, 0, frame, frame.Length);
        }

        return path;
    }

    private string TwoInterfaces()
    {
        string path = InFolder("two.pcapng");
        using CaptureWriter writer = CaptureWriter.Create(path, CaptureFormat.Pcapng);
        writer.AddInterface("eth0", LinkType.Ethernet);
        writer.AddInterface("eth1", LinkType.Ethernet);
        foreach (int index in new[] { 0, 1, 1 })
        {
            byte[] frame = CapturedFrame.ReadAll(File.ReadAllBytes(WebIn))[0].Bytes;
            writer.Write(index, 0, frame, frame.Length);
        }

        return path;
    }

    private sealed record Outcome(int Code, string Output, string Error, byte[] Bytes);
}
