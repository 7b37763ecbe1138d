using System.Diagnostics;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>64 tenants on four networks with the same addresses, through one engine.</summary>
/// <remarks>Each network has a tenant on a kernel's VXLAN device too, 10.0.1.5.</remarks>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed class ManyTenantsLiveTests
{
    private const int Networks = 4;
    private const int TenantsEach = 16;
    private const int FirstVni = 5000;

    // Of the last tenant of a network: an address that no other network has.
    private static readonly LiveTenant[] Tenants =
    [
        .. Enumerable.Range(0, Networks * TenantsEach).Select(i => new LiveTenant(
            $"t{i}",
            FirstVni + (i / TenantsEach),
            $"10.0.1.{(i % TenantsEach == TenantsEach - 1 ? 100 + (i / TenantsEach) : 10 + (i % TenantsEach))}",
            $"02:42:0a:{i / TenantsEach:x2}:01:{10 + (i % TenantsEach):x2}")),
    ];

    private static readonly LiveTenant[] Remote =
    [
        .. Enumerable.Range(0, Networks).Select(
            n => new LiveTenant($"peer{n}", FirstVni + n, "10.0.1.5", $"02:42:0a:{n:x2}:01:05", Vtep: 2)),
    ];

    private static readonly LiveTenant Mover = new("mover", FirstVni, "10.0.1.240", "02:42:0a:00:01:f0");

    [SkippableFact]
    public void Tenants_talk_within_their_network_only_and_one_that_moves_keeps_answering()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new NamespaceSet();
        string[] names = rig.Add(
            ["engine", "peer", "mover", .. Remote.Select(r => r.Name), .. Tenants.Select(t => t.Name)]);
        (string engine, string peer, string mover) = (names[0], names[1], names[2]);
        string[] peers = names[3..(3 + Networks)];
        string[] tenants = names[(3 + Networks)..];
        Array.ForEach(names, NamespaceSet.Silence);
        BuildPeer(rig, engine, peer, peers);
        LivePolicy.Write(rig.PolicyFile, [.. Tenants, Mover, .. Remote]);
        string[] ports =
        [
            .. Tenants.Select(t => $"{t.Name}=tap:{t.Name}"), $"mover=tap:mover,mac={Remote[0].Mac}",
            "uplink=raw:uplink",
        ];
        using (var live = new LiveSwitch(engine, rig.PolicyFile, ports))
        {
            MoveTaps(rig, engine, mover, tenants);
            AssertReach(rig, tenants, peers, network: 0);
            Assert.All(tenants[TenantsEach..], name => Assert.Equal(0, LiveRig.Counted(name, "IcmpInEchos")));
            for (int n = 1; n < Networks; n++)
            {
                AssertReach(rig, tenants, peers, n);
            }

            (int code, _) = Shell.Try(
                "ip", "netns", "exec", tenants[0], "ping", "-n", "-c", "1", "-W", "1", "10.0.1.101");
            Assert.NotEqual(0, code);
            Assert.All(tenants, name => Assert.Equal(1, LiveRig.Counted(name, "IcmpInEchos")));
            AssertMoves(rig, live, tenants[0], peers[0], mover);
            live.Stop();
        }

        rig.AssertNothingIsLeft();
    }

    private static void BuildPeer(NamespaceSet rig, string engine, string peer, string[] peers)
    {
        rig.Batch(
            $"link add uplink netns {engine} address {LivePolicy.UnderlayMac(1)} type veth "
            + $"peer name underlay netns {peer} address {LivePolicy.UnderlayMac(2)}");
        rig.BatchIn(engine, "link set uplink up");
        rig.BatchIn(
            peer,
            [
                "addr add 172.31.0.2/24 dev underlay",
                "link set underlay up",
                .. Enumerable.Range(0, Networks).SelectMany(n => new[]
                {
                    $"link add vx{n} address {Remote[n].Mac} type vxlan id {FirstVni + n} dstport 4789 "
                    + "local 172.31.0.2 remote 172.31.0.1 dev underlay",
                    $"link set vx{n} netns {peers[n]}",
                }),
            ]);
        for (int n = 0; n < Networks; n++)
        {
            rig.BatchIn(
                peers[n],
                $"link set vx{n} mtu {LivePolicy.InnerMtu} up",
                $"addr add {Remote[n].Address}/24 dev vx{n}");
        }
    }

    private static void MoveTaps(NamespaceSet rig, string engine, string mover, string[] tenants)
    {
        rig.BatchIn(
            engine,
            [
                .. Tenants.Select((t, i) => $"link set {t.Name} netns {tenants[i]}"), $"link set mover netns {mover}",
            ]);
        for (int i = 0; i < tenants.Length; i++)
        {
            rig.BatchIn(
                tenants[i],
                $"link set {Tenants[i].Name} up",
                $"addr add {Tenants[i].Address}/24 dev {Tenants[i].Name}");
        }

        rig.BatchIn(mover, "link set mover up", $"addr add {Remote[0].Address}/24 dev mover");
    }

    /// <summary>Each tenant of a network asks the next one and the kernel's, who hear that and nothing else.</summary>
    private static void AssertReach(NamespaceSet rig, string[] tenants, string[] peers, int network)
    {
        int first = network * TenantsEach;
        string peer = Remote[network].Address;
        string[] asking = tenants[first..(first + TenantsEach)];

        // An interface that was moved is up for the engine when it has looked at it.
        PingAll(rig, asking.Select(name => $"{name} {peer}"), "-c 1 -w 10 -i 0.1");
        long before = LiveRig.Counted(peers[network], "IcmpInEchos");
        PingAll(
            rig,
            asking.SelectMany((name, i) => new[]
            {
                $"{name} {Tenants[first + ((i + 1) % TenantsEach)].Address}", $"{name} {peer}",
            }),
            "-c 1 -W 2");
        Assert.All(asking, name => Assert.Equal(1, LiveRig.Counted(name, "IcmpInEchos")));
        Assert.Equal(TenantsEach, LiveRig.Counted(peers[network], "IcmpInEchos") - before);
    }

    private static void PingAll(NamespaceSet rig, IEnumerable<string> pairs, string options)
    {
        string file = Path.Combine(rig.Folder, "pings");
        File.WriteAllLines(file, pairs);
        (int code, string output) = Shell.Try(
            "xargs", "-a", file, "-P", "4", "-L", "1", "sh", "-c",
            $"ip netns exec $0 ping -n -q {options} $1 >/dev/null || echo $0 does not reach $1");
        Assert.True(code == 0 && output.Length == 0, output);
    }

    /// <summary>10.0.1.5 goes from the kernel's machine to the engine's and back, while it is pinged.</summary>
    private static void AssertMoves(NamespaceSet rig, LiveSwitch live, string tenant, string peer, string mover)
    {
        using Process ping = Shell.Start(
            "ip", "netns", "exec", tenant, "ping", "-n", "-i", "0.05", "-w", "4", Remote[0].Address);
        Thread.Sleep(500);
        long before = LiveRig.Counted(peer, "IcmpInEchos");
        Assert.True(before > TenantsEach);

        LivePolicy.Write(
            rig.PolicyFile,
            [.. Tenants, Mover with { Address = Remote[0].Address, Mac = Remote[0].Mac }, .. Remote[1..]]);
        live.Signal("HUP");
        live.WaitFor("in force, generation 2");
        Traffic.PingUntilAnswered(tenant, Remote[0].Address);
        before = LiveRig.Counted(peer, "IcmpInEchos");
        long here = LiveRig.Counted(mover, "IcmpInEchos");
        Thread.Sleep(300);
        Assert.Equal(before, LiveRig.Counted(peer, "IcmpInEchos"));
        Assert.True(LiveRig.Counted(mover, "IcmpInEchos") > here);

        LivePolicy.Write(rig.PolicyFile, [.. Tenants, Mover, .. Remote]);
        live.Signal("HUP");
        live.WaitFor("in force, generation 3");
        Traffic.PingUntilAnswered(tenant, Remote[0].Address);
        here = LiveRig.Counted(mover, "IcmpInEchos");
        Thread.Sleep(300);
        Assert.Equal(here, LiveRig.Counted(mover, "IcmpInEchos"));
        Assert.True(LiveRig.Counted(peer, "IcmpInEchos") > before);

        // Both have the address all the time; so only an answer that is under way while the policy changes is lost.
        string pinged = ping.StandardOutput.ReadToEnd();
        ping.WaitForExit();
        Assert.True(Traffic.Lost(pinged) <= 2, pinged);
    }
}
