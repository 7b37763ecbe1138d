using System.Diagnostics;
using System.Text.Json.Nodes;
using VxlanEngine.Tests.Scenarios;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>
/// Flooding over a multicast group, through a bridge that passes a group's packets on to its members alone, and asks
/// who they are (IGMP and MLD snooping); the other member is a kernel's VXLAN device.
/// </summary>
/// <remarks>
/// <code>
/// tenant: eth0 ── web [engine] uplink ── left: bridge: right ── underlay: peer, a vxlan device with the group
/// </code>
/// </remarks>
public abstract class GroupRun
{
    protected const string Group = "239.129.1.7";
    protected const string Group6 = "ff05::129:7";
    private const string Next = "239.129.1.8";
    private const string Next6 = "ff05::129:8";

    // Three queries missed, with room to answer the third.
    private static readonly TimeSpan MembershipInterval = TimeSpan.FromSeconds(4);

    /// <summary>Runs it with a kind of uplink, a group and the version of the querier's protocol.</summary>
    protected static void Run(string uplink, string group, int version)
    {
        LiveTests.SkipWhereImpossible();
        bool isV4 = group == Group;
        string next = isV4 ? Next : Next6;
        using var rig = new LiveRig();
        using var more = new NamespaceSet();
        string bridge = more.Add("bridge")[0];
        AddBridge(rig, bridge, isV4, version);
        if (uplink == "udp")
        {
            LiveRig.In(rig.Engine, "sysctl -qw net.ipv6.conf.uplink.disable_ipv6=0");
            Shell.Run($"ip -n {rig.Engine} addr add 172.31.0.1/24 dev uplink");
            Shell.Run($"ip -n {rig.Engine} addr add fd31::1/64 dev uplink nodad");
        }

        AddVxlan(rig, group);
        WritePolicy(rig, group);
        string file = Path.Combine(more.Folder, "uplink.pcapng");
        string port = uplink == "udp" ? (isV4 ? "udp:172.31.0.1" : "udp:fd31::1") : $"{uplink}:uplink";
        using (var live = new LiveSwitch(rig, "web=raw:web", $"uplink=tee,file={file},rotate=100MB:{port}"))
        {
            WaitForMember(bridge, group, isMember: true);
            Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
            Forget(rig);
            Traffic.PingUntilAnswered(rig.Peer, "10.0.1.5");

            // Who answers no query is no member any longer.
            Thread.Sleep(MembershipInterval);
            WaitForMember(bridge, group, isMember: true);
            Forget(rig);
            Traffic.PingUntilAnswered(rig.Peer, "10.0.1.5");
            Forget(rig);
            Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");

            WritePolicy(rig, next);
            live.Signal("HUP");
            live.WaitFor("in force, generation 2");
            WaitForMember(bridge, next, isMember: true);
            WaitForMember(bridge, group, isMember: false);
            AddVxlan(rig, next);
            Forget(rig);
            Traffic.PingUntilAnswered(rig.Peer, "10.0.1.5");
            Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
            live.Stop();
        }

        Assert.Equal((0, 0), (LiveRig.WrongChecksums(rig.Tenant), LiveRig.WrongChecksums(rig.Peer)));
        if (uplink != "udp")
        {
            AssertMessages(file, isV4, version);
        }

        Assert.All([rig.Tenant, rig.Engine, rig.Peer], LiveRig.AssertNoProcessIsLeft);
    }

    /// <summary>What the engine said by itself, as tshark reads it.</summary>
    private static void AssertMessages(string file, bool isV4, int version)
    {
        Tshark.SkipWhereMissing();
        string type = isV4 ? "igmp.type" : "icmpv6.type";
        string[] fields =
        [
            "frame.packet_flags_direction", type, "_ws.malformed", "ip.checksum.status", "igmp.checksum.status",
            "icmpv6.checksum.status", "ip.ttl", "ipv6.hlim", "ip.opt.type", "ipv6.opt.type", "vxlan.vni",
            "igmp.record_type", "icmpv6.mldr.mar.record_type",
        ];
        string[][] said =
        [
            .. Tshark.Read(file, fields)
                .Where(row => row[0] == "0x00000002" && row[10].Length == 0)
                .Where(row => row[1] is "0x16" or "0x17" or "0x22" or "131" or "132" or "143"),
        ];
        Assert.All(said, row => Assert.Equal(
            isV4 ? ("", "1", "1", "", "1", "148") : ("", "", "", "1", "1", "0x05,0x01"),
            (row[2], row[3], row[4], row[5], row[6] + row[7], row[8] + row[9])));

        // The switch that ends leaves: a change to include nothing, or an older message of its own.
        string[] last = said[^1];
        Assert.Equal(
            version == 3 ? "3" : isV4 ? "0x17" : "132", version == 3 ? last[11] + last[12] : last[1]);
        string[] types = [.. said.Select(row => row[1]).Distinct()];
        string newest = isV4 ? "0x22" : "143";
        string[] older = isV4 ? ["0x16", "0x17"] : ["131", "132"];
        if (version == 3)
        {
            Assert.Equal([newest], types);
        }
        else
        {
            // Before the first query it says so in the newest version.
            Assert.Superset(older.ToHashSet(), types.ToHashSet());
        }
    }

    private static void AddBridge(LiveRig rig, string bridge, bool isV4, int version)
    {
        Shell.Run($"ip -n {rig.Engine} link del uplink");
        Shell.Run($"ip link add uplink netns {rig.Engine} mtu 1500 address 02:aa:00:00:00:01 type veth "
            + $"peer name left netns {bridge}");
        Shell.Run($"ip link add underlay netns {rig.Peer} mtu 1500 address 02:aa:00:00:00:02 type veth "
            + $"peer name right netns {bridge}");
        LiveRig.In(bridge, "sysctl -qw net.ipv6.conf.default.accept_dad=0");
        (int code, string output) = Shell.Try(
            [.. ($"ip -n {bridge} link add br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_query_interval 100 "
                + "mcast_startup_query_interval 100 mcast_query_response_interval 50 "
                + "mcast_membership_interval 350 mcast_last_member_interval 30 "
                + $"mcast_igmp_version {version} mcast_mld_version {version - 1}").Split(' ')]);
        Skip.If(code != 0, $"The kernel's bridge does not snoop: {output.Trim()}");
        foreach (string port in new[] { "left", "right" })
        {
            Shell.Run($"ip -n {bridge} link set {port} master br0 up");
        }

        Shell.Run($"ip -n {bridge} link set br0 up");
        Shell.Run($"ip -n {rig.Engine} link set uplink up");
        string local = isV4 ? "172.31.0.2/24 dev underlay" : "fd31::2/64 dev underlay nodad";
        Shell.Run($"ip -n {rig.Peer} addr add {local}");
        Shell.Run($"ip -n {rig.Peer} link set underlay up");
    }

    private static void AddVxlan(LiveRig rig, string group)
    {
        Shell.Try("ip", "-n", rig.Peer, "link", "del", "vxlan");
        string local = group.Contains(':', StringComparison.Ordinal) ? "fd31::2" : "172.31.0.2";
        Shell.Run($"ip -n {rig.Peer} link add vxlan address 02:42:0a:00:01:06 mtu 1400 type vxlan id 4097 "
            + $"dstport 4789 local {local} group {group} dev underlay");
        Shell.Run($"ip -n {rig.Peer} link set vxlan up");
        Shell.Run($"ip -n {rig.Peer} addr add 10.0.1.6/24 dev vxlan");
    }

    /// <summary>
    /// Has both tenants ask for each other anew, and the peer send what it does not know to the group.
    /// </summary>
    private static void Forget(LiveRig rig)
    {
        Shell.Run($"ip -n {rig.Tenant} neigh flush dev eth0");
        Shell.Run($"ip -n {rig.Peer} neigh flush dev vxlan");
        Shell.Try("bridge", "-n", rig.Peer, "fdb", "del", "02:42:0a:00:01:05", "dev", "vxlan");
    }

    private static void WaitForMember(string bridge, string group, bool isMember)
    {
        var clock = Stopwatch.StartNew();
        string wanted = $"port left grp {group} ";
        string members = "";
        do
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{group}, {isMember}: {members}");
            Thread.Sleep(100);
            members = Shell.Run($"bridge -n {bridge} mdb show dev br0");
        }
        while (members.Contains(wanted, StringComparison.Ordinal) != isMember);
    }

    private static void WritePolicy(LiveRig rig, string group)
    {
        rig.WritePolicyThatLearns();
        JsonNode policy = JsonNode.Parse(File.ReadAllText(rig.PolicyFile))!;
        policy["ports"]![1]!["addresses"] = new JsonArray("172.31.0.1", "fd31::1");
        string vtep = group.Contains(':', StringComparison.Ordinal) ? "fd31::2" : "172.31.0.2";
        policy["neighbors"]![0]!["address"] = vtep;
        JsonNode network = policy["networks"]![0]!;
        network["subnets"] = new JsonArray("10.0.1.0/24");
        policy["ports"]![0]!["addresses"] = new JsonArray("10.0.1.5");
        network["vteps"] = new JsonArray(vtep);
        network["multicastGroup"] = new JsonObject { ["address"] = group };
        File.WriteAllText(rig.PolicyFile, policy.ToJsonString());
    }
}
