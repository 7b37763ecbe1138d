using System.Globalization;
using VxlanEngine.Benchmarks.Comparison;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>Traffic of a soak: TCP both ways, datagrams, pings and small frames, as long as it lasts.</summary>
internal sealed class SoakTraffic : IDisposable
{
    private const double SmallFramesRate = 5000;

    private readonly List<ChildProcess> _servers = [];
    private readonly List<ChildProcess> _clients = [];
    private readonly ChildProcess _pings;
    private readonly FrameLoad _load;

    /// <summary>Begins.</summary>
    public SoakTraffic(IoRig rig, int seconds)
    {
        string time = seconds.ToString(CultureInfo.InvariantCulture);
        Start(rig, "5201", "-t", time, "-P", "4", "-b", "20M");
        Start(rig, "5202", "-t", time, "-P", "2", "-b", "20M", "-R");
        Start(rig, "5203", "-t", time, "-u", "-b", "20M", "-l", "1300");
        _pings = new ChildProcess(
            "ip", "netns", "exec", rig.Tenant, "ping", "-n", "-q", "-i", "0.02", "-w", time, IoRig.PeerAddress);
        _load = new FrameLoad(rig, SmallFramesRate);
    }

    /// <summary>Waits for its end.</summary>
    /// <exception cref="ComparisonException">A connection broke.</exception>
    public void WaitForEnd()
    {
        _clients.ForEach(client => client.WaitForEnd());
        _load.Stop();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _load.Stop();
        _pings.Dispose();
        _clients.ForEach(client => client.Dispose());
        _servers.ForEach(server => server.Dispose());
    }

    // Without interim reports: what a client writes is kept.
    private void Start(IoRig rig, string port, params string[] arguments)
    {
        var server = new ChildProcess(
            "ip", "netns", "exec", rig.Peer, "iperf3", "-s", "-1", "-i", "0", "--forceflush", "-p", port);
        _servers.Add(server);
        server.WaitFor("Server listening");
        _clients.Add(new ChildProcess([
            "ip", "netns", "exec", rig.Tenant, "iperf3", "-c", IoRig.PeerAddress, "-p", port, "-i", "0", .. arguments,
        ]));
    }
}
