using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Ports.Offloads;

/// <summary>What a kernel left unfinished is finished before the switch sees it.</summary>
public sealed class OffloadIntakeTests : IDisposable
{
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 2500).Select(i => (byte)(i * 7))];

    private readonly PacketPool _pool = new(64, 64 * 1024);
    private readonly OffloadIntake _intake = new();
    private readonly FrameDescriptor[] _burst = new FrameDescriptor[8];

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void A_partial_checksum_is_finished()
    {
        byte[] whole = Segment(1200);
        byte[] partial = WithPseudoSum(whole);
        var header = new OffloadHeader
        {
            Flags = OffloadHeader.NeedsChecksum,
            ChecksumStart = 34,
            ChecksumOffset = 16,
        };

        Assert.Equal(1, Take(partial, header));
        Assert.Equal(whole, Bytes(0));
        Assert.Equal(ChecksumStatus.Good, _burst[0].Checksum);
    }

    [Theory]
    [InlineData(0, ChecksumStatus.Unknown)]
    [InlineData(OffloadHeader.DataValid, ChecksumStatus.Good)]
    public void What_the_kernel_says_of_a_finished_checksum_is_passed_on(byte flags, ChecksumStatus status)
    {
        byte[] frame = Segment(100);
        Assert.Equal(1, Take(frame, new OffloadHeader { Flags = flags }));
        Assert.Equal(frame, Bytes(0));
        Assert.Equal(status, _burst[0].Checksum);
    }

    [Theory]
    [InlineData(2000, 16)]
    [InlineData(1241, 16)]
    [InlineData(34, 65535)]
    public void A_checksum_outside_the_frame_makes_it_unusable(ushort start, ushort offset)
    {
        var header = new OffloadHeader
        {
            Flags = OffloadHeader.NeedsChecksum,
            ChecksumStart = start,
            ChecksumOffset = offset,
        };
        Assert.Equal(0, Take(Segment(1200), header));
        Assert.Equal((1, _pool.Count), (_intake.Unusable, _pool.FreeCount));
    }

    [Fact]
    public void A_super_frame_of_tcp_is_handed_on_whole()
    {
        byte[] frame = Segment(2500);
        Assert.Equal(1, Take(frame, SuperFrame(OffloadHeader.TcpIpv4 | OffloadHeader.EcnFlag, 1000)));
        Assert.Equal(frame, Bytes(0));
        Assert.Equal(
            (ChecksumStatus.Partial, (ushort)1000, SegmentKind.TcpIpv4),
            (_burst[0].Checksum, _burst[0].SegmentSize, _burst[0].Segment));
        Assert.Equal(1, _intake.SuperFrames);
    }

    [Theory]
    [InlineData(false, OffloadHeader.TunnelIpv4, 34 + 50)]
    [InlineData(true, OffloadHeader.TunnelIpv6, 34 + 70)]
    public void A_super_frame_in_a_tunnel_is_handed_on_whole(bool outer6, byte tunnel, ushort start)
    {
        byte[] frame = SegmentPlanTests.Frame(inner6: false, outer6, 0, Payload, TcpFlags.Ack);
        OffloadHeader header = SuperFrame(OffloadHeader.TcpIpv4 | tunnel, 1000) with { ChecksumStart = start };
        Assert.Equal(1, Take(frame, header));
        Assert.Equal(frame, Bytes(0));
        Assert.Equal(((ushort)1000, SegmentKind.TcpIpv4), (_burst[0].SegmentSize, _burst[0].Segment));
    }

    [Fact]
    public void A_super_frame_of_one_segment_becomes_a_frame()
    {
        byte[] frame = Segment(900);
        Assert.Equal(1, Take(WithPseudoSum(frame), SuperFrame(OffloadHeader.TcpIpv4, 1000)));
        Assert.Equal(frame, Bytes(0));
        Assert.Equal((ChecksumStatus.Good, (ushort)0), (_burst[0].Checksum, _burst[0].SegmentSize));
        Assert.Equal(_pool.Count - 1, _pool.FreeCount);
    }

    [Fact]
    public void A_super_frame_without_room_for_a_tunnel_is_halved_on_a_segment()
    {
        byte[] payload = [.. Enumerable.Range(0, 65_400).Select(i => (byte)(i * 3))];
        byte[] frame = SegmentPlanTests.Frame(inner6: false, null, 0, payload, TcpFlags.Ack);
        Assert.Equal(3, Take(frame, SuperFrame(OffloadHeader.TcpIpv4, 1400)));
        int headers = frame.Length - payload.Length;
        Assert.Equal([1400, 1400, 0], _burst[..3].Select(piece => (int)piece.SegmentSize));
        Assert.All(_burst[..2], piece => Assert.Equal(0, (piece.Length - headers) % 1400));
        Assert.Equal(
            payload, Enumerable.Range(0, 3).SelectMany(i => Bytes(i)[headers..]).ToArray());
    }

    [Fact]
    public void A_super_frame_of_udp_is_cut_over_several_bursts()
    {
        byte[] frame = FrameBuilder.Ethernet()
            .Ipv4("10.0.1.5", "10.0.1.6").Udp(4000, 53).Payload(Payload).Build();
        OffloadHeader header = SuperFrame(OffloadHeader.Udp, 100) with { ChecksumOffset = 6 };
        Assert.Equal(8, Take(frame, header));
        int count = 8;
        for (int more; (more = _intake.Resume(_pool, _burst)) > 0; count += more)
        {
            Assert.All(_burst[..more], piece => Assert.Equal(142, piece.Length));
        }

        Assert.Equal(25, count);
    }

    [Theory]
    [InlineData(false, 53, true)]
    [InlineData(false, 4789, false)]
    [InlineData(false, 6081, false)]
    [InlineData(true, 53, true)]
    public void A_super_frame_of_udp_stays_whole_where_it_is_wanted_and_no_tunnel_s(
        bool isTunnelled, int port, bool isWhole)
    {
        var intake = new OffloadIntake(takesUdp: true);
        FrameBuilder outer = isTunnelled
            ? FrameBuilder.Ethernet().Ipv4("172.31.0.1", "172.31.0.2").Vxlan(4097).InnerEthernet()
            : FrameBuilder.Ethernet();
        byte[] bytes = outer.Ipv4("10.0.1.5", "10.0.1.6").Udp(4000, port).Payload(Payload).Build();
        OffloadHeader header = SuperFrame(OffloadHeader.Udp, 1000) with
        {
            ChecksumStart = (ushort)(isTunnelled ? 34 + 50 : 34),
            ChecksumOffset = 6,
        };
        Assert.True(_pool.TryRent(bytes.Length, out FrameDescriptor frame));
        bytes.CopyTo(_pool.Frame(frame));
        int count = intake.Take(_pool, ref frame, header, _burst);
        Assert.Equal((isWhole ? 1 : 3, 1), (count, intake.SuperFrames));
        Assert.Equal(
            isWhole
                ? (ChecksumStatus.Partial, (ushort)1000, isTunnelled ? SegmentKind.UdpInTunnel : SegmentKind.Udp)
                : (ChecksumStatus.Good, (ushort)0, SegmentKind.None),
            (_burst[0].Checksum, _burst[0].SegmentSize, _burst[0].Segment));
    }

    [Fact]
    public void Pieces_that_find_no_buffer_are_counted_and_nothing_leaks()
    {
        using var small = new PacketPool(3, 64 * 1024);
        byte[] bytes = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2).Payload(Payload).Build();
        Assert.True(small.TryRent(bytes.Length, out FrameDescriptor frame));
        bytes.CopyTo(small.Frame(frame));
        OffloadHeader header = SuperFrame(OffloadHeader.Udp, 100) with { ChecksumOffset = 6 };
        Assert.Equal(2, _intake.Take(small, ref frame, header, _burst));
        small.Return(_burst[0]);
        small.Return(_burst[1]);
        Assert.Equal((3, 1), (small.FreeCount, _intake.Unusable));
    }

    [Fact]
    public void An_unknown_kind_of_super_frame_is_unusable()
    {
        Assert.Equal(0, Take(Segment(2500), SuperFrame(3, 1000)));
        Assert.Equal((1, _pool.Count), (_intake.Unusable, _pool.FreeCount));
    }

    [Fact]
    public void A_partial_checksum_that_nobody_announced_is_found()
    {
        byte[] whole = Segment(1200);
        byte[] partial = WithPseudoSum(whole);
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(partial, 0, out ParsedFrame packet));
        Assert.True(OffloadIntake.FinishUnannounced(partial, packet));
        Assert.Equal(whole, partial);
    }

    [Fact]
    public void Partial_checksums_that_nobody_announced_are_found_outside_and_inside_of_a_tunnel()
    {
        byte[] inner = Segment(1200);
        byte[] outside = WithPseudoSum(inner);
        OffloadIntake.FinishUnannounced(outside);
        Assert.Equal(inner, outside);

        // A kernel makes the outer checksum for the inner one that will be there in the end.
        byte[] whole = FrameBuilder.Ethernet().Ipv4("172.31.0.1", "172.31.0.2").Vxlan(5).Payload(inner).Build();
        byte[] partial = [.. whole[..^inner.Length], .. WithPseudoSum(inner)];
        Assert.NotEqual(whole, partial);
        OffloadIntake.FinishUnannounced(partial);
        Assert.Equal(whole, partial);
    }

    [Fact]
    public void The_checksum_of_sctp_is_finished_where_it_is_announced_and_where_it_is_not()
    {
        foreach (int length in (int[])[0, 1, 7, 8, 64, 1301])
        {
            byte[] whole = FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.9").Sctp(1, 2).Payload(length).Build();
            byte[] partial = FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.9").Sctp(1, 2, checksum: 0)
                .Payload(length).Build();
            var header = new OffloadHeader
            {
                Flags = OffloadHeader.NeedsChecksum,
                ChecksumStart = 34,
                ChecksumOffset = 8,
            };
            Assert.Equal(1, Take(partial, header));
            Assert.Equal(whole, Bytes(0));
            OffloadIntake.FinishUnannounced(partial);
            Assert.Equal(whole, partial);
        }

        var outside = new OffloadHeader { Flags = OffloadHeader.NeedsChecksum, ChecksumStart = 90, ChecksumOffset = 8 };
        Assert.Equal(0, Take(Segment(40), outside));
        Assert.Equal(1, _intake.Unusable);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_checksum_that_is_right_or_merely_wrong_is_left_alone(byte error)
    {
        byte[] frame = Segment(1200);
        frame[^1] += error;
        byte[] before = [.. frame];
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(frame, 0, out ParsedFrame packet));
        Assert.False(OffloadIntake.FinishUnannounced(frame, packet));
        Assert.Equal(before, frame);
    }

    private static byte[] Segment(int length) =>
        SegmentPlanTests.Frame(inner6: false, null, 0, Payload[..length], TcpFlags.Ack);

    // The pseudo-header of RFC 9293 §3.1, word by word.
    private static byte[] WithPseudoSum(byte[] frame)
    {
        int length = frame.Length - 34;
        byte[] pseudo = [.. frame[26..34], 0, 6, (byte)(length >> 8), (byte)length];
        int sum = ~FrameBuilder.InternetChecksum(pseudo) & 0xFFFF;
        byte[] partial = [.. frame];
        (partial[50], partial[51]) = ((byte)(sum >> 8), (byte)sum);
        return partial;
    }

    private static OffloadHeader SuperFrame(int kind, ushort segmentSize) => new()
    {
        Flags = OffloadHeader.NeedsChecksum,
        Kind = (byte)kind,
        SegmentSize = segmentSize,
        ChecksumStart = 34,
        ChecksumOffset = 16,
    };

    private int Take(byte[] bytes, OffloadHeader header)
    {
        Assert.True(_pool.TryRent(bytes.Length, out FrameDescriptor frame));
        bytes.CopyTo(_pool.Frame(frame));
        return _intake.Take(_pool, ref frame, header, _burst);
    }

    private byte[] Bytes(int index) => _pool.Frame(_burst[index]).ToArray();
}
