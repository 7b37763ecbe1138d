using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Packets that layers put into two tunnels, and packets that come in two.</summary>
/// <remarks>
/// The tenant's network is the green one, VNI 5001; the provider's tunnel, VNI 9000, is around it, to the far VTEP.
/// </remarks>
public sealed class TwoTunnelsTests
{
    private const uint Provider = 9000;
    private const string MacOfRouter = "02:aa:00:00:00:fe";

    private static readonly TunnelOptions OnePort = new() { SourcePorts = new NumberRange(50001, 50001) };

    /// <summary>The network green, whose tunnels the uplink's layers put into the provider's.</summary>
    private static readonly SwitchPolicy ByUplink =
        Green.Policy.Plus(Around("up", Far(), new Match { Vni = NumberMatch.Parse("5001") }));

    private static readonly Network ProvidersNetwork = new()
    {
        Name = "provider",
        Vni = new Vni(Provider),
        Endpoints = [new RemoteEndpoint { Addresses = [Ip(VtepC)], Mac = Mac(MacOfRouter), Vtep = Ip(VtepFar) }],
        Tunnel = OnePort,
    };

    [Fact]
    [Trait("Scenario", "VE24")]
    public void Rule_of_the_uplink_puts_what_leaves_through_a_tunnel_into_another()
    {
        using var bench = new OverlayBench(ByUplink);
        byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Payload("query").Build();
        bench.Send("a", frame).Left("up", InProviders(ToC(frame)));
        Assert.Equal(1, bench.Counters.Rules.Single(r => r.Key == "around/out/out").Value);
        bench.Send("a", FromA().Payload(46).Build()).Left("up", InProviders(ToC(FromA().Payload(46).Build())));
    }

    [Fact]
    [Trait("Scenario", "VE24")]
    public void Of_two_layers_of_one_port_the_later_ones_tunnel_is_around()
    {
        byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Payload("query").Build();
        OverlayBench.Run(Green.Policy.Plus(Around("a", Far())), "a", frame).Left("up", InProviders(ToC(frame)));

        // What does not enter the first tunnel does not enter the second.
        byte[] local = FromA(MacB).Ipv4(IpA, IpB).Udp(1, 2).Build();
        OverlayBench.Run(Green.Policy.Plus(Around("a", Far())), "a", local).Left("b", local);
    }

    [Fact]
    public void Of_two_groups_of_one_layer_the_last_match_alone_decides()
    {
        Layer vnet = Vnet with
        {
            Groups = [.. (IEnumerable<Group>)Vnet.Groups, GroupOf("last", Direction.Out, Far())],
        };
        byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Payload("query").Build();
        OverlayBench.Run(Green.Policy.WithLayers(vnet), "a", frame).Left("up", InProviders(frame));
    }

    [Fact]
    [Trait("Scenario", "VE24")]
    public void Second_tunnel_of_a_network_is_the_one_to_the_first_ones_far_end()
    {
        SwitchPolicy policy = Green.Policy with
        {
            Networks = [Green.Policy.Networks[0], ProvidersNetwork],
        };
        var rule = new RuleAction.Encap { Network = "provider" };
        byte[] middle = ToC(FromA().Ipv4(IpA, IpC).Udp(1, 2).Build());
        Convert.FromHexString("02AA000000FE").CopyTo(middle, 0);
        foreach (string port in (string[])["up", "a"])
        {
            using var bench = new OverlayBench(policy.Plus(Around(port, rule)));
            bench.Send("a", FromA().Ipv4(IpA, IpC).Udp(1, 2).Build()).Left("up", InProviders(middle));
            bench.Send("a", FromA(MacE).Ipv4(IpA, IpE).Udp(1, 2).Build()).DroppedFor(DropReason.DestinationUnknown);
        }
    }

    [Fact]
    public void Router_of_the_second_tunnel_is_whom_the_middle_frame_is_for()
    {
        byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1, 2).Build();
        byte[] middle = ToC(frame);
        Convert.FromHexString("02AA000000FE").CopyTo(middle, 0);
        RuleAction.Encap far = Far(t => t with { RouterMac = Mac(MacOfRouter) });
        OverlayBench.Run(Green.Policy.Plus(Around("up", far)), "a", frame).Left("up", InProviders(middle));
    }

    [Theory]
    [InlineData(DscpMode.Pipe, DscpMode.Pipe, 0xBB, 0x03, 0x03)]
    [InlineData(DscpMode.Uniform, DscpMode.Pipe, 0xBA, 0xBA, 0x02)]
    [InlineData(DscpMode.Pipe, DscpMode.Uniform, 0xB9, 0x01, 0x01)]
    [InlineData(DscpMode.Uniform, DscpMode.Uniform, 0xB8, 0xB8, 0xB8)]
    [Trait("Scenario", "VE24")]
    public void Traffic_class_goes_from_tunnel_to_tunnel(DscpMode first, DscpMode second, byte tos, byte one, byte two)
    {
        SwitchPolicy policy = Green.Policy.WithTunnel(t => t with { Dscp = first, Ttl = 9 })
            .Plus(Around("up", Far(t => t with { Options = OnePort with { Dscp = second, Ttl = 33 } })));
        byte[] frame = FromA().Ipv4(IpA, IpC, tos: tos).Udp(1000, 53).Build();
        OverlayBench.Run(policy, "a", frame)
            .Left("up", InProviders(ToC(frame, tos: one, ttl: 9), tos: two, ttl: 33));
    }

    [Theory]
    [InlineData(DontFragmentMode.Copy, DontFragmentMode.Copy, false, false, false)]
    [InlineData(DontFragmentMode.Copy, DontFragmentMode.Copy, true, true, true)]
    [InlineData(DontFragmentMode.Set, DontFragmentMode.Copy, false, true, true)]
    [InlineData(DontFragmentMode.Clear, DontFragmentMode.Copy, true, false, false)]
    [InlineData(DontFragmentMode.Clear, DontFragmentMode.Set, true, false, true)]
    [InlineData(DontFragmentMode.Set, DontFragmentMode.Clear, true, true, false)]
    public void Df_goes_from_tunnel_to_tunnel(
        DontFragmentMode first, DontFragmentMode second, bool inner, bool one, bool two)
    {
        SwitchPolicy policy = Green.Policy.WithTunnel(t => t with { DontFragment = first })
            .Plus(Around("up", Far(t => t with { Options = OnePort with { DontFragment = second } })));
        byte[] frame = FromA().Ipv4(IpA, IpC, dontFragment: inner).Udp(1000, 53).Build();
        OverlayBench.Run(policy, "a", frame)
            .Left("up", InProviders(ToC(frame, dontFragment: one), dontFragment: two));
    }

    [Theory]
    [InlineData(false, false, 100)]
    [InlineData(false, true, 120)]
    [InlineData(true, false, 120)]
    [InlineData(true, true, 140)]
    [Trait("Scenario", "VE24")]
    public void Both_tunnels_count_to_the_mtu(bool firstIsV6, bool secondIsV6, int overhead)
    {
        SwitchPolicy policy = Green.Policy.WithPort("up", p => p with { Mtu = 1500 })
            .Plus(Around("up", secondIsV6 ? Far(t => t with { Destinations = [Ip(VtepD)] }) : Far()));
        (string mac, string ip) = firstIsV6 ? (MacD, IpD) : (MacC, IpC);
        FrameBuilder Of(int packet, bool df) =>
            FromA(mac).Ipv4(IpA, ip, dontFragment: df).Udp(1000, 53).Payload(packet - 28);
        using var bench = new OverlayBench(policy);
        int most = 1500 - overhead;
        Assert.Equal(1514, bench.Send("a", Of(most, df: true).Build()).Left("up").Length);
        byte[] exceeds = Of(most + 1, df: true).Build();
        byte[] error = FrameBuilder.Ethernet(MacRouter, MacA)
            .Ipv4(IpRouter, IpA, tos: 0xC0, dontFragment: true)
            .Icmp(3, 4, (uint)most).Payload(exceeds[14..562]).Build();
        bench.Send("a", exceeds).DroppedAndTold(DropReason.MtuExceeded, "a", error);

        Outcome fragments = bench.Send("a", Of(most + 1, df: false).Build());
        Assert.Equal(2, fragments.Frames.Count);
        Assert.All(fragments.Frames, f => Assert.InRange(f.Bytes.Length, 14 + overhead + 20, 1514));
        Assert.All(fragments.Frames, f => Assert.Equal(IpA, Innermost(f.Bytes).Source.ToString()));
    }

    [Fact]
    public void Segments_that_tcp_announces_fit_both_tunnels()
    {
        SwitchPolicy policy = ByUplink.WithPort("up", p => p with { Mtu = 1500 });
        byte[] syn = FromA().Ipv4(IpA, IpC).Tcp(1000, 80, TcpFlags.Syn, options: [2, 4, 0x05, 0xB4]).Build();
        byte[] clamped = FromA().Ipv4(IpA, IpC).Tcp(1000, 80, TcpFlags.Syn, options: [2, 4, 0x05, 0x50]).Build();
        OverlayBench.Run(policy, "a", syn).Left("up", InProviders(ToC(clamped)));
    }

    [Fact]
    public void Tag_of_the_underlay_stands_in_front_of_the_second_tunnel_alone()
    {
        byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Build();
        OverlayBench.Run(ByUplink.WithPort("up", p => p with { Vlan = 7 }), "a", frame).Left(
            "up",
            FrameBuilder.Ethernet(MacUplink, MacVtepFar).Vlan(7).Ipv4(Vtep, VtepFar, dontFragment: true)
                .Vxlan(Provider, 50001).Payload(ToC(frame)).Build());
    }

    [Fact]
    public void Copies_of_a_flood_enter_the_second_tunnel_each()
    {
        foreach (string port in (string[])["up", "a"])
        {
            using var bench = new OverlayBench(FloodingPolicy.Plus(Around(port, Far())));
            byte[] frame = FromA(Broadcast).ArpRequest(MacA, IpA, IpC).Build();
            Outcome outcome = bench.Send("a", port == "up" ? frame : FromA(Broadcast).Payload(46).Build());
            OverlayBench.Sent[] tunnelled = [.. outcome.Frames.Where(f => f.Port == "up")];
            Assert.Equal(3, tunnelled.Length);
            Assert.All(tunnelled, f => Assert.Equal(Mac(MacVtepFar), Parsed(f.Bytes).DestinationMac));
            Assert.Equal(MacA, Innermost(tunnelled[2].Bytes).SourceMac.ToString());
        }
    }

    [Fact]
    public void Next_hop_of_the_second_tunnel_is_waited_for_and_that_of_the_first_is_not()
    {
        SwitchPolicy policy = ByUplink.WithPort("up", p => p with { ResolveNeighbors = true }) with
        {
            Neighbors = [new Neighbor { Port = "up", Address = Ip(VtepC), Mac = Mac(MacVtepC) }],
        };
        byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Build();
        using (var bench = new OverlayBench(policy))
        {
            Assert.Single(bench.Send("a", frame).Frames);
            Assert.Equal(1, bench.Counters.Held);
            byte[] reply = FrameBuilder.Ethernet(MacVtepFar, MacUplink)
                .ArpReply(MacVtepFar, VtepFar, MacUplink, Vtep).Build();
            OverlayBench.Sent left = Assert.Single(bench.Send("up", reply, 1).Frames);
            Assert.Equal(Hex.Text(InProviders(ToC(frame))), Hex.Text(left.Bytes));
        }

        OverlayBench.Run(policy with { Neighbors = [] }, "a", frame);
        using var unknown = new OverlayBench(policy with { Neighbors = [] });
        Assert.Equal(1, unknown.Send("a", frame).Change.Drops[DropReason.NeighborUnresolved]);
    }

    [Fact]
    [Trait("Scenario", "VE24")]
    public void No_packet_enters_a_third_tunnel()
    {
        Port second = new()
        {
            Name = "up2",
            Kind = PortKind.Uplink,
            Mac = Mac("02:aa:00:00:00:21"),
            Addresses = [Ip("172.31.10.1")],
        };
        RuleAction.Encap away = Far(t => t with { Source = Ip("172.31.10.1") });
        SwitchPolicy policy = Green.Policy.Plus(second).Plus(Around("up", away), Around("up2", Far(), name: "more"));
        policy = policy with
        {
            Neighbors =
            [
                .. (IEnumerable<Neighbor>)policy.Neighbors,
                new Neighbor { Port = "up2", Address = Ip(VtepFar), Mac = Mac(MacVtepFar) },
            ],
        };
        byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Build();
        OverlayBench.Run(policy, "a", frame).DroppedFor(DropReason.EncapTooDeep);
        OverlayBench.Run(policy.WithLayers(Vnet, Around("up", away)), "a", frame).Left("up2");
    }

    [Fact]
    public void Frames_of_the_host_enter_a_tunnel_once_though_they_cross_the_uplinks_layers_twice()
    {
        SwitchPolicy policy = Green.Policy.Plus(new Port { Name = "tap", Kind = PortKind.Host })
            .Plus(Around("up", Far()));
        byte[] frame = FrameBuilder.Ethernet(MacUplink, MacVtepC).Ipv4(Vtep, "192.0.2.1").Udp(1, 2).Build();
        OverlayBench.Run(policy, "tap", frame).Left("up", InProviders(frame));
    }

    [Fact]
    public void Packets_in_two_tunnels_go_the_long_way_and_a_policy_changes_them_at_once()
    {
        using var port = new MemoryPort();
        using var up = new MemoryPort();
        using var vswitch = new VirtualSwitch(ByUplink);
        vswitch.Attach("a", port);
        vswitch.Attach("up", up);
        byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Build();
        Run(InProviders(ToC(frame)), 3);
        Assert.Equal(0, vswitch.FastPathHits);
        vswitch.Apply(Green.Policy);
        Run(ToC(frame), 3);
        Assert.True(vswitch.FastPathHits > 0);
        vswitch.Apply(ByUplink);
        Run(InProviders(ToC(frame)), 2);
        Assert.True(vswitch.ReadCounters().AddsUp);

        void Run(byte[] expected, int count)
        {
            for (int i = 0; i < count; i++)
            {
                port.Send(frame);
                vswitch.Poll();
                Assert.True(up.TryTake(out ReadOnlyMemory<byte> left));
                Assert.Equal(Hex.Text(expected), Hex.Text(left.Span));
            }
        }
    }

    private static ParsedFrame Parsed(byte[] frame)
    {
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(frame, 0, out ParsedFrame parsed));
        return parsed;
    }

    /// <summary>The frame in both tunnels.</summary>
    private static ParsedFrame Innermost(byte[] frame)
    {
        ParsedFrame packet = Parsed(frame);
        for (int i = 0; i < 2; i++)
        {
            ParsedFrame outer = packet;
            Assert.Equal(
                DropReason.None,
                PacketParser.ParseTunnel(frame, outer, TunnelProtocols.At(4789)!, out _, out packet));
        }

        return packet;
    }

    /// <summary>What the switch makes of a frame in the provider's tunnel.</summary>
    private static byte[] InProviders(byte[] frame, byte tos = 0, byte ttl = 64, bool dontFragment = true) =>
        FrameBuilder.Ethernet(MacUplink, MacVtepFar)
            .Ipv4(Vtep, VtepFar, ttl, tos, dontFragment: dontFragment)
            .Vxlan(Provider, 50001).Payload(frame).Build();

    private static RuleAction.Encap Far(Func<ExplicitTunnel, ExplicitTunnel>? change = null)
    {
        var tunnel = new ExplicitTunnel { Vni = new Vni(Provider), Destinations = [Ip(VtepFar)], Options = OnePort };
        return new RuleAction.Encap { Tunnel = change?.Invoke(tunnel) ?? tunnel };
    }

    private static Layer Around(string port, RuleAction.Encap action, Match? match = null, string name = "around") =>
        new()
        {
            Name = name,
            Ports = [port],
            Priority = 400,
            Default = DefaultAction.Allow,
            Groups = [GroupOf("out", Direction.Out, action, match)],
        };
}
