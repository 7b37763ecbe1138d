using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Tests.Live;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>One side's turn: packets, TCP and latency through one running switch.</summary>
internal sealed class IoMeasurement(IoRig rig, IIoSwitch side, IoOptions options)
{
    /// <summary>Frames a second with a time.</summary>
    public const int ProbeRate = 1000;

    private const int OuterLength = EthernetHeader.Length + Ipv4Header.Length + UdpHeader.Length;

    /// <summary>Measures what is asked for.</summary>
    /// <exception cref="ComparisonException">The tenant and the peer do not talk.</exception>
    public IoTurn Run()
    {
        rig.WaitForAnswer();
        (double Got, double Offered)? rate = options.Packets || options.Latency ? MeasurePackets() : null;
        Latency? alone = options.Latency ? MeasureLatency(0) : null;
        Latency? atHalf = options.Latency ? MeasureLatency(rate!.Value.Got * 1e6 / 2) : null;
        double? gbps = options.Tcp ? MeasureTcp() : null;
        return new IoTurn(rate?.Got, rate?.Offered, gbps, alone, atHalf);
    }

    private static double Rate(long before, long after, TimeSpan time) => (after - before) / time.TotalSeconds / 1e6;

    // The load has the first processor for itself, and whoever switches another one.
    private void KeepApart(bool isApart)
    {
        if (side.ProcessId is { } process && Environment.ProcessorCount > 1)
        {
            string processors = isApart ? "1" : $"0-{Environment.ProcessorCount - 1}";
            Tool.TryRun("taskset", ["-a", "-c", "-p", processors, process.ToString(CultureInfo.InvariantCulture)]);
        }
    }

    private (double Got, double Offered) MeasurePackets()
    {
        KeepApart(true);
        rig.SetHearing(false);
        IPacketLoad load = Load();
        Thread.Sleep(TimeSpan.FromSeconds(options.Warmup));
        (long got, long offered) = (PacketsAtPeer(), load.Sent);
        var clock = Stopwatch.StartNew();
        Thread.Sleep(TimeSpan.FromSeconds(options.Seconds));
        (long gotAfter, long offeredAfter) = (PacketsAtPeer(), load.Sent);
        TimeSpan time = clock.Elapsed;
        load.Stop();
        if (side.HasWire)
        {
            rig.SetReceiving(false);
        }

        rig.SetHearing(true);
        KeepApart(false);
        rig.WaitForAnswer();
        return (Rate(got, gotAfter, time), Rate(offered, offeredAfter, time));
    }

    private IPacketLoad Load()
    {
        if (!side.HasWire)
        {
            return new FrameLoad(rig, null);
        }

        rig.SetReceiving(true);
        return new XdpLoad(rig);
    }

    private Latency? MeasureLatency(double rate)
    {
        KeepApart(true);
        rig.SetHearing(false);
        var probe = new LatencyProbe(rig);
        var load = new FrameLoad(rig, rate, ProbeRate);
        Thread.Sleep(TimeSpan.FromSeconds(options.Seconds));
        load.Stop();
        Thread.Sleep(50);
        Latency? latency = Latency.Of(probe.Stop());
        rig.SetHearing(true);
        KeepApart(false);
        return latency;
    }

    private double MeasureTcp()
    {
        using var server = new ChildProcess(
            "ip", "netns", "exec", rig.Peer, "iperf3", "-s", "-1", "--forceflush", "-B", IoRig.PeerAddress);
        server.WaitFor("Server listening");
        string seconds = options.Seconds.ToString(CultureInfo.InvariantCulture);
        string warmup = options.Warmup.ToString(CultureInfo.InvariantCulture);
        string report = Tool.Run("timeout", [
            "60", "ip", "netns", "exec", rig.Tenant, "iperf3", "-c", IoRig.PeerAddress, "-t", seconds, "-O", warmup,
            "-J",
        ]);
        using JsonDocument document = JsonDocument.Parse(report);
        return document.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bits_per_second")
            .GetDouble() / 1e9;
    }

    // Of /proc/net/dev: bytes, then frames. Datagrams that the kernel carries as one share their outer headers, and the
    // rest of each is as long as any other's: a VXLAN header and a frame.
    private long PacketsAtPeer() => NetworkNamespace.Run(rig.Peer, () =>
    {
        string line = File.ReadLines("/proc/thread-self/net/dev")
            .First(l => l.Contains($"{IoRig.Underlay}:", StringComparison.Ordinal));
        string[] words = line.Split(':')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long bytes = long.Parse(words[0], CultureInfo.InvariantCulture);
        long frames = long.Parse(words[1], CultureInfo.InvariantCulture);
        return (bytes - (frames * OuterLength)) / (VxlanHeader.Length + FrameLoad.FrameLength);
    });
}
