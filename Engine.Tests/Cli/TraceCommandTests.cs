using System.Text.Json;
using VxlanEngine.Cli;
using Xunit;

namespace VxlanEngine.Tests.Cli;

/// <summary><c>vxe trace</c> as it is typed.</summary>
public class TraceCommandTests
{
    private static readonly string Block = RepositoryFiles.PathOf("pcaps/block-telnet");
    private static readonly string Vip = RepositoryFiles.PathOf("pcaps/vip-translated-and-answered");

    [Fact]
    public void A_blocked_packet_is_told_with_the_rule_and_why_the_others_gave_way()
    {
        (int code, string output, _) = Trace(
            Block, "--port", "web", "--tuple", "tcp 10.0.1.5:40000 > 10.0.1.6:23", "--explain");
        Assert.Equal(0, code);
        Assert.Equal(
            """
            packet 1  00:00:00.000000  web  54 bytes  tcp 10.0.1.5:40000 > 10.0.1.6:23
              headers    ethernet 02:42:0a:00:01:05 > 02:42:0a:00:01:06, ipv4 10.0.1.5 > 10.0.1.6 ttl 64 df, @
              flow       new: every layer reads its rules
              layer      acl (out at web): acl/acl-out/no-telnet matches tcp 10.0.1.5:40000 > 10.0.1.6:23; block
                         group acl-out: no-telnet: matches
                         group acl-out: anything-out: no-telnet goes before it
              verdict    drop: rule-block by acl/acl-out/no-telnet. A rule with the action block decided.


            """,
            output.Replace("tcp 40000 > 23 syn", "@", StringComparison.Ordinal));
        Assert.Contains("df, tcp 40000 > 23 syn\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_learnt_of_a_sender_is_told()
    {
        string folder = RepositoryFiles.PathOf("pcaps/stations-learnt");
        (int code, string output, _) = Trace(
            folder, "-r", $"web={folder}/web.in.pcap", "-r", $"uplink={folder}/uplink.in.pcap", "-c", "4");
        Assert.Equal(0, code);
        Assert.Equal(
            [
                "  station    its sender is learnt to be where it came from",
                "  station    its sender has moved to where it came from",
            ],
            output.Split('\n').Where(line => line.StartsWith("  station", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_translated_packet_is_told_step_by_step()
    {
        (int code, string output, _) = Trace(
            Vip, "--port", "web", "--tuple", "udp 10.0.1.5:40001 > 10.0.1.250:53", "--json");
        Assert.Equal(0, code);
        using JsonDocument story = JsonDocument.Parse(output);
        JsonElement root = story.RootElement;
        Assert.Equal("forward", root.GetProperty("verdict").GetString());
        Assert.Equal("vnet/encap/to-blue", root.GetProperty("decidedBy").GetString());
        Assert.Equal(
            ["acl/acl-out/anything-out", "nat/vip/dns-vip", "vnet/encap/to-blue"],
            root.GetProperty("layers").EnumerateArray().Select(l => l.GetProperty("rule").GetString()));

        // The last layer sees what the one before it made of the packet.
        Assert.Equal(
            "udp 10.0.1.5:40001 > 10.0.1.6:5353",
            root.GetProperty("layers")[2].GetProperty("packet").GetString());
        Assert.Equal(
            [
                "source mac 02:42:0a:00:01:05 to 02:42:0a:00:01:01",
                "destination mac 02:42:0a:00:01:01 to 02:42:0a:00:01:06",
                "destination 10.0.1.250 to 10.0.1.6",
                "destination port 53 to 5353",
                "ttl 64 to 63",
                "push vxlan vni 4097 172.31.0.1 > 172.31.0.2",
            ],
            root.GetProperty("outcomes")[0].GetProperty("done").EnumerateArray().Select(s => s.GetString()));
    }

    [Fact]
    public void A_reply_is_told_to_follow_its_flow()
    {
        (int code, string output, _) = Trace(
            Vip, "-r", Capture(Vip, "web"), "-r", Capture(Vip, "uplink"), "--flow", "* 10.0.1.5:40001 > *", "--json");
        Assert.Equal(0, code);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using JsonDocument reply = JsonDocument.Parse(
            lines.First(l => l.Contains("\"port\":\"uplink\"", StringComparison.Ordinal)));
        JsonElement[] layers = [.. reply.RootElement.GetProperty("layers").EnumerateArray()];
        Assert.Equal("hit", reply.RootElement.GetProperty("flow").GetString());
        Assert.Equal(["rule", "flow", "flow"], layers.Select(l => l.GetProperty("source").GetString()));
        Assert.Equal(4097u, reply.RootElement.GetProperty("vni").GetUInt32());
    }

    [Fact]
    public void The_first_packet_under_a_new_policy_is_told_to_be_asked_again()
    {
        string folder = RepositoryFiles.PathOf("pcaps/policy-changed-midway");
        (int code, string output, _) = Trace(
            folder,
            "-r",
            Capture(folder, "web"),
            "-r",
            Capture(folder, "uplink"),
            "--policy-at",
            $"1s={Path.Combine(folder, "policy-2.json")}",
            "--flow",
            "tcp 10.0.1.5:40022 > *");
        Assert.Equal(0, code);
        string[] flows = [.. output.Split('\n').Where(l => l.StartsWith("  flow ", StringComparison.Ordinal))];
        Assert.Equal(
            ["new", "known", "known", "known, but the policy or its tunnel has changed since", "new"],
            flows.Select(l => l["  flow       ".Length..l.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Fact]
    public void Filters_keep_what_they_name()
    {
        (_, string all, _) = Trace(Vip, "-r", Capture(Vip, "web"), "-r", Capture(Vip, "uplink"), "--json");
        (_, string drops, _) = Trace(
            Vip, "-r", Capture(Vip, "web"), "-r", Capture(Vip, "uplink"), "--json", "--verdict", "drop");
        (_, string one, _) = Trace(
            Vip, "-r", Capture(Vip, "web"), "-r", Capture(Vip, "uplink"), "--json", "--verdict", "destination-unknown");
        (_, string tunnelled, _) = Trace(
            Vip, "-r", Capture(Vip, "web"), "-r", Capture(Vip, "uplink"), "--json", "--vni", "4097", "-c", "2");
        Assert.Equal([9, 2, 1, 2], new[] { all, drops, one, tunnelled }.Select(Lines));
    }

    [Fact]
    public void Every_scenario_is_told_with_the_fates_that_replay_counts()
    {
        foreach (string folder in Directory.GetDirectories(RepositoryFiles.PathOf("pcaps")))
        {
            string[] captures = [.. Directory.GetFiles(folder, "*.in.pcap").Order(StringComparer.Ordinal)];
            string counters = Path.Combine(folder, "counters.json");
            if (captures.Length == 0 || !File.Exists(counters) || File.Exists(Path.Combine(folder, "replay.json")))
            {
                continue;
            }

            string[] inputs = [.. captures.SelectMany(c => new[] { "-r", $"{Path.GetFileName(c).Split('.')[0]}={c}" })];
            (int code, string output, _) = Trace(folder, [.. inputs, "--json"]);
            Assert.Equal(0, code);
            using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(counters));
            Assert.Equal(expected.RootElement.GetProperty("received").GetInt64(), Lines(output));
            int consumed = output.Split("\"verdict\":\"consume\"").Length - 1;
            bool counted = expected.RootElement.TryGetProperty("consumed", out JsonElement value);
            Assert.Equal(counted ? value.GetInt64() : 0, consumed);
        }
    }

    [Theory]
    [InlineData("--tuple", "tcp 10.0.1.5:40000 > 10.0.1.6:23")]
    [InlineData("--port", "web")]
    [InlineData("--tuple", "nonsense", "--port", "web")]
    [InlineData("--tuple", "tcp 10.0.1.5:* > 10.0.1.6:23", "--port", "web")]
    [InlineData("--tuple", "tcp 10.0.1.5:1 > 10.0.1.6:23", "--port", "nowhere")]
    [InlineData("--vni", "16777216")]
    public void What_makes_no_sense_is_a_usage_error(params string[] args)
    {
        (int code, string output, string error) = Trace(Block, args);
        Assert.Equal((2, string.Empty), (code, output));
        Assert.StartsWith("vxe: ", error, StringComparison.Ordinal);
    }

    private static string Capture(string folder, string port) => $"{port}={Path.Combine(folder, $"{port}.in.pcap")}";

    private static int Lines(string output) => output.Count(c => c == '\n');

    private static (int Code, string Output, string Error) Trace(string folder, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = Program.Run(
            ["trace", "--policy", Path.Combine(folder, "policy.json"), .. args],
            new CommandIo { OpenInput = () => Stream.Null, Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }
}
