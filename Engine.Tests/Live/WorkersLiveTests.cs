using System.Text.Json.Nodes;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>The engine on several workers, and a kernel's VXLAN device at the other end.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed class WorkersLiveTests
{
    [SkippableTheory]
    [InlineData(3, "web=raw:web", "uplink=raw:uplink")]
    [InlineData(4, "web=tap:eth0", "uplink=udp:172.31.0.1")]
    [InlineData(2, "web=xdp:web", "uplink=fault,seed=1:raw:uplink")]
    [InlineData(2, "web=xdp:web", "uplink=xdp:uplink", 2)]
    [InlineData(4, "web=xdp:web", "uplink=xdp:uplink", 4)]
    public void Two_tenants_talk(int count, string endpoint, string uplink, int queues = 1)
    {
        LiveTests.SkipWhereImpossible();
        bool isTap = endpoint.Contains("tap:", StringComparison.Ordinal);
        using var rig = new LiveRig(
            hasVeth: !isTap,
            hasUnderlayAddress: uplink.Contains("udp:", StringComparison.Ordinal),
            queues: queues);
        string socket = Path.Combine(Path.GetDirectoryName(rig.PolicyFile)!, "control");
        using var live = new LiveSwitch(rig, endpoint, uplink, $"--workers={count}", $"--control={socket}");
        if (isTap)
        {
            rig.TakeTap();
        }

        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        for (int size = 0; size <= 4000; size += 500)
        {
            Traffic.Ping(rig.Tenant, "10.0.1.6", size);
        }

        Traffic.PingUntilAnswered(rig.Peer, "fd01::5");
        Traffic.Transfer(rig.Tenant, rig.Peer, "10.0.1.6", megabytes: 20);
        Traffic.Transfer(rig.Peer, rig.Tenant, "10.0.1.5", megabytes: 20);
        Traffic.Datagrams(rig.Tenant, rig.Peer, "10.0.1.6");
        Traffic.ManyFlows(rig.Tenant, rig.Peer, "10.0.1.6");
        string status = Shell.Run(
            $"dotnet {LiveSwitch.Program[^1]} show workers --json --control {socket}");
        JsonArray workers = JsonNode.Parse(status)!["status"]!["workers"]!.AsArray();
        Assert.Equal(Enumerable.Range(0, count), workers.Select(worker => worker!["number"]!.GetValue<int>()));
        Assert.All(workers, worker => Assert.True(worker!["packets"]!.GetValue<long>() > 0, status));
        string said = live.Stop("INT");
        Assert.Equal(
            endpoint.Contains("xdp:", StringComparison.Ordinal) && queues < count,
            said.Contains("one does for all workers", StringComparison.Ordinal));
        Assert.Equal((0, 0), (LiveRig.WrongChecksums(rig.Tenant), LiveRig.WrongChecksums(rig.Peer)));
    }

    [SkippableFact]
    public void Many_flows_outlive_policies_and_an_interface_that_goes_down()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        using var live = new LiveSwitch(rig, "web=raw:web", "uplink=raw:uplink", "--workers=2");
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        using System.Diagnostics.Process server =
            Shell.Start("ip", "netns", "exec", rig.Peer, "iperf3", "-s", "-1", "--forceflush");
        server.StandardOutput.ReadLine();
        using System.Diagnostics.Process client = Shell.Start(
            "ip", "netns", "exec", rig.Tenant, "iperf3", "-c", "10.0.1.6", "-P", "4", "-t", "3", "--json");
        rig.WritePolicy("red");
        live.Signal("HUP");
        live.WaitFor("in force, generation 2");
        rig.WritePolicy("green");
        live.Signal("HUP");
        live.WaitFor("in force, generation 3");
        File.WriteAllText(rig.PolicyFile, "{");
        live.Signal("HUP");
        live.WaitFor("refused; the policy in force stays");
        rig.WritePolicyWithoutNeighbors();
        live.WaitFor("resolves neighbours, which workers do not share");
        JsonNode result = JsonNode.Parse(client.StandardOutput.ReadToEnd())!;
        Assert.True(result["error"] is null, result.ToJsonString());
        Assert.True(result["end"]!["sum_received"]!["bytes"]!.GetValue<double>() > 1_000_000, result.ToJsonString());
        Shell.Run($"ip -n {rig.Engine} link set web down");
        live.WaitFor("vxe: web: raw:web");
        Shell.Run($"ip -n {rig.Engine} link set web up");
        live.WaitFor("vxe: web: raw:web is up");
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        Assert.DoesNotContain("stuck", live.Stop(), StringComparison.Ordinal);
    }
}
