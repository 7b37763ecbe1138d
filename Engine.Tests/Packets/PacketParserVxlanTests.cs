using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;
using Xunit;

namespace VxlanEngine.Tests.Packets;

/// <summary>How VXLAN packets are opened.</summary>
public sealed class PacketParserVxlanTests
{
    [Theory]
    [InlineData(false, 14 + 20 + 16)]
    [InlineData(true, 14 + 40 + 16)]
    public void The_inner_frame_is_parsed_where_it_stands(bool isV6, int innerOffset)
    {
        byte[] bytes = Outer(isV6).Vxlan(5001).InnerEthernet("02:00:00:00:00:01")
            .Ipv4("192.168.0.1", "192.168.0.2").Tcp(40000, 80).Payload(3).Build();

        DropReason reason = Open(bytes, out TunnelHeader vxlan, out ParsedFrame inner);

        Assert.Equal(DropReason.None, reason);
        Assert.Equal(5001U, vxlan.Vni.Value);
        Assert.Equal(innerOffset, inner.L2Offset);
        Assert.Equal(innerOffset + 14, inner.L3Offset);
        Assert.Equal("02:00:00:00:00:01", inner.SourceMac.ToString());
        Assert.Equal("192.168.0.1", inner.Source.ToString());
        Assert.Equal((40000, 80), (inner.SourcePort, inner.DestinationPort));
        Assert.Equal(bytes.Length, inner.FrameEnd);
    }

    [Fact]
    [Trait("Scenario", "VD13")]
    public void Padding_of_the_outer_frame_is_no_part_of_the_inner_one()
    {
        byte[] bytes = Outer().Vxlan(5001).InnerEthernet().Ipv4("192.168.0.1", "192.168.0.2").Udp(1, 2)
            .Padding(13).Build();

        Assert.Equal(DropReason.None, Open(bytes, out _, out ParsedFrame inner));
        Assert.Equal(bytes.Length - 13, inner.FrameEnd);
    }

    [Fact]
    public void The_inner_frame_ends_where_udp_ends()
    {
        byte[] inside = FrameBuilder.Ethernet().Ipv4("192.168.0.1", "192.168.0.2").Udp(1, 2).Build();
        byte[] bytes = Outer().Udp(50000, 4789, length: 8 + 8 + inside.Length)
            .Payload(Hex.Bytes("0800000000138900")).Payload(inside).Payload(11).Build();

        Assert.Equal(DropReason.None, Open(bytes, out _, out ParsedFrame inner));
        Assert.Equal(bytes.Length - 11, inner.FrameEnd);
    }

    [Fact]
    public void A_packet_shorter_than_its_vxlan_header_is_truncated()
    {
        for (int length = 0; length < 8; length++)
        {
            byte[] bytes = Outer().Udp(50000, 4789)
                .Payload(Hex.Bytes("0800000000138900")[..length]).Padding(30).Build();
            Assert.Equal(DropReason.VxlanTruncated, Open(bytes, out _, out _));
        }
    }

    [Fact]
    public void An_inner_frame_shorter_than_an_ethernet_header_is_truncated()
    {
        for (int length = 0; length < 14; length++)
        {
            byte[] bytes = Outer().Vxlan(5001).Payload(length).Padding(30).Build();
            Assert.Equal(DropReason.InnerFrameTruncated, Open(bytes, out _, out _));
        }
    }

    [Theory]
    [InlineData(0x0000_0000U)]
    [InlineData(0xF7FF_FFFFU)]
    [Trait("Scenario", "VD05")]
    public void Without_the_i_flag_the_header_is_invalid(uint flags)
    {
        byte[] bytes = Outer().Vxlan(5001, flags: flags).InnerEthernet().Payload(46).Build();

        Assert.Equal(DropReason.VxlanInvalidHeader, Open(bytes, out _, out _));
    }

    [Fact]
    [Trait("Scenario", "VD24")]
    public void Reserved_bits_are_handed_over_and_ignored()
    {
        byte[] bytes = Outer().Vxlan(5001, flags: 0x8848_0064, reserved: 0xFF).InnerEthernet().Payload(46).Build();

        Assert.Equal(DropReason.None, Open(bytes, out TunnelHeader vxlan, out _));
        Assert.Equal(0x80480064_000000FFUL, vxlan.ReservedBits);
        Assert.Null(vxlan.Policy);
    }

    [Fact]
    public void A_malformed_inner_packet_keeps_its_own_reason()
    {
        byte[] bytes = Outer().Vxlan(5001).InnerEthernet()
            .Ipv4("10.1.0.1", "10.1.0.2", totalLength: 19).Udp(1, 2).Build();

        Assert.Equal(DropReason.Ipv4Malformed, Open(bytes, out _, out _));
    }

    [Fact]
    [Trait("Scenario", "VD12")]
    public void Every_cut_of_the_buffer_behind_an_outer_frame_gives_a_reason()
    {
        byte[] bytes = FrameSamples.All["vxlan over ipv4"];
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(bytes, 0, out ParsedFrame outer));
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.NotEqual(
                DropReason.None,
                PacketParser.ParseTunnel(bytes.AsSpan(0, length), in outer, TunnelProtocols.Vxlan, out _, out _));
        }
    }

    [Fact]
    [Trait("Scenario", "MF11")]
    public void Vxlan_in_vxlan_is_opened_one_level_at_a_time()
    {
        byte[] bytes = FrameBuilder.Ethernet().Payload(46).Build();
        for (uint level = 0; level < 8; level++)
        {
            bytes = Outer().Vxlan(level).Payload(bytes).Build();
        }

        Assert.Equal(DropReason.None, PacketParser.ParseFrame(bytes, 0, out ParsedFrame frame));
        for (int level = 7; level >= 0; level--)
        {
            Assert.Equal(TunnelKind.Vxlan, frame.Tunnel);
            ParsedFrame outer = frame;
            DropReason reason = PacketParser.ParseTunnel(
                bytes, in outer, TunnelProtocols.Vxlan, out TunnelHeader vxlan, out frame);
            Assert.Equal(DropReason.None, reason);
            Assert.Equal((uint)level, vxlan.Vni.Value);
        }

        Assert.Equal(TunnelKind.None, frame.Tunnel);
        Assert.Equal(bytes.Length, frame.FrameEnd);
    }

    private static FrameBuilder Outer(bool isV6 = false) => isV6
        ? FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2")
        : FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2");

    private static DropReason Open(byte[] bytes, out TunnelHeader vxlan, out ParsedFrame inner)
    {
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(bytes, 0, out ParsedFrame outer));
        return PacketParser.ParseTunnel(bytes, in outer, TunnelProtocols.Vxlan, out vxlan, out inner);
    }
}
