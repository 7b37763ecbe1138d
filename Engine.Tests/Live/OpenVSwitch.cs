using System.Diagnostics;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>
/// Open vSwitch's user-space datapath in a <see cref="LiveRig"/>'s peer, in place of the kernel's VXLAN device.
/// </summary>
/// <remarks>
/// <code>
/// underlay ── br-phy (172.31.0.2) ··· vxlan or geneve ── br-int (10.0.1.6)
/// </code>
/// Both bridges' own ports are TAP interfaces of the daemon's, which go with it.
/// </remarks>
internal sealed class OpenVSwitch : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _folder = Directory.CreateTempSubdirectory("vxe-ovs").FullName;
    private readonly string _name;
    private readonly List<Process> _daemons = [];

    /// <summary>Starts the switch.</summary>
    /// <param name="rig">Where; its peer's VXLAN device goes.</param>
    /// <param name="kind">The kind of tunnel, as Open vSwitch calls it.</param>
    public OpenVSwitch(LiveRig rig, string kind = "vxlan")
    {
        _name = rig.Peer;
        try
        {
            Build(rig, kind);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Skips the test where Open vSwitch is not installed.</summary>
    public static void SkipWhereMissing() => Skip.IfNot(
        LiveTests.IsInstalled("ovs-vswitchd") && LiveTests.IsInstalled("ovsdb-server"),
        "Open vSwitch is not installed.");

    /// <summary>Gives ovs-vsctl words without blanks inside, and returns what it prints.</summary>
    public string Configure(string words) => Configure(words.Split(' '));

    public void Dispose()
    {
        foreach (Process daemon in Enumerable.Reverse(_daemons))
        {
            if (!daemon.HasExited)
            {
                daemon.Kill(entireProcessTree: true);
                daemon.WaitForExit();
            }

            daemon.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private void Build(LiveRig rig, string kind)
    {
        Shell.Run($"ip -n {_name} link del vxlan");
        Shell.Run($"ip -n {_name} addr flush dev underlay");
        Shell.Run($"ovsdb-tool create {_folder}/conf.db /usr/share/openvswitch/vswitch.ovsschema");
        Start("ovsdb-server", $"{_folder}/conf.db", $"--remote=punix:{_folder}/db.sock", "-vconsole:off",
            $"--unixctl={_folder}/db.ctl");
        WaitForFile("db.sock");
        Configure("--no-wait", "init");
        Start("ovs-vswitchd", $"unix:{_folder}/db.sock", "-vconsole:off", $"--unixctl={_folder}/switch.ctl");
        WaitForFile("switch.ctl");
        string bridge = "datapath_type=netdev other-config:hwaddr=";
        Configure($"add-br br-phy -- set bridge br-phy {bridge}02:aa:00:00:00:02 -- add-port br-phy underlay");
        Configure($"add-br br-int -- set bridge br-int {bridge}02:42:0a:00:01:06 "
            + $"-- set interface br-int mtu_request={rig.InnerMtu} -- add-port br-int vx "
            + $"-- set interface vx type={kind} options:remote_ip=172.31.0.1 options:key=4097");
        Shell.Run($"ip -n {_name} addr add 172.31.0.2/24 dev br-phy");
        Shell.Run($"ip -n {_name} link set br-phy up");
        Shell.Run($"ip -n {_name} addr add 10.0.1.6/24 dev br-int");
        Shell.Run($"ip -n {_name} link set br-int up");
    }

    private string Configure(params string[] words)
    {
        (int code, string output) = Shell.Try(
            ["ovs-vsctl", "--timeout=10", $"--db=unix:{_folder}/db.sock", .. words]);
        Assert.True(code == 0, output);
        return output;
    }

    private void Start(string program, params string[] arguments) => _daemons.Add(Shell.Start(
        ["ip", "netns", "exec", _name, "env", $"OVS_RUNDIR={_folder}", $"OVS_LOGDIR={_folder}", program,
            .. arguments]));

    private void WaitForFile(string name)
    {
        var clock = Stopwatch.StartNew();
        while (!File.Exists(Path.Combine(_folder, name)))
        {
            Assert.True(clock.Elapsed < Patience, $"Open vSwitch does not make {name}.");
            Thread.Sleep(20);
        }
    }
}
