using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Packets;

/// <summary>What the parser finds in frames that are as they should be.</summary>
public sealed class PacketParserTests
{
    private const int Ethernet = 14;
    private const int V4 = 20;
    private const int V6 = 40;

    [Fact]
    public void A_tcp_packet_over_ipv4_is_taken_apart()
    {
        byte[] bytes = FrameBuilder.Ethernet("02:00:00:00:00:01", "02:00:00:00:00:02")
            .Ipv4("10.1.2.3", "10.4.5.6", ttl: 7, tos: 0xB9, id: 0x1234, dontFragment: true)
            .Tcp(40000, 443, TcpFlags.Syn | TcpFlags.Ece, options: [2, 4, 5, 180])
            .Payload(5).Padding(3).Build();

        ParsedFrame frame = Parse(bytes);

        Assert.Equal("02:00:00:00:00:01", frame.SourceMac.ToString());
        Assert.Equal("02:00:00:00:00:02", frame.DestinationMac.ToString());
        Assert.Equal(EtherType.Ipv4, frame.EtherType);
        Assert.Equal(IpFamily.V4, frame.Family);
        Assert.Equal("10.1.2.3", frame.Source.ToString());
        Assert.Equal("10.4.5.6", frame.Destination.ToString());
        Assert.Equal(IpProtocol.Tcp, frame.Protocol);
        Assert.Equal(0xB9, frame.TrafficClass);
        Assert.Equal(46, frame.Dscp);
        Assert.Equal(7, frame.Ttl);
        Assert.True(frame.DontFragment);
        Assert.Equal(FragmentKind.None, frame.Fragment);
        Assert.Equal(0U, frame.FragmentId);
        Assert.True(frame.HasTransport);
        Assert.Equal(40000, frame.SourcePort);
        Assert.Equal(443, frame.DestinationPort);
        Assert.Equal(TcpFlags.Syn | TcpFlags.Ece, frame.TcpFlags);
        Assert.Equal(TunnelKind.None, frame.Tunnel);
        Assert.Equal(Ethernet, frame.L3Offset);
        Assert.Equal(Ethernet + V4, frame.L4Offset);
        Assert.Equal(Ethernet + V4 + 24, frame.PayloadOffset);
        Assert.Equal(Ethernet + V4 + 24 + 5, frame.L3End);
        Assert.Equal(Ethernet + V4 + 24 + 5 + 3, frame.FrameEnd);
    }

    [Fact]
    public void A_udp_packet_over_ipv6_is_taken_apart()
    {
        byte[] bytes = FrameBuilder.Ethernet().Ipv6("fd00::1", "2001:db8::2", hopLimit: 9, trafficClass: 0x2E)
            .Udp(1000, 53).Payload(5).Padding(3).Build();

        ParsedFrame frame = Parse(bytes);

        Assert.Equal(EtherType.Ipv6, frame.EtherType);
        Assert.Equal(IpFamily.V6, frame.Family);
        Assert.Equal("fd00::1", frame.Source.ToString());
        Assert.Equal("2001:db8::2", frame.Destination.ToString());
        Assert.Equal(IpProtocol.Udp, frame.Protocol);
        Assert.Equal(0x2E, frame.TrafficClass);
        Assert.Equal(9, frame.Ttl);
        Assert.False(frame.DontFragment);
        Assert.Equal(1000, frame.SourcePort);
        Assert.Equal(53, frame.DestinationPort);
        Assert.Equal(Ethernet + V6, frame.L4Offset);
        Assert.Equal(Ethernet + V6 + 8, frame.PayloadOffset);
        Assert.Equal(Ethernet + V6 + 8 + 5, frame.L3End);
        Assert.Equal(bytes.Length, frame.FrameEnd);
    }

    [Fact]
    public void Offsets_count_from_the_start_of_the_buffer()
    {
        byte[] bytes = [.. new byte[100], .. OverV4().Udp(1, 2).Build()];

        Assert.Equal(DropReason.None, PacketParser.ParseFrame(bytes, 100, out ParsedFrame frame));
        Assert.Equal(100, frame.L2Offset);
        Assert.Equal(114, frame.L3Offset);
        Assert.Equal(134, frame.L4Offset);
        Assert.Equal(142, frame.PayloadOffset);
        Assert.Equal(142, frame.L3End);
    }

    [Fact]
    public void Ipv4_options_stand_between_header_and_transport()
    {
        byte[] bytes = FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", options: new byte[40]).Udp(1, 2).Build();

        ParsedFrame frame = Parse(bytes);

        Assert.Equal(Ethernet + 60, frame.L4Offset);
        Assert.Equal(1, frame.SourcePort);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Trait("Scenario", "MF07")]
    public void Up_to_three_vlan_tags_are_followed_and_the_outermost_is_kept(int count)
    {
        FrameBuilder builder = FrameBuilder.Ethernet();
        ushort[] types = [0x88A8, 0x9100, 0x8100];
        for (int i = 0; i < count; i++)
        {
            builder.Vlan(100 + i, priority: 7 - i, tagType: types[i]);
        }

        ParsedFrame frame = Parse(builder.Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Build());

        Assert.Equal(count, frame.VlanCount);
        Assert.Equal(count == 0 ? 0 : 0xE064, frame.VlanTci);
        Assert.Equal(count == 0 ? 0 : 100, frame.VlanId);
        Assert.Equal(EtherType.Ipv4, frame.EtherType);
        Assert.Equal(Ethernet + (4 * count), frame.L3Offset);
        Assert.Equal(2, frame.DestinationPort);
    }

    [Fact]
    [Trait("Scenario", "MF07")]
    public void A_priority_tag_is_a_tag_of_vlan_0()
    {
        byte[] bytes = FrameBuilder.Ethernet().Vlan(0, priority: 5).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Build();

        ParsedFrame frame = Parse(bytes);

        Assert.Equal(1, frame.VlanCount);
        Assert.Equal(0xA000, frame.VlanTci);
        Assert.Equal(0, frame.VlanId);
    }

    [Theory]
    [InlineData("spanning tree", EtherType.None)]
    [InlineData("mpls", EtherType.Mpls)]
    [InlineData("unknown ether type", (EtherType)0x88B5)]
    [Trait("Scenario", "MF08"), Trait("Scenario", "MF09")]
    public void What_is_not_ip_is_carried_by_its_mac_addresses(string sample, EtherType etherType)
    {
        byte[] bytes = FrameSamples.All[sample];

        ParsedFrame frame = Parse(bytes);

        Assert.Equal(etherType, frame.EtherType);
        Assert.False(frame.IsIp || frame.IsArp || frame.HasTransport);
        Assert.Equal(Ethernet, frame.PayloadOffset);
        Assert.Equal(bytes.Length, frame.L3End);
        Assert.Equal(FrameBuilder.MacA, frame.SourceMac.ToString());
    }

    [Fact]
    [Trait("Scenario", "MF08")]
    public void An_802_3_frame_inside_a_vlan_has_no_ether_type()
    {
        ParsedFrame frame = Parse(FrameBuilder.Ethernet().Vlan(5, type: 0x0026).Payload(38).Build());

        Assert.Equal(EtherType.None, frame.EtherType);
        Assert.Equal(18, frame.L3Offset);
    }

    [Fact]
    public void Arp_gives_both_protocol_addresses()
    {
        ParsedFrame frame = Parse(FrameSamples.All["arp request"]);

        Assert.True(frame.IsArp);
        Assert.False(frame.IsIp);
        Assert.Equal("10.0.0.1", frame.Source.ToString());
        Assert.Equal("10.0.0.2", frame.Destination.ToString());
    }

    [Fact]
    public void Sctp_gives_ports()
    {
        ParsedFrame frame = Parse(OverV4().Sctp(2905, 2906).Payload(4).Build());

        Assert.Equal((2905, 2906), (frame.SourcePort, frame.DestinationPort));
        Assert.Equal(Ethernet + V4 + 12, frame.PayloadOffset);
    }

    [Theory]
    [InlineData("echo over ipv4", IpProtocol.Icmp, 8)]
    [InlineData("echo over ipv6", IpProtocol.Icmpv6, 129)]
    public void An_echos_identifier_stands_in_for_both_ports(string sample, IpProtocol protocol, byte type)
    {
        ParsedFrame frame = Parse(FrameSamples.All[sample]);

        Assert.Equal(protocol, frame.Protocol);
        Assert.True(frame.HasTransport);
        Assert.Equal(type, frame.IcmpType);
        Assert.Equal((7, 7), (frame.SourcePort, frame.DestinationPort));
        Assert.False(frame.IsIcmpError);
    }

    [Fact]
    public void An_icmp_error_has_no_ports_of_its_own()
    {
        ParsedFrame frame = Parse(FrameSamples.All["icmp error over ipv4"]);

        Assert.True(frame.IsIcmpError);
        Assert.Equal((3, 4), (frame.IcmpType, frame.IcmpCode));
        Assert.Equal((0, 0), (frame.SourcePort, frame.DestinationPort));
        Assert.Equal(Ethernet + V4 + 8, frame.PayloadOffset);
    }

    [Fact]
    public void Icmp_of_the_other_family_is_an_unknown_protocol()
    {
        Assert.False(Parse(OverV6().Icmp(8).Build()).HasTransport);
        Assert.False(Parse(OverV4(protocol: 58).Payload(8).Build()).HasTransport);
    }

    [Fact]
    public void A_short_icmp_message_of_a_type_that_needs_no_more_is_read()
    {
        ParsedFrame frame = Parse(OverV4(protocol: 1).Payload([42, 3, 0, 0]).Build());

        Assert.True(frame.HasTransport);
        Assert.Equal((42, 3), (frame.IcmpType, frame.IcmpCode));
        Assert.Equal(frame.L3End, frame.PayloadOffset);
    }

    [Theory]
    [InlineData("igmp", IpProtocol.Igmp)]
    [InlineData("esp over ipv4", IpProtocol.Esp)]
    [InlineData("no next header", IpProtocol.NoNextHeader)]
    public void A_protocol_without_ports_is_named_and_left_alone(string sample, IpProtocol protocol)
    {
        ParsedFrame frame = Parse(FrameSamples.All[sample]);

        Assert.Equal(protocol, frame.Protocol);
        Assert.False(frame.HasTransport);
        Assert.Equal(frame.L4Offset, frame.PayloadOffset);
    }

    [Fact]
    public void Every_ip_protocol_number_parses_or_is_refused_for_its_own_reason()
    {
        for (int number = 0; number < 256; number++)
        {
            byte[] v4 = OverV4(protocol: (byte)number).Payload(new byte[64]).Build();
            DropReason reason = PacketParser.ParseFrame(v4, 0, out ParsedFrame frame);

            DropReason expected = number switch
            {
                6 => DropReason.TcpMalformed, // A data offset of 0.
                17 => DropReason.UdpMalformed, // A length of 0.
                _ => DropReason.None,
            };
            Assert.Equal(expected, reason);
            Assert.Equal((IpProtocol)number, frame.Protocol);
        }
    }

    [Fact]
    public void Extension_headers_are_walked_to_the_transport()
    {
        ParsedFrame frame = Parse(FrameSamples.All["extension headers"]);

        Assert.Equal(IpProtocol.Udp, frame.Protocol);
        Assert.Equal(Ethernet + V6 + 8 + 8 + 16 + 16, frame.L4Offset);
        Assert.Equal((1, 2), (frame.SourcePort, frame.DestinationPort));
        Assert.Equal(0, frame.FragmentHeaderOffset);
    }

    [Fact]
    [Trait("Scenario", "MF05")]
    public void Ten_extension_headers_are_followed()
    {
        FrameBuilder builder = OverV6().Extension(IpProtocol.HopByHop);
        IpProtocol[] kinds = [IpProtocol.Mobility, IpProtocol.Hip, IpProtocol.Shim6, IpProtocol.DestinationOptions];
        for (int i = 1; i < PacketParser.MaxExtensionHeaders; i++)
        {
            builder.Extension(kinds[i % kinds.Length]);
        }

        ParsedFrame frame = Parse(builder.Tcp(1, 2).Build());

        Assert.Equal(Ethernet + V6 + 80, frame.L4Offset);
        Assert.Equal(2, frame.DestinationPort);
    }

    // RFC 8200 §4.2: what the bits mean is for the packet's destination, and the switch is not that.
    [Theory]
    [Trait("Scenario", "MF05")]
    [InlineData(0x1E)]
    [InlineData(0x5E)]
    [InlineData(0x9E)]
    [InlineData(0xDE)]
    public void Unknown_options_are_passed_on_whatever_they_ask_for(byte type)
    {
        foreach (IpProtocol kind in new[] { IpProtocol.HopByHop, IpProtocol.DestinationOptions })
        {
            ParsedFrame frame = Parse(OverV6().Extension(kind, [type, 4, 0, 0, 0, 0]).Udp(1, 2).Build());
            Assert.Equal((1, 2), (frame.SourcePort, frame.DestinationPort));
        }
    }

    [Fact]
    public void A_first_fragment_classifies()
    {
        ParsedFrame v4 = Parse(FrameSamples.All["first fragment over ipv4"]);
        Assert.Equal(FragmentKind.First, v4.Fragment);
        Assert.Equal(9U, v4.FragmentId);
        Assert.Equal((1, 2), (v4.SourcePort, v4.DestinationPort));

        ParsedFrame v6 = Parse(FrameSamples.All["first fragment over ipv6"]);
        Assert.Equal(FragmentKind.First, v6.Fragment);
        Assert.Equal(9U, v6.FragmentId);
        Assert.Equal(Ethernet + V6, v6.FragmentHeaderOffset);
        Assert.Equal((1, 2), (v6.SourcePort, v6.DestinationPort));
    }

    [Fact]
    public void A_later_fragment_has_a_protocol_and_no_ports()
    {
        ParsedFrame v4 = Parse(FrameSamples.All["later fragment over ipv4"]);
        Assert.Equal(FragmentKind.Later, v4.Fragment);
        Assert.Equal(9U, v4.FragmentId);
        Assert.Equal(IpProtocol.Udp, v4.Protocol);
        Assert.False(v4.HasTransport);
        Assert.Equal(Ethernet + V4, v4.PayloadOffset);

        ParsedFrame v6 = Parse(FrameSamples.All["later fragment over ipv6"]);
        Assert.Equal(FragmentKind.Later, v6.Fragment);
        Assert.Equal(IpProtocol.Tcp, v6.Protocol);
        Assert.False(v6.HasTransport);
        Assert.Equal(Ethernet + V6 + 8, v6.PayloadOffset);
        Assert.Equal(Ethernet + V6, v6.FragmentHeaderOffset);
    }

    [Fact]
    public void A_later_ipv6_fragment_ends_the_walk_even_before_another_extension_header()
    {
        ParsedFrame frame = Parse(OverV6()
            .Fragment(9, 8, more: false, nextHeader: 60).Payload([255, 255, 255, 255]).Build());

        Assert.Equal(IpProtocol.DestinationOptions, frame.Protocol);
        Assert.Equal(FragmentKind.Later, frame.Fragment);
    }

    [Fact]
    public void An_atomic_fragment_is_a_whole_datagram()
    {
        ParsedFrame frame = Parse(FrameSamples.All["atomic fragment"]);

        Assert.Equal(FragmentKind.None, frame.Fragment);
        Assert.Equal(0U, frame.FragmentId);
        Assert.Equal(Ethernet + V6, frame.FragmentHeaderOffset);
        Assert.Equal((1, 2), (frame.SourcePort, frame.DestinationPort));
    }

    [Theory]
    [InlineData("vxlan over ipv4", TunnelKind.Vxlan)]
    [InlineData("vxlan over ipv6", TunnelKind.Vxlan)]
    [InlineData("geneve over ipv4", TunnelKind.Geneve)]
    [InlineData("nvgre over ipv4", TunnelKind.Nvgre)]
    [InlineData("gre over ipv4", TunnelKind.Gre)]
    [InlineData("ip in ip", TunnelKind.IpInIp)]
    [InlineData("udp over ipv4", TunnelKind.None)]
    public void Tunnels_are_recognised_and_left_closed(string sample, TunnelKind tunnel) =>
        Assert.Equal(tunnel, Parse(FrameSamples.All[sample]).Tunnel);

    [Fact]
    public void Only_the_destination_port_announces_a_tunnel()
    {
        Assert.Equal(TunnelKind.VxlanGpe, Parse(OverV4().Udp(1, 4790).Build()).Tunnel);
        Assert.Equal(TunnelKind.None, Parse(OverV4().Udp(4789, 1).Build()).Tunnel);
        Assert.Equal(TunnelKind.None, Parse(OverV4().Tcp(1, 4789).Build()).Tunnel);
    }

    [Fact]
    public void The_neighbour_messages_of_rfc_4861_are_told_apart()
    {
        string[] samples =
        [
            "router solicitation", "router advertisement",
            "neighbour solicitation", "neighbour advertisement", "redirect",
        ];
        for (int i = 0; i < samples.Length; i++)
        {
            ParsedFrame frame = Parse(FrameSamples.All[samples[i]]);
            Assert.True(frame.IsNeighborDiscovery);
            Assert.Equal(133 + i, frame.IcmpType);
        }
    }

    [Fact]
    public void Udp_may_be_shorter_than_its_packet()
    {
        ParsedFrame frame = Parse(OverV4().Udp(1, 2, length: 8).Payload(20).Build());

        Assert.Equal(frame.PayloadOffset + 20, frame.L3End);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void A_packet_without_link_header_is_parsed(IpFamily family)
    {
        FrameBuilder builder = FrameBuilder.Bare();
        builder = family == IpFamily.V4 ? builder.Ipv4("10.0.0.1", "10.0.0.2") : builder.Ipv6("fd00::1", "fd00::2");
        byte[] packet = builder.Udp(1, 2).Payload(5).Build();
        byte[] bytes = [.. new byte[30], .. packet, .. new byte[9]];

        Assert.Equal(
            DropReason.None,
            PacketParser.ParsePacket(bytes, 30, 30 + packet.Length, family, out ParsedFrame frame));
        Assert.Equal(family, frame.Family);
        Assert.Equal(family == IpFamily.V4 ? EtherType.Ipv4 : EtherType.Ipv6, frame.EtherType);
        Assert.Equal(30, frame.L3Offset);
        Assert.Equal((1, 2), (frame.SourcePort, frame.DestinationPort));
        Assert.Equal(30 + packet.Length, frame.L3End);
        Assert.Equal(30 + packet.Length, frame.FrameEnd);
        Assert.True(frame.SourceMac.IsZero);
        Assert.NotEqual(
            DropReason.None,
            PacketParser.ParsePacket(bytes, 30, 30 + packet.Length - 1, family, out ParsedFrame _));
    }

    [Theory]
    [InlineData(IpFamily.V4, IpProtocol.Tcp)]
    [InlineData(IpFamily.V4, IpProtocol.Udp)]
    [InlineData(IpFamily.V4, IpProtocol.Sctp)]
    [InlineData(IpFamily.V6, IpProtocol.Tcp)]
    [InlineData(IpFamily.V6, IpProtocol.Udp)]
    [InlineData(IpFamily.V6, IpProtocol.Sctp)]
    public void A_quoted_packet_needs_eight_bytes_of_transport(IpFamily family, IpProtocol protocol)
    {
        FrameBuilder builder = FrameBuilder.Bare();
        builder = family == IpFamily.V4 ? builder.Ipv4("10.0.0.1", "10.0.0.2") : builder.Ipv6("fd00::1", "fd00::2");
        builder = protocol switch
        {
            IpProtocol.Tcp => builder.Tcp(1, 2, options: new byte[12]),
            IpProtocol.Udp => builder.Udp(1, 2),
            _ => builder.Sctp(1, 2),
        };
        byte[] bytes = builder.Payload(100).Build();
        int header = family == IpFamily.V4 ? V4 : V6;
        for (int end = header + 8; end <= bytes.Length; end++)
        {
            Assert.Equal(DropReason.None, PacketParser.ParseQuotedPacket(bytes, 0, end, family, out ParsedFrame frame));
            Assert.Equal((1, 2), (frame.SourcePort, frame.DestinationPort));
            Assert.Equal(end, frame.L3End);
            ParsedFrameAssert.HoldsTogether(in frame, DropReason.None, 0, end);
        }

        for (int end = 0; end < header + 8; end++)
        {
            DropReason reason = PacketParser.ParseQuotedPacket(bytes, 0, end, family, out ParsedFrame frame);
            Assert.NotEqual(DropReason.None, reason);
            Assert.False(frame.HasTransport);
            ParsedFrameAssert.HoldsTogether(in frame, reason, 0, end);
        }
    }

    [Fact]
    public void A_quoted_packet_ends_where_its_own_length_says_or_where_the_bytes_do()
    {
        byte[] packet = FrameBuilder.Bare().Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Payload(4).Build();
        byte[] bytes = [.. packet, .. new byte[50]];

        DropReason reason = PacketParser.ParseQuotedPacket(bytes, 0, bytes.Length, IpFamily.V4, out ParsedFrame frame);

        Assert.Equal(DropReason.None, reason);
        Assert.Equal(V4 + 8 + 4, frame.L3End);
    }

    [Fact]
    public void A_quoted_first_fragment_is_checked_by_its_stated_length()
    {
        byte[] bytes = FrameBuilder.Bare().Ipv4("10.0.0.1", "10.0.0.2", moreFragments: true)
            .Udp(1, 2).Payload(1472).Build();

        DropReason reason = PacketParser.ParseQuotedPacket(bytes, 0, V4 + 9, IpFamily.V4, out ParsedFrame frame);

        Assert.Equal(DropReason.None, reason);
        Assert.Equal(FragmentKind.First, frame.Fragment);
        Assert.Equal((1, 2), (frame.SourcePort, frame.DestinationPort));
    }

    [Fact]
    public void Parsing_allocates_nothing()
    {
        byte[][] frames = [.. FrameSamples.All.Values];
        int good = 0;
        Allocations.AssertNone(() =>
        {
            foreach (byte[] bytes in frames)
            {
                good += PacketParser.ParseFrame(bytes, 0, out ParsedFrame frame) == DropReason.None ? 1 : 0;
                if (frame.Tunnel == TunnelKind.Vxlan)
                {
                    DropReason reason =
                        PacketParser.ParseTunnel(bytes, in frame, TunnelProtocols.Vxlan, out _, out _);
                    good += reason == DropReason.None ? 1 : 0;
                }
            }
        });

        Assert.True(good > frames.Length);
    }

    [Fact]
    [Trait("Scenario", "MF06")]
    public void The_same_bytes_give_the_same_fields_over_stale_memory()
    {
        foreach (byte[] bytes in FrameSamples.All.Values)
        {
            for (int length = 0; length <= bytes.Length; length++)
            {
                ParsedFrame one = default;
                ParsedFrame two = default;
                MemoryMarshal.AsBytes(new Span<ParsedFrame>(ref two)).Fill(0xA5);
                _ = PacketParser.ParseFrame(bytes.AsSpan(0, length), 0, out one);
                _ = PacketParser.ParseFrame(bytes.AsSpan(0, length), 0, out two);
                Assert.True(
                    MemoryMarshal.AsBytes(new Span<ParsedFrame>(ref one))
                        .SequenceEqual(MemoryMarshal.AsBytes(new Span<ParsedFrame>(ref two))));
            }
        }
    }

    private static FrameBuilder OverV4(byte? protocol = null) =>
        FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", protocol: protocol);

    private static FrameBuilder OverV6() => FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2");

    private static ParsedFrame Parse(byte[] bytes)
    {
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(bytes, 0, out ParsedFrame frame));
        ParsedFrameAssert.HoldsTogether(in frame, DropReason.None, 0, bytes.Length);
        return frame;
    }
}
