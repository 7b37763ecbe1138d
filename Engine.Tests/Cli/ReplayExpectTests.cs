using System.Text.Json;
using VxlanEngine.Cli;
using VxlanEngine.Tests.Replay;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Cli;

/// <summary><c>vxe replay --expect</c>.</summary>
public sealed class ReplayExpectTests : IDisposable
{
    private static readonly byte[] Web = ReplaySamples.Pcap(
        0,
        ReplaySamples.TcpFromWeb(80),
        ReplaySamples.TcpFromWeb(81),
        ReplaySamples.TcpFromWeb(80, TcpFlags.Ack));

    private readonly string _folder = Directory.CreateTempSubdirectory("vxe").FullName;
    private readonly string[] _replay;

    public ReplayExpectTests()
    {
        string policy = Path.Combine(_folder, "policy.json");
        string web = Path.Combine(_folder, "web.pcap");
        File.WriteAllText(policy, ReplaySamples.PolicyText);
        File.WriteAllBytes(web, Web);
        _replay = ["replay", "--policy", policy, "-r", $"web={web}"];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_replay_with_its_own_output_expected_returns_0()
    {
        string output = Path.Combine(_folder, "out.pcapng");
        Assert.Equal(0, Run([.. _replay, "-w", output]).Code);
        string again = Path.Combine(_folder, "again.pcapng");
        (int code, _, string error) =
            Run([.. _replay, "--expect", output, "--expect-comments", "-w", again]);
        Assert.Equal(0, code);
        Assert.Empty(error);
        Assert.Equal(File.ReadAllBytes(output), File.ReadAllBytes(again));
    }

    [Fact]
    public void A_replay_that_gives_other_than_expected_returns_1_and_tells_the_first_differences()
    {
        string output = Path.Combine(_folder, "out.pcap");
        Assert.Equal(0, Run([.. _replay, "-w", output]).Code);
        byte[] capture = File.ReadAllBytes(output);
        capture[^1] ^= 0xFF;
        File.WriteAllBytes(output, capture);
        (int code, string summary, string error) =
            Run([.. _replay, "--expect", output, "--json"]);
        Assert.Equal(1, code);
        Assert.Equal(
            $"vxe: {output}: frame 3 differs: payload from byte 9 f6 → 09   in tcp 10.0.1.5:40312 > 10.0.1.6:80\n"
            + $"vxe: {output}: 2 as expected, 1 not\n",
            error);
        using JsonDocument json = JsonDocument.Parse(summary);
        Assert.Equal(3, json.RootElement.GetProperty("forwarded").GetInt64());
    }

    [Fact]
    public void A_replay_does_not_overwrite_what_it_is_to_compare_with()
    {
        string expected = Path.Combine(_folder, "expected.pcap");
        File.Copy(Path.Combine(_folder, "web.pcap"), expected);
        (int code, _, string error) =
            Run([.. _replay, "--expect", expected, "-w", expected]);
        Assert.Equal(2, code);
        Assert.Contains("is read, so it cannot be written", error, StringComparison.Ordinal);
        Assert.Equal(Web, File.ReadAllBytes(expected));
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = Program.Run(
            args, new CommandIo { OpenInput = () => Stream.Null, Output = output, Error = error, IsPlain = true });
        return (code, output.ToString(), error.ToString());
    }
}
