using VxlanEngine.Policy;
using VxlanEngine.Tests.Anonymization;
using VxlanEngine.Tests.Scenarios;
using Xunit;

namespace VxlanEngine.Tests.Cli;

/// <summary><c>vxe anonymize</c> as it is typed; <see cref="AnonymousScenarioTests"/> has its results.</summary>
public sealed class AnonymizeCommandTests : IDisposable
{
    private static readonly string Scenario = RepositoryFiles.PathOf("pcaps/ping-ipv4-over-ipv4");
    private static readonly string Policy = Path.Combine(Scenario, "policy.json");
    private static readonly string WebIn = Path.Combine(Scenario, "web.in.pcap");

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_scenario_goes_to_a_folder_under_its_own_names_and_is_checked()
    {
        string output = Path.Combine(_folder, "new", "folder");
        VxeRun run = VxeRun.Of("anonymize", "--policy", Policy, "-r", $"web={WebIn}", "--out", output);
        Assert.Equal((0, string.Empty), (run.Code, run.Error));
        Assert.Equal(
            $"{Path.Combine(output, "web.in.pcap")}: 3 packets\n{Path.Combine(output, "policy.json")}: policy\n"
            + "3 packets replayed: all fare as the originals do\n",
            run.Output);
        Assert.NotEqual(PolicyJson.Load(Policy), PolicyJson.Load(Path.Combine(output, "policy.json")));
    }

    [Fact]
    public void One_capture_needs_no_policy_and_the_same_key_gives_the_same_bytes()
    {
        Assert.Equal(0, VxeRun.Of("anonymize", WebIn, "-w", InFolder("a.pcap"), "--key", "k").Code);
        Assert.Equal(0, VxeRun.Of("anonymize", WebIn, "-w", InFolder("b.pcap"), "--key", "k").Code);
        Assert.Equal(0, VxeRun.Of("anonymize", WebIn, "-w", InFolder("c.pcap")).Code);
        CaptureDifference.AssertNone(CaptureDifference.Describe(Read("a.pcap"), Read("b.pcap")));
        Assert.NotEqual(Read("a.pcap"), Read("c.pcap"));
    }

    [Fact]
    public void Times_are_shifted_and_frames_cut_where_that_is_asked_for()
    {
        VxeRun run = VxeRun.Of("anonymize", WebIn, "-w", InFolder("a.pcap"), "--shift", "-1.5", "--cut");
        Assert.Equal((0, string.Empty), (run.Code, run.Error));
        CapturedFrame before = CapturedFrame.ReadAll(File.ReadAllBytes(WebIn))[0];
        CapturedFrame after = CapturedFrame.ReadAll(Read("a.pcap"))[0];
        Assert.Equal(before.TimeNs - 1_500_000_000, after.TimeNs);
        Assert.Equal(14 + 20 + 8, after.Bytes.Length);
    }

    [Fact]
    public void Packets_that_fare_otherwise_are_told()
    {
        // Two equal backends: which of them a flow gets is a matter of its addresses.
        string policy = InFolder("policy.json");
        File.WriteAllText(
            policy,
            """
            {
              "version": 1,
              "ports": [
                { "name": "web", "kind": "endpoint", "network": "blue", "mac": "02:42:0a:00:01:05",
                  "addresses": ["10.0.1.5"] },
                { "name": "uplink", "kind": "uplink", "mac": "02:aa:00:00:00:01", "addresses": ["172.31.0.1"] }
              ],
              "networks": [
                { "name": "blue", "vni": 4097, "gateway": { "addresses": ["10.0.1.1"], "mac": "02:42:0a:00:01:01" },
                  "endpoints": [ { "addresses": ["10.0.1.7"], "mac": "02:42:0a:00:01:07", "vtep": "172.31.0.2" } ] }
              ],
              "neighbors": [ { "port": "uplink", "address": "172.31.0.2", "mac": "02:aa:00:00:00:02" } ],
              "layers": [
                { "name": "lb", "ports": ["web"], "priority": 1, "stateful": true, "default": "allow",
                  "groups": [ { "name": "out", "direction": "out", "rules": [
                    { "id": "vip", "action": { "loadBalance": { "backends":
                      [ { "address": "10.0.1.7" }, { "address": "10.0.1.8" } ] } } } ] } ] },
                { "name": "vnet", "ports": ["web"], "priority": 2, "default": "allow",
                  "groups": [ { "name": "out", "direction": "out", "rules": [
                    { "id": "encap", "action": { "encap": { "network": "blue" } } } ] } ] }
              ]
            }
            """);
        VxeRun[] runs =
        [
            .. Enumerable.Range(0, 12).Select(i => VxeRun.Of(
                "anonymize", "--policy", policy, "-r", $"web={WebIn}", "--out", InFolder($"{i}"), "--key", $"{i:x64}")),
        ];
        Assert.Contains(runs, run => run.Code == 0);
        VxeRun different = runs.First(run => run.Code == 1);
        Assert.Contains("3 of 3 packets fare otherwise than the originals", different.Error, StringComparison.Ordinal);
        Assert.Contains("destination-unknown", different.Error, StringComparison.Ordinal);
        Assert.Contains("forwarded to uplink", different.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("WEB")]
    [InlineData("WEB -w OUT --policy POLICY")]
    [InlineData("--policy POLICY -r web=WEB")]
    [InlineData("--policy POLICY -r web=WEB --out OUT -w OUT")]
    [InlineData("--policy POLICY -r nobody=WEB --out OUT")]
    [InlineData("--policy POLICY -r WEB --out OUT")]
    [InlineData("WEB -w WEB")]
    [InlineData("--policy POLICY -r web=WEB --out SCENARIO")]
    [InlineData("WEB -w OUT --shift soon")]
    [InlineData("WEB -w OUT --subnet 10.0.0.1/8")]
    [InlineData("WEB -w OUT --vxlan-port 0")]
    public void A_command_line_that_makes_no_sense_is_refused(string line)
    {
        string[] arguments =
        [
            .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word
                .Replace("POLICY", Policy, StringComparison.Ordinal)
                .Replace("WEB", WebIn, StringComparison.Ordinal)
                .Replace("SCENARIO", Scenario, StringComparison.Ordinal)
                .Replace("OUT", InFolder("out"), StringComparison.Ordinal)),
        ];
        byte[] before = File.ReadAllBytes(WebIn);
        VxeRun run = VxeRun.Of(["anonymize", .. arguments]);
        Assert.Equal(2, run.Code);
        Assert.StartsWith("vxe: ", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
        Assert.Equal(before, File.ReadAllBytes(WebIn));
    }

    [Fact]
    public void Files_that_cannot_be_read_are_told()
    {
        VxeRun missing = VxeRun.Of("anonymize", InFolder("none.pcap"), "-w", InFolder("out.pcap"));
        Assert.Equal(1, missing.Code);
        Assert.Contains("none.pcap", missing.Error, StringComparison.Ordinal);
        VxeRun policy = VxeRun.Of(
            "anonymize", "--policy", WebIn, "-r", $"web={WebIn}", "--out", InFolder("out"));
        Assert.Equal(1, policy.Code);
    }

    private string InFolder(string name) => Path.Combine(_folder, name);

    private byte[] Read(string name) => File.ReadAllBytes(InFolder(name));
}
