using System.Diagnostics;
using System.Text.Json.Nodes;
using VxlanEngine.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>BFD with Open vSwitch, whose packets name other addresses inside of the tunnel.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed class BfdLiveTests
{
    private const string Send =
        "import socket,sys\nfor i in range(40):\n s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);"
        + "s.bind(('10.0.1.5',20000+i));s.sendto(sys.argv[1].encode(),('10.8.0.1',9));s.close()";

    [SkippableFact]
    public void A_session_with_open_vswitch_comes_up_flows_leave_the_vtep_when_it_stops_and_it_hears_of_the_end()
    {
        LiveTests.SkipWhereImpossible();
        OpenVSwitch.SkipWhereMissing();
        using var rig = new LiveRig();
        WritePolicy(rig);
        Shell.Run($"ip -n {rig.Tenant} route add 10.8.0.0/16 via 10.0.1.1");
        string file = Path.Combine(Path.GetDirectoryName(rig.PolicyFile)!, "uplink.pcapng");
        using (var ovs = new OpenVSwitch(rig))
        using (var live = new LiveSwitch(rig, "web=raw:web", $"uplink=tee,file={file},rotate=100MB:raw:uplink"))
        {
            ovs.Configure("add-port br-int watch -- set interface watch type=vxlan options:remote_ip=172.31.0.1 "
                + "options:key=1 bfd:enable=true bfd:min_tx=700 bfd:min_rx=700");
            live.WaitFor("bfd with 172.31.0.2 is up");
            WaitForState(ovs, "up");
            In(rig.Tenant, "first");
            ovs.Configure("set interface watch bfd:enable=false");
            live.WaitFor("bfd with 172.31.0.2 is down, detection time expired");
            In(rig.Tenant, "second");
            ovs.Configure("set interface watch bfd:enable=true");
            live.WaitFor("is down, detection time expired\nvxe: uplink: bfd with 172.31.0.2 is init\n"
                + "vxe: uplink: bfd with 172.31.0.2 is up");
            In(rig.Tenant, "third");
            live.Stop();
            WaitForState(ovs, "down");
            Assert.Equal(
                "\"Neighbor Signaled Session Down\"",
                ovs.Configure("get interface watch bfd_status:diagnostic").Trim());
        }

        Assert.Equal([2, 3], VtepsOf(file, "first"));
        Assert.Equal([3], VtepsOf(file, "second"));
        Assert.Equal([2, 3], VtepsOf(file, "third"));
        Assert.All([rig.Tenant, rig.Engine, rig.Peer], LiveRig.AssertNoProcessIsLeft);
    }

    private static void WaitForState(OpenVSwitch ovs, string state)
    {
        var clock = Stopwatch.StartNew();
        while (ovs.Configure("get interface watch bfd_status:state").Trim() != state)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), "Open vSwitch's session does not come up.");
            Thread.Sleep(50);
        }
    }

    private static void In(string name, string payload)
    {
        (int code, string output) = Shell.Try("ip", "netns", "exec", name, "python3", "-c", Send, payload);
        Assert.True(code == 0, output);
        Thread.Sleep(200);
    }

    /// <summary>The last numbers of the VTEPs that forty datagrams with a payload went to.</summary>
    private static int[] VtepsOf(string file, string payload)
    {
        var vteps = new List<int>();
        byte[] wanted = System.Text.Encoding.ASCII.GetBytes(payload);
        using CaptureReader reader = CaptureReader.Open(file);
        while (reader.TryRead(out CapturedPacket packet))
        {
            if (packet.Direction == PacketDirection.Outbound && packet.Data.EndsWith(wanted))
            {
                vteps.Add(packet.Data[33]);
            }
        }

        Assert.Equal(40, vteps.Count);
        return [.. vteps.Distinct().Order()];
    }

    /// <summary>Two seconds to detect: a busy machine holds either side up for longer than a third of one.</summary>
    private static void WritePolicy(LiveRig rig)
    {
        JsonNode policy = JsonNode.Parse(File.ReadAllText(rig.PolicyFile))!;
        policy["ports"]![1]!["bfd"] = JsonNode.Parse(
            """{ "vteps": ["172.31.0.2"], "minTx": "700ms", "minRx": "700ms" }""");
        JsonNode network = policy["networks"]![0]!;
        network["gateway"] = JsonNode.Parse("""{ "addresses": ["10.0.1.1"], "mac": "02:42:0a:00:01:01" }""");
        network["routes"] = JsonNode.Parse(
            """
            [{ "prefix": "10.8.0.0/16", "vteps": ["172.31.0.2", "172.31.0.3"], "routerMac": "02:42:00:00:00:fe" }]
            """);
        policy["neighbors"]!.AsArray().Add(JsonNode.Parse(
            """{ "port": "uplink", "address": "172.31.0.3", "mac": "02:aa:00:00:00:03" }"""));
        File.WriteAllText(rig.PolicyFile, policy.ToJsonString());
    }
}
