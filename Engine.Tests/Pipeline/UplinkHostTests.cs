using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What is no tunnel packet: frames for the host, and questions answered for VTEP addresses.</summary>
public sealed class UplinkHostTests
{
    [Fact]
    public void Frames_that_are_not_vxlan_go_to_the_host_port_and_come_from_it()
    {
        SwitchPolicy policy = Green.Policy.Plus(new Port { Name = "host", Kind = PortKind.Host });
        using var bench = new OverlayBench(policy);
        byte[] ssh = Outer().Tcp(1000, 22).Build();
        byte[] arp = FrameBuilder.Ethernet(MacVtepC, Broadcast).ArpRequest(MacVtepC, VtepC, Vtep).Build();
        byte[] echo = Outer().IcmpEchoRequest(1, 1).Build();
        foreach (byte[] frame in new[] { ssh, arp, echo })
        {
            bench.Send("up", frame).Left("host", frame);
            bench.Send("host", frame).Left("up", frame);
        }

        bench.Send("up", Tunnelled(Inner)).Left("a", Inner);
        OverlayBench.Run("up", ssh).DroppedFor(DropReason.NotVxlan);
    }

    [Fact]
    public void Arp_for_a_vtep_address_is_answered_with_the_uplinks_mac()
    {
        using var bench = new OverlayBench();
        byte[] request = FrameBuilder.Ethernet(MacVtepC, Broadcast)
            .ArpRequest(MacVtepC, VtepC, Vtep).Padding(18).Build();
        byte[] answer = FrameBuilder.Ethernet(MacUplink, MacVtepC).ArpReply(MacUplink, Vtep, MacVtepC, VtepC).Build();
        bench.Send("up", request).Answered("up", answer);
        bench.Send("up", FrameBuilder.Ethernet(MacVtepC, MacUplink).ArpRequest(MacVtepC, VtepC, Vtep).Build())
            .Answered("up", answer);
        bench.Send("up", FrameBuilder.Ethernet(MacVtepC, Broadcast).ArpRequest(MacVtepC, VtepC, VtepE).Build())
            .DroppedFor(DropReason.NotVxlan);
        bench.Send("up", FrameBuilder.Ethernet(MacVtepC, Broadcast).ArpRequest(MacVtepC, Vtep, Vtep).Build())
            .DroppedFor(DropReason.NotVxlan);
    }

    [Fact]
    public void Neighbour_solicitation_for_a_vtep_address_is_answered()
    {
        byte[] question = FrameBuilder.Ethernet(MacVtepD, "33:33:ff:00:00:01")
            .Ipv6(VtepD, "ff02::1:ff00:1", hopLimit: 255).NeighborSolicitation(Vtep6, MacVtepD).Build();
        byte[] answer = FrameBuilder.Ethernet(MacUplink, MacVtepD).Ipv6(Vtep6, VtepD, hopLimit: 255)
            .NeighborAdvertisement(Vtep6, MacUplink).Build();
        OverlayBench.Run("up", question).Answered("up", answer);
    }

    [Fact]
    public void Echo_to_a_vtep_address_is_answered()
    {
        using var bench = new OverlayBench();
        bench.Send("up", Outer().IcmpEchoRequest(7, 9).Payload("ping").Build()).Answered(
            "up",
            FrameBuilder.Ethernet(MacUplink, MacVtepC).Ipv4(Vtep, VtepC, dontFragment: true)
                .IcmpEchoReply(7, 9).Payload("ping").Build());
        bench.Send("up", Outer(source: VtepD).Icmpv6EchoRequest(7, 9).Payload("ping").Build()).Answered(
            "up",
            FrameBuilder.Ethernet(MacUplink, MacVtepD).Ipv6(Vtep6, VtepD)
                .Icmpv6EchoReply(7, 9).Payload("ping").Build());
        bench.Send("up", Outer().IcmpEchoReply(7, 9).Build()).DroppedFor(DropReason.NotVxlan);
        bench.Send("up", FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, VtepE).IcmpEchoRequest(7, 9).Build())
            .DroppedFor(DropReason.NotVxlan);
    }

    [Theory]
    [InlineData(MacVtepC, Broadcast, VtepC)]
    [InlineData(MacVtepC, "01:00:5e:00:00:01", VtepC)]
    [InlineData("03:aa:00:00:00:02", MacUplink, VtepC)]
    [InlineData(MacVtepC, MacUplink, "224.0.0.1")]
    [InlineData(MacVtepC, MacUplink, "0.0.0.0")]
    [InlineData(MacVtepC, MacUplink, "255.255.255.255")]
    public void Echo_that_would_make_the_answer_go_to_or_come_from_a_group_is_not_answered(
        string source, string destination, string address) =>
        OverlayBench.Run(
                "up",
                FrameBuilder.Ethernet(source, destination).Ipv4(address, Vtep).IcmpEchoRequest(7, 9).Build())
            .DroppedFor(DropReason.NotVxlan);
}
