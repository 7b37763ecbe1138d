using VxlanEngine.Packets;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Ports.Xdp;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Live;
using VxlanEngine.Tests.Ports.Offloads;
using VxlanEngine.Tests.Ports.Xdp;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Ports.Linux;

/// <summary>Ports that send datagrams of one flow as one super-frame, before one that parts what comes.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[Trait(LiveTests.Category, LiveTests.Alone)]
public sealed class UdpSegmentationTests : XdpBench
{
    [SkippableTheory]
    [InlineData("raw", false)]
    [InlineData("raw", true)]
    [InlineData("xdp", false)]
    [InlineData("xdp", true)]
    public void Datagrams_of_each_flow_leave_as_one(string kind, bool isV6)
    {
        using ILivePort left = Open(kind, out RawPort right);
        byte[][] frames = [.. Enumerable.Range(0, 30).Select(i => Datagram(i % 3, i, 200, isV6))];
        Assert.Equal(30, Send(left, frames));
        List<FrameDescriptor> received = Receive(right, 30);
        Assert.Equal(
            frames.Select(Numberless).OrderBy(frame => frame[isV6 ? 55 : 35]),
            received.Select(frame => Numberless(Pool.Frame(frame).ToArray())));
        Assert.Equal((3L, 0L, 3L), (left.Statistics.Sent, left.Statistics.Unsent, right.Statistics.SuperFrames));
        Assert.False(left.HasUnsent);
        right.Dispose();
    }

    [SkippableTheory]
    [InlineData("raw")]
    [InlineData("xdp")]
    public void The_last_datagram_of_a_super_frame_may_be_shorter_and_none_longer(string kind)
    {
        using ILivePort left = Open(kind, out RawPort right);
        int[] lengths = [300, 300, 200, 300, 400, 400, 1];
        byte[][] frames = [.. lengths.Select((length, i) => Datagram(0, i, length))];
        Send(left, frames);
        List<FrameDescriptor> received = Receive(right, 7);
        Assert.Equal(
            frames.Select(Numberless), received.Select(frame => Numberless(Pool.Frame(frame).ToArray())));
        Assert.Equal((3L, 2L), (left.Statistics.Sent, right.Statistics.SuperFrames));
        right.Dispose();
    }

    [SkippableTheory]
    [InlineData("raw")]
    [InlineData("xdp")]
    public void What_is_no_datagram_leaves_as_it_is(string kind)
    {
        using ILivePort left = Open(kind, out RawPort right);
        byte[] datagram = Datagram(0, 0, 100);
        byte[] fragment = [.. datagram];
        fragment[20] = 0x20;
        byte[][] frames =
        [
            FrameBuilder.Ethernet().Arp(1, FrameBuilder.MacA, "10.0.1.5", FrameBuilder.MacB, "10.0.1.6").Build(),
            FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Tcp(1, 2, TcpFlags.Ack).Payload(100).Build(),
            FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Tcp(1, 2, TcpFlags.Ack).Payload(100).Build(),
            FrameBuilder.Ethernet().Vlan(7).Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2).Payload(100).Build(),
            FrameBuilder.Ethernet().Vlan(7).Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2).Payload(100).Build(),
            fragment,
            fragment,
        ];
        Send(left, frames);
        Assert.Equal(
            frames.Select(Convert.ToHexString).Order(StringComparer.Ordinal),
            Receive(right, frames.Length).Select(frame => Convert.ToHexString(Pool.Frame(frame)))
                .Order(StringComparer.Ordinal));
        Assert.Equal((7L, 0L), (left.Statistics.Sent, right.Statistics.SuperFrames));
        right.Dispose();
    }

    [SkippableTheory]
    [InlineData("raw", 64)]
    [InlineData("xdp", 64)]
    [InlineData("xdp", 2048)]
    public void Each_flow_keeps_its_order_whatever_it_leaves_by(string kind, int ringSize)
    {
        using ILivePort left = Open(kind, out RawPort right, ringSize);
        var random = new Random(1);
        var sent = new List<(int Flow, int Number)>();
        var arrived = new List<(int Flow, int Number)>();
        for (int round = 0; round < 150; round++)
        {
            int flows = random.Next(1, 12);
            (int Flow, int Number)[] burst =
                [.. Enumerable.Range(0, random.Next(1, 60)).Select(i => (random.Next(flows), sent.Count + i))];
            Send(left, [.. burst.Select(f => Datagram(f.Flow, f.Number, random.Next(3) switch
            {
                0 => 100,
                1 => 700,
                _ => random.Next(4, 1400),
            }))]);
            sent.AddRange(burst);
            foreach (FrameDescriptor frame in Receive(right, burst.Length))
            {
                ReadOnlySpan<byte> bytes = Pool.Frame(frame);
                int flow = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(bytes[34..]) - 50_000;
                arrived.Add((flow, BitConverter.ToInt32(bytes[42..])));
                Pool.Return(frame);
            }
        }

        Assert.Equal(sent.Count, arrived.Count);
        Assert.All(
            sent.GroupBy(f => f.Flow),
            flow => Assert.Equal(flow.Select(f => f.Number), arrived.Where(f => f.Flow == flow.Key)
                .Select(f => f.Number)));
        Assert.Equal(Pool.Count, Pool.FreeCount);
        Assert.InRange(left.Statistics.Sent, 1, sent.Count - 1);
        right.Dispose();
    }

    [SkippableFact]
    public void A_super_frame_in_a_tunnel_leaves_in_few_messages_with_a_segment_in_each_datagram()
    {
        using ILivePort left = Open("raw", out RawPort right);
        byte[] payload = [.. Enumerable.Range(0, 60_000).Select(i => (byte)(i * 7))];
        byte[] bytes = SegmentPlanTests.Frame(inner6: false, outer6: false, 0, payload, TcpFlags.Ack);
        Assert.True(Pool.TryRent(bytes.Length, out FrameDescriptor frame));
        bytes.CopyTo(Pool.Frame(frame));
        (frame.SegmentSize, frame.Segment, frame.Checksum) = (500, SegmentKind.TcpIpv4, ChecksumStatus.Partial);
        Assert.Equal(1, left.Transmit(Pool, [frame]));
        left.Flush(Pool);
        List<FrameDescriptor> received = Receive(right, 120);
        Assert.Equal(120, received.Count);
        Assert.Equal(payload, received.SelectMany(f => Pool.Frame(f)[108..].ToArray()));
        Assert.All(received, f => Assert.Equal(108 + 500, f.Length));
        Assert.Equal((2L, 2L), (left.Statistics.Sent, right.Statistics.SuperFrames));
        right.Dispose();
    }

    [SkippableTheory]
    [InlineData("raw")]
    [InlineData("xdp")]
    public void Sending_allocates_nothing(string kind)
    {
        using ILivePort left = Open(kind, out RawPort right);
        byte[][] frames = [.. Enumerable.Range(0, 12).Select(i => Datagram(i % 5, i, 200))];
        var burst = new FrameDescriptor[32];
        Allocations.AssertNone(() =>
        {
            foreach (byte[] bytes in frames)
            {
                Pool.TryRent(bytes.Length, out FrameDescriptor sent);
                bytes.CopyTo(Pool.Frame(sent));
                left.Transmit(Pool, new ReadOnlySpan<FrameDescriptor>(in sent));
            }

            left.Flush(Pool);
            int count = right.Receive(Pool, burst);
            for (int i = 0; i < count; i++)
            {
                Pool.Return(burst[i]);
            }
        });
        right.Dispose();
    }

    [SkippableFact]
    public void What_waits_when_the_interface_goes_down_is_given_up_and_counted()
    {
        using ILivePort left = Open("xdp", out RawPort right);
        for (int i = 0; i < 10; i++)
        {
            byte[] bytes = Datagram(i % 2, i, 200);
            Assert.True(Pool.TryRent(bytes.Length, out FrameDescriptor frame));
            bytes.CopyTo(Pool.Frame(frame));
            Assert.Equal(1, left.Transmit(Pool, [frame]));
        }

        Assert.True(left.HasUnsent);
        Shell.Run($"ip link set {Left} down");
        left.Maintain();
        left.Flush(Pool);
        Assert.Equal((PortState.Down, false, 10L), (left.State, left.HasUnsent, left.Statistics.Unsent));
        Assert.Equal(Pool.Count, Pool.FreeCount);
        right.Dispose();
    }

    [SkippableTheory]
    [InlineData("raw")]
    [InlineData("xdp")]
    public void What_was_sent_is_counted_once_also_when_the_interface_goes(string kind)
    {
        using ILivePort left = Open(kind, out RawPort right);
        Send(left, [.. Enumerable.Range(0, 10).Select(i => Datagram(0, i, 200))]);
        Assert.Equal(1, left.Statistics.Sent);
        right.Dispose();
        Shell.Run($"ip link del {Left}");
        IsWired = false;
        left.Maintain();
        Assert.Equal((PortState.Failed, 1L), (left.State, left.Statistics.Sent));
        Wire();
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                left.Maintain();
                return left.State == PortState.Up;
            },
            TimeSpan.FromSeconds(10)));
        Send(left, [.. Enumerable.Range(0, 10).Select(i => Datagram(0, i, 200))]);
        Assert.Equal((2L, 0L), (left.Statistics.Sent, left.Statistics.Unsent));
    }

    [SkippableTheory]
    [InlineData("raw", false)]
    [InlineData("raw", true)]
    [InlineData("xdp", false)]
    [InlineData("xdp", true)]
    public void What_waits_in_the_pool_of_another_switch_is_given_up(string kind, bool isGone)
    {
        using ILivePort left = Open(kind, out RawPort right);
        using var before = new PacketPool(4, 2048);
        byte[] old = Datagram(0, 1, 200);
        Assert.True(before.TryRent(old.Length, out FrameDescriptor frame));
        old.CopyTo(before.Frame(frame));
        Assert.Equal(1, left.Transmit(before, [frame]));
        if (isGone)
        {
            before.Dispose();
        }

        byte[] datagram = Datagram(0, 2, 200);
        Send(left, datagram);
        Assert.Equal(datagram, Pool.Frame(Assert.Single(Receive(right, 1))).ToArray());
        Assert.Empty(Receive(right, 0));
        Assert.Equal((1L, 1L), (left.Statistics.Sent, left.Statistics.Unsent));
        Assert.True(isGone || before.FreeCount == before.Count);
        right.Dispose();
    }

    [SkippableFact]
    public void A_raw_port_past_the_queueing_discipline_is_refused()
    {
        Wire();
        PortOpenException refusal = Assert.Throws<PortOpenException>(() => LivePorts.Open($"raw:{Left},uso,bypass"));
        Assert.Contains("'uso' and 'bypass' exclude each other", refusal.Message, StringComparison.Ordinal);
    }

    // Whoever cuts a super-frame of IPv4 numbers the datagrams, and makes their header checksums.
    private static byte[] Numberless(byte[] frame)
    {
        if (frame[12] == 0x08)
        {
            Assert.True(Checksum.IsValid(frame.AsSpan(14, 20)));
            frame[18] = frame[19] = frame[24] = frame[25] = 0;
        }

        return frame;
    }

    private static byte[] Datagram(int flow, int number, int length, bool isV6 = false)
    {
        FrameBuilder builder = isV6
            ? FrameBuilder.Ethernet().Ipv6("fd31::1", "fd31::2")
            : FrameBuilder.Ethernet().Ipv4("172.31.0.1", "172.31.0.2", id: 0, dontFragment: true);
        byte[] payload = [.. BitConverter.GetBytes(number), .. Enumerable.Range(0, length).Select(i => (byte)i)];
        return builder.Udp(50_000 + flow, VxlanHeader.UdpPort).Payload(payload.AsSpan(0, length).ToArray()).Build();
    }

    private ILivePort Open(string kind, out RawPort right, int ringSize = 2048)
    {
        Wire();
        Skip.IfNot(LinuxPlatform.TakesUdpSuperFrames, "Super-frames of UDP need Linux 6.2.");
        right = RawPort.Open(Right);
        return kind == "raw"
            ? LivePorts.Open($"raw:{Left},uso")
            : XdpPort.Open(Left, new XdpPortOptions { UdpSegmentation = true, RingSize = ringSize });
    }
}
