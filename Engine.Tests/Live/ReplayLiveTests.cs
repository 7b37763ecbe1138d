using System.Diagnostics;
using VxlanEngine.Tests.Scenarios;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary><c>vxe replay</c> out of an interface and from one.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed class ReplayLiveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vxe-replay").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void What_a_replay_sends_another_one_receives()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        string scenario = RepositoryFiles.PathOf("pcaps/tcp-http-over-ipv4");
        string policy = Path.Combine(scenario, "policy.json");
        string sent = Path.Combine(_folder, "sent.pcapng");
        string seen = Path.Combine(_folder, "seen.pcapng");

        // Nobody at the port has these addresses, so the second replay drops what it receives, as it came.
        using Process listener = Shell.Start(
            ["ip", "netns", "exec", rig.Peer, .. LiveSwitch.Program, "replay", "--policy", policy,
                "-r", "web=raw:underlay", "--duration", "60s", "--drops", seen]);
        WaitForPacketSocket(rig.Peer);
        (int code, string output) = Shell.Try(
            ["ip", "netns", "exec", rig.Engine, .. LiveSwitch.Program, "replay", "--policy", policy,
                "-r", $"web={Path.Combine(scenario, "web.in.pcap")}", "-w", sent, "--out", "uplink=raw:uplink"]);
        Assert.True(code == 0, output);
        Thread.Sleep(500);
        Shell.Run($"kill -INT {listener.Id}");
        Assert.True(listener.WaitForExit(TimeSpan.FromSeconds(20)));
        Assert.Equal(0, listener.ExitCode);

        byte[][] expected =
        [
            .. Frames(sent)
                .Where(frame => frame.Interface.Contains("uplink", StringComparison.Ordinal))
                .Select(frame => frame.Bytes),
        ];
        Assert.NotEmpty(expected);
        Assert.Equal(expected, Frames(seen).Select(frame => frame.Bytes));
    }

    [SkippableFact]
    public void A_time_ends_listening_and_an_unknown_interface_is_said()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        string[] listen =
            ["ip", "netns", "exec", rig.Engine, .. LiveSwitch.Program, "replay", "--policy", rig.PolicyFile];
        (int code, string output) = Shell.Try([.. listen, "-r", "web=raw:web", "--duration", "300ms"]);
        Assert.True(code == 0, output);
        Assert.Contains("it adds up", output, StringComparison.Ordinal);
        (code, output) = Shell.Try([.. listen, "-r", "web=raw:nowhere"]);
        Assert.Equal(1, code);
        Assert.Contains("raw:nowhere: there is no interface 'nowhere' here.", output, StringComparison.Ordinal);
    }

    private static IReadOnlyList<CapturedFrame> Frames(string file) => CapturedFrame.ReadAll(File.ReadAllBytes(file));

    private static void WaitForPacketSocket(string name)
    {
        var clock = Stopwatch.StartNew();
        while (LiveRig.In(name, "cat /proc/net/packet").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length < 2)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20));
            Thread.Sleep(50);
        }
    }
}
