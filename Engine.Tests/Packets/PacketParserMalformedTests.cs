using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Packets;

/// <summary>What the parser says of frames that are cut, wrong or random.</summary>
public sealed class PacketParserMalformedTests
{
    /// <summary>Each row: what is wrong, the reason expected, the frame.</summary>
    public static TheoryData<string, DropReason, byte[]> Malformed { get; } = new()
    {
        // VLAN stacks.
        {
            "four tags", DropReason.VlanTooDeep,
            FrameBuilder.Ethernet().Vlan(1).Vlan(2).Vlan(3).Vlan(4).Payload(46).Build()
        },
        {
            "a fourth tag announced at the end", DropReason.VlanTooDeep,
            FrameBuilder.Ethernet().Vlan(1).Vlan(2).Vlan(3, type: 0x8100).Build()
        },
        { "half a tag", DropReason.VlanTruncated, FrameBuilder.Ethernet(type: 0x8100).Payload(3).Build() },
        {
            "half a second tag", DropReason.VlanTruncated,
            FrameBuilder.Ethernet().Vlan(1, type: 0x88A8).Payload(3).Build()
        },

        // ARP.
        { "arp of 27 bytes", DropReason.ArpMalformed, FrameBuilder.Ethernet(type: 0x0806).Payload(27).Build() },
        { "arp for other hardware", DropReason.ArpMalformed, Arp(hardware: 6) },
        { "arp for other protocol", DropReason.ArpMalformed, Arp(protocol: 0x86DD) },
        { "arp with long hardware addresses", DropReason.ArpMalformed, Arp(hardwareLength: 8) },
        { "arp with no protocol addresses", DropReason.ArpMalformed, Arp(protocolLength: 0) },

        // IPv4 headers.
        { "version 0", DropReason.Ipv4Malformed, Ipv4(version: 0) },
        { "version 3", DropReason.Ipv4Malformed, Ipv4(version: 3) },
        { "version 5", DropReason.Ipv4Malformed, Ipv4(version: 5) },
        { "version 6 as ipv4", DropReason.Ipv4Malformed, Ipv4(version: 6) },
        { "header of 0 words", DropReason.Ipv4Malformed, Ipv4(headerWords: 0) },
        { "header of 4 words", DropReason.Ipv4Malformed, Ipv4(headerWords: 4) },
        { "header longer than the packet", DropReason.Ipv4Malformed, Ipv4(headerWords: 15) },
        { "total length 0", DropReason.Ipv4Malformed, Ipv4(totalLength: 0) },
        { "total length 19", DropReason.Ipv4Malformed, Ipv4(totalLength: 19) },
        { "total length beyond the frame", DropReason.Ipv4Truncated, Ipv4(totalLength: 20 + 8 + 1) },
        { "total length 65535", DropReason.Ipv4Truncated, Ipv4(totalLength: 65535) },
        {
            "ipv4 header of 19 bytes", DropReason.Ipv4Truncated,
            FrameBuilder.Ethernet(type: 0x0800).Payload([0x45, .. new byte[18]]).Build()
        },
        { "an empty ipv4 packet", DropReason.Ipv4Truncated, FrameBuilder.Ethernet(type: 0x0800).Build() },

        // IPv4 fragments.
        { "beyond 65535 bytes", DropReason.FragmentMalformed, Fragment4(65528, more: false, length: 8) },
        { "ragged and not last", DropReason.FragmentMalformed, Fragment4(8, more: true, length: 13) },
        { "tcp at offset 8", DropReason.FragmentMalformed, Fragment4(8, more: false, length: 16, protocol: 6) },
        {
            "first with 16 bytes of tcp", DropReason.FragmentMalformed,
            Fragment4(0, more: true, length: 16, protocol: 6)
        },
        {
            "first with part of the tcp options", DropReason.FragmentMalformed,
            FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", moreFragments: true).Tcp(1, 2, headerWords: 7)
                .Payload(4).Build()
        },
        { "first without udp", DropReason.FragmentMalformed, Fragment4(0, more: true, length: 0) },
        { "first without icmp", DropReason.FragmentMalformed, Fragment4(0, more: true, length: 0, protocol: 1) },
        {
            "first with 8 bytes of sctp", DropReason.FragmentMalformed,
            Fragment4(0, more: true, length: 8, protocol: 132)
        },

        // IPv6 headers.
        {
            "version 4 as ipv6", DropReason.Ipv6Malformed,
            FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2", version: 4).Udp(1, 2).Build()
        },
        {
            "payload beyond the frame", DropReason.Ipv6Truncated,
            FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2", payloadLength: 9).Udp(1, 2).Build()
        },
        {
            "ipv6 header of 39 bytes", DropReason.Ipv6Truncated,
            FrameBuilder.Ethernet(type: 0x86DD).Payload([0x60, .. new byte[38]]).Build()
        },
        {
            "jumbogram by length", DropReason.Ipv6Malformed,
            FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2", payloadLength: 0)
                .Extension(IpProtocol.HopByHop, Hex.Bytes("c204 00010000")).Udp(1, 2).Build()
        },
        {
            "jumbogram by option", DropReason.Ipv6Malformed,
            V6().Extension(IpProtocol.HopByHop, Hex.Bytes("c204 00010000")).Udp(1, 2).Build()
        },
        {
            "payload length 0 before udp", DropReason.UdpMalformed,
            FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2", payloadLength: 0).Udp(1, 2).Build()
        },

        // IPv6 extension headers.
        {
            "hop-by-hop second", DropReason.Ipv6Malformed,
            V6().Extension(IpProtocol.DestinationOptions).Extension(IpProtocol.HopByHop).Udp(1, 2).Build()
        },
        {
            "hop-by-hop twice", DropReason.Ipv6Malformed,
            V6().Extension(IpProtocol.HopByHop).Extension(IpProtocol.HopByHop).Udp(1, 2).Build()
        },
        { "a chain of eleven", DropReason.Ipv6Malformed, Chain(11) },
        { "a chain of a hundred", DropReason.Ipv6Malformed, Chain(100) },
        { "length 255", DropReason.Ipv6Truncated, V6().Extension(IpProtocol.Routing, length: 255).Udp(1, 2).Build() },
        {
            "authentication header cut", DropReason.Ipv6Truncated,
            V6().Extension(IpProtocol.AuthenticationHeader, length: 20).Udp(1, 2).Build()
        },
        {
            "one byte of a header", DropReason.Ipv6Truncated,
            FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2", nextHeader: 60).Payload([17]).Build()
        },
        {
            "option past the end of hop-by-hop", DropReason.Ipv6Malformed,
            V6().Extension(IpProtocol.HopByHop, [5, 5, 0, 0, 0, 0]).Udp(1, 2).Build()
        },
        {
            "option past the end of destination options", DropReason.Ipv6Malformed,
            V6().Extension(IpProtocol.DestinationOptions, [1, 255, 0, 0, 0, 0]).Udp(1, 2).Build()
        },
        {
            "option without its length", DropReason.Ipv6Malformed,
            V6().Extension(IpProtocol.HopByHop, [0, 0, 0, 0, 0, 5]).Udp(1, 2).Build()
        },

        // IPv6 fragments.
        {
            "two fragment headers", DropReason.FragmentMalformed,
            V6().Fragment(1, 0, more: true).Fragment(2, 0, more: true).Udp(1, 2).Build()
        },
        {
            "two atomic fragment headers", DropReason.FragmentMalformed,
            V6().Fragment(1, 0, more: false).Fragment(1, 0, more: false).Udp(1, 2).Build()
        },
        {
            "half a fragment header", DropReason.Ipv6Truncated,
            FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2", nextHeader: 44).Payload(7).Build()
        },
        {
            "ragged and not last over ipv6", DropReason.FragmentMalformed,
            V6().Fragment(1, 8, more: true, nextHeader: 17).Payload(9).Build()
        },
        {
            "beyond 65535 bytes over ipv6", DropReason.FragmentMalformed,
            V6().Fragment(1, 65528, more: false, nextHeader: 17).Payload(8).Build()
        },
        {
            "first that ends inside the header chain", DropReason.FragmentMalformed,
            V6().Fragment(1, 0, more: true).Extension(IpProtocol.DestinationOptions, length: 1).Build()
        },
        {
            "first that ends behind the header chain", DropReason.FragmentMalformed,
            V6().Fragment(1, 0, more: true).Extension(IpProtocol.DestinationOptions, nextHeader: 6).Build()
        },

        // Transport.
        {
            "tcp of 19 bytes", DropReason.TcpMalformed,
            FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", protocol: 6).Payload(19).Build()
        },
        { "tcp offset 4", DropReason.TcpMalformed, V4().Tcp(1, 2, headerWords: 4).Payload(20).Build() },
        {
            "tcp offset beyond the packet", DropReason.TcpMalformed,
            V4().Tcp(1, 2, headerWords: 15).Payload(39).Build()
        },
        { "tcp options in the padding", DropReason.TcpMalformed, V4().Tcp(1, 2, headerWords: 6).Padding(4).Build() },
        {
            "udp of 7 bytes", DropReason.UdpMalformed,
            FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", protocol: 17).Payload(7).Build()
        },
        { "udp length 7", DropReason.UdpMalformed, V4().Udp(1, 2, length: 7).Payload(5).Build() },
        { "udp length 0 over ipv6", DropReason.UdpMalformed, V6().Udp(1, 2, length: 0).Payload(5).Build() },
        {
            "udp longer than its packet", DropReason.UdpMalformed,
            V4().Udp(1, 2, length: 14).Payload(5).Padding(1).Build()
        },
        {
            "sctp of 11 bytes", DropReason.SctpMalformed,
            FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", protocol: 132).Payload(11).Build()
        },
        {
            "icmp of 3 bytes", DropReason.IcmpMalformed,
            FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", protocol: 1).Payload([42, 0, 0]).Build()
        },
        {
            "echo of 7 bytes", DropReason.IcmpMalformed,
            FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", protocol: 1).Payload([8, 0, 0, 0, 0, 0, 0]).Build()
        },
        {
            "packet too big of 4 bytes", DropReason.IcmpMalformed,
            FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2", nextHeader: 58).Payload([2, 0, 0, 0]).Build()
        },

        // Neighbour discovery.
        { "solicitation without target", DropReason.NeighborDiscoveryMalformed, V6().Icmpv6(135).Payload(15).Build() },
        {
            "router advertisement of 15 bytes", DropReason.NeighborDiscoveryMalformed,
            V6().Icmpv6(134).Payload(7).Build()
        },
        { "redirect of 39 bytes", DropReason.NeighborDiscoveryMalformed, V6().Icmpv6(137).Payload(31).Build() },
        {
            "option of length 0", DropReason.NeighborDiscoveryMalformed,
            V6().Icmpv6(135).Payload([.. new byte[16], 1, 0, 0, 0, 0, 0, 0, 0]).Build()
        },
        {
            "option past the end", DropReason.NeighborDiscoveryMalformed,
            V6().Icmpv6(136).Payload([.. new byte[16], 2, 2, 0, 0, 0, 0, 0, 0]).Build()
        },
        { "one byte of an option", DropReason.NeighborDiscoveryMalformed, V6().Icmpv6(133).Payload([1]).Build() },
        {
            "solicitation in an atomic fragment", DropReason.NeighborDiscoveryMalformed,
            V6().Fragment(1, 0, more: false).NeighborSolicitation("fd00::2").Build()
        },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    [Trait("Scenario", "AR09"), Trait("Scenario", "MF03"), Trait("Scenario", "MF04"), Trait("Scenario", "MF05")]
    [Trait("Scenario", "MF07")]
    public void A_malformed_frame_has_its_reason(string what, DropReason expected, byte[] bytes)
    {
        DropReason reason = PacketParser.ParseFrame(bytes, 0, out ParsedFrame frame);

        Assert.True(expected == reason, $"{what}: {reason}");
        ParsedFrameAssert.HoldsTogether(in frame, reason, 0, bytes.Length);
    }

    [Fact]
    [Trait("Scenario", "MF02")]
    public void A_frame_of_fewer_than_14_bytes_is_truncated()
    {
        for (int length = 0; length < 14; length++)
        {
            Assert.Equal(DropReason.FrameTruncated, PacketParser.ParseFrame(new byte[length], 0, out _));
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(101)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void An_offset_outside_of_the_buffer_is_an_empty_frame(int offset)
    {
        byte[] bytes = new byte[100];

        Assert.Equal(DropReason.FrameTruncated, PacketParser.ParseFrame(bytes, offset, out ParsedFrame frame));
        ParsedFrameAssert.HoldsTogether(in frame, DropReason.FrameTruncated, 100, 100);
        Assert.Equal(DropReason.Ipv4Truncated, PacketParser.ParsePacket(bytes, offset, 100, IpFamily.V4, out _));
        Assert.Equal(DropReason.Ipv6Truncated, PacketParser.ParsePacket(bytes, offset, 100, IpFamily.V6, out _));
    }

    [Fact]
    public void An_end_outside_of_the_buffer_is_the_buffers_own()
    {
        byte[] bytes = FrameBuilder.Bare().Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Build();

        Assert.Equal(DropReason.None, PacketParser.ParsePacket(bytes, 0, int.MaxValue, IpFamily.V4, out _));
        Assert.Equal(DropReason.Ipv4Truncated, PacketParser.ParsePacket(bytes, 0, int.MinValue, IpFamily.V4, out _));
    }

    [Fact]
    [Trait("Scenario", "MF01"), Trait("Scenario", "MF02")]
    public void Every_cut_of_every_sample_has_a_reason_or_is_not_ip()
    {
        foreach ((string name, byte[] bytes) in FrameSamples.All)
        {
            Assert.Equal(DropReason.None, PacketParser.ParseFrame(bytes, 0, out ParsedFrame whole));
            for (int length = 0; length < bytes.Length; length++)
            {
                DropReason reason = PacketParser.ParseFrame(bytes.AsSpan(0, length), 0, out ParsedFrame frame);
                ParsedFrameAssert.HoldsTogether(in frame, reason, 0, length);

                // Only padding may be missing without a word, and the tail of what is not looked into.
                int needed = whole.IsIp ? whole.L3End : whole.IsArp ? whole.L3Offset + 28 : whole.L3Offset;
                Assert.True((reason == DropReason.None) == (length >= needed), $"{name} cut to {length}: {reason}");
            }
        }
    }

    [Fact]
    public void Bytes_in_front_and_behind_change_nothing()
    {
        foreach (byte[] bytes in FrameSamples.All.Values)
        {
            byte[] buffer = [.. Enumerable.Repeat((byte)0xFF, 77), .. bytes];
            Assert.Equal(DropReason.None, PacketParser.ParseFrame(bytes, 0, out ParsedFrame expected));
            Assert.Equal(DropReason.None, PacketParser.ParseFrame(buffer, 77, out ParsedFrame frame));
            Assert.Equal(expected.PayloadOffset + 77, frame.PayloadOffset);
            Assert.Equal(expected.L3End + 77, frame.L3End);
            Assert.Equal(expected.SourcePort, frame.SourcePort);
            Assert.Equal(expected.Protocol, frame.Protocol);
        }
    }

    [Fact]
    public void Mutated_frames_hold_together()
    {
        var random = new Random(20240607);
        byte[][] samples = [.. FrameSamples.All.Values];
        var seen = new HashSet<DropReason>();
        for (int i = 0; i < 300_000; i++)
        {
            byte[] bytes = [.. samples[random.Next(samples.Length)]];
            for (int changes = random.Next(1, 5); changes > 0; changes--)
            {
                // Most of what matters stands in the first bytes of a header.
                bytes[random.Next(12, random.Next(13, bytes.Length))] = (byte)random.Next(256);
            }

            int length = random.Next(4) == 0 ? random.Next(bytes.Length + 1) : bytes.Length;
            seen.Add(ParseAndCheck(bytes.AsSpan(0, length)));
        }

        Assert.Superset(
            new HashSet<DropReason>
            {
                DropReason.None, DropReason.FrameTruncated, DropReason.VlanTruncated, DropReason.ArpMalformed,
                DropReason.Ipv4Truncated, DropReason.Ipv4Malformed,
                DropReason.Ipv6Truncated, DropReason.Ipv6Malformed,
                DropReason.FragmentMalformed, DropReason.TcpMalformed, DropReason.UdpMalformed,
                DropReason.SctpMalformed, DropReason.IcmpMalformed, DropReason.NeighborDiscoveryMalformed,
                DropReason.VxlanInvalidHeader,
            },
            seen);
    }

    [Fact]
    [Trait("Scenario", "MF04")]
    public void Random_packets_behind_a_known_ether_type_hold_together()
    {
        var random = new Random(7348);
        ushort[] types = [0x0800, 0x86DD, 0x0806, 0x8100, 0x88A8];
        byte[] buffer = new byte[200];
        for (int i = 0; i < 200_000; i++)
        {
            Span<byte> bytes = buffer.AsSpan(0, random.Next(buffer.Length + 1));
            random.NextBytes(bytes);
            if (bytes.Length > 14)
            {
                ushort type = types[random.Next(types.Length)];
                bytes[12] = (byte)(type >> 8);
                bytes[13] = (byte)type;
                bytes[14] = type == 0x0800 ? (byte)0x45 : type == 0x86DD ? (byte)0x60 : bytes[14];
            }

            ParseAndCheck(bytes);
        }
    }

    [Fact]
    public void Any_bytes_hold_together() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<int>(), (bytes, offset) =>
        {
            DropReason reason = PacketParser.ParseFrame(bytes, offset, out ParsedFrame frame);
            int start = offset >= 0 && offset <= bytes.Length ? offset : bytes.Length;
            ParsedFrameAssert.HoldsTogether(in frame, reason, start, bytes.Length);
            ParseAndCheck(bytes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    /// <summary>Parses the bytes in every way there is, and checks every result.</summary>
    private static DropReason ParseAndCheck(ReadOnlySpan<byte> bytes)
    {
        DropReason reason = PacketParser.ParseFrame(bytes, 0, out ParsedFrame frame);
        ParsedFrameAssert.HoldsTogether(in frame, reason, 0, bytes.Length);

        int start = Math.Min(14, bytes.Length);
        foreach (IpFamily family in (ReadOnlySpan<IpFamily>)[IpFamily.V4, IpFamily.V6])
        {
            int end = bytes.Length;
            DropReason whole = PacketParser.ParsePacket(bytes, start, end, family, out ParsedFrame packet);
            ParsedFrameAssert.HoldsTogether(in packet, whole, start, end);
            DropReason quoted = PacketParser.ParseQuotedPacket(bytes, start, end, family, out packet);
            ParsedFrameAssert.HoldsTogether(in packet, quoted, start, end);
        }

        if (reason == DropReason.None && frame.HasTransport && frame.Protocol == IpProtocol.Udp)
        {
            reason = PacketParser.ParseTunnel(bytes, in frame, TunnelProtocols.Vxlan, out _, out ParsedFrame inner);
            if (inner.FrameEnd != 0)
            {
                ParsedFrameAssert.HoldsTogether(in inner, reason, frame.PayloadOffset + 8, inner.FrameEnd);
                Assert.True(inner.FrameEnd <= frame.L3End);
            }
        }

        return reason;
    }

    private static FrameBuilder V4() => FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2");

    private static FrameBuilder V6() => FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2");

    private static byte[] Ipv4(int version = 4, int? headerWords = null, int? totalLength = null) =>
        FrameBuilder.Ethernet()
            .Ipv4("10.0.0.1", "10.0.0.2", version: version, headerWords: headerWords, totalLength: totalLength)
            .Udp(1, 2).Build();

    private static byte[] Fragment4(int offset, bool more, int length, byte protocol = 17) =>
        FrameBuilder.Ethernet()
            .Ipv4("10.0.0.1", "10.0.0.2", fragmentOffset: offset, moreFragments: more, protocol: protocol)
            .Payload(length).Build();

    private static byte[] Arp(
        int hardware = 1, int protocol = 0x0800, int hardwareLength = 6, int protocolLength = 4) =>
        FrameBuilder.Ethernet().Arp(
            1, FrameBuilder.MacA, "10.0.0.1", FrameBuilder.MacB, "10.0.0.2",
            hardware, protocol, hardwareLength, protocolLength).Build();

    private static byte[] Chain(int count)
    {
        FrameBuilder builder = V6();
        for (int i = 0; i < count; i++)
        {
            builder.Extension(IpProtocol.DestinationOptions);
        }

        return builder.Udp(1, 2).Build();
    }
}
