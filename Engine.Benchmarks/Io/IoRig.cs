using System.Globalization;
using VxlanEngine.Benchmarks.Comparison;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>Three network namespaces of this run's own: a tenant, a switch, and a kernel with VXLAN.</summary>
/// <remarks>
/// <code>
/// tenant: eth0 (10.0.1.5) ── [switch] uplink (172.31.0.1) ── underlay (172.31.0.2): peer, vxlan (10.0.1.6)
/// </code>
/// Whoever switches puts eth0 into the tenant. Everything goes with the namespaces, when the rig is disposed.
/// </remarks>
internal sealed class IoRig : IDisposable
{
    public const string TenantMac = "02:42:0a:00:01:05";
    public const string TenantAddress = "10.0.1.5";
    public const string PeerMac = "02:42:0a:00:01:06";
    public const string PeerAddress = "10.0.1.6";
    public const string UplinkMac = "02:aa:00:00:00:01";
    public const string UplinkAddress = "172.31.0.1";
    public const string UnderlayMac = "02:aa:00:00:00:02";
    public const string UnderlayAddress = "172.31.0.2";
    public const string Device = "eth0";
    public const string Underlay = "underlay";
    public const string Overlay = "vxlan";
    public const int Network = 4097;
    public const int OuterMtu = 1500;
    public const int InnerMtu = OuterMtu - 50;

    private const string DeafMac = "02:aa:00:00:00:99";

    private static int _count;

    private readonly Lock _lock = new();

    /// <summary>Makes the namespaces and the wire between switch and peer.</summary>
    public IoRig()
    {
        string run = $"vxe-io-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        (Tenant, Middle, Peer) = ($"{run}-tenant", $"{run}-switch", $"{run}-peer");
        Folder = Directory.CreateTempSubdirectory("vxe-io-").FullName;
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

    /// <summary>Namespace of the tenant.</summary>
    public string Tenant { get; }

    /// <summary>Namespace of the switch.</summary>
    public string Middle { get; }

    /// <summary>Namespace of the kernel at the other end.</summary>
    public string Peer { get; }

    /// <summary>A folder that goes with the rig.</summary>
    public string Folder { get; }

    /// <summary>Runs words in a namespace.</summary>
    /// <exception cref="ComparisonException">They failed.</exception>
    public static string In(string name, string line) =>
        Tool.Run("ip", ["netns", "exec", name, .. line.Split(' ')]);

    /// <summary>Runs ip(8) in a namespace.</summary>
    /// <exception cref="ComparisonException">It failed.</exception>
    public static void Ip(string name, string line) => Tool.Run("ip", ["-n", name, .. line.Split(' ')]);

    /// <summary>Makes a wire: eth0 at the tenant, web at the switch.</summary>
    public void AddTenantWire()
    {
        Ip(Middle, $"link add web mtu {InnerMtu} type veth peer name {Device} netns {Tenant} mtu {InnerMtu} "
            + $"address {TenantMac}");
        Ip(Middle, "link set web up");
        SetUpTenant();
    }

    /// <summary>
    /// Has the switch's end of the tenant's wire receive by itself, or not: it then takes what comes from below the
    /// tenant's stack, and puts TCP segments together.
    /// </summary>
    public void SetReceiving(bool receives) => In(Middle, $"ethtool -K web gro {(receives ? "on" : "off")}");

    /// <summary>Gives the tenant's eth0 its address, and the peer's MAC address.</summary>
    public void SetUpTenant()
    {
        Ip(Tenant, $"link set {Device} mtu {InnerMtu} up");
        Ip(Tenant, $"address replace {TenantAddress}/24 dev {Device}");
        Ip(Tenant, $"neighbor replace {PeerAddress} lladdr {PeerMac} nud permanent dev {Device}");
    }

    /// <summary>Moves an interface that the switch has made to the tenant.</summary>
    public void MoveToTenant()
    {
        Ip(Middle, $"link set {Device} netns {Tenant}");
        SetUpTenant();
    }

    /// <summary>Gives the switch's end of the underlay an address, for those that use the kernel's sockets.</summary>
    public void AddUplinkAddress()
    {
        Ip(Middle, $"address replace {UplinkAddress}/24 dev uplink");
        Ip(Middle, $"neighbor replace {UnderlayAddress} lladdr {UnderlayMac} nud permanent dev uplink");
    }

    /// <summary>Bridges the switch's end of the underlay with an interface that the switch has made.</summary>
    public void BridgeUplink(string device)
    {
        // The switch's MAC address is behind the bridge, so none of the bridge's ports may have it.
        Ip(Middle, "link set uplink address 02:aa:00:00:00:f2");
        Ip(Middle, "link add br0 type bridge");
        Ip(Middle, "link set uplink master br0");
        Ip(Middle, $"link set {device} master br0");
        Ip(Middle, "link set br0 up");
    }

    /// <summary>Writes the engine's policy.</summary>
    /// <returns>Its path.</returns>
    public string WritePolicy()
    {
        using Stream stream = typeof(IoRig).Assembly.GetManifestResourceStream("Io.policy.json")!;
        using var reader = new StreamReader(stream);
        string path = Path.Combine(Folder, "policy.json");
        File.WriteAllText(path, reader.ReadToEnd()
            .Replace("RULES", "blue", StringComparison.Ordinal)
            .Replace("INNER", Text(InnerMtu), StringComparison.Ordinal)
            .Replace("OUTER", Text(OuterMtu), StringComparison.Ordinal));
        return path;
    }

    /// <summary>Has the peer hear what is for it, or not: its kernel then counts frames, no more.</summary>
    public void SetHearing(bool hears) =>
        Ip(Peer, $"link set {Underlay} address {(hears ? UnderlayMac : DeafMac)}");

    /// <summary>Waits until the peer answers the tenant.</summary>
    /// <exception cref="ComparisonException">It does not.</exception>
    public void WaitForAnswer()
    {
        for (int i = 0; i < 20; i++)
        {
            (int code, _, _) = Tool.TryRun(
                "ip", ["netns", "exec", Tenant, "ping", "-n", "-q", "-c", "3", "-i", "0.05", "-W", "1", PeerAddress]);
            if (code == 0)
            {
                return;
            }
        }

        throw new ComparisonException("The peer does not answer the tenant.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (string name in new[] { Tenant, Middle, Peer }.Where(n => File.Exists($"/run/netns/{n}")))
            {
                Tool.TryRun("ip", ["netns", "delete", name]);
            }

            if (Directory.Exists(Folder))
            {
                Directory.Delete(Folder, recursive: true);
            }
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Build()
    {
        foreach (string name in new[] { Tenant, Middle, Peer })
        {
            Tool.Run("ip", ["netns", "add", name]);
            In(name, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
            Ip(name, "link set lo up");
        }

        Ip(Middle, $"link add uplink mtu {OuterMtu} address {UplinkMac} type veth peer name {Underlay} netns {Peer} "
            + $"mtu {OuterMtu} address {UnderlayMac}");
        Ip(Middle, "link set uplink up");
        Ip(Peer, $"address add {UnderlayAddress}/24 dev {Underlay}");
        Ip(Peer, $"link set {Underlay} up");
        Ip(Peer, $"neighbor replace {UplinkAddress} lladdr {UplinkMac} nud permanent dev {Underlay}");
        Ip(Peer, $"link add {Overlay} address {PeerMac} type vxlan id {Network} dstport 4789 local {UnderlayAddress} "
            + $"remote {UplinkAddress} dev {Underlay}");
        Ip(Peer, $"link set {Overlay} mtu {InnerMtu} up");
        Ip(Peer, $"address add {PeerAddress}/24 dev {Overlay}");
        Ip(Peer, $"neighbor replace {TenantAddress} lladdr {TenantMac} nud permanent dev {Overlay}");
    }
}
