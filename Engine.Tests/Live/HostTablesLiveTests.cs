using System.Diagnostics;
using System.Text.Json.Nodes;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Linux;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>An uplink that follows the routes and neighbours of the namespace that the engine runs in.</summary>
/// <remarks>
/// <code>
/// engine: uplink 172.31.0.9 (the host's), 172.31.0.1 (the engine's)
///   └─ router, that of the rig's peer: 172.31.0.2, 172.31.0.3; 172.32.0.1
///        └─ far: 172.32.0.2, a kernel with VXLAN
/// </code>
/// </remarks>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed class HostTablesLiveTests
{
    private const string Inner = "10.0.1.6";

    [SkippableFact]
    public void Routes_and_neighbours_of_the_host_are_followed_as_they_change()
    {
        LiveTests.SkipWhereImpossible();
        using var routed = new Routed();
        string tenant = routed.Rig.Tenant;
        routed.WritePolicy(resolves: false);
        using var live = new LiveSwitch(routed.Rig, "web=raw:web", "uplink=raw:uplink");
        live.WaitFor("vxe: uplink: follows the host's routes and neighbours of uplink");
        AssertUnreached(tenant);
        routed.Host("route add 172.32.0.0/24 via 172.31.0.2");
        Traffic.PingUntilAnswered(tenant, Inner);
        routed.AssertNeighbor("172.31.0.2", "02:aa:00:00:00:02");

        // The router has another MAC address, and says so to everybody, as one does whose card was exchanged.
        Shell.Run($"ip -n {routed.Rig.Peer} link set underlay address 02:aa:00:00:00:22");
        routed.AssertNeighbor("172.31.0.2", "02:aa:00:00:00:22");
        Traffic.PingUntilAnswered(tenant, Inner);
        Traffic.Ping(tenant, Inner, 1000, count: 3);

        // A better route, by a router that the host does not know yet; nobody takes what goes to the first one.
        routed.Host("route add 172.32.0.2/32 via 172.31.0.3");
        routed.Host("neigh replace 172.31.0.2 lladdr 02:aa:00:00:00:99 dev uplink nud permanent");
        Traffic.PingUntilAnswered(tenant, Inner);
        Traffic.Ping(tenant, Inner, 1000, count: 3);
        routed.AssertNeighbor("172.31.0.3", "02:aa:00:00:00:22");

        // The host forgets it, and asks again for the engine's sake.
        routed.Host("neigh del 172.31.0.3 dev uplink");
        Traffic.PingUntilAnswered(tenant, Inner);
        Traffic.Ping(tenant, Inner, 1000, count: 2);
        routed.AssertNeighbor("172.31.0.3", "02:aa:00:00:00:22");

        // An IPv4 route by an IPv6 router, as between routers that have no IPv4 addresses on their links.
        routed.Host("route replace 172.32.0.2/32 via inet6 fe80::2 dev uplink");
        Traffic.PingUntilAnswered(tenant, Inner);
        Traffic.Ping(tenant, Inner, 1000, count: 2);
        routed.AssertNeighbor("fe80::2", "02:aa:00:00:00:22");

        // Without the better route packets go to who takes none, until that is put right.
        routed.Host("route del 172.32.0.2/32");
        AssertUnreached(tenant);
        routed.Host("neigh del 172.31.0.2 dev uplink");
        Traffic.PingUntilAnswered(tenant, Inner);
        Traffic.Ping(tenant, Inner, 1000, count: 2);

        // Of an interface that goes down the routes go too, which the kernel does not say.
        routed.Host("link set uplink down");
        live.WaitFor("vxe: uplink: raw:uplink: the interface is down.");
        routed.Host("link set uplink up");
        live.WaitFor("vxe: uplink: raw:uplink is up");
        AssertUnreached(tenant);
        Assert.Contains("route-unknown", live.Stop(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Where_the_host_hears_no_answers_the_engine_asks_and_the_host_routes()
    {
        LiveTests.SkipWhereImpossible();
        using var routed = new Routed();
        routed.WritePolicy(resolves: false);
        using var live = new LiveSwitch(routed.Rig, "web=raw:web", "uplink=xdp:uplink");
        live.WaitFor("vxe: uplink: host tables: the machine hears no answers of neighbours at uplink");
        routed.Host("route add 172.32.0.0/24 via 172.31.0.2");
        routed.WritePolicy(resolves: true);
        live.Signal("HUP");
        live.WaitFor("vxe: uplink: follows the host's routes and neighbours of uplink");
        Traffic.PingUntilAnswered(routed.Rig.Tenant, Inner);
        Traffic.Ping(routed.Rig.Tenant, Inner, 1000, count: 3);
        live.Stop();
    }

    [SkippableFact]
    public void What_the_kernel_could_not_say_is_noticed_and_read_again()
    {
        const int Count = 2000;
        LiveTests.SkipWhereImpossible();
        using var host = new NamespaceSet();
        string name = host.Add("host")[0];
        host.BatchIn(name, "link add uplink type veth peer name wire", "link set uplink up");
        (HostChanges changes, int said, int read) = NetworkNamespace.Run(name, () =>
        {
            var news = new List<HostNeighbor>();
            var all = new List<HostNeighbor>();
            using RouteNetlink netlink = RouteNetlink.Open();
            host.BatchIn(name, [.. Enumerable.Range(1, Count).Select(i =>
                $"neigh add 10.0.{i >> 8}.{i & 255} lladdr 02:00:00:00:00:01 dev uplink nud permanent")]);
            HostChanges found = HostChanges.More;
            while (found.HasFlag(HostChanges.More))
            {
                found = (found & ~HostChanges.More) | netlink.ReadChanges(news);
            }

            Assert.Null(netlink.ReadNeighbors(all));
            return (found, news.Count, all.Count(n => n.State == HostNeighborState.Known));
        });
        Assert.True(changes.HasFlag(HostChanges.Overrun), $"{changes}, {said} neighbours were said.");
        Assert.InRange(said, 1, Count - 1);
        Assert.Equal(Count, read);
    }

    // The engine follows a moment later, and a busy machine's moments are long.
    private static void AssertUnreached(string tenant)
    {
        var clock = Stopwatch.StartNew();
        while (Shell.Try("ip", "netns", "exec", tenant, "ping", "-n", "-c", "1", "-W", "0.2", Inner).Code == 0)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"{Inner} answers still.");
        }
    }

    /// <summary>A rig whose peer is a router, and what is behind it.</summary>
    private sealed class Routed : IDisposable
    {
        private readonly NamespaceSet _more = new();

        public Routed()
        {
            try
            {
                Build();
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public LiveRig Rig { get; } = new();

        public void WritePolicy(bool resolves) => Rig.WritePolicyWithoutNeighbors(policy =>
        {
            JsonNode uplink = policy["ports"]![1]!;
            uplink["hostTables"] = true;
            uplink["resolveNeighbors"] = resolves;
            policy["networks"]![0]!["endpoints"]![0]!["vtep"] = "172.32.0.2";
        });

        /// <summary>Has ip(8) do something in the engine's namespace.</summary>
        public void Host(string line)
        {
            Shell.Run($"ip -n {Rig.Engine} {line}");

            // Between two readings of the routes the engine rests ten times as long as one took, on a busy machine too.
            Thread.Sleep(line.StartsWith("route ", StringComparison.Ordinal) ? 400 : 0);
        }

        /// <summary>Waits until the engine's host knows a neighbour by a MAC address.</summary>
        public void AssertNeighbor(string address, string mac)
        {
            var clock = Stopwatch.StartNew();
            string known = string.Empty;
            while (!known.Contains($"lladdr {mac}", StringComparison.Ordinal))
            {
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"The host knows {address} as {known}.");
                known = Shell.Run($"ip -n {Rig.Engine} neigh show {address} dev uplink");
            }
        }

        public void Dispose()
        {
            Rig.Dispose();
            _more.Dispose();
        }

        private void Build()
        {
            string far = _more.Add("far")[0];
            _more.BatchIn(
                Rig.Peer,
                "link del vxlan",
                $"link add far type veth peer name underlay netns {far}",
                "addr add 172.31.0.3/24 dev underlay",
                "addr add fe80::2/64 dev underlay nodad",
                "addr add 172.32.0.1/24 dev far",
                "link set far up");
            LiveRig.In(Rig.Peer, "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.underlay.arp_notify=1");
            _more.BatchIn(
                far,
                "addr add 172.32.0.2/24 dev underlay",
                "link set underlay up",
                "route add 172.31.0.0/24 via 172.32.0.1");
            Rig.AddVxlan(far, "172.32.0.2", "underlay");
            LiveRig.In(Rig.Engine, "sysctl -qw net.ipv6.conf.uplink.disable_ipv6=0");
            _more.BatchIn(Rig.Engine, "addr add 172.31.0.9/24 dev uplink", "addr add fe80::9/64 dev uplink nodad");
        }
    }
}
