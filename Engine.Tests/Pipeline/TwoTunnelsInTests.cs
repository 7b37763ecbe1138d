using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Packets that come in two tunnels to this switch.</summary>
public sealed class TwoTunnelsInTests
{
    private const uint Provider = 9000;

    private static readonly Layer Opening =
        UplinkLayer(new RuleAction.Decap(), new Match { Vni = NumberMatch.Parse("9000"), OuterSource = VtepFar });

    private static readonly Network ProvidersNetwork = new()
    {
        Name = "provider",
        Vni = new Vni(Provider),
        Vteps = [Ip(VtepFar)],
    };

    private static readonly SwitchPolicy Named = Green.Policy with
    {
        Networks = [Green.Policy.Networks[0], ProvidersNetwork],
    };

    [Fact]
    [Trait("Scenario", "VD29")]
    public void Frame_in_two_tunnels_to_this_switch_comes_out_where_a_rule_or_a_network_lets_it()
    {
        OverlayBench.Run(Green.Policy.Plus(Opening), "up", Twice()).Left("a", Inner);
        OverlayBench.Run(Named, "up", Twice()).Left("a", Inner);
        OverlayBench.Run("up", Twice()).DroppedFor(DropReason.VxlanVniNotFound);
        OverlayBench.Run(Green.Policy.Plus(Opening), "up", Twice(from: VtepE)).DroppedFor(DropReason.VxlanVniNotFound);
        OverlayBench.Run(Named, "up", Twice(from: VtepE)).DroppedFor(DropReason.VtepUnknown);
        SwitchPolicy open = Named.With(n => n with { SourceVtep = SourceVtepCheck.Off });
        OverlayBench.Run(open, "up", Twice(from: VtepE)).Left("a", Inner);
    }

    [Fact]
    [Trait("Scenario", "VD29")]
    public void Both_tunnels_are_checked()
    {
        using var bench = new OverlayBench(Named);
        bench.Send("up", Twice(Tunnelled(Inner, vni: 77))).DroppedFor(DropReason.VxlanVniNotFound);
        bench.Send("up", Twice(Tunnelled(Inner, source: "192.0.2.9"))).DroppedFor(DropReason.VtepUnknown);
        bench.Send("up", Twice(Outer().Vxlan(VniValue, flags: 0).Payload(Inner).Build()))
            .DroppedFor(DropReason.VxlanInvalidHeader);
        byte[] broken = Tunnelled(Inner);
        broken[24] ^= 1; // The IPv4 checksum of the middle packet.
        bench.Send("up", Twice(broken)).DroppedFor(DropReason.Ipv4BadChecksum);

        // The adapter has looked at the outermost checksums, not at these.
        bench.Send("up", Twice(broken), checksum: ChecksumStatus.Good).DroppedFor(DropReason.Ipv4BadChecksum);
        bench.Send("up", Twice()).Left("a", Inner);
    }

    [Fact]
    public void Without_a_decap_rule_for_the_inner_tunnel_the_endpoint_gets_nothing()
    {
        Layer closed = Vnet with { Default = DefaultAction.Allow, Groups = [Vnet.Groups[0]] };
        SwitchPolicy policy = Green.Policy.WithLayers(closed, Opening);
        OverlayBench.Run(policy, "up", Twice()).DroppedFor(DropReason.DecapNotAllowed);
    }

    [Fact]
    public void Tenants_own_tunnel_packet_is_a_packet_like_others_though_it_has_the_uplinks_address()
    {
        byte[] own = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, Vtep).Vxlan(VniValue).Payload(Inner).Build();
        OverlayBench.Run("up", Tunnelled(own)).Left("a", own);
        byte[] tagged = FrameBuilder.Ethernet(MacVtepC, MacUplink).Vlan(7).Ipv4(VtepC, Vtep).Vxlan(VniValue)
            .Payload(Inner).Build();
        OverlayBench.Run(Named, "up", Twice(tagged)).DroppedFor(DropReason.InnerVlan);
        byte[] other = FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, Vtep).Udp(1, 2).Build();
        OverlayBench.Run(Named, "up", Twice(other)).DroppedFor(DropReason.DestinationUnknown);
    }

    [Theory]
    [InlineData(0x02, 0x02, 0x03, 0x03)]
    [InlineData(0x02, 0x03, 0x00, 0x03)]
    [InlineData(0x02, 0x02, 0x01, 0x01)]
    [InlineData(0x00, 0x02, 0x00, 0x00)]
    [Trait("Scenario", "VD29")]
    public void Congestion_comes_through_both_tunnels(byte inner, byte middle, byte outer, byte result)
    {
        byte[] Frame(byte tos) => FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA, tos: tos).Udp(53, 1000).Build();
        byte[] packet = Twice(Outer(middle).Vxlan(VniValue).Payload(Frame(inner)).Build(), tos: outer);
        OverlayBench.Run(Named, "up", packet).Left("a", Frame(result));
    }

    [Fact]
    public void Congestion_in_either_tunnel_over_a_packet_that_cannot_tell_drops_it()
    {
        byte[] packet = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Udp(53, 1000).Build();
        byte[] Of(byte middle) => Outer(middle).Vxlan(VniValue).Payload(packet).Build();
        using var bench = new OverlayBench(Named);
        bench.Send("up", Twice(Of(0x00), tos: 0x03)).DroppedFor(DropReason.EcnInvalid);
        bench.Send("up", Twice(Of(0x02), tos: 0x03)).DroppedFor(DropReason.EcnInvalid);
        bench.Send("up", Twice(Of(0x03), tos: 0x02)).DroppedFor(DropReason.EcnInvalid);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [Trait("Scenario", "VD29")]
    public void Two_decapsulations_undo_two_encapsulations(bool overIpv6, bool byUplink)
    {
        using var near = new OverlayBench(Site(overIpv6, byUplink, isNear: true));
        using var far = new OverlayBench(Site(overIpv6, byUplink, isNear: false));
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            byte[] frame = Packet(random, FromA(), IpA, IpC);
            byte[] answer = Packet(random, FrameBuilder.Ethernet(MacC, MacA), IpC, IpA);
            byte[] there = near.Send("here", frame).Left("up");
            Assert.Equal(frame.Length + (overIpv6 ? 140 : 100), there.Length);
            Assert.True(there.AsSpan(^frame.Length..).SequenceEqual(frame));
            far.Send("up", there).Left("there", frame);
            near.Send("up", far.Send("there", answer).Left("up")).Left("here", answer);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    /// <summary>One of two sites: the tenant's tunnel from uplink to uplink, and the provider's around it.</summary>
    private static SwitchPolicy Site(bool overIpv6, bool byUplink, bool isNear)
    {
        (string nearVtep, string farVtep) = overIpv6 ? (Vtep6, VtepD) : (Vtep, VtepC);
        (string own, string other) = isNear ? (nearVtep, farVtep) : (farVtep, nearVtep);
        (string ownMac, string otherMac) = isNear ? (MacUplink, MacVtepC) : (MacVtepC, MacUplink);
        (string mac, string ip) = isNear ? (MacC, IpC) : (MacA, IpA);
        string name = isNear ? "here" : "there";
        var around = new ExplicitTunnel { Vni = new Vni(Provider), Destinations = [Ip(other)] };
        Layer outside = new()
        {
            Name = "provider",
            Ports = [byUplink ? "up" : name],
            Priority = 500,
            Default = DefaultAction.Allow,
            Groups = [GroupOf("out", Direction.Out, new RuleAction.Encap { Tunnel = around })],
        };
        Match provider = new() { Vni = NumberMatch.Parse("9000"), OuterSource = other };
        return new SwitchPolicy
        {
            Ports =
            [
                isNear ? Endpoint(name, MacA, IpA) : Endpoint(name, MacC, IpC),
                Uplink with { Mac = Mac(ownMac), Addresses = [Ip(own)], ReservedBits = ReservedBits.Reject },
            ],
            Networks =
            [
                Green.Policy.Networks[0] with
                {
                    Endpoints = [new RemoteEndpoint { Addresses = [Ip(ip)], Mac = Mac(mac), Vtep = Ip(other) }],
                    Tunnel = TunnelOptions.Default,
                },
            ],
            Neighbors = [new Neighbor { Port = "up", Address = Ip(other), Mac = Mac(otherMac) }],
            Layers = [Vnet with { Ports = [name] }, outside, UplinkLayer(new RuleAction.Decap(), provider)],
        };
    }

    private static byte[] Packet(Random random, FrameBuilder frame, string from, string to)
    {
        frame = frame.Ipv4(from, to, tos: (byte)(random.Next(2) * 0xBA), id: random.Next(65536), dontFragment: true);
        frame = random.Next(2) == 0
            ? frame.Udp(random.Next(1024, 65536), random.Next(1024, 65536))
            : frame.Tcp(random.Next(1024, 65536), random.Next(1024, 65536));
        return frame.Payload(random.Next(1000)).Build();
    }

    /// <summary>What the provider's VTEP sends: a frame in a tunnel that is in the provider's.</summary>
    private static byte[] Twice(byte[]? middle = null, string from = VtepFar, byte tos = 0) =>
        FrameBuilder.Ethernet(MacVtepFar, MacUplink).Ipv4(from, Vtep, tos: tos, dontFragment: true)
            .Vxlan(Provider).Payload(middle ?? Tunnelled(Inner)).Build();
}
