using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>Authenticated BFD with BIRD behind a kernel's VXLAN device.</summary>
/// <remarks>
/// <code>
/// tenant: eth0 ── web [engine] uplink ── underlay: peer, whose device in VNI 1 is BIRD's interface
/// </code>
/// </remarks>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed class BfdAuthenticationLiveTests
{
    private const string Secret = "open sesame";

    [SkippableTheory]
    [InlineData("simplePassword", "simple")]
    [InlineData("keyedMd5", "keyed md5")]
    [InlineData("meticulousKeyedMd5", "meticulous keyed md5")]
    [InlineData("keyedSha1", "keyed sha1")]
    [InlineData("meticulousKeyedSha1", "meticulous keyed sha1")]
    public void A_session_with_bird_comes_up_by_every_type_of_authentication_and_bird_hears_of_the_end(
        string type, string birds)
    {
        LiveTests.SkipWhereImpossible();
        Skip.IfNot(LiveTests.IsInstalled("bird"), "BIRD is not installed.");
        using var rig = new LiveRig();
        WritePolicy(rig, type);
        AddInterface(rig);
        string folder = Path.GetDirectoryName(rig.PolicyFile)!;
        string log = Path.Combine(folder, "bird.log");
        File.WriteAllText(
            Path.Combine(folder, "bird.conf"),
            $$"""
            log "{{log}}" all;
            router id 172.31.0.2;
            protocol device {}
            protocol bfd {
              debug { events };
              interface "bfd" { interval 700 ms; authentication {{birds}}; password "{{Secret}}" { id 7; }; };
              neighbor 172.31.0.1 dev "bfd" local 172.31.0.2;
            }
            """);
        using var bird = new Daemon(Shell.Start(
            ["ip", "netns", "exec", rig.Peer, "bird", "-f", "-c", $"{folder}/bird.conf", "-s", $"{folder}/bird.ctl"]));
        using (var live = new LiveSwitch(rig, "web=raw:web", "uplink=raw:uplink"))
        {
            live.WaitFor("bfd with 172.31.0.2 is up");
            WaitFor(log, "changed state from Init to Up");
            string said = live.Stop();
            Assert.DoesNotContain("detection time expired", said, StringComparison.Ordinal);
            Assert.DoesNotContain("bfd-authentication-failed", said, StringComparison.Ordinal);
        }

        // Well before the detection time, which is two seconds.
        WaitFor(log, "changed state from Up to Down");
        Assert.DoesNotContain("expired", File.ReadAllText(log), StringComparison.Ordinal);
    }

    private static void AddInterface(LiveRig rig)
    {
        // Without learning: what is learnt has no device for its outer packets, and they would go into the tunnel.
        Shell.Run($"ip -n {rig.Peer} link add bfd address 00:00:5e:00:52:02 type vxlan id 1 dstport 4789 "
            + "local 172.31.0.2 remote 172.31.0.1 dev underlay nolearning");
        LiveRig.In(rig.Peer, "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.bfd.rp_filter=0 "
            + "net.ipv4.conf.bfd.route_localnet=1 net.ipv6.conf.bfd.disable_ipv6=1");
        Shell.Run($"ip -n {rig.Peer} link set bfd up");
        Shell.Run($"ip -n {rig.Peer} addr add 172.31.0.2 peer 172.31.0.1 dev bfd");
        Shell.Run($"ip -n {rig.Peer} neigh add 172.31.0.1 lladdr 02:aa:00:00:00:01 dev bfd");
    }

    private static void WritePolicy(LiveRig rig, string type)
    {
        JsonNode policy = JsonNode.Parse(File.ReadAllText(rig.PolicyFile))!;
        policy["ports"]![1]!["bfd"] = JsonNode.Parse(
            $$"""
            {
              "vteps": ["172.31.0.2"], "minTx": "700ms", "minRx": "700ms",
              "authentication": { "type": "{{type}}", "keys": [{ "id": 7, "secret": "{{Secret}}" }] }
            }
            """);
        File.WriteAllText(rig.PolicyFile, policy.ToJsonString());
    }

    private static void WaitFor(string log, string text)
    {
        var clock = Stopwatch.StartNew();
        while (!File.Exists(log) || !File.ReadAllText(log).Contains(text, StringComparison.Ordinal))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"BIRD does not say '{text}'.");
            Thread.Sleep(50);
        }
    }

    private sealed class Daemon(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
    }
}
