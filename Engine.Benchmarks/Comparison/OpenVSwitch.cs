using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>
/// Open vSwitch with its DPDK data path: one polling core that forwards a capture from memory to nowhere, in a folder
/// of its own beside any other Open vSwitch. Debian's packages; needs root.
/// </summary>
/// <remarks>
/// DPDK's pcap driver repeats the capture without end and copies each frame once into a buffer; its null driver takes
/// what leaves. Whatever is started, mounted or reserved is gone after Dispose.
/// </remarks>
internal sealed partial class OpenVSwitch : IDisposable
{
    private const string Daemon = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk";
    private const string Schema = "/usr/share/openvswitch/vswitch.ovsschema";
    private const string Inside = "vxe-int";
    private const string Outside = "vxe-phy";
    private const int HugePageCount = 600;

    private static readonly string[] Devices = [Inside, Outside, "ovs-netdev"];

    private static readonly string[] Packages =
    [
        "openvswitch-switch", "openvswitch-switch-dpdk", "^librte-net-pcap[0-9]*$", "^librte-net-null[0-9]*$",
        "^librte-mempool-ring[0-9]*$", "iproute2",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("vxe-ovs-").FullName;

    // Devices of another Open vSwitch stay; without one they are left over from a run that was cut off.
    private readonly string[] _devicesBefore = IsAnotherRunning() ? [.. Devices.Where(HasDevice)] : [];
    private readonly Workload _work;
    private readonly int _core;
    private readonly HugePages _hugePages = new(HugePageCount);

    /// <summary>Starts a switch that does one kind of work to the frames of a capture.</summary>
    /// <param name="work">The work.</param>
    /// <param name="capture">Path of the capture.</param>
    /// <param name="core">The processor that polls; must not be the first one.</param>
    public OpenVSwitch(Workload work, string capture, int core)
    {
        _work = work;
        _core = core;
        try
        {
            Start();
            Connect(capture);
            Program();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private string Database => $"unix:{_folder}/db.sock";

    /// <summary>Installs what is missing.</summary>
    /// <returns>The version.</returns>
    public static string Install()
    {
        if (!File.Exists(Daemon))
        {
            Tool.Run("apt-get", ["-qq", "update"]);
            Tool.Run("apt-get", ["-qq", "install", "-y", "--no-install-recommends", .. Packages]);
        }

        // ovs-vswitchd-dpdk (Open vSwitch) 3.1.0
        // DPDK 22.11.11
        string[] version = Tool.Run(Daemon, ["--version"]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return $"Open vSwitch {string.Join(", ", version.Select((line, i) => i == 0 ? line.Split(' ')[^1] : line))}";
    }

    /// <summary>Lets it run, and counts.</summary>
    public Measurement Measure(TimeSpan duration)
    {
        Signal(Linux.SigCont);

        // What aged while it stood still is learnt again.
        Thread.Sleep(TimeSpan.FromSeconds(1.5));
        (long received, long sent) = (PacketsReceived(), PacketsSent());
        Control("dpif-netdev/pmd-stats-clear");
        Thread.Sleep(duration);
        string report = Control("dpif-netdev/pmd-perf-show");
        (received, sent) = (PacketsReceived() - received, PacketsSent() - sent);
        Signal(Linux.SigStop);
        Match rate = Rate().Match(report);
        if (!rate.Success)
        {
            throw new ComparisonException($"Open vSwitch reports no rate:\n{report}");
        }

        // The two are not read at the same moment.
        return sent > received * 0.9
            ? new Measurement(Number(rate, "kpps") / 1000, Number(rate, "cycles"))
            : throw new ComparisonException($"Open vSwitch has sent {sent} of {received} packets.\n{Flows()}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Signal(Linux.SigCont);
        foreach (string daemon in (string[])["vswitchd", "ovsdb"])
        {
            Stop(daemon);
        }

        foreach (string device in Devices.Except(_devicesBefore).Where(HasDevice))
        {
            Tool.TryRun("ip", ["link", "delete", device]);
        }

        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }

        _hugePages.Dispose();
    }

    private static bool IsAnotherRunning() => Process.GetProcesses()
        .Any(p => p.ProcessName.StartsWith("ovs-vswitchd", StringComparison.Ordinal));

    private static bool HasDevice(string name) => Directory.Exists($"/sys/class/net/{name}");

    private static double Number(Match match, string group) =>
        double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private void Start()
    {
        string database = $"{_folder}/conf.db";
        Tool.Run("ovsdb-tool", ["create", database, Schema]);
        Tool.Run("ovsdb-server", [
            database, $"--remote=punix:{_folder}/db.sock", $"--unixctl={_folder}/ovsdb.ctl", "--detach",
            $"--pidfile={_folder}/ovsdb.pid", $"--log-file={_folder}/ovsdb.log",
        ]);
        Configure("--no-wait", "init");
        Configure(
            "--no-wait", "set", "Open_vSwitch", ".", "other_config:dpdk-init=true", "other_config:dpdk-lcore-mask=0x1",
            $"other_config:pmd-cpu-mask=0x{1UL << _core:x}", "other_config:dpdk-socket-mem=\"900\"",
            "other_config:dpdk-extra=\"--iova-mode=va --no-pci --in-memory --no-telemetry\"");

        // Its bridges' management sockets go where this variable says, and into no folder of another switch.
        Tool.Run("env", [
            $"OVS_RUNDIR={_folder}", $"OVS_LOGDIR={_folder}", Daemon, Database, "--detach",
            $"--unixctl={_folder}/vswitchd.ctl", $"--pidfile={_folder}/vswitchd.pid",
            $"--log-file={_folder}/vswitchd.log",
        ]);
    }

    private void Connect(string capture)
    {
        Configure("add-br", Inside, "--", "set", "bridge", Inside, "datapath_type=netdev");
        Configure(
            "add-br", Outside, "--", "set", "bridge", Outside, "datapath_type=netdev",
            "other-config:hwaddr=02:aa:00:00:00:01");
        Tool.Run("ip", ["address", "replace", "172.31.0.1/24", "dev", Outside]);
        Tool.Run("ip", ["link", "set", Outside, "up"]);
        AddDevice(Outside, "p1", "eth_null1,no-rx=1");
        Configure(
            "add-port", Inside, "vx", "--", "set", "Interface", "vx", "type=vxlan", "options:remote_ip=172.31.0.2",
            "options:key=42");
        AddDevice(_work == Workload.Decap ? Outside : Inside, "p0", $"eth_pcap0,rx_pcap={capture},infinite_rx=1");
        if (_work == Workload.Decap)
        {
            AddDevice(Inside, "p2", "eth_null2,no-rx=1");
        }

        Thread.Sleep(TimeSpan.FromSeconds(1));
        Control("tnl/arp/set", Outside, "172.31.0.2", "02:aa:00:00:00:02");
    }

    private void Program()
    {
        OpenFlow("del-flows", Inside);
        OpenFlow("del-flows", Outside);
        string outside = _work == Workload.Decap ? "in_port=p0,actions=LOCAL" : "in_port=LOCAL,actions=p1";
        OpenFlow("add-flow", Outside, outside);
        string[] flows = _work switch
        {
            Workload.Encap => ["in_port=p0,actions=output:vx"],
            Workload.Decap => ["in_port=vx,actions=output:p2"],
            Workload.AccessList =>
            [
                .. DenyRule.Make(ComparisonPolicy.AccessListLength).Select((rule, i) => rule.ToFlow(1000 + i)),
                "priority=1,in_port=p0,actions=output:vx",
            ],
            Workload.Tracked =>
            [
                "table=0,in_port=p0,ip,ct_state=-trk,actions=ct(table=1)",
                "table=1,ip,ct_state=+new+trk,actions=ct(commit),output:vx",
                "table=1,ip,ct_state=+est+trk,actions=output:vx",
            ],
            _ =>
            [
                "table=0,in_port=p0,ip,actions=ct(commit,nat(src=192.168.9.9-192.168.9.20:1024-65535),table=1)",
                "table=1,actions=output:vx",
            ],
        };
        Tool.Run("ovs-ofctl", ["add-flows", Management(Inside), "-"], string.Join('\n', flows));
        Thread.Sleep(TimeSpan.FromSeconds(2));
    }

    private void AddDevice(string bridge, string name, string device) => Configure(
        "add-port", bridge, name, "--", "set", "Interface", name, "type=dpdk", $"options:dpdk-devargs=\"{device}\"");

    private void Configure(params string[] arguments) =>
        Tool.Run("ovs-vsctl", ["--timeout=20", $"--db={Database}", .. arguments]);

    private void OpenFlow(string command, string bridge, params string[] rest) =>
        Tool.Run("ovs-ofctl", [command, Management(bridge), .. rest]);

    private string Control(params string[] arguments) =>
        Tool.Run("ovs-appctl", ["-t", $"{_folder}/vswitchd.ctl", .. arguments]);

    private string Management(string bridge) => $"unix:{_folder}/{bridge}.mgmt";

    private string Flows() => Control("dpctl/dump-flows");

    private long PacketsReceived() => Packets(_work == Workload.Decap ? Outside : Inside, "p0", "rx");

    private long PacketsSent() =>
        _work == Workload.Decap ? Packets(Inside, "p2", "tx") : Packets(Outside, "p1", "tx");

    private long Packets(string bridge, string port, string direction)
    {
        string ports = Tool.Run("ovs-ofctl", ["dump-ports", Management(bridge), port]);
        Match count = Regex.Match(ports, $@"{direction} pkts=(\d+)", RegexOptions.None, TimeSpan.FromSeconds(1));
        return count.Success ? long.Parse(count.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;
    }

    private void Signal(int signal)
    {
        if (TryFindProcess("vswitchd", out int process))
        {
            Linux.Signal(process, signal);
        }
    }

    private void Stop(string daemon)
    {
        if (!TryFindProcess(daemon, out int process))
        {
            return;
        }

        Linux.Signal(process, Linux.SigTerm);
        for (int i = 0; i < 100 && Directory.Exists($"/proc/{process}"); i++)
        {
            Thread.Sleep(50);
        }

        if (Directory.Exists($"/proc/{process}"))
        {
            Linux.Signal(process, Linux.SigKill);
        }
    }

    private bool TryFindProcess(string daemon, out int process)
    {
        string file = $"{_folder}/{daemon}.pid";
        process = 0;
        return File.Exists(file) && int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out process);
    }

    [GeneratedRegex(
        @"Rx packets:.*\((?<kpps>\d+) Kpps, (?<cycles>\d+) cycles/pkt", RegexOptions.ExplicitCapture)]
    private static partial Regex Rate();
}
