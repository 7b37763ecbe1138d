using VxlanEngine.Ports.Pcap;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>Every kind of endpoint with every kind of uplink, and a kernel's VXLAN device at the other end.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
public sealed class AdapterLiveTests
{
    [SkippableTheory]
    [InlineData("raw", "udp")]
    [InlineData("tap", "raw")]
    [InlineData("tap", "udp")]
    [InlineData("pcap", "pcap")]
    [InlineData("xdp", "xdp")]
    [InlineData("tap", "xdp")]
    public void Two_tenants_talk(string endpoint, string uplink)
    {
        LiveTests.SkipWhereImpossible();
        Skip.If(endpoint == "pcap" && !PcapLibrary.IsPresent, "libpcap is not installed.");
        using var rig = new LiveRig(hasVeth: endpoint != "tap", hasUnderlayAddress: uplink == "udp");
        using var live = new LiveSwitch(rig, Ports(endpoint, uplink));
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
        Traffic.Transfer(rig.Tenant, rig.Peer, "10.0.1.6", megabytes: 40);
        Traffic.Transfer(rig.Peer, rig.Tenant, "10.0.1.5", megabytes: 40);
        Traffic.Transfer(rig.Tenant, rig.Peer, "fd01::6", megabytes: 10);
        Traffic.Transfer(rig.Peer, rig.Tenant, "fd01::5", megabytes: 10);
        Traffic.Datagrams(rig.Tenant, rig.Peer, "10.0.1.6");
        Traffic.Datagrams(rig.Peer, rig.Tenant, "10.0.1.5");
        live.Stop();
        Assert.Equal((0, 0), (LiveRig.WrongChecksums(rig.Tenant), LiveRig.WrongChecksums(rig.Peer)));
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

    /// <summary>The ports of a <see cref="LiveRig"/>, as <c>vxe run</c> is told them.</summary>
    internal static string[] Ports(string endpoint, string uplink) =>
    [
        endpoint == "tap" ? "web=tap:eth0" : $"web={endpoint}:web",
        uplink == "udp" ? "uplink=udp:172.31.0.1" : $"uplink={uplink}:uplink",
    ];
}
