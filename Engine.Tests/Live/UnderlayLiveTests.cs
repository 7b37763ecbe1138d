using System.Text.Json.Nodes;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>A VLAN, or a router, between the engine and a kernel's VXLAN device.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed class UnderlayLiveTests
{
    private static readonly string[] Ports = ["web=raw:web", "uplink=raw:uplink"];

    [SkippableFact]
    [Trait("Scenario", "VD17")]
    public void A_peer_in_a_vlan_is_asked_for_and_talked_to_in_that_vlan()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        Shell.Run($"ip -n {rig.Peer} link del vxlan");
        Shell.Run($"ip -n {rig.Peer} addr del 172.31.0.2/24 dev underlay");
        (int code, string output) = Shell.Try(
            [.. $"ip -n {rig.Peer} link add link underlay name tagged type vlan id 100".Split(' ')]);
        Skip.If(code != 0, $"The kernel makes no VLAN devices: {output.Trim()}");
        Shell.Run($"ip -n {rig.Peer} addr add 172.31.0.2/24 dev tagged");
        Shell.Run($"ip -n {rig.Peer} link set tagged up");
        rig.AddVxlan(rig.Peer, "172.31.0.2", "tagged");
        rig.WritePolicyWithoutNeighbors(policy => Uplink(policy)["vlan"] = 100);
        using var live = new LiveSwitch(rig, Ports);
        Talk(rig, rig.Peer);
        Traffic.PingUntilAnswered(rig.Peer, "172.31.0.1");
        live.Stop();
        Assert.Equal((0, 0), (LiveRig.WrongChecksums(rig.Tenant), LiveRig.WrongChecksums(rig.Peer)));
    }

    [SkippableFact]
    public void A_peer_behind_a_router_is_reached_while_a_route_leads_there()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        using var more = new NamespaceSet();
        string far = more.Add("far")[0];
        Shell.Run($"ip -n {rig.Peer} link del vxlan");
        Shell.Run($"ip link add far netns {rig.Peer} type veth peer name underlay netns {far}");
        Shell.Run($"ip -n {rig.Peer} addr add 172.32.0.1/24 dev far");
        Shell.Run($"ip -n {rig.Peer} link set far up");
        LiveRig.In(rig.Peer, "sysctl -qw net.ipv4.ip_forward=1");
        Shell.Run($"ip -n {far} addr add 172.32.0.2/24 dev underlay");
        Shell.Run($"ip -n {far} link set underlay up");
        Shell.Run($"ip -n {far} route add 172.31.0.0/24 via 172.32.0.1");
        rig.AddVxlan(far, "172.32.0.2", "underlay");
        WritePolicy("0.0.0.0/0");
        using var live = new LiveSwitch(rig, Ports);
        Talk(rig, far);

        WritePolicy("192.0.2.0/24");
        live.Signal("HUP");
        live.WaitFor("in force, generation 2");
        Assert.NotEqual(
            0, Shell.Try("ip", "netns", "exec", rig.Tenant, "ping", "-n", "-c", "1", "-W", "1", "10.0.1.6").Code);
        WritePolicy("172.32.0.0/16");
        live.Signal("HUP");
        live.WaitFor("in force, generation 3");
        Traffic.Ping(rig.Tenant, "10.0.1.6", 1000, count: 3);
        Assert.Contains("route-unknown", live.Stop(), StringComparison.Ordinal);

        void WritePolicy(string prefix) => rig.WritePolicyWithoutNeighbors(policy =>
        {
            policy["networks"]![0]!["endpoints"]![0]!["vtep"] = "172.32.0.2";
            Uplink(policy)["routes"] = new JsonArray(new JsonObject { ["prefix"] = prefix, ["via"] = "172.31.0.2" });
        });
    }

    private static JsonNode Uplink(JsonNode policy) => policy["ports"]![1]!;

    private static void Talk(LiveRig rig, string peer)
    {
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        Traffic.Ping(rig.Tenant, "10.0.1.6", 1422, count: 3, options: "-M do");
        Traffic.Ping(peer, "10.0.1.5", 1422, count: 3, options: "-M do");
        Traffic.Ping(rig.Tenant, "fd01::6", 1000, count: 3);
        Traffic.Transfer(rig.Tenant, peer, "10.0.1.6", megabytes: 4);
        Traffic.Transfer(peer, rig.Tenant, "10.0.1.5", megabytes: 4);
    }
}
