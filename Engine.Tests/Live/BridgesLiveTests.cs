using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>The engine as the third node of an overlay, beside two Linux bridges with VXLAN devices.</summary>
/// <remarks>
/// <code>
/// tenant 1 ── engine (172.31.0.1) ──┐
/// tenant 2 ── bridge, vxlan (.2) ───┼── underlay switch
/// tenant 3 ── bridge, vxlan (.3) ───┘
/// </code>
/// The bridges learn, and replicate what they do not know to both other nodes.
/// </remarks>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[Trait(LiveTests.Category, LiveTests.Alone)]
[LeavesNothing]
public sealed class BridgesLiveTests
{
    private const int Vni = 4097;
    private const int Requests = 5;

    // Requests are told by the address that they ask for, one that nobody has: 10.0.1.9x, x being who asks.
    // It counts until the others' requests are there and half a second has brought no more, for ten seconds at most.
    private const string Count =
        "import collections,json,socket,time;s=socket.socket(17,3,socket.htons(0x806));s.bind(('eth0',0x806));"
        + "s.settimeout(.5);n=collections.Counter();print('ready',flush=True);e=time.time()+10\n"
        + "while time.time()<e:\n try: b,a=s.recvfrom(2000)\n except TimeoutError:\n  if n.total()<10: continue\n"
        + "  break\n"
        + " if a[2]!=4 and b[38]==10 and b[41]>90: n[b[41]-90]+=1\nprint(json.dumps(n))";

    private const string Ask =
        "import socket,sys;k=int(sys.argv[1]);m=bytes([2,0x42,10,0,1,k]);s=socket.socket(17,3);s.bind(('eth0',0))\n"
        + "for i in range(5): s.send(b'\\xff'*6+m+b'\\x08\\x06\\0\\x01\\x08\\0\\x06\\x04\\0\\x01'+m+bytes([10,0,1,k])"
        + "+bytes(6)+bytes([10,0,1,90+k])+bytes(18))";

    [SkippableFact]
    public void All_tenants_talk_and_broadcasts_reach_each_other_node_once()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new NamespaceSet();
        string[] names = rig.Add("switch", "engine", "node2", "node3", "tenant1", "tenant2", "tenant3");
        (string wires, string engine, string[] tenants) = (names[0], names[1], names[4..]);
        NamespaceSet.Silence(engine);
        NamespaceSet.Silence(wires);
        BuildUnderlay(rig, wires, engine, names[2..4]);
        AddTenant(rig, engine, "web", tenants[0], 1);
        AddTenant(rig, names[2], "port", tenants[1], 2);
        AddTenant(rig, names[3], "port", tenants[2], 3);
        LivePolicy.Write(rig.PolicyFile, Tenant(1, 0), Tenant(2, 2), Tenant(3, 3));

        using (var live = new LiveSwitch(engine, rig.PolicyFile, ["web=raw:web", "uplink=raw:uplink"]))
        {
            for (int from = 1; from <= 3; from++)
            {
                foreach (int to in Enumerable.Range(1, 3).Where(to => to != from))
                {
                    Traffic.PingUntilAnswered(tenants[from - 1], $"10.0.1.{to}");
                    AssertAnsweredOnce(tenants[from - 1], $"10.0.1.{to}");
                }
            }

            AssertBroadcasts(tenants);
            live.Stop();
        }

        rig.AssertNothingIsLeft();
    }

    private static LiveTenant Tenant(int number, int vtep) =>
        new("web", Vni, $"10.0.1.{number}", $"02:42:0a:00:01:{number:x2}", vtep);

    private static void AssertAnsweredOnce(string tenant, string to)
    {
        string output = LiveRig.In(tenant, $"ping -n -W 2 -i 0.02 -c 5 {to}");
        Assert.Contains("5 packets transmitted, 5 received, 0% packet loss", output, StringComparison.Ordinal);
        Assert.DoesNotContain("DUP!", output, StringComparison.Ordinal);
    }

    private static void AssertBroadcasts(string[] tenants)
    {
        Process[] counters =
        [
            .. tenants.Select(tenant => Shell.Start("ip", "netns", "exec", tenant, Shell.Python, "-ISc", Count)),
        ];
        Assert.All(counters, counter => Assert.Equal("ready", counter.StandardOutput.ReadLine()));
        for (int i = 1; i <= 3; i++)
        {
            (int code, string output) = Shell.Try(
                "ip", "netns", "exec", tenants[i - 1], Shell.Python, "-ISc", Ask, $"{i}");
            Assert.True(code == 0, output);
        }

        for (int i = 1; i <= 3; i++)
        {
            using Process counter = counters[i - 1];
            string seen = counter.StandardOutput.ReadToEnd();
            counter.WaitForExit();
            Dictionary<string, int> counts = JsonSerializer.Deserialize<Dictionary<string, int>>(seen)!;
            Assert.Equal(
                Enumerable.Range(1, 3).Where(from => from != i).Select(from => ($"{from}", Requests)),
                counts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value)));
        }
    }

    private static void BuildUnderlay(NamespaceSet rig, string wires, string engine, string[] nodes)
    {
        rig.BatchIn(
            wires,
            "link add br0 type bridge",
            "link set br0 up",
            $"link add p1 type veth peer name uplink address {LivePolicy.UnderlayMac(1)} netns {engine}",
            $"link add p2 type veth peer name underlay address {LivePolicy.UnderlayMac(2)} netns {nodes[0]}",
            $"link add p3 type veth peer name underlay address {LivePolicy.UnderlayMac(3)} netns {nodes[1]}",
            "link set p1 master br0 up",
            "link set p2 master br0 up",
            "link set p3 master br0 up");
        rig.BatchIn(engine, "link set uplink up");
        for (int i = 2; i <= 3; i++)
        {
            string node = nodes[i - 2];
            rig.BatchIn(
                node,
                $"addr add 172.31.0.{i}/24 dev underlay",
                "link set underlay up",
                "link add br0 type bridge",
                $"link add vx type vxlan id {Vni} dstport 4789 local 172.31.0.{i} dev underlay",
                $"link set vx mtu {LivePolicy.InnerMtu} master br0 up",
                "link set br0 up");
            foreach (int other in new[] { 1, 5 - i })
            {
                LiveRig.In(node, $"bridge fdb append 00:00:00:00:00:00 dev vx dst 172.31.0.{other}");
            }
        }
    }

    private static void AddTenant(NamespaceSet rig, string node, string port, string tenant, int number)
    {
        NamespaceSet.Silence(tenant);
        rig.BatchIn(
            node,
            $"link add {port} mtu {LivePolicy.InnerMtu} type veth peer name eth0 mtu {LivePolicy.InnerMtu} "
            + $"address 02:42:0a:00:01:{number:x2} netns {tenant}",
            number == 1 ? $"link set {port} up" : $"link set {port} master br0 up");
        rig.BatchIn(tenant, "link set eth0 up", $"addr add 10.0.1.{number}/24 dev eth0");
    }
}
