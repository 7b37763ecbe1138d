using VxlanEngine.Ports.Pcap;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>Interfaces that go and come back, and what cannot be opened, for the adapters beside <c>raw:</c>.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed class AdapterFaultLiveTests
{
    [SkippableFact]
    public void A_tap_interface_that_goes_down_comes_back()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig(hasVeth: false);
        using var live = new LiveSwitch(rig, AdapterLiveTests.Ports("tap", "raw"));
        Assert.Contains("02:42:0a:00:01:05", Shell.Run($"ip -n {rig.Engine} link show eth0"), StringComparison.Ordinal);
        Shell.Run($"ip -n {rig.Engine} link set eth0 down");
        live.WaitFor("vxe: web: tap:eth0: the interface is down.");
        Shell.Run($"ip -n {rig.Engine} link set eth0 up");
        live.WaitFor("vxe: web: tap:eth0 is up");
        rig.TakeTap();
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        Shell.Run($"ip -n {rig.Tenant} link del eth0");
        Thread.Sleep(1500);
        rig.TakeTap();
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        live.Stop();
    }

    // In the tenant's namespace the engine cannot see that it is up.
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_tap_interface_that_frames_came_for_too_soon_loses_nothing_once_it_is_up(int workers)
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig(hasVeth: false);
        using var live = new LiveSwitch(rig, [.. AdapterLiveTests.Ports("tap", "raw"), $"--workers={workers}"]);
        Shell.Run($"ip -n {rig.Peer} neigh add 10.0.1.5 lladdr 02:42:0a:00:01:05 dev vxlan");
        Shell.Run($"ip -n {rig.Engine} link set eth0 netns {rig.Tenant}");
        Traffic.TellManyFlows(rig.Peer, "10.0.1.5");
        Shell.Run($"ip -n {rig.Tenant} link set eth0 up");
        Shell.Run($"ip -n {rig.Tenant} addr add 10.0.1.5/24 dev eth0");
        for (int i = 0; i < 10; i++)
        {
            Traffic.Ping(rig.Tenant, "10.0.1.6");
        }

        live.Stop();
    }

    [SkippableFact]
    public void An_xdp_program_goes_with_the_process_that_is_killed()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        using (var live = new LiveSwitch(rig, AdapterLiveTests.Ports("xdp", "xdp")))
        {
            Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
            Assert.Equal(2, Programs());
            live.Signal("KILL");
            for (int i = 0; i < 100 && Programs() > 0; i++)
            {
                Thread.Sleep(50);
            }
        }

        Assert.Equal(0, Programs());
        using var again = new LiveSwitch(rig, "web=xdp:web,mode=skb,copy", "uplink=xdp:uplink,queue=0,busy");
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        again.Stop();
        Assert.Equal(0, Programs());

        int Programs() => Shell.Run($"ip -n {rig.Engine} -d link").Split("prog/xdp").Length - 1;
    }

    [SkippableFact]
    public void An_xdp_interface_that_goes_down_or_away_comes_back()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        using var live = new LiveSwitch(rig, AdapterLiveTests.Ports("xdp", "xdp"));
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        Shell.Run($"ip -n {rig.Engine} link set web down");
        live.WaitFor("vxe: web: xdp:web: the interface is down.");
        Shell.Run($"ip -n {rig.Engine} link set web up");
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        Shell.Run($"ip -n {rig.Engine} link del web");
        live.WaitFor("vxe: web: xdp:web: there is no interface 'web' here.");
        rig.AddTenantWire();
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        live.Stop();
    }

    [SkippableFact]
    public void What_cannot_be_opened_is_said()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        Assert.Contains(
            "udp:192.0.2.1: cannot listen on UDP port 4789",
            Refused(rig, "uplink=udp:192.0.2.1"),
            StringComparison.Ordinal);
        Assert.Contains(
            "tap:uplink: cannot make the interface", Refused(rig, "web=tap:uplink"), StringComparison.Ordinal);
        Assert.Contains(
            "no permission to make the interface: run as root, or give the program CAP_NET_ADMIN",
            Refused(rig, "web=tap:tap9", "setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"),
            StringComparison.Ordinal);
        Assert.Contains(
            "no permission to make a map of sockets: run as root, or give the program CAP_BPF and CAP_NET_ADMIN",
            Refused(rig, "web=xdp:web", "setpriv", "--bounding-set", "-bpf,-sys_admin", "--inh-caps",
                "-bpf,-sys_admin"),
            StringComparison.Ordinal);
        Assert.Contains(
            "xdp:web: the driver has no zero-copy", Refused(rig, "web=xdp:web,zerocopy"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_filter_of_libpcap_is_used_and_a_bad_one_said()
    {
        LiveTests.SkipWhereImpossible();
        Skip.IfNot(PcapLibrary.IsPresent, "libpcap is not installed.");
        using var rig = new LiveRig();
        using (var live = new LiveSwitch(rig, "web=pcap:web,filter=arp or icmp6", "uplink=raw:uplink"))
        {
            Traffic.PingUntilAnswered(rig.Tenant, "fd01::6");
            (int code, _) = Shell.Try(
                "ip", "netns", "exec", rig.Tenant, "ping", "-c", "1", "-W", "1", "10.0.1.6");
            Assert.NotEqual(0, code);
            live.Stop();
        }

        Assert.Contains(
            "pcap:web: filter 'arp and':", Refused(rig, "web=pcap:web,filter=arp and"), StringComparison.Ordinal);
        Assert.Contains(
            "pcap:none: there is no interface 'none' here.", Refused(rig, "web=pcap:none"), StringComparison.Ordinal);
    }

    private static string Refused(LiveRig rig, string port, params string[] prefix)
    {
        (int code, string output) = Shell.Try(
            ["ip", "netns", "exec", rig.Engine, .. prefix, .. LiveSwitch.Program, "run", "--policy", rig.PolicyFile,
                "--port", port, "--duration", "1s"]);
        Assert.Equal(1, code);
        return output;
    }
}
