using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Rules of the uplink itself, which decap, encap and redirect.</summary>
public sealed class UplinkRuleTests
{
    [Fact]
    public void Decap_rule_of_the_uplink_delivers_any_vni_to_the_port_it_names()
    {
        Port tap = new() { Name = "tap", Kind = PortKind.Host, Mac = Mac("02:00:00:00:00:77") };
        SwitchPolicy policy = Green.Policy.Plus(tap).Plus(UplinkLayer(
            new RuleAction.Decap { Port = "tap" }, new Match { Vni = NumberMatch.Parse("6000-6999") }));
        using var bench = new OverlayBench(policy);
        bench.Send("up", Tunnelled(Inner, vni: 6000)).Left("tap", Inner);
        bench.Send("up", Tunnelled(Inner, vni: 6999, source: "192.0.2.9")).Left("tap", Inner);
        bench.Send("up", Tunnelled(Inner, vni: 7000)).DroppedFor(DropReason.VxlanVniNotFound);
        bench.Send("up", Tunnelled(Inner)).Left("a", Inner);
    }

    [Fact]
    [Trait("Scenario", "VE19")]
    public void Encap_rule_of_the_uplink_puts_what_arrives_into_a_tunnel()
    {
        var tunnel = new ExplicitTunnel
        {
            Vni = new Vni(77),
            Destinations = [Ip(VtepE)],
            Options = new TunnelOptions { SourcePorts = new NumberRange(50000, 50000) },
        };
        using var bench = new OverlayBench(Green.Policy.Plus(UplinkLayer(new RuleAction.Encap { Tunnel = tunnel })));
        byte[] plain = FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4("192.0.2.1", "192.0.2.2").Udp(1, 2).Build();
        bench.Send("up", plain).Left("up", InTunnelToE(plain));
        byte[] tunnelled = Tunnelled(Inner);
        bench.Send("up", tunnelled).Left("up", InTunnelToE(tunnelled));

        static byte[] InTunnelToE(byte[] frame) => FrameBuilder.Ethernet(MacUplink, MacVtepE)
            .Ipv4(Vtep, VtepE, dontFragment: true).Vxlan(77).Payload(frame).Build();
    }

    [Fact]
    [Trait("Scenario", "VE13")]
    public void Decap_and_encap_rules_of_the_uplink_move_a_frame_from_tunnel_to_tunnel()
    {
        var tunnel = new ExplicitTunnel
        {
            Vni = new Vni(77),
            Destinations = [Ip(VtepD)],
            Options = new TunnelOptions { SourcePorts = new NumberRange(50000, 50000) },
        };
        Layer encap = UplinkLayer(new RuleAction.Encap { Tunnel = tunnel }) with { Name = "onward", Priority = 5 };
        SwitchPolicy policy = Green.Policy.Plus(UplinkLayer(new RuleAction.Decap()), encap);
        byte[] expected = FrameBuilder.Ethernet(MacUplink, MacVtepD).Ipv6(Vtep6, VtepD)
            .Vxlan(77).Payload(Inner).Build();
        OverlayBench.Run(policy, "up", Tunnelled(Inner)).Left("up", expected);
    }

    [Fact]
    public void Redirect_rule_of_the_uplink_sends_tunnel_packets_on_as_they_came()
    {
        Port other = new()
        {
            Name = "up2",
            Kind = PortKind.Uplink,
            Mac = Mac("02:aa:00:00:00:21"),
            Addresses = [Ip("172.31.10.1")],
        };
        SwitchPolicy policy = Green.Policy.Plus(other).Plus(UplinkLayer(new RuleAction.Redirect { Port = "up2" }));
        byte[] frame = Tunnelled(Inner);
        OverlayBench.Run(policy, "up", frame).Left("up2", frame);

        SwitchPolicy hairpin = Green.Policy.Plus(UplinkLayer(new RuleAction.Redirect()));
        byte[] swapped = [.. frame.AsSpan(6, 6), .. frame.AsSpan(0, 6), .. frame.AsSpan(12)];
        OverlayBench.Run(hairpin, "up", frame).Left("up", swapped);
    }

    [Fact]
    public void Tunnel_packet_that_goes_on_as_it_came_keeps_nothing_that_rules_did_to_its_inner_frame()
    {
        Layer change = UplinkLayer(new RuleAction.Modify { PushVlan = 7, DestinationMac = Mac(MacB) }) with
        {
            Name = "change",
            Priority = 20,
        };
        SwitchPolicy policy = Green.Policy.Plus(new Port { Name = "tap", Kind = PortKind.Host })
            .Plus(change, UplinkLayer(new RuleAction.Redirect { Port = "tap" }));
        byte[] frame = Tunnelled(Inner);
        OverlayBench.Run(policy, "up", frame).Left("tap", frame);
    }

    [Fact]
    public void Redirect_that_goes_round_is_dropped()
    {
        Port other = new()
        {
            Name = "up2",
            Kind = PortKind.Uplink,
            Mac = Mac("02:aa:00:00:00:21"),
            Addresses = [Ip("172.31.10.1")],
        };
        Layer there = Out("there", "up2", "up");
        Layer back = Out("back", "up", "up2");
        SwitchPolicy policy = Green.Policy.Plus(other)
            .Plus(UplinkLayer(new RuleAction.Redirect { Port = "up2" }), there, back);
        OverlayBench.Run(policy, "up", Tunnelled(Inner)).DroppedFor(DropReason.RedirectLoop);

        static Layer Out(string name, string port, string target) => new()
        {
            Name = name,
            Ports = [port],
            Priority = 20,
            Default = DefaultAction.Allow,
            Groups = [GroupOf("out", Direction.Out, new RuleAction.Redirect { Port = target })],
        };
    }
}
