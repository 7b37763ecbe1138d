using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

public sealed class VxlanEncapsulationTests
{
    private const string Mac = "aa:55:aa:55:00:00";
    private const string HopMac = "f8:bc:12:44:34:b6";

    private static readonly TunnelOptions Port57363 = new() { SourcePorts = new NumberRange(57363, 57363) };

    [Theory]
    [InlineData(UdpChecksumMode.Default, "0000")]
    [InlineData(UdpChecksumMode.Zero, "0000")]
    [InlineData(UdpChecksumMode.Compute, "bce2")]
    [Trait("Scenario", "VE01")]
    public void Arp_in_a_tunnel_over_ipv4_has_these_bytes(UdpChecksumMode mode, string checksum)
    {
        // The outer header of Open vSwitch's test "IPv4 vxlan tunnel"; the UDP checksum was computed apart.
        const string Inner =
            "ffffffffffff aa55aa550000 0806 0001080006040001 aa55aa550000 01010258 000000000000 0101025c";
        string outer = "f8bc124434b6 aa55aa550000 0800 4500004e 0000 4000 40 11 33ea 01010258 0101025c"
            + $"e013 12b5 003a {checksum} 08000000 00007b00";
        byte[] result = Push(Hex.Bytes(Inner), Port57363 with { UdpChecksum = mode });
        Assert.Equal(92, result.Length);
        Assert.Equal(Hex.Text(Hex.Bytes(outer + Inner)), Hex.Text(result));
    }

    [Fact]
    public void Neighbour_solicitation_in_a_tunnel_over_ipv4_has_these_bytes()
    {
        byte[] inner = FrameBuilder.Ethernet(Mac, "33:33:ff:00:00:93")
            .Ipv6("2001:cafe::88", "ff02::1:ff00:93", hopLimit: 255).NeighborSolicitation("2001:cafe::93", Mac).Build();
        byte[] expected = FrameBuilder.Ethernet(Mac, HopMac).Ipv4("1.1.2.88", "1.1.2.92", dontFragment: true)
            .Udp(57363, 4789).Vxlan(123).Payload(inner).Build();
        byte[] result = Push(inner, Port57363 with { UdpChecksum = UdpChecksumMode.Compute });
        Assert.Equal(136, result.Length);
        Assert.Equal("33be", Hex.Text(result.AsSpan(24, 2)));
        Assert.Equal(Hex.Text(expected), Hex.Text(result));
    }

    // What Open vSwitch sends for these frames, without a UDP checksum and with one: its test "IPv4 vxlan tunnel".
    [Theory]
    [InlineData(
        "4500004e00004000401133ea 01010258 0101025c e01312b5003a",
        "1354",
        "ffffffffffff04bf1bd82d2d0806 0001080006040001 8abf7e2f0584c0a80111 000000000000c0a87b01")]
    [InlineData(
        "4500007a00004000401133be 01010258 0101025c e01312b50066",
        "e106",
        "3333ff00000104bf1bd82d2d86dd 6000000000203aff"
        + "fe800000000000000000000000000002 ff0200000000000000000001ff000001"
        + "87006e2600000000 fe800000000000000000000000000001 01018abf7e2f0584")]
    [Trait("Scenario", "VE01"), Trait("Scenario", "VE02"), Trait("Scenario", "VE03")]
    public void Frame_in_a_tunnel_over_ipv4_has_the_checksum_that_open_vswitch_gives_it(
        string headers, string checksum, string inner)
    {
        const string Macs = "aa66aa660001 aa66aa660000 0800";
        foreach ((UdpChecksumMode mode, string udp) in new[]
            {
                (UdpChecksumMode.Zero, "0000"), (UdpChecksumMode.Compute, checksum),
            })
        {
            byte[] result = Push(
                Hex.Bytes(inner),
                Port57363 with { UdpChecksum = mode },
                mac: "aa:66:aa:66:00:00",
                hop: "aa:66:aa:66:00:01");
            Assert.Equal(Hex.Text(Hex.Bytes(Macs + headers + udp + "0800000000007b00" + inner)), Hex.Text(result));
        }
    }

    // What Open vSwitch sends for the same inner segments: its test of tunnels over IPv6. The second carries ECT(1).
    [Theory]
    [InlineData(
        "60000000024e1140",
        "024e8ed1",
        "0a8f394fe0738abf7e2f058486dd6000000002080600"
        + "2001cafe000000000000000000000088 2001cafe000000000000000000000092"
        + "d4781451 00000000 00000000 50100000 edfd0000")]
    [InlineData(
        "60100000023a1140",
        "023aed34",
        "0a8f394fe0738abf7e2f058408004501021c0000000040060187c0a87b02c0a87b01d478145100000000000000005010"
        + "00004dc20000")]
    [Trait("Scenario", "VE04")]
    public void Segment_in_a_tunnel_over_ipv6_has_these_bytes(string ip, string udp, string headers)
    {
        byte[] inner = [.. Hex.Bytes(headers), .. new byte[500]];
        string outer = "aabbcc000006aa55aa55000386dd" + ip
            + "2001cafe000000000000000000000088 2001cafe000000000000000000000093 e01312b5" + udp + "0800000000007b00";
        byte[] result = Push(
            inner, Port57363, "2001:cafe::88", "2001:cafe::93", mac: "aa:55:aa:55:00:03", hop: "aa:bb:cc:00:00:06");
        Assert.Equal(inner.Length + 70, result.Length);
        Assert.Equal(Hex.Text([.. Hex.Bytes(outer), .. inner]), Hex.Text(result));
    }

    [Fact]
    [Trait("Scenario", "VE04")]
    public void Udp_checksum_over_ipv6_that_comes_out_as_0_is_sent_as_ffff()
    {
        // The word that takes the place of the zeros is the checksum with them, which makes the sum all ones.
        byte[] inner = FrameBuilder.Ethernet().Payload(new byte[2]).Build();
        int checksum = OverIpv6(inner)[60] << 8 | OverIpv6(inner)[61];
        inner[^2] = (byte)(checksum >> 8);
        inner[^1] = (byte)checksum;
        Assert.Equal("ffff", Hex.Text(Push(inner, Port57363, "fd39::1", "fd39::2").AsSpan(60, 2)));

        static byte[] OverIpv6(byte[] inner) => FrameBuilder.Ethernet(Mac, HopMac).Ipv6("fd39::1", "fd39::2")
            .Vxlan(123, 57363).Payload(inner).Build();
    }

    [Fact]
    [Trait("Scenario", "VE04")]
    public void Udp_checksum_over_ipv6_is_0_where_asked_for() =>
        Assert.Equal(
            "0000",
            Hex.Text(Push(
                FrameSamples.All["tcp over ipv4"],
                Port57363 with { UdpChecksum = UdpChecksumMode.Zero },
                "fd39::1",
                "fd39::2").AsSpan(60, 2)));

    [Theory]
    [InlineData(0u, "00000000")]
    [InlineData(1u, "00000100")]
    [InlineData(0xFFFFFFu, "ffffff00")]
    [Trait("Scenario", "VE05")]
    public void Vni_stands_in_the_upper_24_bits(uint vni, string expected)
    {
        byte[] result = Push(FrameSamples.All["tcp over ipv4"], Port57363, vni: vni);
        Assert.Equal("08000000" + expected, Hex.Text(result.AsSpan(42, 8)));
    }

    [Fact]
    [Trait("Scenario", "VE05")]
    public void Vni_of_more_than_24_bits_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Vni(0x1000000));

    [Theory]
    [InlineData(1111)]
    [InlineData(4341)]
    [InlineData(65535)]
    [Trait("Scenario", "VE06")]
    public void Destination_port_is_the_configured_one(int port)
    {
        byte[] result = Push(FrameSamples.All["tcp over ipv4"], Port57363 with { UdpPort = (ushort)port });
        Assert.Equal(port, result[36] << 8 | result[37]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(255)]
    [Trait("Scenario", "VE10")]
    public void Ttl_is_the_configured_one_in_both_families(byte ttl)
    {
        TunnelOptions options = Port57363 with { Ttl = ttl };
        byte[] overV4 = Push(FrameSamples.All["tcp over ipv4"], options);
        Assert.Equal(ttl, overV4[22]);
        Assert.Equal(0, FrameBuilder.InternetChecksum(overV4.AsSpan(14, 20)));
        Assert.Equal(ttl, Push(FrameSamples.All["tcp over ipv4"], options, "fd39::1", "fd39::2")[21]);
    }

    [Fact]
    [Trait("Scenario", "EC17"), Trait("Scenario", "EC18"), Trait("Scenario", "EC19"), Trait("Scenario", "EC20")]
    [Trait("Scenario", "EC21"), Trait("Scenario", "VE11")]
    public void Traffic_class_carries_dscp_in_the_uniform_model_only_and_ecn_in_both()
    {
        for (int tos = 0; tos < 256; tos++)
        {
            byte[][] inners =
            [
                FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", tos: (byte)tos).Udp(1, 2).Build(),
                FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2", trafficClass: (byte)tos).Udp(1, 2).Build(),
            ];
            foreach (byte[] inner in inners)
            {
                AssertTrafficClass(tos, inner, Port57363 with { Dscp = DscpMode.Uniform });
                AssertTrafficClass(tos & 3, inner, Port57363);
            }
        }

        TunnelOptions uniform = Port57363 with { Dscp = DscpMode.Uniform };
        AssertTrafficClass(0, FrameSamples.All["arp request"], uniform);

        static void AssertTrafficClass(int expected, byte[] inner, TunnelOptions options)
        {
            byte[] overV4 = Push(inner, options);
            Assert.Equal(expected, overV4[15]);
            Assert.Equal(0, FrameBuilder.InternetChecksum(overV4.AsSpan(14, 20)));
            byte[] overV6 = Push(inner, options, "fd39::1", "fd39::2");
            Assert.Equal(expected, ((overV6[14] << 8 | overV6[15]) >> 4) & 0xFF);
            Assert.Equal(6, overV6[14] >> 4);
        }
    }

    [Theory]
    [InlineData(DontFragmentMode.Set, true, "00004000")]
    [InlineData(DontFragmentMode.Set, false, "00004000")]
    [InlineData(DontFragmentMode.Copy, true, "00004000")]
    [InlineData(DontFragmentMode.Copy, false, "12340000")]
    [InlineData(DontFragmentMode.Clear, true, "12340000")]
    [InlineData(DontFragmentMode.Clear, false, "12340000")]
    [Trait("Scenario", "EC23")]
    public void Identification_is_used_where_dont_fragment_is_clear(DontFragmentMode mode, bool inner, string expected)
    {
        byte[] frame = FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", dontFragment: inner).Udp(1, 2).Build();
        byte[] result = Push(frame, Port57363 with { DontFragment = mode }, identification: 0x1234);
        Assert.Equal(expected, Hex.Text(result.AsSpan(18, 4)));
        Assert.Equal(0, FrameBuilder.InternetChecksum(result.AsSpan(14, 20)));
    }

    [Theory]
    [InlineData("tcp over ipv6")]
    [InlineData("arp request")]
    [Trait("Scenario", "EC23")]
    public void Dont_fragment_is_set_for_inner_packets_that_have_no_such_bit(string inner) =>
        Assert.Equal(
            "00004000",
            Hex.Text(Push(
                FrameSamples.All[inner], Port57363 with { DontFragment = DontFragmentMode.Copy }, identification: 7)
                .AsSpan(18, 4)));

    [Fact]
    public void Every_kind_of_frame_is_carried_whole_and_unchanged()
    {
        foreach ((string name, byte[] inner) in FrameSamples.All)
        {
            Assert.True(inner.AsSpan().SequenceEqual(Push(inner, Port57363).AsSpan(50)), name);
            Assert.True(inner.AsSpan().SequenceEqual(Push(inner, Port57363, "fd39::1", "fd39::2").AsSpan(70)), name);
        }
    }

    [Fact]
    [Trait("Scenario", "VE07")]
    public void Source_port_lies_in_its_range_is_stable_and_differs_between_flows()
    {
        var options = new TunnelOptions { SourcePorts = new NumberRange(60000, 60999) };
        var seen = new HashSet<ushort>();
        for (int i = 0; i < 1000; i++)
        {
            byte[] frame = Udp4("10.0.0.1", "10.0.0.2", 1000, i);
            ushort port = Port(frame, options);
            Assert.InRange(port, 60000, 60999);
            Assert.Equal(port, Port(frame, options));
            seen.Add(port);
        }

        // A fair throw of 1000 balls into 1000 bins leaves 632 of them hit, and 600 at the very least.
        Assert.True(seen.Count > 600, $"{seen.Count} different ports.");
        Assert.InRange(Port(Udp4("10.0.0.1", "10.0.0.2", 1, 2), TunnelOptions.Default), 49152, 65535);
    }

    [Fact]
    [Trait("Scenario", "VE07")]
    public void Source_ports_reach_both_ends_of_their_range()
    {
        var options = new TunnelOptions { SourcePorts = new NumberRange(50000, 50003) };
        var seen = Enumerable.Range(0, 200)
            .Select(i => Port(Udp4("10.0.0.1", "10.0.0.2", 1000, i), options)).ToHashSet();
        Assert.Equal(new ushort[] { 50000, 50001, 50002, 50003 }, seen.Order());
    }

    [Fact]
    public void Symmetric_source_port_is_the_same_for_both_directions()
    {
        var symmetric = new TunnelOptions { SymmetricSourcePort = true };
        int differs = 0;
        for (int i = 0; i < 200; i++)
        {
            byte[] there = Udp4("10.0.0.1", "10.0.0.2", 1000, i);
            byte[] back = Udp4("10.0.0.2", "10.0.0.1", i, 1000);
            Assert.Equal(Port(there, symmetric), Port(back, symmetric));
            differs += Port(there, TunnelOptions.Default) == Port(back, TunnelOptions.Default) ? 0 : 1;
        }

        Assert.True(differs > 190, $"Only {differs} of 200 flows have two source ports without the option.");
        byte[] arp = FrameBuilder.Ethernet("02:00:00:00:00:01", "02:00:00:00:00:02").Payload(46).Build();
        byte[] answer = FrameBuilder.Ethernet("02:00:00:00:00:02", "02:00:00:00:00:01").Payload(46).Build();
        Assert.Equal(Port(arp, symmetric), Port(answer, symmetric));
    }

    [Fact]
    [Trait("Scenario", "VE08")]
    public void All_fragments_of_a_datagram_share_their_source_port()
    {
        byte[] first = FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2", id: 9, moreFragments: true)
            .Udp(1000, 53, length: 100).Payload(16).Build();
        byte[] later = FrameBuilder.Ethernet()
            .Ipv4("10.0.0.1", "10.0.0.2", id: 9, fragmentOffset: 24, protocol: 17).Payload(16).Build();
        Assert.Equal(Port(first, TunnelOptions.Default), Port(later, TunnelOptions.Default));

        byte[] first6 = FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2").Fragment(9, 0, more: true)
            .Udp(1000, 53, length: 100).Payload(16).Build();
        byte[] later6 = FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2").Fragment(9, 24, more: false, nextHeader: 17)
            .Payload(16).Build();
        Assert.Equal(Port(first6, TunnelOptions.Default), Port(later6, TunnelOptions.Default));
    }

    [Fact]
    [Trait("Scenario", "VE08")]
    public void Frames_that_are_not_ip_have_one_source_port_for_each_pair_of_stations()
    {
        var seen = new HashSet<ushort>();
        for (int i = 0; i < 100; i++)
        {
            string mac = $"02:00:00:00:01:{i:x2}";
            byte[] mpls = FrameBuilder.Ethernet(mac, Mac, 0x8847).Payload(46).Build();
            byte[] other = FrameBuilder.Ethernet(mac, Mac, 0x8847).Payload(90).Build();
            Assert.Equal(Port(mpls, TunnelOptions.Default), Port(other, TunnelOptions.Default));
            seen.Add(Port(mpls, TunnelOptions.Default));
        }

        Assert.InRange(seen.Count, 95, 100);
    }

    [Theory]
    [InlineData("1.1.2.88", "1.1.2.92", 50)]
    [InlineData("fd39::1", "fd39::2", 70)]
    [Trait("Scenario", "VE17")]
    public void Headroom_of_exactly_the_headers_is_enough_and_one_byte_less_is_not(
        string local, string remote, int headers)
    {
        using var pool = new PacketPool(1, 256);
        byte[] inner = FrameSamples.All["tcp over ipv4"];
        TunnelTemplate tunnel = Template(Port57363, local, remote);
        Assert.True(pool.TryRent(inner.Length, out FrameDescriptor frame));
        frame.Offset = headers - 1;
        pool.Memory(frame).Fill(0xA5);
        inner.CopyTo(pool.Frame(frame));
        FrameDescriptor before = frame;
        byte[] memory = pool.Memory(frame).ToArray();
        PacketParser.ParseFrame(inner, 0, out ParsedFrame parsed);
        Assert.Equal(
            DropReason.HeadroomExhausted,
            VxlanEncapsulation.Push(pool, ref frame, tunnel, parsed, 0, 0));
        Assert.Equal(before, frame);
        Assert.Equal(memory, pool.Memory(frame).ToArray());

        frame.Offset = headers;
        inner.CopyTo(pool.Frame(frame));
        Assert.Equal(DropReason.None, VxlanEncapsulation.Push(pool, ref frame, tunnel, parsed, 0, 0));
        Assert.Equal((0, headers + inner.Length), (frame.Offset, frame.Length));
        Assert.False(pool.Memory(frame)[frame.Length..].ContainsAnyExcept((byte)0xA5));
    }

    [Theory]
    [InlineData("1.1.2.88", "1.1.2.92", 36)]
    [InlineData("fd39::1", "fd39::2", 56)]
    [Trait("Scenario", "VE18")]
    public void Outer_packet_holds_65535_bytes_and_not_one_more(string local, string remote, int overhead)
    {
        using var pool = new PacketPool(1, 66000);
        TunnelTemplate tunnel = Template(Port57363, local, remote);
        Assert.True(pool.TryRent(65535 - overhead + 1, out FrameDescriptor frame));
        pool.Frame(frame).Clear();
        PacketParser.ParseFrame(pool.Frame(frame), 0, out ParsedFrame parsed);
        FrameDescriptor before = frame;
        Assert.Equal(DropReason.MtuExceeded, VxlanEncapsulation.Push(pool, ref frame, tunnel, parsed, 0, 0));
        Assert.Equal(before, frame);

        frame.Length--;
        Assert.Equal(DropReason.None, VxlanEncapsulation.Push(pool, ref frame, tunnel, parsed, 0, 0));
        Assert.Equal(65535 + 14, frame.Length);
    }

    private static byte[] Udp4(string source, string destination, int sourcePort, int destinationPort) =>
        FrameBuilder.Ethernet().Ipv4(source, destination).Udp(sourcePort, destinationPort).Build();

    private static ushort Port(byte[] frame, TunnelOptions options)
    {
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(frame, 0, out ParsedFrame parsed));
        return VxlanEncapsulation.SourcePort(options, parsed, key: 42);
    }

    private static TunnelTemplate Template(
        TunnelOptions options, string local, string remote, uint vni = 123, string mac = Mac, string hop = HopMac) =>
        VxlanEncapsulation.CreateTemplate(
            new Vni(vni),
            IpAddress.Parse(local),
            IpAddress.Parse(remote),
            options,
            0,
            MacAddress.Parse(mac),
            MacAddress.Parse(hop));

    private static byte[] Push(
        byte[] inner,
        TunnelOptions options,
        string local = "1.1.2.88",
        string remote = "1.1.2.92",
        uint vni = 123,
        string mac = Mac,
        string hop = HopMac,
        ushort identification = 0)
    {
        using var pool = new PacketPool(1, 2048);
        Assert.True(pool.TryRent(inner.Length, out FrameDescriptor frame));
        pool.Memory(frame).Fill(0xA5);
        inner.CopyTo(pool.Frame(frame));
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(inner, 0, out ParsedFrame parsed));
        TunnelTemplate tunnel = Template(options, local, remote, vni, mac, hop);
        Assert.Equal(
            DropReason.None,
            VxlanEncapsulation.Push(pool, ref frame, tunnel, parsed, key: 0, identification));
        return pool.Frame(frame).ToArray();
    }
}
