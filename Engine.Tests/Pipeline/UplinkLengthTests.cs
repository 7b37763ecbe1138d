using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Tunnel packets whose lengths do not fit, or that have more or fewer headers than usual.</summary>
public sealed class UplinkLengthTests
{
    [Fact]
    [Trait("Scenario", "VD12")]
    public void Lengths_that_contradict_each_other_are_drops()
    {
        using var bench = new OverlayBench();
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
    [Trait("Scenario", "VD12")]
    public void Every_truncation_of_a_tunnel_packet_is_a_drop()
    {
        using var bench = new OverlayBench();
        byte[] whole = Tunnelled(Inner);
        for (int length = 0; length < whole.Length; length++)
        {
            Outcome outcome = bench.Send("up", whole[..length]);
            Assert.Empty(outcome.Frames);
            Assert.Equal(VerdictKind.Drop, Assert.Single(outcome.Retired).Kind);
        }
    }

    [Fact]
    [Trait("Scenario", "VD13")]
    public void Padding_behind_the_outer_packet_is_trimmed_and_padding_inside_is_kept()
    {
        OverlayBench.Run("up", Outer().Vxlan(VniValue).Payload(Inner).Padding(9).Build())
            .Left("a", Inner);
        byte[] padded = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Udp(53, 1000).Padding(18).Build();
        OverlayBench.Run("up", Tunnelled(padded)).Left("a", padded);
    }

    [Fact]
    [Trait("Scenario", "VD14")]
    public void Inner_frames_shorter_than_an_ethernet_header_are_dropped_and_14_bytes_are_enough()
    {
        using var bench = new OverlayBench();
        byte[] bare = FrameBuilder.Ethernet(MacC, MacA).Build();
        for (int length = 0; length < 14; length++)
        {
            bench.Send("up", Tunnelled(bare[..length])).DroppedFor(DropReason.InnerFrameTruncated);
        }

        bench.Send("up", Tunnelled(bare)).Left("a", bare);
    }

    [Fact]
    [Trait("Scenario", "VD15"), Trait("Scenario", "VD21")]
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
        OverlayBench.Run("up", overlong).DroppedFor(DropReason.Ipv6Truncated);
    }

    [Theory]
    [Trait("Scenario", "VD15")]
    [InlineData("94040000", true)]
    [InlineData("00070100", true)]
    [InlineData("01010101", true)]
    [InlineData("07000000", false)]
    [InlineData("01070100", false)]
    [InlineData("07080400", false)]
    [InlineData("01010107", false)]
    [InlineData("83070400000000 00", false)]
    [InlineData("89070400000000 00", false)]
    public void Outer_options_that_are_not_whole_and_source_routes_are_dropped(string options, bool isOpened)
    {
        byte[] frame = FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, Vtep, options: Hex.Bytes(options))
            .Vxlan(VniValue).Payload(Inner).Build();
        Outcome outcome = OverlayBench.Run("up", frame);
        if (isOpened)
        {
            outcome.Left("a", Inner);
        }
        else
        {
            outcome.DroppedFor(DropReason.Ipv4Malformed);
        }
    }

    [Theory]
    [Trait("Scenario", "VD21")]
    [InlineData(IpProtocol.HopByHop, "1e04 00000000", true)]
    [InlineData(IpProtocol.HopByHop, "5e04 00000000", false)]
    [InlineData(IpProtocol.HopByHop, "9e04 00000000", false)]
    [InlineData(IpProtocol.HopByHop, "de04 00000000", false)]
    [InlineData(IpProtocol.HopByHop, "00 1e00 de01 00", false)]
    [InlineData(IpProtocol.DestinationOptions, "1e04 00000000", true)]
    [InlineData(IpProtocol.DestinationOptions, "5e04 00000000", false)]
    [InlineData(IpProtocol.Routing, "fe00 00000000", true)]
    [InlineData(IpProtocol.Routing, "0001 00000000", false)]
    [InlineData(IpProtocol.Routing, "fe01 00000000", false)]
    public void Outer_extension_headers_that_tell_their_destination_to_discard_are_heeded(
        IpProtocol kind, string body, bool isOpened)
    {
        byte[] second = FrameBuilder.Ethernet(MacVtepD, MacUplink).Ipv6(VtepD, Vtep6)
            .Extension(IpProtocol.DestinationOptions).Extension(kind, Hex.Bytes(body))
            .Udp(50000, 4789).Vxlan(VniValue).Payload(Inner).Build();
        byte[] alone = FrameBuilder.Ethernet(MacVtepD, MacUplink).Ipv6(VtepD, Vtep6)
            .Extension(kind, Hex.Bytes(body)).Udp(50000, 4789).Vxlan(VniValue).Payload(Inner).Build();
        Outcome outcome = OverlayBench.Run("up", alone);
        if (isOpened)
        {
            outcome.Left("a", Inner);
        }
        else
        {
            outcome.DroppedFor(DropReason.Ipv6Malformed);
            OverlayBench.Run("up", second).DroppedFor(DropReason.Ipv6Malformed);
        }
    }

    [Fact]
    [Trait("Scenario", "VD17")]
    public void Outer_vlan_tags_are_stepped_over() =>
        AssertOpened(FrameBuilder.Ethernet(MacVtepC, MacUplink).Vlan(7, tagType: 0x88A8).Vlan(8).Ipv4(VtepC, Vtep)
            .Vxlan(VniValue).Payload(Inner).Build());

    [Fact]
    [Trait("Scenario", "VD16")]
    public void Outer_fragments_are_dropped_whatever_they_look_like()
    {
        using var bench = new OverlayBench();
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

    private static void AssertOpened(byte[] frame) => OverlayBench.Run("up", frame).Left("a", Inner);
}
