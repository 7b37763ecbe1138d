using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What an uplink opens: packets to its addresses and ports whose headers and checksums are right.</summary>
public sealed class UplinkTests
{
    [Fact]
    [Trait("Scenario", "VD01")]
    public void Tunnel_packets_are_opened_with_and_without_udp_checksum_in_both_families()
    {
        AssertOpened(Outer().Udp(50000, 4789, checksum: 0).Vxlan(VniValue).Payload(Inner).Build());
        AssertOpened(Outer().Udp(50000, 4789).Vxlan(VniValue).Payload(Inner).Build());
        byte[] fromD = FrameBuilder.Ethernet(MacD, MacA).Ipv4(IpD, IpA).Udp(53, 1000).Build();
        OverlayBench.Run("up", Tunnelled(fromD, source: VtepD)).Left("a", fromD);
    }

    [Fact]
    [Trait("Scenario", "VD02"), Trait("Scenario", "VD03"), Trait("Scenario", "VD04")]
    public void Wrong_outer_checksums_are_dropped_unless_the_port_or_the_adapter_vouches_for_them()
    {
        byte[] wrongUdp = Outer().Udp(50000, 4789, checksum: 0xDEAD).Vxlan(VniValue).Payload(Inner).Build();
        byte[] wrongIp = FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, Vtep, checksum: 0xDEAD)
            .Vxlan(VniValue).Payload(Inner).Build();
        byte[] wrongUdp6 = Outer(source: VtepD).Udp(50000, 4789, checksum: 0xDEAD).Vxlan(VniValue)
            .Payload(Inner).Build();
        SwitchPolicy trusting = Green.Policy.WithPort("up", p => p with { Checksum = ChecksumMode.Trust });
        using var bench = new OverlayBench();
        bench.Send("up", wrongUdp).DroppedFor(DropReason.UdpBadChecksum);
        bench.Send("up", wrongUdp6).DroppedFor(DropReason.UdpBadChecksum);
        bench.Send("up", wrongIp).DroppedFor(DropReason.Ipv4BadChecksum);
        foreach (byte[] wrong in new[] { wrongUdp, wrongIp })
        {
            bench.Send("up", wrong, checksum: ChecksumStatus.Good).Left("a", Inner);
            bench.Send("up", wrong, checksum: ChecksumStatus.Partial).Left("a", Inner);
            OverlayBench.Run(trusting, "up", wrong).Left("a", Inner);
        }
    }

    // What Open vSwitch's tests of tunnel headers receive: right checksums, none, and wrong ones in UDP and in IP.
    [Theory]
    [InlineData("73e9", "0232", DropReason.None)]
    [InlineData("73e9", "0000", DropReason.None)]
    [InlineData("73e9", "dead", DropReason.UdpBadChecksum)]
    [InlineData("dead", "0000", DropReason.Ipv4BadChecksum)]
    [InlineData("dead", "0232", DropReason.Ipv4BadChecksum)]
    [Trait("Scenario", "VD01"), Trait("Scenario", "VD02"), Trait("Scenario", "VD03")]
    public void Packets_of_open_vswitchs_tests_are_opened_or_dropped_as_there(string ip, string udp, DropReason drop)
    {
        const string InnerFrame =
            "fe71d883724f beb6f4e1494a 0800 4500001c0001000040013ede 1e000001 1e000002 0000ffff00000000";
        string packet = $"aa55aa550000 001b213cab64 0800 4500004e000100004011{ip} 0101025c 01010258"
            + $"12b512b5003a{udp} 0800000000007b00 {InnerFrame}";
        SwitchPolicy policy = Green.Policy.With(n => n with
        {
            Vni = new Vni(123),
            Vteps = [Ip("1.1.2.92")],
        })
            .WithPort("a", p => p with { Mac = Mac("fe:71:d8:83:72:4f") })
            .WithPort("up", p => p with { Mac = Mac("aa:55:aa:55:00:00"), Addresses = [Ip("1.1.2.88"), Ip(Vtep6)] });
        Outcome outcome = OverlayBench.Run(policy, "up", Hex.Bytes(packet));
        if (drop == DropReason.None)
        {
            Assert.Equal(42, outcome.Left("a", Hex.Bytes(InnerFrame)).Length);
        }
        else
        {
            outcome.DroppedFor(drop);
        }
    }

    [Fact]
    [Trait("Scenario", "VD22")]
    public void Udp_checksum_0_over_ipv6_is_dropped_unless_the_port_allows_it()
    {
        byte[] frame = Outer(source: VtepD).Udp(50000, 4789, checksum: 0).Vxlan(VniValue).Payload(Inner).Build();
        OverlayBench.Run("up", frame).DroppedFor(DropReason.UdpBadChecksum);
        SwitchPolicy allowing = Green.Policy.WithPort("up", p => p with { AllowZeroChecksumIpv6 = true });
        OverlayBench.Run(allowing, "up", frame).Left("a", Inner);
    }

    [Fact]
    [Trait("Scenario", "VD05")]
    public void Header_without_i_flag_is_dropped() =>
        OverlayBench.Run("up", Outer().Vxlan(VniValue, flags: 0).Payload(Inner).Build())
            .DroppedFor(DropReason.VxlanInvalidHeader);

    [Fact]
    [Trait("Scenario", "VD06"), Trait("Scenario", "VD23"), Trait("Scenario", "VD24")]
    public void Each_of_the_39_reserved_bits_is_ignored_or_rejected_as_the_port_says()
    {
        using var ignoring = new OverlayBench();
        using var rejecting = new OverlayBench(
            Green.Policy.WithPort("up", p => p with { ReservedBits = ReservedBits.Reject }));
        int tried = 0;
        for (int bit = 0; bit < 64; bit++)
        {
            ulong flag = 1UL << bit;
            bool isFlagI = bit == 59;
            bool isVni = bit is >= 8 and < 32;
            if (isFlagI || isVni)
            {
                continue;
            }

            byte[] frame = Outer()
                .Vxlan(VniValue, flags: 0x0800_0000 | (uint)(flag >> 32), reserved: (byte)(flag & 0xFF))
                .Payload(Inner).Build();
            ignoring.Send("up", frame).Left("a", Inner);
            rejecting.Send("up", frame).DroppedFor(DropReason.VxlanInvalidHeader);
            tried++;
        }

        Assert.Equal(39, tried);
        rejecting.Send("up", Tunnelled(Inner)).Left("a", Inner);
    }

    [Fact]
    [Trait("Scenario", "VD06")]
    public void A_mask_says_which_reserved_bits_are_rejected()
    {
        for (int bit = 0; bit < 64; bit++)
        {
            ulong mask = 1UL << bit;
            if ((mask & VxlanHeader.ReservedMask) == 0)
            {
                continue;
            }

            using var bench = new OverlayBench(Green.Policy.WithPort(
                "up", p => p with { ReservedBits = ReservedBits.Reject, ReservedBitsMask = mask }));
            bench.Send("up", Header(mask)).DroppedFor(DropReason.VxlanInvalidHeader);
            bench.Send("up", Header(VxlanHeader.ReservedMask)).DroppedFor(DropReason.VxlanInvalidHeader);
            bench.Send("up", Header(VxlanHeader.ReservedMask & ~mask)).Left("a", Inner);
        }

        using var none = new OverlayBench(Green.Policy.WithPort(
            "up", p => p with { ReservedBits = ReservedBits.Reject, ReservedBitsMask = 0 }));
        none.Send("up", Header(VxlanHeader.ReservedMask)).Left("a", Inner);

        static byte[] Header(ulong bits) => Outer()
            .Vxlan(VniValue, flags: 0x0800_0000 | (uint)(bits >> 32), reserved: (byte)bits).Payload(Inner).Build();
    }

    [Fact]
    [Trait("Scenario", "FD10"), Trait("Scenario", "FD11"), Trait("Scenario", "VD07"), Trait("Scenario", "VD08")]
    [Trait("Scenario", "VD09")]
    public void Networks_are_told_apart_by_vni_even_when_frames_alternate()
    {
        Network green = Green.Policy.Networks[0];
        Port twin = Endpoint("twin", MacA, IpA) with { Network = "blue" };
        SwitchPolicy policy = Green.Policy.Plus(twin) with
        {
            Networks = [green, green with { Name = "blue", Vni = new Vni(5002), Gateway = null }],
            Layers = [Vnet with { Ports = ["a", "b", "twin"] }],
        };
        using var bench = new OverlayBench(policy);
        for (int i = 0; i < 3; i++)
        {
            bench.Send("up", Tunnelled(Inner)).Left("a", Inner);
            bench.Send("up", Tunnelled(Inner, vni: 5002)).Left("twin", Inner);
            bench.Send("up", Tunnelled(Inner, source: VtepE)).Left("a", Inner);
            bench.Send("up", Tunnelled(Inner, vni: 5003)).DroppedFor(DropReason.VxlanVniNotFound);
        }
    }

    [Fact]
    [Trait("Scenario", "VD10"), Trait("Scenario", "VD11")]
    public void Packets_to_another_port_address_or_mac_are_not_opened()
    {
        byte[] otherPort = Outer().Udp(50000, 4788).Vxlan(VniValue).Payload(Inner).Build();
        byte[] otherAddress = FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, "172.31.9.77")
            .Vxlan(VniValue).Payload(Inner).Build();
        byte[] otherMac = FrameBuilder.Ethernet(MacVtepC, "02:aa:00:00:00:99").Ipv4(VtepC, Vtep)
            .Vxlan(VniValue).Payload(Inner).Build();
        using var bench = new OverlayBench();
        bench.Send("up", otherPort).DroppedFor(DropReason.NotVxlan);
        bench.Send("up", otherAddress).DroppedFor(DropReason.NotVxlan);
        bench.Send("up", otherMac).DroppedFor(DropReason.NotForUs);

        using var promiscuous = new OverlayBench(Green.Policy.WithPort("up", p => p with { Promiscuous = true }));
        promiscuous.Send("up", otherAddress).Left("a", Inner);
        promiscuous.Send("up", otherMac).Left("a", Inner);
        promiscuous.Send("up", otherPort).DroppedFor(DropReason.NotVxlan);
    }

    [Fact]
    [Trait("Scenario", "VD09"), Trait("Scenario", "VD10")]
    public void Ports_to_receive_on_are_those_of_the_networks_and_of_the_uplink()
    {
        byte[] at1111 = Outer().Udp(50000, 1111, checksum: 0).Vxlan(VniValue).Payload(Inner).Build();
        byte[] at2222 = Outer().Udp(50000, 2222, checksum: 0).Vxlan(VniValue).Payload(Inner).Build();
        SwitchPolicy policy = Green.Policy.WithTunnel(t => t with { UdpPort = 1111 });
        using var bench = new OverlayBench(policy);
        bench.Send("up", at1111).Left("a", Inner);
        bench.Send("up", Tunnelled(Inner)).Left("a", Inner);
        bench.Send("up", at2222).DroppedFor(DropReason.NotVxlan);
        bench.Apply(policy.WithPort("up", p => p with { VxlanPorts = [2222] }));
        bench.Send("up", at1111).Left("a", Inner);
        bench.Send("up", at2222).Left("a", Inner);
        bench.Send("up", Tunnelled(Inner)).DroppedFor(DropReason.NotVxlan);
    }

    [Fact]
    [Trait("Scenario", "VD28")]
    public void Port_is_listened_on_as_long_as_one_network_uses_it()
    {
        Network green = Green.Policy.Networks[0];
        Network blue = Other("blue", 5002);
        Network red = Other("red", 5003);
        byte[] at1111 = Outer().Udp(50000, 1111, checksum: 0).Vxlan(VniValue).Payload(Inner).Build();
        byte[] toBlue = Outer().Udp(50000, 1111, checksum: 0).Vxlan(5002).Payload(Inner).Build();
        using var bench = new OverlayBench(Of(green with { Tunnel = At1111(green) }, blue, red));
        bench.Send("up", at1111).Left("a", Inner);
        bench.Apply(Of(green, blue, red));
        bench.Send("up", at1111).Left("a", Inner);
        bench.Send("up", toBlue).DroppedFor(DropReason.DestinationUnknown);
        bench.Apply(Of(green, red));
        bench.Send("up", at1111).Left("a", Inner);
        bench.Send("up", toBlue).DroppedFor(DropReason.VxlanVniNotFound);
        bench.Apply(Of(green));
        bench.Send("up", at1111).DroppedFor(DropReason.NotVxlan);
        bench.Send("up", Tunnelled(Inner)).Left("a", Inner);

        static SwitchPolicy Of(params Network[] networks) =>
            Green.Policy with { Networks = networks.ToValueArray() };

        static TunnelOptions At1111(Network network) => network.Tunnel with { UdpPort = 1111 };

        Network Other(string name, uint vni) =>
            new() { Name = name, Vni = new Vni(vni), Vteps = [Ip(VtepC)], Tunnel = At1111(green) };
    }

    [Fact]
    [Trait("Scenario", "MF11")]
    public void Tunnel_inside_a_tunnel_is_opened_once()
    {
        byte[] nested = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Vxlan(9).InnerEthernet()
            .Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Build();
        OverlayBench.Run("up", Tunnelled(nested)).Left("a", nested);
    }

    private static void AssertOpened(byte[] frame) => OverlayBench.Run("up", frame).Left("a", Inner);
}
