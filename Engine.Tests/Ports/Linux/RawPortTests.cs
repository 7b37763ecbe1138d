using VxlanEngine.Packets;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Live;
using VxlanEngine.Tests.Ports.Offloads;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Ports.Linux;

/// <summary>Raw ports at both ends of a virtual wire.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[Trait(LiveTests.Category, LiveTests.Alone)]
public sealed class RawPortTests : IDisposable
{
    private static int _count;

    private readonly PacketPool _pool = new(128, 64 * 1024);
    private readonly string _left = $"vxl{Environment.ProcessId % 100_000}x{Interlocked.Increment(ref _count)}";
    private readonly string _right = $"vxr{Environment.ProcessId % 100_000}x{_count}";
    private bool _isWired;

    public void Dispose()
    {
        _pool.Dispose();
        if (_isWired)
        {
            Shell.Run($"ip link del {_left}");
        }
    }

    [SkippableFact]
    public void A_frame_arrives_as_it_was_sent_and_not_at_the_sender()
    {
        Wire();
        using RawPort left = RawPort.Open(_left);
        using RawPort right = RawPort.Open(_right);
        byte[] frame = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53).Payload(300).Build();
        Assert.Equal(1, Send(left, frame));
        FrameDescriptor received = Assert.Single(Receive(right, 1));
        Assert.Equal(frame, _pool.Frame(received).ToArray());
        Assert.Equal((FrameFlags.None, (ushort)0), (received.Flags, received.SegmentSize));
        Assert.InRange(received.TimeNs, 1_700_000_000_000_000_000, long.MaxValue);
        Assert.Empty(Receive(left, 0));
        Assert.Equal((PortState.Up, 1500, 1L), (left.State, left.Mtu, left.Statistics.Sent));
        Assert.Equal(1, right.Statistics.Received);
    }

    [SkippableFact]
    [Trait("Scenario", "MF14")]
    public void A_vlan_tag_that_the_kernel_takes_out_is_put_back()
    {
        Wire();
        using RawPort left = RawPort.Open(_left);
        using RawPort right = RawPort.Open(_right);
        byte[] frame = FrameBuilder.Ethernet().Vlan(42).Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2).Payload(64).Build();
        Send(left, frame);
        FrameDescriptor received = Assert.Single(Receive(right, 1));
        Assert.Equal(frame, _pool.Frame(received).ToArray());
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_super_frame_crosses_whole(bool inner6)
    {
        Wire();
        using RawPort left = RawPort.Open(_left);
        using RawPort right = RawPort.Open(_right);
        FrameDescriptor sent = SuperFrame(inner6, null, 20_000);
        byte[] bytes = _pool.Frame(sent).ToArray();
        Assert.Equal(1, left.Transmit(_pool, [sent]));
        left.Flush(_pool);
        FrameDescriptor received = Assert.Single(Receive(right, 1));
        Assert.Equal(
            (sent.SegmentSize, sent.Segment, ChecksumStatus.Partial),
            (received.SegmentSize, received.Segment, received.Checksum));
        byte[] arrived = _pool.Frame(received).ToArray();
        int checksum = (inner6 ? 54 : 34) + 16;
        Assert.Equal([.. bytes[..checksum], .. bytes[(checksum + 2)..]],
            [.. arrived[..checksum], .. arrived[(checksum + 2)..]]);
        Assert.Equal(1, right.Statistics.SuperFrames);
    }

    [SkippableFact]
    public void A_super_frame_of_udp_goes_whole_and_is_parted_when_it_comes()
    {
        Wire();
        Skip.IfNot(LinuxPlatform.TakesUdpSuperFrames, "Super-frames of UDP need Linux 6.2.");
        using RawPort left = RawPort.Open(_left);
        using RawPort right = RawPort.Open(_right);
        byte[] payload = Payload(20_000);
        byte[] bytes = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53).Payload(payload).Build();
        Assert.True(_pool.TryRent(bytes.Length, out FrameDescriptor frame));
        bytes.CopyTo(_pool.Frame(frame));
        (frame.SegmentSize, frame.Segment) = (1400, SegmentKind.Udp);
        frame.Checksum = ChecksumStatus.Partial;
        Assert.Equal(1, left.Transmit(_pool, [frame]));
        left.Flush(_pool);
        List<FrameDescriptor> received = Receive(right, 15);
        Assert.Equal(
            [.. payload.Chunk(1400).Select(part => FrameBuilder.Ethernet()
                .Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53).Payload(part).Build()[42..])],
            received.Select(f => _pool.Frame(f)[42..].ToArray()));
        Assert.Equal((1L, 1L), (left.Statistics.Sent, right.Statistics.SuperFrames));
    }

    [SkippableFact]
    public void A_super_frame_in_a_tunnel_arrives_in_segments_over_several_batches()
    {
        Wire();
        using RawPort left = RawPort.Open(_left);
        using RawPort right = RawPort.Open(_right);
        FrameDescriptor sent = SuperFrame(inner6: false, outer6: false, 60_000, segmentSize: 500);
        Assert.Equal(1, left.Transmit(_pool, [sent]));
        left.Flush(_pool);
        List<FrameDescriptor> received = Receive(right, 120);
        Assert.Equal(120, received.Count);
        Assert.All(received, frame => Assert.Equal(0, frame.SegmentSize));
        byte[] payload = [.. received.SelectMany(frame => _pool.Frame(frame)[108..].ToArray())];
        Assert.Equal(Payload(60_000), payload);
        Assert.Equal((120L, false), (left.Statistics.Sent, left.HasUnsent));
    }

    [SkippableFact]
    [Trait("Scenario", "MF15")]
    public void A_frame_that_the_device_refuses_is_counted_and_the_others_go()
    {
        Wire();
        using RawPort left = RawPort.Open(_left);
        using RawPort right = RawPort.Open(_right);
        byte[] good = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53).Payload(100).Build();
        byte[] tooLong = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53).Payload(5000).Build();
        Send(left, good, tooLong, good);
        Assert.Equal(2, Receive(right, 2).Count);
        Assert.Equal((2L, 1L), (left.Statistics.Sent, left.Statistics.Unsent));
        Assert.Equal(_pool.Count, _pool.FreeCount + 2);
    }

    [SkippableFact]
    [Trait("Scenario", "MF15")]
    public void A_port_that_is_down_takes_nothing_and_one_that_is_gone_says_so()
    {
        Wire();
        using RawPort left = RawPort.Open(_left);
        Shell.Run($"ip link set {_left} down");
        Assert.False(left.Maintain());
        Assert.Equal((PortState.Down, $"raw:{_left}: the interface is down."), (left.State, left.Fault));
        Assert.Equal(0, Send(left, new byte[60]));
        Shell.Run($"ip link set {_left} up");
        AssertComesUp(left, isReopened: false);
        Assert.Null(left.Fault);
        Shell.Run($"ip link del {_left}");
        _isWired = false;
        Assert.False(left.Maintain());
        Assert.Equal((PortState.Failed, -1), (left.State, left.PollDescriptor));
        Wire();
        AssertComesUp(left, isReopened: true);
        Assert.Equal(2, left.Statistics.Failures);
    }

    [SkippableFact]
    public void Sending_and_receiving_allocates_nothing()
    {
        Wire();
        using RawPort left = RawPort.Open(_left);
        using RawPort right = RawPort.Open(_right);
        byte[] frame = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53).Payload(100).Build();
        var burst = new FrameDescriptor[32];
        Allocations.AssertNone(() =>
        {
            _pool.TryRent(frame.Length, out FrameDescriptor sent);
            frame.CopyTo(_pool.Frame(sent));
            left.Transmit(_pool, new ReadOnlySpan<FrameDescriptor>(in sent));
            left.Flush(_pool);
            int count = right.Receive(_pool, burst);
            for (int i = 0; i < count; i++)
            {
                _pool.Return(burst[i]);
            }
        });
    }

    [SkippableFact]
    public void Ports_that_are_opened_and_closed_leave_no_descriptor()
    {
        Wire();
        Cycle();
        int before = Directory.GetFiles("/proc/self/fd").Length;
        for (int i = 0; i < 20; i++)
        {
            Cycle();
        }

        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 3);

        void Cycle()
        {
            using RawPort port = RawPort.Open(_left, new RawPortOptions { Promiscuous = true, BypassQueueing = true });
            Assert.Throws<PortOpenException>(() => RawPort.Open("vxe-none"));
        }
    }

    private static byte[] Payload(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];

    private void Wire()
    {
        LiveTests.SkipWhereImpossible();
        Shell.Run($"ip link add {_left} type veth peer name {_right}");
        _isWired = true;
        foreach (string name in new[] { _left, _right })
        {
            Shell.Run($"sysctl -qw net.ipv6.conf.{name}.disable_ipv6=1");
            Shell.Run($"ip link set {name} up");
        }

        // The kernel tells of a carrier a moment later, and takes no frames before.
        Assert.True(SpinWait.SpinUntil(() => IsUp(_left) && IsUp(_right), TimeSpan.FromSeconds(10)));
    }

    private static bool IsUp(string device) =>
        File.ReadAllText($"/sys/class/net/{device}/operstate").StartsWith("up", StringComparison.Ordinal);

    private static void AssertComesUp(RawPort port, bool isReopened)
    {
        bool wasReopened = false;
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    wasReopened |= port.Maintain();
                    return port.State == PortState.Up;
                },
                TimeSpan.FromSeconds(10)),
            port.Fault);
        Assert.Equal(isReopened, wasReopened);
    }

    private int Send(RawPort port, params byte[][] frames)
    {
        int taken = 0;
        foreach (byte[] bytes in frames)
        {
            Assert.True(_pool.TryRent(bytes.Length, out FrameDescriptor frame));
            bytes.CopyTo(_pool.Frame(frame));
            int count = port.Transmit(_pool, [frame]);
            taken += count;
            if (count == 0)
            {
                _pool.Return(frame);
            }
        }

        port.Flush(_pool);
        return taken;
    }

    private List<FrameDescriptor> Receive(RawPort port, int wanted)
    {
        var received = new List<FrameDescriptor>();
        var burst = new FrameDescriptor[16];
        for (int i = 0; i < 100 && (wanted == 0 ? i < 5 : received.Count < wanted); i++)
        {
            int count = port.Receive(_pool, burst);
            received.AddRange(burst[..count]);
            Thread.Sleep(count == 0 ? 10 : 0);
        }

        return received;
    }

    private FrameDescriptor SuperFrame(bool inner6, bool? outer6, int length, ushort segmentSize = 1400)
    {
        byte[] bytes = SegmentPlanTests.Frame(inner6, outer6, 0, Payload(length), TcpFlags.Ack);
        Assert.True(_pool.TryRent(bytes.Length, out FrameDescriptor frame));
        bytes.CopyTo(_pool.Frame(frame));
        frame.SegmentSize = segmentSize;
        frame.Segment = inner6 ? SegmentKind.TcpIpv6 : SegmentKind.TcpIpv4;
        frame.Checksum = ChecksumStatus.Partial;
        return frame;
    }
}
