using VxlanEngine.Benchmarks.Comparison;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>Open vSwitch's data path in user space, of Debian's openvswitch-switch, with ports of one kind.</summary>
/// <remarks>
/// <code>
/// web ── br-int ── vx ··· br-phy (172.31.0.1) ── uplink
/// </code>
/// Its ports know no super-frames and no partial checksums, so these are turned off at both ends. Its daemons and their
/// files are this run's own.
/// </remarks>
internal sealed class OpenVSwitchUserSpace : IIoSwitch
{
    private readonly IoRig _rig;
    private readonly List<ChildProcess> _daemons = [];

    /// <summary>Starts it.</summary>
    /// <param name="rig">Where.</param>
    /// <param name="kind">Its kind of port: <c>system</c>, which is AF_PACKET, or <c>afxdp</c>.</param>
    public OpenVSwitchUserSpace(IoRig rig, string kind)
    {
        _rig = rig;
        try
        {
            rig.AddTenantWire();
            IoRig.In(rig.Tenant, $"ethtool -K {IoRig.Device} tx off tso off gso off");
            IoRig.In(rig.Peer, $"ethtool -K {IoRig.Overlay} tx off tso off gso off");
            IoRig.In(rig.Peer, $"ethtool -K {IoRig.Underlay} tx off tso off gso off");
            Start();
            Connect(kind);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool HasWire => true;

    /// <inheritdoc/>
    public int? ProcessId => _daemons[^1].Id;

    /// <summary>Its version.</summary>
    /// <exception cref="ComparisonException">It is not installed.</exception>
    public static string Version() =>
        $"Open vSwitch {Tool.Run("ovs-vswitchd", ["--version"]).Split('\n')[0].Split(' ')[^1]}";

    /// <summary>Whether the package's daemon was built with ports of AF_XDP.</summary>
    public static bool KnowsXdp()
    {
        (int code, string output, _) = Tool.TryRun("sh", ["-c", "ldd $(readlink -f $(command -v ovs-vswitchd))"]);
        return code == 0 && output.Contains("libxdp", StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public void Stop()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ChildProcess daemon in Enumerable.Reverse(_daemons))
        {
            // Ports of AF_XDP are taken back when it is asked to end, not when it is killed.
            Linux.Signal(daemon.Id, Linux.SigTerm);
            for (int i = 0; i < 100 && Directory.Exists($"/proc/{daemon.Id}"); i++)
            {
                Thread.Sleep(20);
            }

            daemon.Dispose();
        }

        _daemons.Clear();
    }

    private void Start()
    {
        string folder = _rig.Folder;
        Tool.Run("ovsdb-tool", ["create", $"{folder}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema"]);
        Daemon("db.sock", "ovsdb-server", $"{folder}/conf.db", $"--remote=punix:{folder}/db.sock",
            $"--unixctl={folder}/db.ctl");
        Configure("--no-wait init");
        Configure("--no-wait set Open_vSwitch . other_config:pmd-cpu-mask=0x2");
        Daemon("switch.ctl", "ovs-vswitchd", $"unix:{folder}/db.sock", $"--unixctl={folder}/switch.ctl");
    }

    private void Connect(string kind)
    {
        const string Bridge = "datapath_type=netdev other-config:hwaddr=";
        Configure($"add-br br-phy -- set bridge br-phy {Bridge}{IoRig.UplinkMac} -- add-port br-phy uplink"
            + Kind("uplink"));
        Configure($"add-br br-int -- set bridge br-int {Bridge}02:42:0a:00:01:01 -- add-port br-int web" + Kind("web")
            + " -- add-port br-int vx -- set interface vx type=vxlan "
            + $"options:remote_ip={IoRig.UnderlayAddress} options:key={IoRig.Network}");
        IoRig.Ip(_rig.Middle, $"address add {IoRig.UplinkAddress}/24 dev br-phy");
        IoRig.Ip(_rig.Middle, "link set br-phy up");
        Tool.Run("ovs-appctl", ["-t", $"{_rig.Folder}/switch.ctl", "tnl/arp/set", "br-phy", IoRig.UnderlayAddress,
            IoRig.UnderlayMac]);

        string Kind(string port) => kind == "system" ? string.Empty : $" -- set interface {port} type={kind}";
    }

    private void Configure(string words) =>
        Tool.Run("ovs-vsctl", ["--timeout=10", $"--db=unix:{_rig.Folder}/db.sock", .. words.Split(' ')]);

    private void Daemon(string file, string program, params string[] arguments)
    {
        var daemon = new ChildProcess([
            "ip", "netns", "exec", _rig.Middle, "env", $"OVS_RUNDIR={_rig.Folder}", $"OVS_LOGDIR={_rig.Folder}",
            program, "-vconsole:off", $"-vfile:info", $"--log-file={_rig.Folder}/{program}.log", .. arguments,
        ]);
        _daemons.Add(daemon);
        daemon.WaitUntil(() => File.Exists($"{_rig.Folder}/{file}"), $"waited for {file}");
    }
}
