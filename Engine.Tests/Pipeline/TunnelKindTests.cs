using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Tunnels other than VXLAN: what is theirs to say is said, and all else is as with VXLAN.</summary>
public sealed class TunnelKindTests
{
    private static readonly byte[] FromAToC =
        FromA().Ipv4(IpA, IpC).Udp(1000, 53).Payload("question").Build();

    private static readonly byte[] FromAToD =
        FrameBuilder.Ethernet(MacA, MacD).Ipv4(IpA, IpD).Udp(1000, 53).Payload("question").Build();

    public static TheoryData<TunnelKind> Kinds => [TunnelKind.VxlanGpe, TunnelKind.Geneve];

    [Theory]
    [MemberData(nameof(Kinds))]
    [Trait("Scenario", "VE23")]
    public void Frames_go_into_the_tunnel_of_the_networks_kind(TunnelKind kind)
    {
        using var bench = new OverlayBench(Of(kind));
        byte[] expected = FrameBuilder.Ethernet(MacUplink, MacVtepC).Ipv4(Vtep, VtepC, dontFragment: true)
            .Udp(50000, PortOf(kind), checksum: 0).Header(kind).Payload(FromAToC).Build();
        bench.Send("a", FromAToC).Left("up", expected);

        byte[] over6 = FrameBuilder.Ethernet(MacUplink, MacVtepD).Ipv6(Vtep6, VtepD)
            .Udp(50000, PortOf(kind)).Header(kind).Payload(FromAToD).Build();
        bench.Send("a", FromAToD).Left("up", over6);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Frames_come_out_of_it(TunnelKind kind)
    {
        using var bench = new OverlayBench(Of(kind));
        bench.Send("up", From(kind, Outer(), Inner)).Left("a", Inner);
        bench.Send("up", Tunnelled(Inner)).Left("a", Inner); // 4789 stays open.
        byte[] fromD = FrameBuilder.Ethernet(MacD, MacA).Ipv4(IpD, IpA).Udp(53, 1000).Build();
        bench.Send("up", From(kind, Outer(source: VtepD), fromD)).Left("a", fromD);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Copies_for_each_vtep_say_so_in_vxlan_gpe_and_others_do_not(TunnelKind kind)
    {
        const string Group = "239.129.1.7";
        SwitchPolicy policy = Of(kind).With(n => n with
        {
            Broadcast = Flooding.Replicate,
            UnknownUnicast = Flooding.Replicate,
        });
        using var bench = new OverlayBench(policy);
        byte[] toAll = FromA(Broadcast).Payload(46).Build();
        byte[] copy = kind == TunnelKind.Geneve ? [0, 0] : [0x0E, 0];
        byte[] alone = kind == TunnelKind.Geneve ? [0, 0] : [0x0C, 0];
        AssertBegin(copy, bench.Send("a", toAll));
        AssertBegin(copy, bench.Send("a", FromA(MacUnknown).Payload(46).Build()));
        AssertBegin(alone, bench.Send("a", FromAToC));
        AssertBegin(copy, bench.Send("a", toAll));

        // One packet to a group is no copy; those beside it are.
        using var grouped = new OverlayBench(policy.With(n => n with
        {
            MulticastGroup = new MulticastGroup { Address = Ip(Group), ReplicateTo = [Ip(VtepC)] },
        }));
        byte[][] sent = [.. grouped.Send("a", toAll).Frames.Where(f => f.Port == "up" && f.Bytes.Length > 100)
            .Select(f => f.Bytes)];
        Assert.Equal(2, sent.Length);
        Assert.Equal(Hex.Text(alone), Hex.Text(sent.Single(f => f[30] == 239).AsSpan(42, 2)));
        Assert.Equal(Hex.Text(copy), Hex.Text(sent.Single(f => f[30] == 172).AsSpan(42, 2)));

        static void AssertBegin(byte[] expected, Outcome outcome)
        {
            byte[][] tunnelled = [.. outcome.Frames.Where(f => f.Port == "up").Select(f => f.Bytes)];
            Assert.NotEmpty(tunnelled);
            Assert.All(tunnelled, frame => Assert.Equal(
                Hex.Text(expected), Hex.Text(frame.AsSpan(frame[12] == 0x86 ? 62 : 42, 2))));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void They_are_guarded_like_vxlan(TunnelKind kind)
    {
        using var bench = new OverlayBench(Of(kind));
        bench.Send("up", Outer().Udp(50000, PortOf(kind)).Header(kind, vni: 5002).Payload(Inner).Build())
            .DroppedFor(DropReason.VxlanVniNotFound);
        bench.Send("up", From(kind, Outer(source: "172.31.9.77"), Inner)).DroppedFor(DropReason.VtepUnknown);
        bench.Send("up", Outer().Udp(50000, PortOf(kind), checksum: 0xDEAD).Header(kind).Payload(Inner).Build())
            .DroppedFor(DropReason.UdpBadChecksum);
        bench.Send("up", From(kind, Outer(tos: 3), Inner)).DroppedFor(DropReason.EcnInvalid);
        bench.Send("up", From(kind, FromVtepC("172.31.9.9"), Inner)).DroppedFor(DropReason.NotVxlan);
        bench.Send("up", From(kind, Outer(), FrameBuilder.Ethernet(Broadcast, MacA).Payload(46).Build()))
            .DroppedFor(DropReason.InnerSourceMacInvalid);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void They_are_not_opened_unless_a_network_or_the_uplink_says_so(TunnelKind kind)
    {
        byte[] frame = From(kind, Outer(), Inner);
        OverlayBench.Run("up", frame).DroppedFor(DropReason.NotVxlan);

        SwitchPolicy listening = Green.Policy.WithPort("up", p => kind == TunnelKind.Geneve
            ? p with { GenevePorts = [6081, 7000] }
            : p with { VxlanGpePorts = [4790, 7000] });
        OverlayBench.Run(listening, "up", frame).Left("a", Inner);
        byte[] at7000 = Outer().Udp(50000, 7000).Header(kind).Payload(Inner).Build();
        OverlayBench.Run(listening, "up", at7000).Left("a", Inner);
    }

    [Fact]
    [Trait("Scenario", "VD23")]
    public void Packets_that_are_not_for_tenants_are_dropped_and_counted()
    {
        using var bench = new OverlayBench(
            Green.Policy.WithPort("up", p => p with { GenevePorts = [6081], VxlanGpePorts = [4790] }));
        FrameBuilder Geneve() => Outer().Udp(50000, 6081);
        byte[] Gpe(uint flags) => Outer().Udp(50000, 4790).Vxlan(VniValue, flags: flags).Payload(Inner).Build();

        byte[] options = [0x01, 0x02, 0x03, 0x01, 0, 0, 0, 0];
        bench.Send("up", Geneve().Geneve(VniValue, options).Payload(Inner).Build()).Left("a", Inner);
        bench.Send("up", Geneve().Geneve(VniValue, options, flags: 0x40).Payload(Inner).Build())
            .DroppedFor(DropReason.GeneveCriticalOption);
        bench.Send("up", Geneve().Geneve(VniValue, flags: 0x80).Payload(Inner).Build())
            .DroppedFor(DropReason.TunnelControlPacket);
        bench.Send("up", Geneve().Geneve(VniValue, version: 1).Payload(Inner).Build())
            .DroppedFor(DropReason.GeneveInvalidHeader);
        bench.Send("up", Geneve().Geneve(VniValue, protocol: 0x0800).Payload(Inner).Build())
            .DroppedFor(DropReason.TunnelPayloadUnsupported);
        bench.Send("up", Geneve().Geneve(VniValue, words: 63).Payload(Inner).Build())
            .DroppedFor(DropReason.GeneveTruncated);
        bench.Send("up", Gpe(0x0D00_0003)).DroppedFor(DropReason.TunnelControlPacket);
        bench.Send("up", Gpe(0x0C00_0001)).DroppedFor(DropReason.TunnelPayloadUnsupported);
        bench.Send("up", Gpe(0x0C00_0002)).DroppedFor(DropReason.TunnelPayloadUnsupported);
        bench.Send("up", Gpe(0x0C00_0004)).DroppedFor(DropReason.TunnelPayloadUnsupported);
        bench.Send("up", Gpe(0x0E00_0003)).Left("a", Inner);
        bench.Send("up", Gpe(0x1C00_0003)).DroppedFor(DropReason.VxlanInvalidHeader);
        bench.Send("up", Gpe(0x0800_0000)).Left("a", Inner);
    }

    [Fact]
    public void A_rule_names_a_tunnel_of_another_kind_than_the_networks()
    {
        var tunnel = new ExplicitTunnel
        {
            Vni = new Vni(77),
            Destinations = [Ip(VtepE)],
            Options = TunnelOptions.Of(TunnelKind.Geneve) with { SourcePorts = new NumberRange(50000, 50000) },
        };
        SwitchPolicy policy = Green.Policy.WithLayers(Vnet with
        {
            Groups = [GroupOf("encap", Direction.Out, new RuleAction.Encap { Tunnel = tunnel })],
        });
        byte[] expected = FrameBuilder.Ethernet(MacUplink, MacVtepE).Ipv4(Vtep, VtepE, dontFragment: true)
            .Udp(50000, 6081, checksum: 0).Geneve(77).Payload(FromAToC).Build();
        OverlayBench.Run(policy, "a", FromAToC).Left("up", expected);
    }

    [Fact]
    public void An_underlays_word_on_path_mtu_is_believed_of_geneve_too()
    {
        SwitchPolicy policy = Of(TunnelKind.Geneve).WithPort("up", p => p with { Mtu = 1500 });
        using var bench = new OverlayBench(policy);
        byte[] sent = bench.Send("a", Big(900)).Left("up");
        byte[] tooBig = FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4("172.31.9.254", Vtep)
            .Icmp(3, 4, 600).Payload(sent[14..(14 + 36)]).Build();
        bench.Send("up", tooBig).UsedUp();
        bench.Send("a", Big(900)).DroppedAndTold(DropReason.MtuExceeded, "a");

        static byte[] Big(int length) =>
            FromA().Ipv4(IpA, IpC, dontFragment: true).Udp(1000, 53).Payload(length).Build();
    }

    [Fact]
    public void The_error_to_a_sender_behind_a_tunnel_goes_back_through_one_of_its_kind()
    {
        SwitchPolicy policy = Of(TunnelKind.Geneve).WithPort("a", p => p with { Mtu = 600 });
        byte[] big = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA, dontFragment: true).Udp(53, 1000)
            .Payload(900).Build();
        byte[] error = OverlayBench.Run(policy, "up", From(TunnelKind.Geneve, Outer(), big))
            .DroppedAndTold(DropReason.MtuExceeded, "up");
        PacketParser.ParseFrame(error, 0, out ParsedFrame outer);
        Assert.Equal(6081, outer.DestinationPort);
        DropReason reason = PacketParser.ParseTunnel(
            error, outer, TunnelProtocols.Geneve, out TunnelHeader header, out ParsedFrame inner);
        Assert.Equal((DropReason.None, VniValue, true), (reason, header.Vni.Value, inner.IsIcmpError));
    }

    private static SwitchPolicy Of(TunnelKind kind) =>
        Green.Policy.WithTunnel(t => TunnelOptions.Of(kind) with { SourcePorts = t.SourcePorts });

    private static int PortOf(TunnelKind kind) => kind == TunnelKind.Geneve ? 6081 : 4790;

    private static byte[] From(TunnelKind kind, FrameBuilder outer, byte[] inner) =>
        outer.Udp(50000, PortOf(kind)).Header(kind).Payload(inner).Build();
}

/// <summary>The headers of the kinds, as others write them.</summary>
file static class Headers
{
    public static FrameBuilder Header(this FrameBuilder udp, TunnelKind kind, uint vni = VniValue) =>
        kind == TunnelKind.Geneve ? udp.Geneve(vni) : udp.Vxlan(vni, flags: 0x0C00_0003);
}
