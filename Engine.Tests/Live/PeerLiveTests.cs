using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using VxlanEngine.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>The engine before peers that others wrote, and over wires that are not good.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed class PeerLiveTests
{
    private const string Fetch =
        "import hashlib,sys,urllib.request as u\nfor x in sys.argv[1:]:\n"
        + " b=u.urlopen(x,timeout=10).read();print(hashlib.sha256(b).hexdigest() if len(b)>99 else b.decode())";

    [SkippableTheory]
    [InlineData("vxlan")]
    [InlineData("geneve")]
    public void Open_vswitch_is_at_the_other_end(string kind)
    {
        LiveTests.SkipWhereImpossible();
        OpenVSwitch.SkipWhereMissing();
        using var rig = new LiveRig();
        WriteKind(rig, kind);
        using (new OpenVSwitch(rig, kind))
        using (var live = new LiveSwitch(rig, "web=raw:web", "uplink=raw:uplink"))
        {
            Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
            Traffic.Ping(rig.Tenant, "10.0.1.6", 1400, count: 5);
            Traffic.PingUntilAnswered(rig.Peer, "10.0.1.5");
            Traffic.Ping(rig.Peer, "10.0.1.5", 1400, count: 5);
            Traffic.Transfer(rig.Tenant, rig.Peer, "10.0.1.6", megabytes: 5);
            Traffic.Transfer(rig.Peer, rig.Tenant, "10.0.1.5", megabytes: 5);
            live.Stop();
        }

        Assert.Equal((0, 0), (LiveRig.WrongChecksums(rig.Tenant), LiveRig.WrongChecksums(rig.Peer)));
        Assert.All([rig.Tenant, rig.Engine, rig.Peer], LiveRig.AssertNoProcessIsLeft);
    }

    [SkippableFact]
    public void A_web_server_is_reached_at_translated_and_balanced_addresses()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        WriteTranslations(rig);
        string folder = Path.GetDirectoryName(rig.PolicyFile)!;
        byte[] page = [.. Enumerable.Range(0, 1 << 20).Select(i => (byte)(i * i >> 7))];
        foreach (string server in new[] { "8080", "8081" })
        {
            Directory.CreateDirectory(Path.Combine(folder, server));
            File.WriteAllBytes(Path.Combine(folder, server, "page"), page);
            File.WriteAllText(Path.Combine(folder, server, "who"), server);
        }

        using Process first = Serve(rig.Peer, folder, "8080");
        using Process second = Serve(rig.Peer, folder, "8081");
        using (var live = new LiveSwitch(rig, "web=raw:web", "uplink=raw:uplink"))
        {
            Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
            (int code, string output) = Shell.Try(
                [
                    "ip", "netns", "exec", rig.Tenant, Shell.Python, "-c", Fetch, "http://10.0.1.250/page",
                    "http://10.0.1.250/who", .. Enumerable.Repeat("http://10.0.1.251/who", 24),
                ]);
            Assert.True(code == 0, output);
            string[] answers = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal([Convert.ToHexStringLower(SHA256.HashData(page)), "8080"], answers[..2]);
            Assert.Equal(["8080", "8081"], answers[2..].Distinct().Order(StringComparer.Ordinal));
            live.Stop();
        }

        first.Kill();
        second.Kill();
        Assert.Contains("10.0.1.5 - -", first.StandardError.ReadToEnd(), StringComparison.Ordinal);
        Assert.Contains("10.0.1.5 - -", second.StandardError.ReadToEnd(), StringComparison.Ordinal);
        Assert.All([rig.Tenant, rig.Engine, rig.Peer], LiveRig.AssertNoProcessIsLeft);
    }

    [SkippableFact]
    public void Tcp_arrives_whole_over_a_bad_wire_and_a_tee_has_seen_it()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        string file = Path.Combine(Path.GetDirectoryName(rig.PolicyFile)!, "web.pcapng");
        string said;
        using (var live = new LiveSwitch(
            rig,
            $"web=tee,file={file},rotate=100MB:raw:web",
            "uplink=fault,loss=1%,delay=5ms,duplicate=1%,reorder=1%,corrupt=0.5%,seed=7:raw:uplink"))
        {
            Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
            Traffic.Transfer(rig.Tenant, rig.Peer, "10.0.1.6", megabytes: 1);
            Traffic.Transfer(rig.Peer, rig.Tenant, "10.0.1.5", megabytes: 1);
            (_, string output) = Shell.Try(
                "ip", "netns", "exec", rig.Tenant, "ping", "-n", "-i", "0.02", "-c", "20", "10.0.1.6");
            string fastest = output[(output.IndexOf("mdev = ", StringComparison.Ordinal) + 7)..].Split('/')[0];
            Assert.InRange(
                double.Parse(fastest, System.Globalization.CultureInfo.InvariantCulture), 10, 100);
            said = live.Stop();
        }

        string faults = said.Split('\n').Single(line => line.StartsWith("uplink: fault:", StringComparison.Ordinal));
        Assert.All(
            [" 0 lost", " 0 duplicated", " 0 reordered", " 0 corrupted", " 0 delayed"],
            none => Assert.DoesNotContain(none, faults, StringComparison.Ordinal));
        Assert.Contains($"web: tee:raw:web: ", said, StringComparison.Ordinal);
        AssertTee(file);
        Assert.All([rig.Tenant, rig.Engine, rig.Peer], LiveRig.AssertNoProcessIsLeft);
    }

    private static void AssertTee(string file)
    {
        long[] bytes = new long[3];
        using CaptureReader reader = CaptureReader.Open(file);
        while (reader.TryRead(out CapturedPacket packet))
        {
            bytes[(int)packet.Direction] += packet.OriginalLength;
        }

        Assert.Equal(0, bytes[(int)PacketDirection.Unknown]);
        Assert.True(bytes[(int)PacketDirection.Inbound] > 1 << 20);
        Assert.True(bytes[(int)PacketDirection.Outbound] > 1 << 20);
    }

    private static void WriteKind(LiveRig rig, string kind)
    {
        JsonNode policy = JsonNode.Parse(File.ReadAllText(rig.PolicyFile))!;
        JsonObject network = policy["networks"]![0]!.AsObject();
        JsonObject tunnel = network["tunnel"] as JsonObject ?? [];
        tunnel["kind"] = kind;
        network["tunnel"] = tunnel;
        File.WriteAllText(rig.PolicyFile, policy.ToJsonString());
    }

    private static void WriteTranslations(LiveRig rig)
    {
        JsonNode policy = JsonNode.Parse(File.ReadAllText(rig.PolicyFile))!;
        policy["networks"]![0]!["gateway"] = JsonNode.Parse(
            """{ "addresses": ["10.0.1.1"], "mac": "02:42:0a:00:01:01" }""");
        policy["layers"]!.AsArray().Add(JsonNode.Parse(
            """
            {
              "name": "nat", "ports": ["web"], "priority": 50, "stateful": true, "default": "allow",
              "groups": [{
                "name": "vips", "direction": "out",
                "rules": [
                  {
                    "id": "one",
                    "match": { "protocol": "tcp", "destination": "10.0.1.250", "destinationPorts": "80" },
                    "action": { "nat": { "destination": "10.0.1.6", "destinationPort": 8080 } }
                  },
                  {
                    "id": "two",
                    "match": { "protocol": "tcp", "destination": "10.0.1.251", "destinationPorts": "80" },
                    "action": { "loadBalance": { "backends": [
                      { "address": "10.0.1.6", "port": 8080 }, { "address": "10.0.1.6", "port": 8081 }] } }
                  }
                ]
              }]
            }
            """));
        File.WriteAllText(rig.PolicyFile, policy.ToJsonString());
    }

    private static Process Serve(string name, string folder, string port)
    {
        Process server = Shell.Start(
            "ip", "netns", "exec", name, Shell.Python, "-u", "-m", "http.server", "--bind", "10.0.1.6",
            "--directory", Path.Combine(folder, port), port);
        Assert.StartsWith("Serving HTTP", server.StandardOutput.ReadLine(), StringComparison.Ordinal);
        return server;
    }
}
