using VxlanEngine.Ports.Offloads;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Ports.Offloads;

/// <summary>What a host left unfinished is guessed where nothing tells of it.</summary>
public sealed class UnannouncedOffloadsTests
{
    private const int Headers = 14 + 20 + 24;
    private const int Mtu = 1500;

    [Theory]
    [InlineData(1456)]
    [InlineData(100)]
    public void A_packet_that_fits_the_interface_is_no_super_frame(int payload) =>
        Assert.Equal(default, UnannouncedOffloads.Finish(Frame(payload), Mtu));

    [Theory]
    [InlineData(1457, 1456)]
    [InlineData(9000, 1456)]
    public void A_tcp_packet_that_does_not_fit_is_one_with_full_segments(int payload, int segment)
    {
        OffloadHeader header = UnannouncedOffloads.Finish(Frame(payload), Mtu);
        Assert.Equal(
            (OffloadHeader.NeedsChecksum, OffloadHeader.TcpIpv4, segment, 34),
            (header.Flags, header.Kind, header.SegmentSize, header.ChecksumStart));
    }

    [Fact]
    public void A_tunnelled_one_has_segments_that_fit_with_the_tunnels_headers()
    {
        byte[] frame = FrameBuilder.Ethernet().Ipv4("172.31.0.1", "172.31.0.2").Vxlan(5).Payload(Frame(9000)).Build();
        OffloadHeader header = UnannouncedOffloads.Finish(frame, Mtu);
        Assert.Equal((1456 - 50, 34 + 50), (header.SegmentSize, header.ChecksumStart));
    }

    [Fact]
    public void A_datagram_that_does_not_fit_is_left_alone()
    {
        byte[] frame = FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Payload(3000).Build();
        byte[] before = [.. frame];
        Assert.Equal(default, UnannouncedOffloads.Finish(frame, Mtu));
        Assert.Equal(before, frame);
    }

    [Fact]
    public void A_partial_checksum_is_finished()
    {
        byte[] whole = Frame(100);
        byte[] partial = [.. whole];
        byte[] pseudo = [.. whole[26..34], 0, 6, 0, 124];
        int sum = ~FrameBuilder.InternetChecksum(pseudo) & 0xFFFF;
        (partial[50], partial[51]) = ((byte)(sum >> 8), (byte)sum);
        Assert.NotEqual(whole, partial);
        UnannouncedOffloads.Finish(partial, Mtu);
        Assert.Equal(whole, partial);
    }

    private static byte[] Frame(int payload)
    {
        byte[] frame = SegmentPlanTests.Frame(inner6: false, null, 0, new byte[payload], TcpFlags.Ack);
        Assert.Equal(Headers + payload, frame.Length);
        return frame;
    }
}
