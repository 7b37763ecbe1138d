using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Who may send through a tunnel: the outer source address, and the stations inside.</summary>
public sealed class UplinkSourceTests
{
    private static readonly byte[] Inner6 =
        FrameBuilder.Ethernet(MacC, MacA).Ipv6(Ip6C, Ip6A).Tcp(53, 1000).Payload("answer").Build();

    [Fact]
    [Trait("Scenario", "VD19"), Trait("Scenario", "VD27")]
    public void Inner_source_mac_of_an_endpoint_here_is_a_loop_or_a_lie()
    {
        byte[] loop = FromBToA().Udp(1, 2).Build();
        byte[] toAll = FrameBuilder.Ethernet(MacB, Broadcast).Ipv4(IpB, "255.255.255.255").Udp(1, 2).Build();
        SwitchPolicy flooding = Green.Policy.With(n => n with { Broadcast = Flooding.Replicate });
        OverlayBench.Run("up", Tunnelled(loop)).DroppedFor(DropReason.InnerSourceMacInvalid);
        OverlayBench.Run(flooding, "up", Tunnelled(toAll)).DroppedFor(DropReason.InnerSourceMacInvalid);
        SwitchPolicy trusting = Green.Policy.With(n => n with { SourceVtep = SourceVtepCheck.Off });
        OverlayBench.Run(trusting, "up", Tunnelled(loop)).Left("a", loop);

        // Every switch routes with the one MAC address of the distributed router.
        byte[] routed = FrameBuilder.Ethernet(MacRouter, MacA).Ipv4(IpC, IpA).Udp(1, 2).Build();
        OverlayBench.Run("up", Tunnelled(routed)).Left("a", routed);
    }

    [Theory]
    [InlineData("00:00:00:00:00:00")]
    [InlineData("ff:ff:ff:ff:ff:ff")]
    [InlineData("03:42:0a:00:02:07")]
    [Trait("Scenario", "FD14"), Trait("Scenario", "VD19")]
    public void Inner_source_mac_that_no_station_has_is_dropped(string mac) =>
        OverlayBench.Run("up", Tunnelled(FrameBuilder.Ethernet(mac, MacA).Payload(46).Build()))
            .DroppedFor(DropReason.InnerSourceMacInvalid);

    [Theory]
    [InlineData("239.1.1.1")]
    [InlineData("ff05::1")]
    public void Answers_to_a_source_that_is_a_group_find_no_way(string group)
    {
        // Found by mutation. Where any VTEP may send, the flow remembers what the packet said of its own.
        SwitchPolicy trusting = Green.Policy.With(n => n with { SourceVtep = SourceVtepCheck.Off })
            .WithLayers(Vnet with { Stateful = true });
        using var bench = new OverlayBench(trusting);
        bench.Send("up", Tunnelled(Inner, source: group)).Left("a", Inner);
        bench.Send("a", FromA().Ipv4(IpA, IpC).Udp(1000, 53).Build()).DroppedFor(DropReason.NeighborUnresolved);
    }

    [Fact]
    [Trait("Scenario", "VD07")]
    public void Source_vtep_is_any_known_one_by_default()
    {
        using var bench = new OverlayBench(Green.Policy.With(n => n with
        {
            Vteps = [Ip("172.31.9.50")],
            Routes =
            [
                new RemoteSubnet
                {
                    Prefix = IpPrefix.Parse("10.8.0.0/16"), Vteps = [Ip(VtepFar)], RouterMac = Mac(MacFarRouter),
                },
            ],
        }));
        foreach (string known in new[] { VtepC, VtepE, VtepD, VtepFar, "172.31.9.50" })
        {
            bench.Send("up", Tunnelled(Inner, source: known)).Left("a", Inner);
        }

        bench.Send("up", Tunnelled(Inner, source: "172.31.9.66")).DroppedFor(DropReason.VtepUnknown);
    }

    [Fact]
    [Trait("Scenario", "VD07")]
    public void Strict_source_vtep_is_the_one_that_the_mapping_names()
    {
        using var bench = new OverlayBench(Green.Policy.With(n => n with { SourceVtep = SourceVtepCheck.Strict }));
        bench.Send("up", Tunnelled(Inner)).Left("a", Inner);
        bench.Send("up", Tunnelled(Inner6)).Left("a", Inner6);
        bench.Send("up", Tunnelled(Inner, source: VtepE)).DroppedFor(DropReason.VtepUnknown);
        byte[] byMac = FrameBuilder.Ethernet(MacC, MacA).Payload(46).Build();
        bench.Send("up", Tunnelled(byMac)).Left("a", byMac);
        bench.Send("up", Tunnelled(byMac, source: VtepE)).DroppedFor(DropReason.VtepUnknown);
        byte[] stranger = FrameBuilder.Ethernet(MacUnknown, MacA).Ipv4("10.0.2.99", IpA).Udp(1, 2).Build();
        bench.Send("up", Tunnelled(stranger)).DroppedFor(DropReason.VtepUnknown);
        byte[] ownName = FromBToA().Udp(1, 2).Build();
        bench.Send("up", Tunnelled(ownName)).DroppedFor(DropReason.VtepUnknown);
    }

    [Fact]
    public void Strict_source_vtep_is_any_of_the_routes_where_it_names_several()
    {
        using var bench = new OverlayBench(Green.Policy.With(n => n with
        {
            SourceVtep = SourceVtepCheck.Strict,
            Routes =
            [
                new RemoteSubnet
                {
                    Prefix = IpPrefix.Parse("10.8.0.0/16"),
                    Vteps = [Ip(VtepC), Ip(VtepE), Ip(VtepFar)],
                    RouterMac = Mac(MacFarRouter),
                },
            ],
        }));
        for (int port = 1; port <= 20; port++)
        {
            byte[] inner = FrameBuilder.Ethernet(MacFarRouter, MacA).Ipv4("10.8.0.1", IpA).Udp(port, 1000).Build();
            bench.Send("up", Tunnelled(inner)).Left("a", inner);
            bench.Send("up", Tunnelled(inner, source: VtepE)).Left("a", inner);
            bench.Send("up", Tunnelled(inner, source: VtepFar)).Left("a", inner);
            bench.Send("up", Tunnelled(inner, source: VtepD)).DroppedFor(DropReason.VtepUnknown);
        }
    }

    [Fact]
    [Trait("Scenario", "VD07")]
    public void Source_vtep_is_not_looked_at_when_the_check_is_off() =>
        OverlayBench.Run(
                Green.Policy.With(n => n with { SourceVtep = SourceVtepCheck.Off }),
                "up",
                Tunnelled(Inner, source: "192.0.2.1"))
            .Left("a", Inner);
}
