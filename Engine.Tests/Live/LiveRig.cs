using System.Text.Json.Nodes;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>
/// Three network namespaces of this test's own: a tenant, the engine between, and a kernel with VXLAN.
/// </summary>
/// <remarks>
/// <code>
/// tenant: eth0 ── web [engine] uplink ── underlay: peer, whose vxlan device is the other tenant
/// </code>
/// They go, with every device in them, when the rig is disposed.
/// </remarks>
internal sealed class LiveRig : IDisposable
{
    private static int _count;

    private readonly string _folder = Directory.CreateTempSubdirectory("vxe-live").FullName;

    private readonly string _queues;

    public LiveRig(int mtu = 1500, bool hasVeth = true, bool hasUnderlayAddress = false, int queues = 1)
    {
        _queues = $"numrxqueues {queues} numtxqueues {queues}";
        string run = $"vxe-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        (Tenant, Engine, Peer) = ($"{run}-tenant", $"{run}-engine", $"{run}-peer");
        InnerMtu = mtu - 50;
        PolicyFile = Path.Combine(_folder, "policy.json");
        try
        {
            Build(mtu, hasVeth, hasUnderlayAddress);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Namespace of the tenant, 10.0.1.5 and fd01::5 on eth0.</summary>
    public string Tenant { get; }

    /// <summary>Namespace that the engine runs in.</summary>
    public string Engine { get; }

    /// <summary>Namespace of the kernel at the other end, 10.0.1.6 and fd01::6 on its vxlan device.</summary>
    public string Peer { get; }

    public int InnerMtu { get; }

    public string PolicyFile { get; }

    public static bool Exists(string name) => File.Exists($"/run/netns/{name}");

    /// <summary>Runs a command line in a namespace.</summary>
    public static string In(string name, string line) => Shell.Run($"ip netns exec {name} {line}");

    /// <summary>Makes the tenant's wire to the engine anew.</summary>
    public void AddTenantWire()
    {
        Shell.Run($"ip link add web netns {Engine} mtu {InnerMtu} {_queues} type veth peer name eth0 netns {Tenant} "
            + $"{_queues} mtu {InnerMtu} address 02:42:0a:00:01:05");
        Shell.Run($"ip -n {Engine} link set web up");
        SetUpTenant();
    }

    /// <summary>Makes the other tenant: a VXLAN device, 10.0.1.6 and fd01::6.</summary>
    /// <param name="name">The namespace.</param>
    /// <param name="local">Its VTEP address.</param>
    /// <param name="device">The device with that address.</param>
    public void AddVxlan(string name, string local, string device)
    {
        Shell.Run($"ip -n {name} link add vxlan address 02:42:0a:00:01:06 type vxlan id 4097 dstport 4789 "
            + $"local {local} remote 172.31.0.1 dev {device}");
        Shell.Run($"ip -n {name} link set vxlan mtu {InnerMtu} up");
        Shell.Run($"ip -n {name} addr add 10.0.1.6/24 dev vxlan");
        Shell.Run($"ip -n {name} addr add fd01::6/64 dev vxlan nodad");
    }

    /// <summary>Moves the interface that <c>tap:eth0</c> has made to the tenant.</summary>
    public void TakeTap()
    {
        Shell.Run($"ip -n {Engine} link set eth0 netns {Tenant}");
        SetUpTenant();
    }

    private void SetUpTenant()
    {
        Shell.Run($"ip -n {Tenant} link set eth0 up");
        Shell.Run($"ip -n {Tenant} addr add 10.0.1.5/24 dev eth0");
        Shell.Run($"ip -n {Tenant} addr add fd01::5/64 dev eth0 nodad");
    }

    /// <summary>Writes the policy.</summary>
    /// <param name="rules">What the tenant's rules are named after.</param>
    public void WritePolicy(string rules = "blue")
    {
        string policy = File.ReadAllText(RepositoryFiles.PathOf("Engine.Tests/Live/policy.json"))
            .Replace("RULES", rules, StringComparison.Ordinal)
            .Replace("INNER", $"{InnerMtu}", StringComparison.Ordinal)
            .Replace("OUTER", $"{InnerMtu + 50}", StringComparison.Ordinal);
        File.WriteAllText(PolicyFile, policy);
    }

    /// <summary>Writes a policy that names no neighbour, so that the engine asks for the peer itself.</summary>
    /// <param name="change">What else is to be another; null for nothing.</param>
    public void WritePolicyWithoutNeighbors(Action<JsonNode>? change = null)
    {
        WritePolicy();
        JsonNode policy = JsonNode.Parse(File.ReadAllText(PolicyFile))!;
        policy["neighbors"] = new JsonArray();
        policy["ports"]![1]!["resolveNeighbors"] = true;
        change?.Invoke(policy);
        File.WriteAllText(PolicyFile, policy.ToJsonString());
    }

    /// <summary>
    /// Writes a policy that names the peer's VTEP and none of its stations, and floods nothing unicast.
    /// </summary>
    public void WritePolicyThatLearns()
    {
        WritePolicy();
        JsonNode policy = JsonNode.Parse(File.ReadAllText(PolicyFile))!;
        JsonNode network = policy["networks"]![0]!;
        network["endpoints"] = new JsonArray();
        network["vteps"] = new JsonArray("172.31.0.2");
        network["learning"] = new JsonObject();
        File.WriteAllText(PolicyFile, policy.ToJsonString());
    }

    /// <summary>Frames that a namespace's kernel found to have wrong checksums.</summary>
    public static long WrongChecksums(string name)
    {
        string[] wanted = ["TcpInCsumErrors", "UdpInCsumErrors", "IcmpInCsumErrors", "Udp6InCsumErrors",
            "Icmp6InCsumErrors"];
        string[][] tables =
        [
            .. Snmp(name),
            .. In(name, "cat /proc/net/snmp6").Split('\n').Select(line =>
                line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length == 2),
        ];
        return tables.Where(row => wanted.Contains(row[0], StringComparer.Ordinal)).Sum(row => long.Parse(
            row[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Fails when a namespace has a process that does not end soon.</summary>
    public static void AssertNoProcessIsLeft(string name)
    {
        string left = "?";
        for (int i = 0; i < 50 && left.Length > 0; i++)
        {
            left = Shell.Run($"ip netns pids {name}").Trim();
            Thread.Sleep(left.Length > 0 ? 20 : 0);
        }

        Assert.Equal(string.Empty, left);
    }

    /// <summary>What a namespace's kernel counted under a name of /proc/net/snmp, such as <c>IcmpInEchos</c>.</summary>
    public static long Counted(string name, string title) => long.Parse(
        Snmp(name).Single(row => row[0] == title)[1], System.Globalization.CultureInfo.InvariantCulture);

    public void Dispose()
    {
        foreach (string name in new[] { Tenant, Engine, Peer }.Where(Exists))
        {
            Shell.Try("ip", "netns", "del", name);
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static IEnumerable<string[]> Snmp(string name) =>
        In(name, "cat /proc/net/snmp").Split('\n').Chunk(2).Where(pair => pair.Length == 2)
            .SelectMany(pair => pair[0].Split(' ')[1..].Zip(pair[1].Split(' ')[1..],
                (title, value) => new[] { pair[0].Split(':')[0] + title, value }));

    private void Build(int mtu, bool hasVeth, bool hasUnderlayAddress)
    {
        foreach (string name in new[] { Tenant, Engine, Peer })
        {
            Shell.Run($"ip netns add {name}");
            LeakWatch.Made(name);
            Shell.Run($"ip -n {name} link set lo up");
            In(name, "sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.router_solicitations=0");
        }

        // The engine's machine has no addresses of its own on these wires, so it says nothing either.
        In(Engine, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
        Shell.Run($"ip link add uplink netns {Engine} mtu {mtu} address 02:aa:00:00:00:01 {_queues} type veth "
            + $"peer name underlay netns {Peer} {_queues} mtu {mtu} address 02:aa:00:00:00:02");
        Shell.Run($"ip -n {Engine} link set uplink up");
        if (hasUnderlayAddress)
        {
            Shell.Run($"ip -n {Engine} addr add 172.31.0.1/24 dev uplink");
        }

        Shell.Run($"ip -n {Peer} addr add 172.31.0.2/24 dev underlay");
        Shell.Run($"ip -n {Peer} link set underlay up");
        AddVxlan(Peer, "172.31.0.2", "underlay");
        if (hasVeth)
        {
            AddTenantWire();
        }

        WritePolicy();
    }
}
