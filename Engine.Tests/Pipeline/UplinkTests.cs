using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Frames from the underlay: what is opened, what is refused and why.</summary>
public sealed class UplinkTests
{
    private static readonly byte[] Inner =
        FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Udp(53, 1000).Payload("answer").Build();

    private static readonly byte[] Inner6 =
        FrameBuilder.Ethernet(MacC, MacA).Ipv6(Ip6C, Ip6A).Tcp(53, 1000).Payload("answer").Build();

    [Fact]
    public void Tunnel_packets_are_opened_with_and_without_udp_checksum_in_both_families()
    {
        AssertOpened(Outer().Udp(50000, 4789, checksum: 0).Vxlan(VniValue).Payload(Inner).Build());
        AssertOpened(Outer().Udp(50000, 4789).Vxlan(VniValue).Payload(Inner).Build());
        byte[] fromD = FrameBuilder.Ethernet(MacD, MacA).Ipv4(IpD, IpA).Udp(53, 1000).Build();
        OverlayBench.Run(Green.Policy, "up", Tunnelled(fromD, source: VtepD)).Left("a", fromD);
    }

    [Fact]
    public void Wrong_outer_checksums_are_dropped_unless_the_port_or_the_adapter_vouches_for_them()
    {
        byte[] wrongUdp = Outer().Udp(50000, 4789, checksum: 0xDEAD).Vxlan(VniValue).Payload(Inner).Build();
        byte[] wrongIp = FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, Vtep, checksum: 0xDEAD)
            .Vxlan(VniValue).Payload(Inner).Build();
        byte[] wrongUdp6 = Outer(source: VtepD).Udp(50000, 4789, checksum: 0xDEAD).Vxlan(VniValue)
            .Payload(Inner).Build();
        SwitchPolicy trusting = Green.Policy.WithPort("up", p => p with { Checksum = ChecksumMode.Trust });
        using var bench = new OverlayBench(Green.Policy);
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
    public void Packets_to_a_group_are_not_opened_because_the_uplink_joins_none()
    {
        byte[] frame = FrameBuilder.Ethernet(MacVtepC, "01:00:5e:01:01:01").Ipv4(VtepC, "239.1.1.1")
            .Vxlan(VniValue).Payload(Inner).Build();
        OverlayBench.Run(Green.Policy, "up", frame).DroppedFor(DropReason.NotVxlan);
        byte[] frame6 = FrameBuilder.Ethernet(MacVtepD, "33:33:00:00:00:99").Ipv6(VtepD, "ff05::99")
            .Vxlan(VniValue).Payload(Inner).Build();
        OverlayBench.Run(Green.Policy, "up", frame6).DroppedFor(DropReason.NotVxlan);
    }

    [Fact]
    public void Inner_source_mac_of_an_endpoint_here_is_a_loop_or_a_lie()
    {
        byte[] loop = FrameBuilder.Ethernet(MacB, MacA).Ipv4(IpB, IpA).Udp(1, 2).Build();
        byte[] toAll = FrameBuilder.Ethernet(MacB, Broadcast).Ipv4(IpB, "255.255.255.255").Udp(1, 2).Build();
        SwitchPolicy flooding = Green.Policy.With(n => n with { Broadcast = Flooding.Replicate });
        OverlayBench.Run(Green.Policy, "up", Tunnelled(loop)).DroppedFor(DropReason.InnerSourceMacInvalid);
        OverlayBench.Run(flooding, "up", Tunnelled(toAll)).DroppedFor(DropReason.InnerSourceMacInvalid);
        SwitchPolicy trusting = Green.Policy.With(n => n with { SourceVtep = SourceVtepCheck.Off });
        OverlayBench.Run(trusting, "up", Tunnelled(loop)).Left("a", loop);

        // Every switch routes with the one MAC address of the distributed router.
        byte[] routed = FrameBuilder.Ethernet(MacRouter, MacA).Ipv4(IpC, IpA).Udp(1, 2).Build();
        OverlayBench.Run(Green.Policy, "up", Tunnelled(routed)).Left("a", routed);
    }

    [Fact]
    public void Udp_checksum_0_over_ipv6_is_dropped_unless_the_port_allows_it()
    {
        byte[] frame = Outer(source: VtepD).Udp(50000, 4789, checksum: 0).Vxlan(VniValue).Payload(Inner).Build();
        OverlayBench.Run(Green.Policy, "up", frame).DroppedFor(DropReason.UdpBadChecksum);
        SwitchPolicy allowing = Green.Policy.WithPort("up", p => p with { AllowZeroChecksumIpv6 = true });
        OverlayBench.Run(allowing, "up", frame).Left("a", Inner);
    }

    [Fact]
    public void Header_without_i_flag_is_dropped() =>
        OverlayBench.Run(Green.Policy, "up", Outer().Vxlan(VniValue, flags: 0).Payload(Inner).Build())
            .DroppedFor(DropReason.VxlanInvalidHeader);

    [Fact]
    public void Each_of_the_39_reserved_bits_is_ignored_or_rejected_as_the_port_says()
    {
        using var ignoring = new OverlayBench(Green.Policy);
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
    public void Packets_to_another_port_address_or_mac_are_not_opened()
    {
        byte[] otherPort = Outer().Udp(50000, 4788).Vxlan(VniValue).Payload(Inner).Build();
        byte[] otherAddress = FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, "172.31.9.77")
            .Vxlan(VniValue).Payload(Inner).Build();
        byte[] otherMac = FrameBuilder.Ethernet(MacVtepC, "02:aa:00:00:00:99").Ipv4(VtepC, Vtep)
            .Vxlan(VniValue).Payload(Inner).Build();
        using var bench = new OverlayBench(Green.Policy);
        bench.Send("up", otherPort).DroppedFor(DropReason.NotVxlan);
        bench.Send("up", otherAddress).DroppedFor(DropReason.NotVxlan);
        bench.Send("up", otherMac).DroppedFor(DropReason.NotForUs);

        using var promiscuous = new OverlayBench(Green.Policy.WithPort("up", p => p with { Promiscuous = true }));
        promiscuous.Send("up", otherAddress).Left("a", Inner);
        promiscuous.Send("up", otherMac).Left("a", Inner);
        promiscuous.Send("up", otherPort).DroppedFor(DropReason.NotVxlan);
    }

    [Fact]
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
    public void Lengths_that_contradict_each_other_are_drops()
    {
        using var bench = new OverlayBench(Green.Policy);
        byte[] inner = [.. new byte[8], .. Inner];
        bench.Send("up", Outer().Udp(50000, 4789, length: 7, checksum: 0).Payload(inner).Build())
            .DroppedFor(DropReason.UdpMalformed);
        bench.Send("up", Outer().Udp(50000, 4789, length: 9 + inner.Length, checksum: 0).Payload(inner).Build())
            .DroppedFor(DropReason.UdpMalformed);
        for (int length = 8; length < 16; length++)
        {
            bench.Send("up", Outer().Udp(50000, 4789, length: length, checksum: 0).Payload(inner).Build())
                .DroppedFor(DropReason.VxlanTruncated);
        }

        byte[] tooLong = FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, Vtep, totalLength: 2000)
            .Vxlan(VniValue).Payload(Inner).Build();
        bench.Send("up", tooLong).DroppedFor(DropReason.Ipv4Truncated);
        byte[] tooShort = FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, Vtep, totalLength: 27)
            .Vxlan(VniValue).Payload(Inner).Build();
        bench.Send("up", tooShort).DroppedFor(DropReason.UdpMalformed);
    }

    [Fact]
    public void Every_truncation_of_a_tunnel_packet_is_a_drop()
    {
        using var bench = new OverlayBench(Green.Policy);
        byte[] whole = Tunnelled(Inner);
        for (int length = 0; length < whole.Length; length++)
        {
            Outcome outcome = bench.Send("up", whole[..length]);
            Assert.Empty(outcome.Frames);
            Assert.Equal(VerdictKind.Drop, Assert.Single(outcome.Retired).Kind);
        }
    }

    [Fact]
    public void Padding_behind_the_outer_packet_is_trimmed_and_padding_inside_is_kept()
    {
        OverlayBench.Run(Green.Policy, "up", Outer().Vxlan(VniValue).Payload(Inner).Padding(9).Build())
            .Left("a", Inner);
        byte[] padded = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Udp(53, 1000).Padding(18).Build();
        OverlayBench.Run(Green.Policy, "up", Tunnelled(padded)).Left("a", padded);
    }

    [Fact]
    public void Inner_frames_shorter_than_an_ethernet_header_are_dropped_and_14_bytes_are_enough()
    {
        using var bench = new OverlayBench(Green.Policy);
        byte[] bare = FrameBuilder.Ethernet(MacC, MacA).Build();
        for (int length = 0; length < 14; length++)
        {
            bench.Send("up", Tunnelled(bare[..length])).DroppedFor(DropReason.InnerFrameTruncated);
        }

        bench.Send("up", Tunnelled(bare)).Left("a", bare);
    }

    [Fact]
    public void Outer_options_and_extension_headers_are_stepped_over()
    {
        for (int words = 1; words <= 10; words++)
        {
            byte[] options = Enumerable.Repeat((byte)1, words * 4).ToArray();
            byte[] frame = FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, Vtep, options: options)
                .Vxlan(VniValue).Payload(Inner).Build();
            AssertOpened(frame);
        }

        byte[] extended = FrameBuilder.Ethernet(MacVtepD, MacUplink).Ipv6(VtepD, Vtep6)
            .Extension(IpProtocol.HopByHop, [5, 2, 0, 0]).Extension(IpProtocol.DestinationOptions)
            .Udp(50000, 4789).Vxlan(VniValue).Payload(Inner).Build();
        AssertOpened(extended);
        byte[] overlong = FrameBuilder.Ethernet(MacVtepD, MacUplink).Ipv6(VtepD, Vtep6)
            .Extension(IpProtocol.HopByHop, [5, 2, 0, 0], length: 255)
            .Udp(50000, 4789).Vxlan(VniValue).Payload(Inner).Build();
        OverlayBench.Run(Green.Policy, "up", overlong).DroppedFor(DropReason.Ipv6Truncated);
    }

    [Fact]
    public void Outer_vlan_tags_are_stepped_over() =>
        AssertOpened(FrameBuilder.Ethernet(MacVtepC, MacUplink).Vlan(7, tagType: 0x88A8).Vlan(8).Ipv4(VtepC, Vtep)
            .Vxlan(VniValue).Payload(Inner).Build());

    [Fact]
    public void Outer_fragments_are_dropped_whatever_they_look_like()
    {
        using var bench = new OverlayBench(Green.Policy);
        byte[] whole = [.. Hex.Bytes("c350 12b5 0000 0000 08000000 00138900"), .. Inner];
        byte[] first = FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, Vtep, id: 7, moreFragments: true)
            .Udp(50000, 4789, length: 500, checksum: 0).Payload(whole.AsSpan(8, 40).ToArray()).Build();
        byte[] later = FrameBuilder.Ethernet(MacVtepC, MacUplink)
            .Ipv4(VtepC, Vtep, id: 7, fragmentOffset: 80, protocol: 17).Payload(whole).Build();
        bench.Send("up", first).DroppedFor(DropReason.OuterFragment);
        bench.Send("up", later).DroppedFor(DropReason.OuterFragment);
        byte[] later6 = FrameBuilder.Ethernet(MacVtepD, MacUplink).Ipv6(VtepD, Vtep6)
            .Fragment(7, 80, more: false, nextHeader: 17).Payload(whole).Build();
        bench.Send("up", later6).DroppedFor(DropReason.OuterFragment);
        byte[] atomic = FrameBuilder.Ethernet(MacVtepD, MacUplink).Ipv6(VtepD, Vtep6).Fragment(7, 0, more: false)
            .Udp(50000, 4789).Vxlan(VniValue).Payload(Inner).Build();
        bench.Send("up", atomic).Left("a", Inner);
    }

    [Theory]
    [InlineData(InnerVlan.Keep, true)]
    [InlineData(InnerVlan.Strip, false)]
    public void Inner_vlan_tags_are_kept_or_stripped_where_the_network_says_so(InnerVlan mode, bool kept)
    {
        byte[] tagged = FrameBuilder.Ethernet(MacC, MacA).Vlan(5)
            .Ipv4(IpC, IpA).Udp(53, 1000).Payload("answer").Build();
        OverlayBench.Run(Green.Policy.With(n => n with { InnerVlan = mode }), "up", Tunnelled(tagged))
            .Left("a", kept ? tagged : Inner);
        OverlayBench.Run(Green.Policy, "up", Tunnelled(tagged)).DroppedFor(DropReason.InnerVlan);
    }

    [Fact]
    public void Vlan_tags_that_the_network_strips_are_gone_for_the_endpoints_layers()
    {
        Layer layer = new()
        {
            Name = "acl",
            Ports = ["a"],
            Priority = 100,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf("tagged", Direction.In, new RuleAction.Block(), new Match { Vlan = 5 }),
                GroupOf("pop", Direction.In, new RuleAction.Modify { PopVlan = true }, new Match { Vlan = 0 }),
            ],
        };
        SwitchPolicy policy = Green.Policy.With(n => n with { InnerVlan = InnerVlan.Strip }).Plus(layer);
        byte[] tagged = FrameBuilder.Ethernet(MacC, MacA).Vlan(5)
            .Ipv4(IpC, IpA).Udp(53, 1000).Payload("answer").Build();
        OverlayBench.Run(policy, "up", Tunnelled(tagged)).Left("a", Inner);
    }

    [Theory]
    [InlineData("00:00:00:00:00:00")]
    [InlineData("ff:ff:ff:ff:ff:ff")]
    [InlineData("03:42:0a:00:02:07")]
    public void Inner_source_mac_that_no_station_has_is_dropped(string mac) =>
        OverlayBench.Run(Green.Policy, "up", Tunnelled(FrameBuilder.Ethernet(mac, MacA).Payload(46).Build()))
            .DroppedFor(DropReason.InnerSourceMacInvalid);

    [Fact]
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
        byte[] ownName = FrameBuilder.Ethernet(MacB, MacA).Ipv4(IpB, IpA).Udp(1, 2).Build();
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
    public void Source_vtep_is_not_looked_at_when_the_check_is_off() =>
        OverlayBench.Run(
                Green.Policy.With(n => n with { SourceVtep = SourceVtepCheck.Off }),
                "up",
                Tunnelled(Inner, source: "192.0.2.1"))
            .Left("a", Inner);

    [Fact]
    public void Congestion_marks_cross_into_the_inner_packet_by_rfc_6040_with_its_checksum_right()
    {
        // Rows are the inner, columns the outer code point, both in the order of their numbers; −1 drops.
        int[][] table = [[0, 0, 0, -1], [1, 1, 1, 3], [2, 1, 2, 3], [3, 3, 3, 3]];
        using var bench = new OverlayBench(Green.Policy);
        for (int i = 0; i < 16; i++)
        {
            (int inner, int outer, int result) = (i / 4, i % 4, table[i / 4][i % 4]);
            foreach (bool overIpv6 in new[] { false, true })
            {
                string source = overIpv6 ? VtepD : VtepC;
                AssertMark(InnerV4, source);
                AssertMark(InnerV6, source);
            }

            void AssertMark(Func<int, byte[]> build, string source)
            {
                byte[] frame = Outer((byte)outer, source).Vxlan(VniValue).Payload(build(inner)).Build();
                Outcome outcome = bench.Send("up", frame);
                if (result < 0)
                {
                    outcome.DroppedFor(DropReason.EcnInvalid);
                }
                else
                {
                    outcome.Left("a", build(result));
                }
            }
        }

        static byte[] InnerV4(int ecn) => FrameBuilder.Ethernet(MacC, MacA)
            .Ipv4(IpC, IpA, tos: (byte)(0xB8 | ecn)).Udp(53, 1000).Payload("x").Build();

        static byte[] InnerV6(int ecn) => FrameBuilder.Ethernet(MacC, MacA)
            .Ipv6(Ip6C, Ip6A, trafficClass: (byte)(0xB8 | ecn), flowLabel: 0xFFFFF).Udp(53, 1000).Payload("x").Build();
    }

    [Fact]
    public void Frame_that_is_not_ip_is_not_dropped_for_outer_congestion()
    {
        byte[] inner = FrameBuilder.Ethernet(MacC, MacA).Payload(46).Build();
        OverlayBench.Run(Green.Policy, "up", Outer(tos: 3).Vxlan(VniValue).Payload(inner).Build()).Left("a", inner);
    }

    [Fact]
    public void Nothing_leaves_a_tunnel_without_a_decap_rule()
    {
        SwitchPolicy allowing = Green.Policy.WithLayers(Vnet with
        {
            Default = DefaultAction.Allow,
            Groups = [GroupOf("in", Direction.In, new RuleAction.Allow())],
        });
        OverlayBench.Run(allowing, "up", Tunnelled(Inner)).DroppedFor(DropReason.DecapNotAllowed);
        OverlayBench.Run(allowing.Plus(UplinkLayer(new RuleAction.Decap())), "up", Tunnelled(Inner))
            .Left("a", Inner);
        SwitchPolicy blocking = Green.Policy.WithLayers(Vnet with { Groups = [] });
        OverlayBench.Run(blocking, "up", Tunnelled(Inner)).DroppedFor(DropReason.LayerDefaultBlock);
    }

    [Fact]
    public void Unknown_and_remote_destinations_are_dropped()
    {
        using var bench = new OverlayBench(Green.Policy.With(n => n with { UnknownUnicast = Flooding.Replicate }));
        foreach (string mac in new[] { MacUnknown, MacE, MacD })
        {
            bench.Send("up", Tunnelled(FrameBuilder.Ethernet(MacC, mac).Ipv4(IpC, IpE).Udp(1, 2).Build()))
                .DroppedFor(DropReason.DestinationUnknown);
        }
    }

    [Fact]
    public void Frame_to_the_router_mac_is_routed_to_the_local_endpoint()
    {
        using var bench = new OverlayBench(Green.Policy);
        byte[] inner = FrameBuilder.Ethernet(MacFarRouter, MacRouter).Ipv4("10.8.0.1", IpB, ttl: 2).Udp(1, 2).Build();
        byte[] routed = FrameBuilder.Ethernet(MacRouter, MacB).Ipv4("10.8.0.1", IpB, ttl: 1).Udp(1, 2).Build();
        bench.Send("up", Tunnelled(inner)).Left("b", routed);
        byte[] inner6 = FrameBuilder.Ethernet(MacFarRouter, MacRouter).Ipv6("fd08::1", Ip6B).Tcp(1, 2).Build();
        byte[] routed6 = FrameBuilder.Ethernet(MacRouter, MacB).Ipv6("fd08::1", Ip6B, hopLimit: 63).Tcp(1, 2).Build();
        bench.Send("up", Tunnelled(inner6)).Left("b", routed6);
        bench.Send("up", Tunnelled(FrameBuilder.Ethernet(MacC, MacRouter).Ipv4(IpC, IpB, ttl: 1).Udp(1, 2).Build()))
            .DroppedFor(DropReason.TtlExpired);
        bench.Send("up", Tunnelled(FrameBuilder.Ethernet(MacC, MacRouter).Ipv4(IpC, IpE).Udp(1, 2).Build()))
            .DroppedFor(DropReason.DestinationUnknown);
        bench.Send("up", Tunnelled(FrameBuilder.Ethernet(MacC, MacRouter).Payload(46).Build()))
            .DroppedFor(DropReason.DestinationUnknown);
    }

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
        OverlayBench.Run(Green.Policy, "up", ssh).DroppedFor(DropReason.NotVxlan);
    }

    [Fact]
    public void Arp_for_a_vtep_address_is_answered_with_the_uplinks_mac()
    {
        using var bench = new OverlayBench(Green.Policy);
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
        OverlayBench.Run(Green.Policy, "up", question).Answered("up", answer);
    }

    [Fact]
    public void Echo_to_a_vtep_address_is_answered()
    {
        using var bench = new OverlayBench(Green.Policy);
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
                Green.Policy,
                "up",
                FrameBuilder.Ethernet(source, destination).Ipv4(address, Vtep).IcmpEchoRequest(7, 9).Build())
            .DroppedFor(DropReason.NotVxlan);

    [Fact]
    public void Tunnel_inside_a_tunnel_is_opened_once()
    {
        byte[] nested = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Vxlan(9).InnerEthernet()
            .Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Build();
        OverlayBench.Run(Green.Policy, "up", Tunnelled(nested)).Left("a", nested);
    }

    private static void AssertOpened(byte[] frame) => OverlayBench.Run(Green.Policy, "up", frame).Left("a", Inner);
}
