using System.Text.Json;
using VxlanEngine.Cli;
using VxlanEngine.Tests.Replay;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Cli;

public sealed class DiffCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vxe").FullName;
    private readonly string _before;
    private readonly string _after;
    private readonly string _web;

    public DiffCommandTests()
    {
        _before = Save("before.json", ReplaySamples.PolicyText);
        _after = Save("after.json", ReplaySamples.WithoutHttp);
        _web = Save("web.pcap", Web());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Two_equal_policies_return_0()
    {
        (int code, string output, string error) =
            Run("diff", "--policy", _before, "--policy", _before, "-r", $"web={_web}");
        Assert.Equal(0, code);
        Assert.Equal("3 the same, 0 different\n", output);
        Assert.Empty(error);
    }

    [Fact]
    public void Policies_that_treat_packets_differently_return_1_and_a_sentence_for_each_cause()
    {
        (int code, string output, string error) =
            Run("diff", "--policy", _before, "--policy", _after, "-r", $"web={_web}");
        Assert.Equal(1, code);
        Assert.Equal(
            "2 packets from web: forwarded to uplink by acl/acl-out/anything-out, now dropped: rule-block by "
            + "acl/acl-out/no-http   first: packet 1 tcp 10.0.1.5:40312 > 10.0.1.6:80\n"
            + "1 the same, 2 different\n",
            output);
        Assert.Empty(error);
    }

    [Fact]
    public void Only_the_first_packets_are_compared_where_a_count_is_given()
    {
        (int code, string output, _) =
            Run("diff", "--policy", _before, "--policy", _after, "-r", $"web={_web}", "-c", "1");
        Assert.Equal(1, code);
        Assert.EndsWith("0 the same, 1 different\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_one_object()
    {
        (int code, string output, _) =
            Run("diff", "--policy", _before, "--policy", _after, "-r", $"web={_web}", "--json");
        Assert.Equal(1, code);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement root = json.RootElement;
        Assert.Equal(1, root.GetProperty("same").GetInt64());
        Assert.Equal(2, root.GetProperty("different").GetInt64());
        JsonElement group = Assert.Single(root.GetProperty("groups").EnumerateArray());
        Assert.Equal(2, group.GetProperty("count").GetInt64());
        Assert.Equal("web", group.GetProperty("ingress").GetString());
        Assert.Equal("forwarded to uplink", group.GetProperty("before").GetProperty("outcome").GetString());
        Assert.Equal("acl/acl-out/no-http", group.GetProperty("after").GetProperty("rule").GetString());
        JsonElement first = group.GetProperty("packets")[0];
        Assert.Equal(1, first.GetProperty("number").GetInt32());
        Assert.Equal(1_000_000_000, first.GetProperty("timeNs").GetInt64());
        Assert.Equal("tcp 10.0.1.5:40312 > 10.0.1.6:80", first.GetProperty("conversation").GetString());
    }

    [Fact]
    public void Ports_chosen_by_nat_can_be_ignored()
    {
        string other = Save("other.json", ReplaySamples.Change("40000-40099", "50000-50099"));
        string dns = Save("dns.pcap", ReplaySamples.Pcap(0, ReplaySamples.UdpFromWeb(1000, 53)));
        string[] args = ["diff", "--policy", _before, "--policy", other, "-r", $"web={dns}"];
        Assert.Equal(1, Run(args).Code);
        Assert.Equal(0, Run([.. args, "--ignore", "ports"]).Code);
        Assert.Equal(2, Run([.. args, "--ignore", "addresses"]).Code);
    }

    [Fact]
    public void Damaged_input_is_compared_up_to_the_damage_and_returns_2()
    {
        string cut = Save("cut.pcap", Web()[..^1]);
        (int code, string output, string error) =
            Run("diff", "--policy", _before, "--policy", _before, "-r", $"web={cut}");
        Assert.Equal(2, code);
        Assert.Equal("2 the same, 0 different\n", output);
        Assert.StartsWith($"vxe: {cut}: byte ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interface_that_a_capture_lacks_returns_2()
    {
        (int code, string output, string error) =
            Run("diff", "--policy", _before, "--policy", _after, "-r", $"web={_web}#eth7");
        Assert.Equal(2, code);
        Assert.Equal("0 the same, 0 different\n", output);
        Assert.Equal($"vxe: {_web}: no interface 'eth7'; it has interface 0.\n", error);
    }

    [Fact]
    public void What_cannot_be_read_or_understood_returns_2_and_prints_no_result()
    {
        string[] policies = ["diff", "--policy", _before, "--policy", _after];
        AssertRefused("diff compares two policies", "diff", "--policy", _before, "-r", $"web={_web}");
        AssertRefused("neither policy has a port 'www'", [.. policies, "-r", $"www={_web}"]);
        AssertRefused("expected PORT=FILE", [.. policies, "-r", _web]);
        AssertRefused("expected a number", [.. policies, "-r", $"web={_web}", "-c", "-1"]);
        AssertRefused("missing.pcap", [.. policies, "-r", "web=missing.pcap"]);
        AssertRefused("not a pcap", [.. policies, "-r", $"web={_before}"]);
        AssertRefused("only once", "diff", "--policy", "-", "--policy", _after, "-r", "web=-");
        AssertRefused("missing.json", "diff", "--policy", _before, "--policy", "missing.json", "-r", $"web={_web}");
        string bad = Save("bad.json", "{\"x\":1}");
        AssertRefused("unknown key", "diff", "--policy", _before, "--policy", bad, "-r", $"web={_web}");
    }

    private static byte[] Web() => ReplaySamples.Pcap(
        0,
        ReplaySamples.TcpFromWeb(80),
        ReplaySamples.TcpFromWeb(81),
        ReplaySamples.TcpFromWeb(80, TcpFlags.Ack));

    private static void AssertRefused(string message, params string[] args)
    {
        (int code, string output, string error) = Run(args);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains(message, error, StringComparison.OrdinalIgnoreCase);
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = Program.Run(
            args, new CommandIo { OpenInput = () => Stream.Null, Output = output, Error = error, IsPlain = true });
        return (code, output.ToString(), error.ToString());
    }

    private string Save(string name, string text) => Save(name, System.Text.Encoding.UTF8.GetBytes(text));

    private string Save(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
