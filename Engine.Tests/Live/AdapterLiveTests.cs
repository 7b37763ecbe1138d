using System.Globalization;
using System.Text.RegularExpressions;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Pcap;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>Every kind of endpoint with every kind of uplink, and a kernel's VXLAN device at the other end.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed partial class AdapterLiveTests
{
    [SkippableTheory]
    [InlineData("raw", "udp")]
    [InlineData("tap", "raw")]
    [InlineData("tap", "udp")]
    [InlineData("pcap", "pcap")]
    [InlineData("xdp", "xdp")]
    [InlineData("tap", "xdp")]
    [InlineData("tap", "raw", ",uso")]
    [InlineData("xdp", "xdp", ",uso")]
    public void Two_tenants_talk(string endpoint, string uplink, string options = "")
    {
        LiveTests.SkipWhereImpossible();
        Skip.If(endpoint == "pcap" && !PcapLibrary.IsPresent, "libpcap is not installed.");
        using var rig = new LiveRig(hasVeth: endpoint != "tap", hasUnderlayAddress: uplink == "udp");
        string[] ports = Ports(endpoint, uplink);
        using var live = new LiveSwitch(rig, ports[0], ports[1] + options);
        if (endpoint == "tap")
        {
            rig.TakeTap();
        }

        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        for (int size = 0; size <= 4000; size += 250)
        {
            Traffic.Ping(rig.Tenant, "10.0.1.6", size);
        }

        Traffic.PingUntilAnswered(rig.Peer, "fd01::5");
        Traffic.Ping(rig.Tenant, "fd01::6", 1300, count: 3);
        Traffic.Transfer(rig.Tenant, rig.Peer, "10.0.1.6", megabytes: 20);
        Traffic.Transfer(rig.Peer, rig.Tenant, "10.0.1.5", megabytes: 20);
        Traffic.Transfer(rig.Tenant, rig.Peer, "fd01::6", megabytes: 10);
        Traffic.Transfer(rig.Peer, rig.Tenant, "fd01::5", megabytes: 10);
        Traffic.Datagrams(rig.Tenant, rig.Peer, "10.0.1.6");
        Traffic.Datagrams(rig.Peer, rig.Tenant, "10.0.1.5");
        if (endpoint != "pcap")
        {
            // What libpcap shows of a super-frame of UDP does not say that it is one.
            Traffic.SuperDatagrams(rig.Tenant, rig.Peer, "10.0.1.6");
            Traffic.SuperDatagrams(rig.Tenant, rig.Peer, "fd01::6");
            int whole = Traffic.SuperDatagrams(rig.Peer, rig.Tenant, "10.0.1.5");
            whole += Traffic.SuperDatagrams(rig.Peer, rig.Tenant, "fd01::5");
            Assert.True((endpoint, uplink) != ("tap", "udp") || whole > 50, $"{whole} super-frames came whole.");
        }

        live.Stop();
        Assert.Equal((0, 0), (LiveRig.WrongChecksums(rig.Tenant), LiveRig.WrongChecksums(rig.Peer)));
    }

    [SkippableFact]
    public void Super_frames_in_tunnels_cross_a_bridge_whole()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig(hasVeth: false);
        Skip.IfNot(KernelTakesTunnels(rig), "Super-frames in tunnels need Linux 6.17.");
        Shell.Run($"ip -n {rig.Engine} link set uplink address 02:aa:00:00:00:f2");
        using var live = new LiveSwitch(rig, "web=tap:eth0", "uplink=tap:out,tunnels,mac=02:aa:00:00:00:f1");
        Shell.Run($"ip -n {rig.Engine} link add br0 type bridge");
        Shell.Run($"ip -n {rig.Engine} link set uplink master br0");
        Shell.Run($"ip -n {rig.Engine} link set out master br0");
        Shell.Run($"ip -n {rig.Engine} link set br0 up");
        rig.TakeTap();
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        Traffic.Transfer(rig.Tenant, rig.Peer, "10.0.1.6", megabytes: 20);
        Traffic.Transfer(rig.Peer, rig.Tenant, "10.0.1.5", megabytes: 20);
        Traffic.Transfer(rig.Tenant, rig.Peer, "fd01::6", megabytes: 10);
        Traffic.SuperDatagrams(rig.Tenant, rig.Peer, "10.0.1.6");
        Traffic.SuperDatagrams(rig.Peer, rig.Tenant, "fd01::5");
        live.Stop();
        Assert.Equal((0, 0), (LiveRig.WrongChecksums(rig.Tenant), LiveRig.WrongChecksums(rig.Peer)));

        // More than fits into one frame came in one, so nobody has cut it on the way.
        string[] counts = LiveRig.In(rig.Peer, "cat /proc/net/dev").Split('\n')
            .First(line => line.Contains("underlay:", StringComparison.Ordinal)).Split(':')[1]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long bytes = long.Parse(counts[0], CultureInfo.InvariantCulture);
        long frames = long.Parse(counts[1], CultureInfo.InvariantCulture);
        Assert.True(bytes > 2000 * frames, $"{bytes} bytes came in {frames} frames.");
    }

    [SkippableFact]
    public void Pings_of_every_size_cross_jumbo_interfaces()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig(mtu: 9000, hasVeth: false, hasUnderlayAddress: true);
        using var live = new LiveSwitch(rig, Ports("tap", "udp"));
        rig.TakeTap();
        Traffic.PingUntilAnswered(rig.Tenant, "10.0.1.6");
        for (int size = 0; size <= 8950; size += 895)
        {
            Traffic.Ping(rig.Tenant, "10.0.1.6", size);
            Traffic.Ping(rig.Peer, "10.0.1.5", size);
        }

        live.Stop();
    }

    [SkippableFact]
    public void A_tap_makes_super_frames_of_one_datagrams_length_and_leaves_an_owners_choice_alone()
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig(hasVeth: false);
        Shell.Run($"ip -n {rig.Engine} tuntap add owned mode tap");
        string[] taps = ["made", "made,mtu=1400", "made,mtu=9000", "owned"];
        int[] segments = [.. taps.Select(tap => NetworkNamespace.Run(rig.Engine, () =>
        {
            using IPacketPort port = LivePorts.Open($"tap:{tap}");
            string link = Shell.Run($"ip -n {rig.Engine} -d link show dev {tap.Split(',')[0]}");
            return int.Parse(MaxSegments().Match(link).Groups[1].Value, CultureInfo.InvariantCulture);
        }))];

        // 65 000 bytes of VXLAN and Ethernet headers and packets; 65 535 is the kernel's own choice.
        Assert.Equal([65_000 / 1522, 44, 65_000 / 9022, 65_535], segments);
    }

    [GeneratedRegex("gso_max_segs ([0-9]+)")]
    private static partial Regex MaxSegments();

    private static bool KernelTakesTunnels(LiveRig rig)
    {
        try
        {
            NetworkNamespace.Run(rig.Engine, () => VxlanEngine.Ports.LivePorts.Open("tap:probe,tunnels")).Dispose();
            return true;
        }
        catch (InvalidOperationException e) when (e.Message.Contains("Linux 6.17", StringComparison.Ordinal))
        {
            return false;
        }
    }

    /// <summary>The ports of a <see cref="LiveRig"/>, as <c>vxe run</c> is told them.</summary>
    internal static string[] Ports(string endpoint, string uplink) =>
    [
        endpoint == "tap" ? "web=tap:eth0" : $"web={endpoint}:web",
        uplink == "udp" ? "uplink=udp:172.31.0.1" : $"uplink={uplink}:uplink",
    ];
}
