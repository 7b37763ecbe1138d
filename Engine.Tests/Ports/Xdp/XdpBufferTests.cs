using VxlanEngine.Packets;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Ports.Xdp;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Live;
using VxlanEngine.Tests.Pipeline;
using Xunit;

namespace VxlanEngine.Tests.Ports.Xdp;

/// <summary>Where frames of AF_XDP ports lie: in memory that the kernel and the switch share.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[Trait(LiveTests.Category, LiveTests.Alone)]
public sealed class XdpBufferTests : XdpBench
{
    private static readonly XdpPortOptions Native = new() { Mode = XdpMode.Native };
    private static readonly XdpPortOptions Skb = new() { Mode = XdpMode.Skb };

    [SkippableTheory]
    [InlineData(XdpMode.Native, XdpDevice.MaxShortMtu)]
    [InlineData(XdpMode.Native, XdpDevice.MaxShortMtu + 1)]
    [InlineData(XdpMode.Native, 9000)]
    [InlineData(XdpMode.Native, XdpDevice.MaxMtu)]
    [InlineData(XdpMode.Skb, XdpDevice.MaxShortMtu)]
    [InlineData(XdpMode.Skb, XdpDevice.MaxShortMtu + 1)]
    [InlineData(XdpMode.Skb, 9000)]
    [InlineData(XdpMode.Skb, XdpDevice.MaxMtu)]
    public void The_longest_frame_crosses_and_a_longer_one_is_refused_and_counted(XdpMode mode, int mtu)
    {
        Wire($"mtu {mtu}");
        var options = new XdpPortOptions { Mode = mode };
        using XdpPort left = XdpPort.Open(Left, options);
        using XdpPort right = XdpPort.Open(Right, options);
        byte[] longest = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2).Payload(mtu - 28).Build();
        byte[] shortest = new byte[14];
        Assert.Equal(4, Send(left, longest, new byte[longest.Length + 9], shortest, longest));
        List<FrameDescriptor> received = Receive(right, 3);
        Assert.Equal([longest, shortest, longest], received.Select(frame => Pool.Frame(frame).ToArray()));
        Assert.Equal((3L, 1L), (left.Statistics.Sent, left.Statistics.Unsent));
        Assert.Equal((3L, 0L), (right.Statistics.Received, right.Statistics.Unusable));
        Assert.Equal(Pool.Count, Pool.FreeCount + 3);
    }

    [SkippableTheory]
    [InlineData(1500)]
    [InlineData(9000)]
    public void A_super_frame_is_dropped_and_counted_and_later_frames_arrive(int mtu)
    {
        Wire($"mtu {mtu}");
        using XdpPort left = XdpPort.Open(Left, Skb);
        using RawPort right = RawPort.Open(Right);
        byte[] bytes = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Tcp(1000, 80).Payload(20_000).Build();
        Assert.True(Pool.TryRent(bytes.Length, out FrameDescriptor frame));
        bytes.CopyTo(Pool.Frame(frame));
        frame.SegmentSize = 1400;
        frame.Checksum = ChecksumStatus.Partial;
        frame.Segment = SegmentKind.TcpIpv4;
        Assert.Equal(1, right.Transmit(Pool, [frame]));
        right.Flush(Pool);
        Assert.Empty(Receive(left, 0));
        left.Maintain();
        PortStatistics counted = left.Statistics;
        Assert.Equal((0L, 1L), (counted.Received, counted.Unusable + counted.DroppedByKernel));
        Assert.True(Pool.TryRent(60, out FrameDescriptor later));
        Assert.Equal(1, right.Transmit(Pool, [later]));
        right.Flush(Pool);
        Assert.Equal(60, Await(left, Pool).Length);
    }

    [SkippableTheory]
    [InlineData(60)]
    [InlineData(1514)]
    [InlineData(2049)]
    [InlineData(9014)]
    public void Frames_of_every_length_go_round_in_one_pool_and_none_is_left_over(int longest)
    {
        Wire("mtu 9000");
        using var pool = new PacketPool(64, 9216);
        using XdpPort left = XdpPort.Open(Left, new XdpPortOptions { Mode = XdpMode.Native, RingSize = 64 });
        using XdpPort right = XdpPort.Open(Right, new XdpPortOptions { Mode = XdpMode.Native, RingSize = 64 });
        Assert.False(left.IsPoolShared);
        Assert.True(pool.TryExtend(left.WantedBuffers + right.WantedBuffers));
        Assert.True(left.Adopt(pool));
        Assert.True(right.Adopt(pool));
        Assert.False(right.Adopt(pool));
        Assert.Equal((true, true), (left.IsPoolShared, right.IsPoolShared));
        Assert.Equal(64 + 256 - 128, pool.FreeCount);

        var random = new Random(longest);
        for (int round = 0; round < 300; round++)
        {
            byte[] frame = new byte[random.Next(14, longest + 1)];
            random.NextBytes(frame);
            Assert.True(pool.TryRent(frame.Length, out FrameDescriptor sent));
            frame.CopyTo(pool.Frame(sent));
            Assert.Equal(1, left.Transmit(pool, [sent]));
            left.Flush(pool);
            FrameDescriptor there = Await(right, pool);
            Assert.Equal(frame, pool.Frame(there).ToArray());

            // Back from the buffer that it was received in, with a header in front of it.
            there.Offset -= 50;
            there.Length = Math.Min(there.Length + 50, longest);
            byte[] grown = pool.Frame(there).ToArray();
            Assert.Equal(1, right.Transmit(pool, [there]));
            right.Flush(pool);
            FrameDescriptor back = Await(left, pool);
            Assert.Equal(grown, pool.Frame(back).ToArray());
            pool.Return(back);
        }

        Assert.Equal((300L, 300L), (left.Statistics.Sent, left.Statistics.Received));
        Assert.Equal((300L, 300L), (right.Statistics.Sent, right.Statistics.Received));
        left.Flush(pool);
        right.Flush(pool);
        Assert.Equal(64 + 256 - 128, pool.FreeCount);
    }

    [SkippableFact]
    public void A_shared_buffer_is_received_into_and_sent_from_without_a_copy()
    {
        Wire();
        using var pool = new PacketPool(8, 2048);
        using XdpPort left = XdpPort.Open(Left, Native);
        using XdpPort right = XdpPort.Open(Right, Native);
        Assert.True(pool.TryExtend(left.WantedBuffers + right.WantedBuffers));
        Assert.True(left.Adopt(pool) && right.Adopt(pool));
        Assert.True(pool.TryRent(100, out FrameDescriptor sent));
        pool.Frame(sent).Fill(7);
        Assert.Equal(1, left.Transmit(pool, [sent]));
        left.Flush(pool);
        FrameDescriptor there = Await(right, pool);
        Assert.True(there.Buffer >= pool.FirstShared);
        Assert.True(sent.Buffer >= pool.FirstShared);
        Assert.True(there.Offset >= PacketPool.Headroom);

        // What is written after the port has taken the frame is sent: the kernel reads it where it was received.
        Span<byte> bytes = pool.Frame(there);
        Assert.Equal(1, right.Transmit(pool, [there]));
        bytes[20] = 9;
        right.Flush(pool);
        FrameDescriptor back = Await(left, pool);
        Assert.Equal([7, 9, 7], pool.Frame(back)[19..22].ToArray());
    }

    [SkippableFact]
    public void Ports_of_a_switch_share_its_buffers_also_those_that_are_attached_later()
    {
        Wire("numrxqueues 2 numtxqueues 2");
        IReadOnlyList<XdpPort> left = XdpPort.OpenQueues(Left, 2);
        using XdpPort right = XdpPort.Open(Right);
        using (var vswitch = new VirtualSwitch(WorkerPolicies.With(string.Empty)))
        {
            vswitch.Attach("lan", left[0]);
            vswitch.Attach("uplink", right);
            Assert.Equal((false, false), (left[0].IsPoolShared, right.IsPoolShared));
            vswitch.Poll();
            Assert.Equal((true, true), (left[0].IsPoolShared, right.IsPoolShared));
            vswitch.Attach("near", left[1]);
            vswitch.Wait(TimeSpan.Zero);
            Assert.Equal((true, true, true), (left[0].IsPoolShared, left[1].IsPoolShared, right.IsPoolShared));
            Assert.All(left.Append(right), port => Assert.Equal((PortState.Up, null), (port.State, port.Fault)));

            // A frame wakes the switch by the descriptor that there is now.
            Assert.Equal(1, Send(left[0], new byte[60]));
            vswitch.Wait(TimeSpan.FromSeconds(5));
            Assert.Equal(1, vswitch.Poll());
        }

        Assert.All(left, port => port.Dispose());
    }

    [SkippableFact]
    public void A_port_outlives_its_switch_and_serves_another()
    {
        Wire();
        using XdpPort left = XdpPort.Open(Left);
        using XdpPort right = XdpPort.Open(Right);
        for (int i = 0; i < 2; i++)
        {
            using (var vswitch = new VirtualSwitch(WorkerPolicies.With(string.Empty)))
            {
                vswitch.Attach("lan", left);
                vswitch.Poll();
                Assert.True(left.IsPoolShared);
                Assert.Equal(1, Send(right, new byte[60]));
                vswitch.Wait(TimeSpan.FromSeconds(5));
                Assert.Equal(1, vswitch.Poll());
            }

            // Nobody's memory but its own, once somebody uses it again.
            Assert.Empty(Receive(left, 0));
            Assert.Equal((PortState.Up, false), (left.State, left.IsPoolShared));
            Assert.Equal(1, Send(right, new byte[60]));
            Assert.Single(Receive(left, 1));
            Assert.Equal(1, Send(left, new byte[61]));
            Assert.Single(Receive(right, 1));
        }
    }

    [SkippableFact]
    public void Each_worker_has_buffers_for_its_own_queues()
    {
        Wire("numrxqueues 2 numtxqueues 2");
        IReadOnlyList<XdpPort> left = XdpPort.OpenQueues(Left, 2);
        IReadOnlyList<XdpPort> right = [XdpPort.Open(Right, new XdpPortOptions { Queue = 1 })];
        using (var workers = new SwitchWorkers(
            WorkerPolicies.With(string.Empty),
            2,
            new Dictionary<string, IReadOnlyList<IPacketPort>> { ["lan"] = [.. left], ["uplink"] = [.. right] }))
        {
            Assert.All(left.Concat(right), port => Assert.True(port.IsPoolShared));
            Assert.Equal(3 * 2048, workers.BuffersInUse);
        }

        Assert.All(left.Concat(right), port => port.Dispose());
    }

    [SkippableFact]
    public void Whoever_takes_other_memory_keeps_the_program_and_counts_what_is_lost()
    {
        Wire();
        using var pool = new PacketPool(8, 2048);
        using XdpPort left = XdpPort.Open(Left, Native);
        using XdpPort right = XdpPort.Open(Right, Native);
        Assert.Equal(3, Send(right, new byte[60], new byte[61], new byte[62]));
        Assert.Equal(60, Await(left, Pool).Length);
        string program = ProgramOf(Left);
        Assert.True(pool.TryExtend(left.WantedBuffers));
        Assert.True(left.Adopt(pool));
        Assert.Equal(program, ProgramOf(Left));
        Assert.Equal((1L, 2L), (left.Statistics.Received, left.Statistics.DroppedByKernel));
        Assert.Equal(1, Send(right, new byte[63]));
        Assert.Equal(63, Await(left, pool).Length);
        left.Dispose();
        Assert.False(HasProgram(Left));
    }

    [SkippableFact]
    public void A_pool_without_shared_buffers_is_copied_into()
    {
        Wire();
        using var foreign = new PacketPool(8, 2048);
        using XdpPort left = XdpPort.Open(Left, Native);
        Assert.False(left.Adopt(foreign));
        Assert.False(left.IsPoolShared);
        using XdpPort right = XdpPort.Open(Right, Native);
        Assert.Equal(1, Send(right, new byte[60]));
        FrameDescriptor copy = Await(left, foreign);
        Assert.Equal((60, PacketPool.Headroom), (copy.Length, copy.Offset));
        Assert.True(copy.Buffer < 8);
    }

    [SkippableFact]
    public void A_pool_that_the_kernel_does_not_take_is_copied_into_and_the_port_says_so()
    {
        Wire();
        var gone = new PacketPool(8, 2048);
        Assert.True(gone.TryExtend(64));
        gone.Dispose();
        using XdpPort left = XdpPort.Open(Left, Native);
        Assert.True(left.Adopt(gone));
        Assert.False(left.IsPoolShared);
        Assert.Equal(
            $"xdp:{Left}: Each frame is copied: xdp:{Left}: cannot register memory for frames: Bad address.",
            left.Notice);
        using XdpPort right = XdpPort.Open(Right, Native);
        Assert.Equal(1, Send(right, new byte[60]));
        Assert.Equal(60, Await(left, Pool).Length);
    }

    [SkippableFact]
    public void Buffers_that_a_lost_interface_had_come_back_when_it_does()
    {
        Wire();
        using var pool = new PacketPool(8, 2048);
        using XdpPort left = XdpPort.Open(Left, new XdpPortOptions { RingSize = 64 });
        Assert.True(pool.TryExtend(left.WantedBuffers));
        Assert.True(left.Adopt(pool));
        int free = pool.FreeCount;
        Assert.Equal(8 + 64, free);
        Shell.Run($"ip link del {Left}");
        IsWired = false;
        Assert.False(left.Maintain());
        Assert.Equal(free, pool.FreeCount);

        // Somebody asks it to share while it is away, as when another port is attached.
        Assert.True(pool.TryExtend(2 * left.WantedBuffers));
        Assert.False(left.Adopt(pool));
        Wire();
        Assert.True(left.Maintain());
        Assert.True(left.IsPoolShared);
        Assert.Equal(8 + 256 - 64, pool.FreeCount);
        using XdpPort right = XdpPort.Open(Right);
        Assert.Equal(1, Send(right, new byte[60]));
        Assert.Equal(60, Await(left, pool).Length);
    }

    [SkippableTheory]
    [InlineData(XdpMode.Native, false)]
    [InlineData(XdpMode.Skb, false)]
    [InlineData(XdpMode.Native, true)]
    [InlineData(XdpMode.Skb, true)]
    public void Sending_and_receiving_allocates_nothing(XdpMode mode, bool isShared)
    {
        Wire();
        using XdpPort left = XdpPort.Open(Left, new XdpPortOptions { Mode = mode });
        using XdpPort right = XdpPort.Open(Right, new XdpPortOptions { Mode = mode });
        if (isShared)
        {
            Assert.True(Pool.TryExtend(left.WantedBuffers + right.WantedBuffers));
            Assert.True(left.Adopt(Pool) && right.Adopt(Pool));
        }

        byte[] frame = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53).Payload(100).Build();
        var burst = new FrameDescriptor[32];
        Allocations.AssertNone(() =>
        {
            Pool.TryRent(frame.Length, out FrameDescriptor sent);
            frame.CopyTo(Pool.Frame(sent));
            left.Transmit(Pool, new ReadOnlySpan<FrameDescriptor>(in sent));
            left.Flush(Pool);
            int count = right.Receive(Pool, burst);
            for (int i = 0; i < count; i++)
            {
                Pool.Return(burst[i]);
            }
        });
        Assert.InRange(right.Statistics.Received, 1_000, long.MaxValue);
    }
}
