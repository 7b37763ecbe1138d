using System.Diagnostics;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>The engine between two raw interfaces, and a kernel's VXLAN device at the other end.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed class RawLiveTests
{
    private static readonly string[] Ports = ["web=raw:web", "uplink=raw:uplink"];

    [SkippableTheory]
    [InlineData("10.0.1.6", "10.0.1.5")]
    [InlineData("fd01::6", "fd01::5")]
    public void Pings_of_every_size_cross_the_tunnel(string peer, string tenant)
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig(mtu: 9000);
        using var live = new LiveSwitch(rig, Ports);
        Traffic.PingUntilAnswered(rig.Tenant, peer);
        for (int size = 0; size <= 8950; size += 358)
        {
            Traffic.Ping(rig.Tenant, peer, size);
        }

        Traffic.Ping(rig.Peer, tenant, 8000, count: 3);
        live.Stop();
        Assert.Equal((0, 0), (LiveRig.WrongChecksums(rig.Tenant), LiveRig.WrongChecksums(rig.Peer)));
    }

    [SkippableFact]
    [Trait("Scenario", "FD03")]
    public void Stations_of_a_kernel_that_no_policy_names_are_learnt()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        rig.WritePolicyThatLearns();
        using var live = new LiveSwitch(rig, Ports);
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        Traffic.PingUntilAnswered(rig.Tenant, "fd01::6");
        Traffic.Transfer(rig.Tenant, rig.Peer, "10.0.1.6", megabytes: 5);

        // Another network card in the same machine: learnt with the first thing that it says.
        Shell.Run($"ip -n {rig.Peer} link set vxlan address 02:42:0a:00:01:77");
        Shell.Run($"ip -n {rig.Tenant} neigh flush dev eth0");
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        live.Stop();
        Assert.Contains("stations of blue: 2 known, 2 learnt, 0 moved", live.Said, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Neighbours_are_resolved_in_both_directions()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        using var live = new LiveSwitch(rig, Ports);
        Traffic.PingUntilAnswered(rig.Peer, "10.0.1.5");
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        Traffic.PingUntilAnswered(rig.Tenant, "fd01::6");
        Traffic.PingUntilAnswered(rig.Peer, "172.31.0.1");
        string known = Shell.Run($"ip -n {rig.Peer} neigh");
        Assert.Contains("172.31.0.1 dev underlay lladdr 02:aa:00:00:00:01", known, StringComparison.Ordinal);
        Assert.Contains("10.0.1.5 dev vxlan lladdr 02:42:0a:00:01:05", known, StringComparison.Ordinal);
        known = Shell.Run($"ip -n {rig.Tenant} neigh");
        Assert.Contains("10.0.1.6 dev eth0 lladdr 02:42:0a:00:01:06", known, StringComparison.Ordinal);
        Assert.Contains("fd01::6 dev eth0 lladdr 02:42:0a:00:01:06", known, StringComparison.Ordinal);
        live.Stop("INT");
    }

    [SkippableFact]
    [Trait("Scenario", "VE15")]
    [Trait("Scenario", "VE16")]
    public void A_peer_that_no_policy_names_is_asked_for_and_followed_when_its_address_changes()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        rig.WritePolicyWithoutNeighbors();
        Shell.Run($"ip -n {rig.Peer} neigh flush dev underlay");
        using var live = new LiveSwitch(rig, Ports);
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        Traffic.Ping(rig.Tenant, "10.0.1.6", 1000, count: 3);

        // The kernel announces the new address; it has forgotten the engine's, too.
        LiveRig.In(rig.Peer, "sysctl -qw net.ipv4.conf.underlay.arp_notify=1");
        Shell.Run($"ip -n {rig.Peer} link set underlay address 02:aa:00:00:00:22");
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        Traffic.Ping(rig.Tenant, "10.0.1.6", 1000, count: 3);
        live.Stop();
    }

    [SkippableFact]
    public void Tcp_and_udp_arrive_byte_for_byte_with_right_checksums()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        using var live = new LiveSwitch(rig, Ports);
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        Traffic.Transfer(rig.Tenant, rig.Peer, "10.0.1.6", megabytes: 40);
        Traffic.Transfer(rig.Peer, rig.Tenant, "10.0.1.5", megabytes: 40);
        Traffic.Transfer(rig.Tenant, rig.Peer, "fd01::6", megabytes: 10);
        Traffic.Transfer(rig.Peer, rig.Tenant, "fd01::5", megabytes: 10);
        Traffic.Datagrams(rig.Tenant, rig.Peer, "10.0.1.6");
        Traffic.Datagrams(rig.Peer, rig.Tenant, "10.0.1.5");
        live.Stop();
        Assert.Equal((0, 0), (LiveRig.WrongChecksums(rig.Tenant), LiveRig.WrongChecksums(rig.Peer)));
    }

    [SkippableFact]
    public void A_policy_is_changed_under_traffic_and_a_bad_one_refused()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        using var live = new LiveSwitch(rig, Ports);
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        using Process ping = Shell.Start(
            "ip", "netns", "exec", rig.Tenant, "ping", "-n", "-i", "0.02", "-c", "200", "-W", "2", "10.0.1.6");
        Thread.Sleep(300);
        rig.WritePolicy("red");
        live.Signal("HUP");
        live.WaitFor("in force, generation 2");
        File.WriteAllText(rig.PolicyFile, "{ }");
        live.WaitFor("refused; the policy in force stays");
        rig.WritePolicy("green");
        live.WaitFor("in force, generation 3");
        string pinged = ping.StandardOutput.ReadToEnd();
        Assert.True(Traffic.Lost(pinged) == 0, pinged);
        string said = live.Stop();
        Assert.All(
            ["blue", "red", "green"],
            rule => Assert.Contains($"vnet/encap/to-{rule}", said, StringComparison.Ordinal));
    }

    [SkippableFact]
    [Trait("Scenario", "MF15")]
    public void An_interface_that_goes_down_or_away_comes_back()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        using var live = new LiveSwitch(rig, Ports);
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");

        Shell.Run($"ip -n {rig.Engine} link set web down");
        live.WaitFor("vxe: web: raw:web: the interface is down.");
        Shell.Run($"ip -n {rig.Engine} link set web up");
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        live.WaitFor("vxe: web: raw:web is up");

        Shell.Run($"ip -n {rig.Engine} link del web");
        live.WaitFor("vxe: web: raw:web: there is no interface 'web' here.");
        rig.AddTenantWire();
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");

        Shell.Run($"ip -n {rig.Peer} link set underlay down");
        live.WaitFor("vxe: uplink: raw:uplink: no carrier.");
        Shell.Run($"ip -n {rig.Peer} link set underlay up");
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        live.Stop();
    }

    [SkippableFact]
    public void What_cannot_be_opened_is_said_with_its_remedy()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        AssertRefused(rig, [], "web=raw:eth9", 1, "vxe: raw:eth9: there is no interface 'eth9' here.");
        AssertRefused(rig, [], "mail=raw:web", 2, "mail");
        AssertRefused(rig, [], "web=smoke:web", 2, "vxe: 'smoke:web' is no live port; expected raw:INTERFACE");
        AssertRefused(rig, [], "web=raw:web,loud", 2, "vxe: 'raw:web,loud' is no live port");
        AssertRefused(
            rig,
            ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"],
            "web=raw:web",
            1,
            "no permission to open a packet socket: run as root, or give the program CAP_NET_RAW");
    }

    [SkippableFact]
    public void A_rig_leaves_nothing_behind()
    {
        LiveTests.SkipWhereImpossible();
        string[] names;
        using (var rig = new LiveRig())
        {
            names = [rig.Tenant, rig.Engine, rig.Peer];
            Assert.All(names, name => Assert.True(LiveRig.Exists(name)));
            using var live = new LiveSwitch(rig, Ports);
            live.Stop();
        }

        Assert.All(names, name => Assert.False(LiveRig.Exists(name)));
        string links = Shell.Run("ip -o link");
        Assert.All(["web", "uplink", "underlay"], name =>
            Assert.DoesNotContain($": {name}@", links, StringComparison.Ordinal));
    }

    private static void AssertRefused(LiveRig rig, string[] prefix, string port, int code, string text)
    {
        (int actual, string output) = Shell.Try(
            ["ip", "netns", "exec", rig.Engine, .. prefix, .. LiveSwitch.Program, "run", "--policy", rig.PolicyFile,
                "--port", port, "--duration", "1s"]);
        Assert.Contains(text, output, StringComparison.Ordinal);
        Assert.Equal(code, actual);
    }
}
