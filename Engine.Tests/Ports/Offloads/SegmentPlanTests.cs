using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Ports.Offloads;

/// <summary>Super-frames are cut into the frames that a builder of frames makes of the same payload.</summary>
public sealed class SegmentPlanTests
{
    private const int SegmentSize = 1000;
    private const TcpFlags SuperFlags = TcpFlags.Ack | TcpFlags.Psh | TcpFlags.Fin | TcpFlags.Cwr;
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 2500).Select(i => (byte)(i * 7))];

    public static TheoryData<bool, bool?> Shapes => new()
    {
        { false, null }, { true, null }, { false, false }, { true, false }, { false, true }, { true, true },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Each_segment_is_the_frame_that_a_host_would_have_sent(bool inner6, bool? outer6)
    {
        byte[] whole = Frame(inner6, outer6, 0, Payload, SuperFlags);
        List<byte[]> segments = Cut(whole, inner6 ? SegmentKind.TcpIpv6 : SegmentKind.TcpIpv4, SegmentSize);
        Assert.Equal(
            [
                Frame(inner6, outer6, 0, Payload[..1000], TcpFlags.Ack | TcpFlags.Cwr),
                Frame(inner6, outer6, 1, Payload[1000..2000], TcpFlags.Ack),
                Frame(inner6, outer6, 2, Payload[2000..], TcpFlags.Ack | TcpFlags.Psh | TcpFlags.Fin),
            ],
            segments);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Datagrams_of_a_super_frame_have_lengths_and_checksums_of_their_own(bool isTunnelled)
    {
        byte[] whole = Datagram(isTunnelled, 0, Payload);
        int transport = isTunnelled ? 50 + 34 : 34;
        Assert.True(SegmentPlan.TryCreate(whole, SegmentKind.Udp, SegmentSize, transport, out SegmentPlan plan));
        Assert.Equal(isTunnelled, plan.IsTunnelled);
        Assert.Equal(
            [
                Datagram(isTunnelled, 0, Payload[..1000]),
                Datagram(isTunnelled, 1, Payload[1000..2000]),
                Datagram(isTunnelled, 2, Payload[2000..]),
            ],
            Cut(whole, plan));
    }

    [Fact]
    public void Whose_datagrams_are_cut_is_said_by_the_kind()
    {
        byte[] whole = Datagram(isTunnelled: true, 0, Payload);
        Assert.Equal(
            [Datagram(isTunnelled: true, 0, Payload[..1000]), Datagram(isTunnelled: true, 1, Payload[1000..2000])],
            Cut(whole, SegmentKind.UdpInTunnel, SegmentSize)[..2]);
        Assert.True(SegmentPlan.TryCreate(whole, SegmentKind.Udp, SegmentSize, -1, out SegmentPlan plan));
        Assert.Equal((false, true, 34), (plan.IsTunnelled, plan.IsToTunnelPort, plan.TransportOffset));
        Assert.False(SegmentPlan.TryCreate(
            Datagram(isTunnelled: false, 0, Payload), SegmentKind.UdpInTunnel, SegmentSize, -1, out _));
        Assert.False(SegmentPlan.TryCreate(whole, SegmentKind.None, SegmentSize, -1, out _));
    }

    [Fact]
    public void What_came_as_a_fragment_is_not_cut()
    {
        // Found by mutation: the tunnel's packet said that more of it follows.
        byte[] whole = Frame(inner6: false, false, 0, Payload, SuperFlags);
        whole[20] = 0x20;
        Assert.False(SegmentPlan.TryCreate(whole, SegmentKind.TcpIpv4, SegmentSize, -1, out _));
        byte[] plain = Datagram(isTunnelled: false, 0, Payload);
        plain[20] = 0x20;
        Assert.False(SegmentPlan.TryCreate(plain, SegmentKind.Udp, SegmentSize, -1, out _));
    }

    [Fact]
    public void A_partial_piece_carries_the_sum_of_its_pseudo_header()
    {
        byte[] whole = Frame(inner6: false, null, 0, Payload, SuperFlags);
        Assert.True(SegmentPlan.TryCreate(whole, SegmentKind.TcpIpv4, SegmentSize, -1, out SegmentPlan plan));
        byte[] headers = new byte[plan.HeadersLength];
        plan.WriteHeaders(whole, 0, 2000, headers, partial: true);
        byte[] piece = [.. headers, .. Payload[..2000]];

        Assert.True(OffloadIntake.TryFinish(piece, plan.TransportOffset, plan.ChecksumOffset));
        Assert.Equal(Frame(inner6: false, null, 0, Payload[..2000], TcpFlags.Ack | TcpFlags.Cwr), piece);
    }

    [Fact]
    public void What_is_no_super_frame_of_its_kind_is_refused()
    {
        byte[] tcp = Frame(inner6: false, null, 0, Payload, SuperFlags);
        byte[] udp = Datagram(isTunnelled: false, 0, Payload);
        Assert.False(SegmentPlan.TryCreate(tcp, SegmentKind.TcpIpv4, 0, -1, out _));
        Assert.False(SegmentPlan.TryCreate(tcp, SegmentKind.Udp, SegmentSize, 34, out _));
        Assert.False(SegmentPlan.TryCreate(udp, SegmentKind.TcpIpv4, SegmentSize, -1, out _));
        Assert.False(SegmentPlan.TryCreate(tcp.AsSpan(0, 40), SegmentKind.TcpIpv4, SegmentSize, -1, out _));
        Assert.False(SegmentPlan.TryCreate([], SegmentKind.TcpIpv4, SegmentSize, -1, out _));
    }

    /// <summary>A segment of TCP, plain or in a tunnel.</summary>
    internal static byte[] Frame(bool inner6, bool? outer6, int index, byte[] payload, TcpFlags flags)
    {
        FrameBuilder builder = FrameBuilder.Ethernet();
        if (outer6 is bool v6)
        {
            builder = v6
                ? builder.Ipv6("fd31::1", "fd31::2").Vxlan(4097)
                : builder.Ipv4("172.31.0.1", "172.31.0.2", dontFragment: true).Vxlan(4097);
            builder = builder.InnerEthernet();
        }

        builder = inner6
            ? builder.Ipv6("fd01::5", "fd01::6")
            : builder.Ipv4("10.0.1.5", "10.0.1.6", id: 700 + index, dontFragment: true);
        uint sequence = 0xFFFF_FF00 + (uint)(index * SegmentSize);
        return builder.Tcp(40000, 443, flags, sequence, options: [1, 1, 1, 0]).Payload(payload).Build();
    }

    private static byte[] Datagram(bool isTunnelled, int index, byte[] payload)
    {
        FrameBuilder builder = FrameBuilder.Ethernet();
        if (isTunnelled)
        {
            builder = builder.Ipv4("172.31.0.1", "172.31.0.2", dontFragment: true).Vxlan(4097).InnerEthernet();
        }

        return builder.Ipv4("10.0.1.5", "10.0.1.6", id: 700 + index).Udp(40000, 53).Payload(payload).Build();
    }

    private static List<byte[]> Cut(byte[] whole, SegmentKind kind, ushort segmentSize)
    {
        Assert.True(SegmentPlan.TryCreate(whole, kind, segmentSize, -1, out SegmentPlan plan));
        return Cut(whole, plan);
    }

    private static List<byte[]> Cut(byte[] whole, in SegmentPlan plan)
    {
        var segments = new List<byte[]>();
        for (int start = 0; start < plan.PayloadLength; start += plan.SegmentSize)
        {
            int length = Math.Min(plan.SegmentSize, plan.PayloadLength - start);
            byte[] headers = Enumerable.Repeat((byte)0xA5, plan.HeadersLength).ToArray();
            plan.WriteHeaders(whole, start, length, headers, partial: false);
            segments.Add([.. headers, .. whole.AsSpan(plan.HeadersLength + start, length)]);
            if (plan.IsTunnelled)
            {
                byte[] tunnelled = new byte[plan.HeadersLength - plan.TunnelPayloadOffset];
                plan.WriteTunnelled(whole, start, length, tunnelled);
                Assert.Equal(headers[plan.TunnelPayloadOffset..], tunnelled);
            }
        }

        return segments;
    }
}
