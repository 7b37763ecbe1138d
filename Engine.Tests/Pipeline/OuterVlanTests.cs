using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>An uplink in a VLAN: its tag in front of tunnel packets, in both directions.</summary>
public sealed class OuterVlanTests
{
    private const int Id = 100;

    private static readonly SwitchPolicy Tagged =
        Green.Policy.WithPort("up", p => p with { Vlan = Id, VlanPriority = 5 });

    private static readonly SwitchPolicy Resolving =
        (Tagged with { Neighbors = [] }).WithPort("up", p => p with { ResolveNeighbors = true });

    private static readonly byte[] Query = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Payload("query").Build();

    [Fact]
    [Trait("Scenario", "VD17")]
    public void Tunnel_packets_are_sent_with_the_tag_over_both_families()
    {
        using var bench = new OverlayBench(Tagged);
        bench.Send("a", Query).Left("up", InVlan(Query));
        byte[] toD = FromA(MacD).Ipv4(IpA, IpD).Udp(1000, 53).Build();
        bench.Send("a", toD).Left(
            "up",
            FrameBuilder.Ethernet(MacUplink, MacVtepD).Vlan(Id, 5).Ipv6(Vtep6, VtepD).Vxlan(VniValue).Payload(toD)
                .Build());
    }

    [Fact]
    public void Geneve_has_the_tag_in_both_directions()
    {
        SwitchPolicy policy = Tagged with
        {
            Networks =
            [
                .. Tagged.Networks.Select(n => n with { Tunnel = TunnelOptions.Of(TunnelKind.Geneve) }),
            ],
        };
        using var bench = new OverlayBench(policy);
        byte[] left = bench.Send("a", Query).Left("up");
        byte[] tag = FrameBuilder.Ethernet(MacUplink, MacVtepC).Vlan(Id, 5).Ipv4(Vtep, VtepC).Build();
        Assert.Equal(Hex.Text(tag.AsSpan(0, 18)), Hex.Text(left.AsSpan(0, 18)));
        Assert.Equal((6081, Hex.Text(Query)), ((left[40] << 8) | left[41], Hex.Text(left.AsSpan(54))));
        bench.Send(
                "up",
                FrameBuilder.Ethernet(MacVtepC, MacUplink).Vlan(Id).Ipv4(VtepC, Vtep).Udp(50000, 6081, checksum: 0)
                    .Geneve(VniValue).Payload(Inner).Build())
            .Left("a", Inner);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(7)]
    [Trait("Scenario", "VD17")]
    public void Tunnel_packets_with_the_tag_are_opened_whatever_their_priority(int priority) =>
        OverlayBench.Run(Tagged, "up", Arriving(f => f.Vlan(Id, priority, dropEligible: priority == 7)))
            .Left("a", Inner);

    [Fact]
    [Trait("Scenario", "VD17")]
    public void Without_exactly_that_tag_nothing_is_opened_answered_or_heard()
    {
        using var bench = new OverlayBench(Resolving);
        Func<FrameBuilder, FrameBuilder>[] others =
        [
            f => f,
            f => f.Vlan(0, 5),
            f => f.Vlan(Id + 1),
            f => f.Vlan(Id, tagType: 0x88A8),
            f => f.Vlan(Id).Vlan(Id),
        ];
        foreach (Func<FrameBuilder, FrameBuilder> tags in others)
        {
            bench.Send("up", Arriving(tags)).DroppedFor(DropReason.OuterVlan);
            bench.Send("up", tags(FrameBuilder.Ethernet(MacVtepC, Broadcast)).ArpRequest(MacVtepC, VtepC, Vtep).Build())
                .DroppedFor(DropReason.OuterVlan);
            bench.Send(
                    "up",
                    tags(FrameBuilder.Ethernet(MacVtepC, MacUplink)).Ipv4(VtepC, Vtep).IcmpEchoRequest(1, 1).Build())
                .DroppedFor(DropReason.OuterVlan);
        }
    }

    [Fact]
    public void A_priority_tag_is_stepped_over_by_an_uplink_that_is_in_no_vlan() =>
        OverlayBench.Run("up", Arriving(f => f.Vlan(0, 5))).Left("a", Inner);

    [Fact]
    public void What_is_in_no_vlan_of_the_uplinks_goes_to_the_host_where_there_is_one()
    {
        SwitchPolicy policy = Tagged.Plus(new Port { Name = "host", Kind = PortKind.Host });
        byte[] other = Arriving(f => f.Vlan(Id + 1));
        using var bench = new OverlayBench(policy);
        bench.Send("up", other).Left("host", other);
        bench.Send("up", Arriving(f => f.Vlan(Id))).Left("a", Inner);
    }

    [Fact]
    public void Questions_and_answers_have_the_tag_too()
    {
        using var bench = new OverlayBench(Resolving);
        OverlayBench.Sent question = Assert.Single(bench.Send("a", Query).Frames);
        byte[] request = FrameBuilder.Ethernet(MacUplink, Broadcast).Vlan(Id, 5)
            .ArpRequest(MacUplink, Vtep, VtepC).Build();
        Assert.Equal(Hex.Text(request), Hex.Text(question.Bytes));
        byte[] reply = FrameBuilder.Ethernet(MacVtepC, MacUplink).Vlan(Id)
            .ArpReply(MacVtepC, VtepC, MacUplink, Vtep).Build();
        Assert.Equal(Hex.Text(InVlan(Query)), Hex.Text(Assert.Single(bench.Send("up", reply, 1).Frames).Bytes));

        byte[] toD = FromA(MacD).Ipv4(IpA, IpD).Udp(1000, 53).Build();
        question = Assert.Single(bench.Send("a", toD, 2).Frames);
        Assert.Equal(
            Hex.Text(FrameBuilder.Ethernet(MacUplink, "33:33:ff:00:00:02").Vlan(Id, 5)
                .Ipv6(Vtep6, "ff02::1:ff00:2", hopLimit: 255).NeighborSolicitation(VtepD, MacUplink).Build()),
            Hex.Text(question.Bytes));
        byte[] advertisement = FrameBuilder.Ethernet(MacVtepD, MacUplink).Vlan(Id).Ipv6(VtepD, Vtep6, hopLimit: 255)
            .NeighborAdvertisement(VtepD, MacVtepD).Build();
        Assert.Single(bench.Send("up", advertisement, 3).Frames);

        bench.Send(
                "up",
                FrameBuilder.Ethernet(MacVtepC, Broadcast).Vlan(Id).ArpRequest(MacVtepC, VtepC, Vtep).Build(),
                4)
            .Answered(
                "up",
                FrameBuilder.Ethernet(MacUplink, MacVtepC).Vlan(Id).ArpReply(MacUplink, Vtep, MacVtepC, VtepC).Build());
    }

    [Fact]
    public void A_frame_that_waits_under_one_vlan_does_not_leave_under_another()
    {
        using var bench = new OverlayBench(Resolving);
        bench.Send("a", Query);
        Assert.Equal(1, bench.Counters.Held);
        bench.Apply(Resolving.WithPort("up", p => p with { Vlan = Id + 1 }));
        Assert.Equal((0, 1), (bench.Counters.Held, bench.Counters.Dropped));
    }

    [Fact]
    [Trait("Scenario", "VE17")]
    public void The_tag_takes_headroom_and_nothing_of_the_mtu()
    {
        SwitchPolicy policy = Tagged.WithPort("up", p => p with { Mtu = 1500 });
        using var bench = new OverlayBench(policy);
        Assert.Equal(1518, bench.Send("a", Of(1450)).Left("up").Length);
        bench.Send("a", Of(1451)).DroppedAndTold(DropReason.MtuExceeded, "a");
        bench.Send("a", Of(100), offset: 54).Left("up");
        bench.Send("a", Of(100), offset: 53).DroppedFor(DropReason.HeadroomExhausted);

        byte[] Of(int packet) =>
            FromA().Ipv4(IpA, IpC, dontFragment: true).Udp(1000, 53).Payload(new byte[packet - 28]).Build();
    }

    [Fact]
    public void The_tunnels_description_names_the_vlan() =>
        Assert.Equal(
            "vxlan vni 7 172.31.9.1 > 172.31.9.2 in vlan 100",
            VxlanEncapsulation.CreateTemplate(
                new Vni(7),
                Ip(Vtep),
                Ip(VtepC),
                TunnelOptions.Default,
                new NextHop(0, default, (5 << 13) | Id, Ip(VtepC), default, IsLearnt: false)).Description);

    private static byte[] Arriving(Func<FrameBuilder, FrameBuilder> tags) =>
        tags(FrameBuilder.Ethernet(MacVtepC, MacUplink)).Ipv4(VtepC, Vtep, dontFragment: true).Vxlan(VniValue)
            .Payload(Inner).Build();

    private static byte[] InVlan(byte[] inner) => FrameBuilder.Ethernet(MacUplink, MacVtepC).Vlan(Id, 5)
        .Ipv4(Vtep, VtepC, dontFragment: true).Vxlan(VniValue).Payload(inner).Build();
}
