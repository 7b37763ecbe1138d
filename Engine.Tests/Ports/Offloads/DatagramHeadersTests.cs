using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Ports.Offloads;

/// <summary>Which datagrams go as one, and that the one is cut into those that it was made of.</summary>
public sealed class DatagramHeadersTests
{
    private const int V4Length = 42;
    private const int V6Length = 62;

    // Of IPv4: total length, identification, header checksum; of IPv6: payload length; then UDP's length and checksum.
    private static readonly int[] OwnOfV4 = [16, 17, 18, 19, 24, 25, 38, 39, 40, 41];
    private static readonly int[] OwnOfV6 = [18, 19, 58, 59, 60, 61];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Datagrams_are_alike_that_differ_in_lengths_numbers_and_checksums_alone(bool isV6)
    {
        byte[] one = Tunnelled(isV6, 7, 100);
        Assert.True(DatagramHeaders.TryRead(one, out DatagramHeaders headers));
        Assert.Equal((isV6 ? V6Length : V4Length, 100 + 50), (headers.Length, headers.PayloadLength));
        int[] own = isV6 ? OwnOfV6 : OwnOfV4;
        for (int i = 0; i < headers.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] other = [.. one];
                other[i] ^= (byte)(1 << bit);
                Assert.Equal(own.Contains(i), headers.AreLikeThose(one, other));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_super_frame_is_cut_into_the_datagrams_that_it_was_made_of(bool isV6)
    {
        byte[][] datagrams = [.. Enumerable.Range(0, 5).Select(i => Tunnelled(isV6, i, i < 4 ? 300 : 10))];
        Assert.True(DatagramHeaders.TryRead(datagrams[0], out DatagramHeaders headers));
        int length = headers.Length;
        byte[] payload = [.. datagrams.SelectMany(datagram => datagram[length..])];
        byte[] made = [.. Enumerable.Repeat((byte)0xA5, length)];
        headers.Write(datagrams[0], payload.Length, made);
        byte[] whole = [.. made, .. payload];
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(whole, 0, out ParsedFrame parsed));
        Assert.Equal(whole.Length, parsed.L3End);
        Assert.True(SegmentPlan.TryCreate(
            whole,
            SegmentKind.Udp,
            (ushort)headers.PayloadLength,
            headers.TransportOffset,
            out SegmentPlan plan));
        var cut = new List<byte[]>();
        for (int start = 0; start < plan.PayloadLength; start += plan.SegmentSize)
        {
            int part = Math.Min(plan.SegmentSize, plan.PayloadLength - start);
            byte[] front = new byte[plan.HeadersLength];
            plan.WriteHeaders(whole, start, part, front, partial: false);
            cut.Add([.. front, .. whole.AsSpan(plan.HeadersLength + start, part)]);
        }

        Assert.Equal(datagrams, cut);
    }

    [Fact]
    public void What_waits_for_whoever_cuts_is_the_sum_of_the_pseudo_header()
    {
        byte[] datagram = Tunnelled(isV6: false, 0, 33);
        Assert.True(DatagramHeaders.TryRead(datagram, out DatagramHeaders headers));
        byte[] made = new byte[headers.Length];
        headers.Write(datagram, headers.PayloadLength, made);
        byte[] whole = [.. made, .. datagram[headers.Length..]];
        ushort checksum = Checksum.FinishUdp(Checksum.Sum(whole.AsSpan(headers.TransportOffset)));
        BinaryPrimitives.WriteUInt16BigEndian(whole.AsSpan(headers.TransportOffset + 6), checksum);
        Assert.Equal(datagram, whole);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_wrong_checksum_stays_and_one_that_is_not_there_does_not_matter(bool isV6)
    {
        byte[] frame = Tunnelled(isV6, 0, 100);
        int checksum = isV6 ? 60 : 40;
        Assert.False(DatagramHeaders.TryRead(With(frame, checksum, (byte)(frame[checksum] ^ 1)), out _));
        Assert.False(DatagramHeaders.TryRead(With(frame, frame.Length - 1, (byte)(frame[^1] ^ 1)), out _));
        byte[] without = With(With(frame, checksum, 0), checksum + 1, 0);
        Assert.True(DatagramHeaders.TryRead(without, out _));
    }

    [Fact]
    public void What_has_more_or_less_to_it_is_left_alone()
    {
        byte[][] others =
        [
            FrameBuilder.Ethernet().Vlan(7).Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2).Payload(100).Build(),
            FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Tcp(1, 2, TcpFlags.Ack).Payload(100).Build(),
            FrameBuilder.Ethernet().Ipv6("fd01::5", "fd01::6").Tcp(1, 2, TcpFlags.Ack).Payload(100).Build(),
            FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2).Build(),
            [.. FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2).Payload(4).Build(), 0, 0],
            FrameBuilder.Ethernet().Arp(1, FrameBuilder.MacA, "10.0.1.5", FrameBuilder.MacB, "10.0.1.6").Build(),
            new byte[60],
            [],
            [.. Tunnelled(isV6: true, 0, 100).AsSpan(0, 50)],
            With(Tunnelled(isV6: false, 0, 100), 20, 0x00),
            With(Tunnelled(isV6: false, 0, 100), 20, 0x60),
            With(Tunnelled(isV6: false, 0, 100), 21, 0x01),
            With(Tunnelled(isV6: false, 0, 100), 14, 0x46),
            With(Tunnelled(isV6: false, 0, 100), 39, 0x01),
        ];
        Assert.All(others, frame => Assert.False(DatagramHeaders.TryRead(frame, out _)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cut_off_anywhere_a_frame_is_no_datagram(bool isV6)
    {
        byte[] frame = Tunnelled(isV6, 0, 30);
        Gen<byte[]> cuts = Gen.Choose(0, frame.Length - 1).Select(length => frame[..length]);
        Prop.ForAll(Arb.From(cuts), cut =>
        {
            DatagramHeaders.FlowOf(cut);
            return !DatagramHeaders.TryRead(cut, out _);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_flow_is_a_pair_of_addresses_and_of_ports(bool isV6)
    {
        byte[] frame = Tunnelled(isV6, 0, 100);
        uint flow = DatagramHeaders.FlowOf(frame);
        Assert.Equal(flow, DatagramHeaders.FlowOf(Tunnelled(isV6, 9, 700)));
        int start = isV6 ? 22 : 26;
        int end = isV6 ? 58 : 38;
        Assert.All(
            Enumerable.Range(start, end - start),
            i => Assert.NotEqual(flow, DatagramHeaders.FlowOf(With(frame, i, (byte)~frame[i]))));
    }

    private static byte[] Tunnelled(bool isV6, int index, int length)
    {
        FrameBuilder builder = isV6
            ? FrameBuilder.Ethernet().Ipv6("fd31::1", "fd31::2")
            : FrameBuilder.Ethernet().Ipv4("172.31.0.1", "172.31.0.2", id: 700 + index, dontFragment: true);
        byte[] payload = [.. Enumerable.Range(0, length).Select(i => (byte)((i * 7) + index))];
        return builder.Udp(50_000, VxlanHeader.UdpPort).Payload([.. new byte[50], .. payload]).Build();
    }

    private static byte[] With(byte[] frame, int index, byte value)
    {
        byte[] changed = [.. frame];
        changed[index] = value;
        return changed;
    }
}
