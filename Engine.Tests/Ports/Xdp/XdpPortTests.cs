using VxlanEngine.Packets;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Ports.Xdp;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Live;
using VxlanEngine.Tests.Pipeline;
using Xunit;

namespace VxlanEngine.Tests.Ports.Xdp;

/// <summary>AF_XDP ports at both ends of a virtual wire.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[Trait(LiveTests.Category, LiveTests.Alone)]
public sealed class XdpPortTests : IDisposable
{
    private static readonly XdpPortOptions Native = new() { Mode = XdpMode.Native };
    private static readonly XdpPortOptions Skb = new() { Mode = XdpMode.Skb };
    private static int _count;

    private readonly PacketPool _pool = new(128, 64 * 1024);
    private readonly string _left = $"vxl{Environment.ProcessId % 100_000}a{Interlocked.Increment(ref _count)}";
    private readonly string _right = $"vxr{Environment.ProcessId % 100_000}a{_count}";
    private bool _isWired;

    public void Dispose()
    {
        _pool.Dispose();
        if (_isWired)
        {
            Shell.Run($"ip link del {_left}");
        }
    }

    [SkippableTheory]
    [InlineData(XdpMode.Native, XdpMode.Native)]
    [InlineData(XdpMode.Skb, XdpMode.Skb)]
    [InlineData(XdpMode.Native, XdpMode.Skb)]
    public void A_frame_arrives_as_it_was_sent_and_not_at_the_sender(XdpMode leftMode, XdpMode rightMode)
    {
        Wire();
        using XdpPort left = XdpPort.Open(_left, new XdpPortOptions { Mode = leftMode });
        using XdpPort right = XdpPort.Open(_right, new XdpPortOptions { Mode = rightMode });
        Assert.Equal((leftMode, rightMode), (left.Mode, right.Mode));
        foreach ((XdpPort from, XdpPort to) in new[] { (left, right), (right, left) })
        {
            byte[] frame = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53).Payload(300).Build();
            Assert.Equal(1, Send(from, frame));
            FrameDescriptor received = Assert.Single(Receive(to, 1));
            Assert.Equal(frame, _pool.Frame(received).ToArray());
            Assert.Equal((FrameFlags.None, (ushort)0), (received.Flags, received.SegmentSize));
            Assert.InRange(received.TimeNs, 1_700_000_000_000_000_000, long.MaxValue);
            Assert.Empty(Receive(from, 0));
            Assert.Equal((PortState.Up, 1500, 1L, false),
                (from.State, from.Mtu, from.Statistics.Sent, from.HasUnsent));
            Assert.Equal(1, to.Statistics.Received);
            Assert.False(to.IsZeroCopy);
        }
    }

    [SkippableTheory]
    [InlineData(XdpMode.Native)]
    [InlineData(XdpMode.Skb)]
    public void Many_more_frames_than_a_ring_holds_arrive_in_order(XdpMode mode)
    {
        Wire();
        var options = new XdpPortOptions { Mode = mode, RingSize = 64 };
        using XdpPort left = XdpPort.Open(_left, options);
        using XdpPort right = XdpPort.Open(_right, options);
        for (int round = 0; round < 100; round++)
        {
            byte[][] frames = [.. Enumerable.Range(round * 20, 20).Select(Frame)];
            Assert.Equal(20, Send(left, frames));
            List<FrameDescriptor> received = Receive(right, 20);
            Assert.Equal(frames, received.Select(frame => _pool.Frame(frame).ToArray()));
            Assert.Equal(Enumerable.Range(round * 20, 20).Select(i => (uint)i), received.Select(f => f.PacketId));
            received.ForEach(frame => _pool.Return(frame));
        }

        Assert.Equal((2000L, 0L), (left.Statistics.Sent, left.Statistics.Unsent));
        Assert.Equal((2000L, 0L), (right.Statistics.Received, right.Statistics.DroppedByKernel));
        Assert.Equal(_pool.Count, _pool.FreeCount);

        static byte[] Frame(int i) => FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53)
            .Payload(i * 37 % 1473).Build();
    }

    [SkippableFact]
    public void Frames_that_nobody_takes_are_counted_and_later_ones_arrive()
    {
        Wire();
        var options = new XdpPortOptions { RingSize = 64 };
        using XdpPort left = XdpPort.Open(_left, options);
        using XdpPort right = XdpPort.Open(_right, options);
        byte[] frame = new byte[60];
        for (int i = 0; i < 300; i++)
        {
            Assert.Equal(1, Send(left, frame));
        }

        Thread.Sleep(100);
        Assert.False(right.Maintain());
        Assert.InRange(right.Statistics.DroppedByKernel, 300 - 128, 300 - 64);
        List<FrameDescriptor> received = Receive(right, 300);
        Assert.Equal(300, received.Count + right.Statistics.DroppedByKernel);
        received.ForEach(f => _pool.Return(f));
        Assert.Equal(1, Send(left, frame));
        Assert.Single(Receive(right, 1));
    }

    [SkippableFact]
    public void Frames_for_which_no_buffer_is_free_are_counted_and_later_ones_arrive()
    {
        Wire();
        using XdpPort left = XdpPort.Open(_left, Native);
        using XdpPort right = XdpPort.Open(_right, Native);
        using var small = new PacketPool(2, 2048);
        Send(left, [.. Enumerable.Repeat(new byte[60], 100)]);
        Thread.Sleep(100);
        var burst = new FrameDescriptor[16];
        Assert.Equal(2, right.Receive(small, burst));
        Assert.Equal(98, right.Statistics.Unusable);
        small.Return(burst.AsSpan(0, 2));
        Send(left, new byte[60]);
        Assert.Single(Receive(right, 1));
    }

    [SkippableFact]
    public void Vlan_tags_in_the_bytes_stay_there()
    {
        Wire();
        using XdpPort left = XdpPort.Open(_left, Native);
        using XdpPort right = XdpPort.Open(_right, Native);
        byte[] frame = FrameBuilder.Ethernet().Vlan(42).Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2).Payload(64).Build();
        Send(left, frame);
        Assert.Equal(frame, _pool.Frame(Assert.Single(Receive(right, 1))).ToArray());
    }

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
        using XdpPort left = XdpPort.Open(_left, options);
        using XdpPort right = XdpPort.Open(_right, options);
        byte[] longest = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2).Payload(mtu - 28).Build();
        byte[] shortest = new byte[14];
        Assert.Equal(4, Send(left, longest, new byte[longest.Length + 9], shortest, longest));
        List<FrameDescriptor> received = Receive(right, 3);
        Assert.Equal([longest, shortest, longest], received.Select(frame => _pool.Frame(frame).ToArray()));
        Assert.Equal((3L, 1L), (left.Statistics.Sent, left.Statistics.Unsent));
        Assert.Equal((3L, 0L), (right.Statistics.Received, right.Statistics.Unusable));
        Assert.Equal(_pool.Count, _pool.FreeCount + 3);
    }

    [SkippableTheory]
    [InlineData(1500)]
    [InlineData(9000)]
    public void A_super_frame_is_dropped_and_counted_and_later_frames_arrive(int mtu)
    {
        Wire($"mtu {mtu}");
        using XdpPort left = XdpPort.Open(_left, Skb);
        using RawPort right = RawPort.Open(_right);
        byte[] bytes = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Tcp(1000, 80).Payload(20_000).Build();
        Assert.True(_pool.TryRent(bytes.Length, out FrameDescriptor frame));
        bytes.CopyTo(_pool.Frame(frame));
        frame.SegmentSize = 1400;
        frame.Checksum = ChecksumStatus.Partial;
        frame.Segment = SegmentKind.TcpIpv4;
        Assert.Equal(1, right.Transmit(_pool, [frame]));
        right.Flush(_pool);
        Assert.Empty(Receive(left, 0));
        left.Maintain();
        PortStatistics counted = left.Statistics;
        Assert.Equal((0L, 1L), (counted.Received, counted.Unusable + counted.DroppedByKernel));
        Assert.True(_pool.TryRent(60, out FrameDescriptor later));
        Assert.Equal(1, right.Transmit(_pool, [later]));
        right.Flush(_pool);
        Assert.Equal(60, Await(left, _pool).Length);
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
        using XdpPort left = XdpPort.Open(_left, new XdpPortOptions { Mode = XdpMode.Native, RingSize = 64 });
        using XdpPort right = XdpPort.Open(_right, new XdpPortOptions { Mode = XdpMode.Native, RingSize = 64 });
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
        using XdpPort left = XdpPort.Open(_left, Native);
        using XdpPort right = XdpPort.Open(_right, Native);
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
        IReadOnlyList<XdpPort> left = XdpPort.OpenQueues(_left, 2);
        using XdpPort right = XdpPort.Open(_right);
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
        using XdpPort left = XdpPort.Open(_left);
        using XdpPort right = XdpPort.Open(_right);
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
        IReadOnlyList<XdpPort> left = XdpPort.OpenQueues(_left, 2);
        IReadOnlyList<XdpPort> right = [XdpPort.Open(_right, new XdpPortOptions { Queue = 1 })];
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
        using XdpPort left = XdpPort.Open(_left, Native);
        using XdpPort right = XdpPort.Open(_right, Native);
        Assert.Equal(3, Send(right, new byte[60], new byte[61], new byte[62]));
        Assert.Equal(60, Await(left, _pool).Length);
        string program = ProgramOf(_left);
        Assert.True(pool.TryExtend(left.WantedBuffers));
        Assert.True(left.Adopt(pool));
        Assert.Equal(program, ProgramOf(_left));
        Assert.Equal((1L, 2L), (left.Statistics.Received, left.Statistics.DroppedByKernel));
        Assert.Equal(1, Send(right, new byte[63]));
        Assert.Equal(63, Await(left, pool).Length);
        left.Dispose();
        Assert.False(HasProgram(_left));
    }

    [SkippableFact]
    public void A_pool_without_shared_buffers_is_copied_into()
    {
        Wire();
        using var foreign = new PacketPool(8, 2048);
        using XdpPort left = XdpPort.Open(_left, Native);
        Assert.False(left.Adopt(foreign));
        Assert.False(left.IsPoolShared);
        using XdpPort right = XdpPort.Open(_right, Native);
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
        using XdpPort left = XdpPort.Open(_left, Native);
        Assert.True(left.Adopt(gone));
        Assert.False(left.IsPoolShared);
        Assert.Equal(
            $"xdp:{_left}: Each frame is copied: xdp:{_left}: cannot register memory for frames: Bad address.",
            left.Notice);
        using XdpPort right = XdpPort.Open(_right, Native);
        Assert.Equal(1, Send(right, new byte[60]));
        Assert.Equal(60, Await(left, _pool).Length);
    }

    [SkippableFact]
    public void Buffers_that_a_lost_interface_had_come_back_when_it_does()
    {
        Wire();
        using var pool = new PacketPool(8, 2048);
        using XdpPort left = XdpPort.Open(_left, new XdpPortOptions { RingSize = 64 });
        Assert.True(pool.TryExtend(left.WantedBuffers));
        Assert.True(left.Adopt(pool));
        int free = pool.FreeCount;
        Assert.Equal(8 + 64, free);
        Shell.Run($"ip link del {_left}");
        _isWired = false;
        Assert.False(left.Maintain());
        Assert.Equal(free, pool.FreeCount);

        // Somebody asks it to share while it is away, as when another port is attached.
        Assert.True(pool.TryExtend(2 * left.WantedBuffers));
        Assert.False(left.Adopt(pool));
        Wire();
        Assert.True(left.Maintain());
        Assert.True(left.IsPoolShared);
        Assert.Equal(8 + 256 - 64, pool.FreeCount);
        using XdpPort right = XdpPort.Open(_right);
        Assert.Equal(1, Send(right, new byte[60]));
        Assert.Equal(60, Await(left, pool).Length);
    }

    [SkippableFact]
    public void An_mtu_that_is_too_large_is_refused_and_one_that_becomes_so_takes_the_port_down()
    {
        Wire();
        Shell.Run($"ip link set {_left} mtu 40000");
        string expected =
            $"xdp:{_left}: the MTU is 40000, and AF_XDP takes 30442 at most: 'ip link set {_left} mtu 30442'.";
        Assert.Equal(expected, Refused(new XdpPortOptions()));
        Shell.Run($"ip link set {_left} mtu 1500");
        using XdpPort left = XdpPort.Open(_left, Skb);
        Assert.Equal(PortState.Up, left.State);
        Shell.Run($"ip link set {_left} mtu 40000");
        Assert.False(left.Maintain());
        Assert.Equal((PortState.Down, expected), (left.State, left.Fault));

        // Longer frames than before want another socket.
        Shell.Run($"ip link set {_left} mtu 9000");
        Assert.True(left.Maintain());
        Assert.False(left.Maintain());
        Assert.Equal((PortState.Up, null, 9000), (left.State, left.Fault, left.Mtu));
        Shell.Run($"ip link set {_left} mtu 1500");
        Assert.False(left.Maintain());
        Assert.Equal((PortState.Up, null), (left.State, left.Fault));
    }

    [SkippableFact]
    public void A_driver_that_refuses_the_program_is_used_without_its_help_unless_native_is_wanted()
    {
        LiveTests.SkipWhereImpossible();
        Shell.Run($"ip link add {_left} type bridge");
        _isWired = true;
        using XdpPort left = XdpPort.Open(_left);
        Assert.Equal(XdpMode.Skb, left.Mode);
        Assert.Contains("The driver refuses the XDP program", left.Notice, StringComparison.Ordinal);
        left.Dispose();
        Assert.StartsWith($"xdp:{_left}: the driver refuses the XDP program: ", Refused(Native),
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Zero_copy_that_the_driver_does_not_have_is_refused_and_leaves_nothing()
    {
        Wire();
        Assert.Equal(
            $"xdp:{_left}: the driver has no zero-copy; leave 'zerocopy' out.",
            Refused(new XdpPortOptions { Copy = XdpCopyMode.ZeroCopy }));
        Assert.Equal(
            $"xdp:{_left}: 'zerocopy' needs 'mode=native'.",
            Refused(new XdpPortOptions { Copy = XdpCopyMode.ZeroCopy, Mode = XdpMode.Skb }));
        Assert.False(HasProgram(_left));
        using XdpPort left = XdpPort.Open(_left, new XdpPortOptions { Copy = XdpCopyMode.Copy });
        Assert.Equal((PortState.Up, false), (left.State, left.IsZeroCopy));
    }

    [SkippableFact]
    public void The_program_is_on_the_interface_while_the_port_is_open_and_admits_no_other()
    {
        Wire();
        using (XdpPort left = XdpPort.Open(_left))
        {
            Assert.True(HasProgram(_left));
            Assert.Equal(
                $"xdp:{_left}: another XDP program is on the interface ('ip link show {_left}'); it takes one.",
                Refused(new XdpPortOptions()));
            Assert.True(HasProgram(_left));
            Assert.False(HasProgram(_right));
        }

        Assert.False(HasProgram(_left));
    }

    [SkippableFact]
    public void Queues_that_are_not_served_are_said_and_one_that_is_not_there_is_refused()
    {
        Wire("numrxqueues 4 numtxqueues 4");
        using (XdpPort left = XdpPort.Open(_left, new XdpPortOptions { Queue = 1 }))
        {
            Assert.Equal(
                $"xdp:{_left}: Queue 1 of 4 is served; the machine's own stack gets the frames of the others "
                + $"('ethtool -L {_left} combined 1').",
                left.Notice);
        }

        Assert.Equal(
            $"xdp:{_left}: there is no queue 4 in both directions; the interface has 4 such, counted from 0.",
            Refused(new XdpPortOptions { Queue = 4 }));
        Assert.Equal("xdp:vxe-none: there is no interface 'vxe-none' here.",
            Assert.Throws<PortOpenException>(() => XdpPort.Open("vxe-none")).Message);
    }

    [SkippableFact]
    public void Each_of_several_queues_has_its_frames_and_sends_by_itself()
    {
        Wire("numrxqueues 3 numtxqueues 3");
        IReadOnlyList<XdpPort> left = XdpPort.OpenQueues(_left, 3, Native);
        IReadOnlyList<XdpPort> right = XdpPort.OpenQueues(_right, 2, new XdpPortOptions { Queue = 1 });
        Assert.Equal((3, 2), (left.Count, right.Count));
        Assert.All(left, port => Assert.Null(port.Notice));
        Assert.Equal(
            $"xdp:{_right}: Queues 1 to 2 of 3 are served; the machine's own stack gets the frames of the others "
            + $"('ethtool -L {_right} combined 2').",
            right[0].Notice);
        for (int queue = 1; queue <= 2; queue++)
        {
            // A virtual wire brings a queue's frames to the queue of the same number.
            byte[] frame = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53).Payload(queue).Build();
            Assert.Equal(1, Send(left[queue], frame));
            Assert.Equal(frame, _pool.Frame(Assert.Single(Receive(right[queue - 1], 1))).ToArray());
            Assert.Empty(Receive(right[2 - queue], 0));
            Assert.Equal(1, Send(right[queue - 1], frame));
            Assert.Equal(frame, _pool.Frame(Assert.Single(Receive(left[queue], 1))).ToArray());
        }

        Assert.Equal(1, Send(left[0], new byte[60]));
        Assert.Equal([(1L, 1L), (1L, 1L)], right.Select(port => (port.Statistics.Received, port.Statistics.Sent)));

        // One goes and the others stay; the last one takes the program along.
        left[1].Dispose();
        Assert.True(HasProgram(_left));
        Assert.Equal(1, Send(right[1], new byte[60]));
        Assert.Single(Receive(left[2], 1));
        left[0].Dispose();
        left[2].Dispose();
        left[2].Dispose();
        Assert.False(HasProgram(_left));
        Assert.All(right, port => port.Dispose());
        Assert.False(HasProgram(_right));
    }

    [SkippableFact]
    public void An_interface_of_several_queues_that_goes_and_comes_back_serves_them_all()
    {
        Wire("numrxqueues 2 numtxqueues 2");
        IReadOnlyList<XdpPort> left = XdpPort.OpenQueues(_left, 2);
        Shell.Run($"ip link del {_left}");
        _isWired = false;
        Assert.False(left[0].Maintain());
        Wire("numrxqueues 2 numtxqueues 2");

        // The other one has not looked at the old interface since.
        Assert.True(left[0].Maintain());
        Assert.True(left[1].Maintain());
        Assert.Equal([PortState.Up, PortState.Up], left.Select(port => port.State));
        IReadOnlyList<XdpPort> right = XdpPort.OpenQueues(_right, 2);
        for (int queue = 0; queue < 2; queue++)
        {
            Assert.Equal(1, Send(right[queue], new byte[60]));
            Assert.Single(Receive(left[queue], 1));
            Assert.Equal(1, Send(left[queue], new byte[60]));
            Assert.Single(Receive(right[queue], 1));
        }

        Assert.True(HasProgram(_left));
        Assert.All(left.Concat(right), port => port.Dispose());
        Assert.False(HasProgram(_left));
    }

    [SkippableFact]
    public void Fewer_queues_than_are_asked_for_are_one_and_it_says_so()
    {
        Wire("numrxqueues 2 numtxqueues 2");
        using XdpPort left = Assert.Single(XdpPort.OpenQueues(_left, 3));
        Assert.Equal(
            $"xdp:{_left}: 3 queues in both directions from 0 on are not there: one does for all workers. "
            + "Queue 0 of 2 is served; the machine's own stack gets the frames of the others "
            + $"('ethtool -L {_left} combined 1').",
            left.Notice);
        Assert.Equal("xdp:vxe-none: there is no interface 'vxe-none' here.",
            Assert.Throws<PortOpenException>(() => XdpPort.OpenQueues("vxe-none", 2)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => XdpPort.OpenQueues(_right, 0));
    }

    [SkippableFact]
    public void A_queue_that_only_receives_is_refused()
    {
        Wire("numrxqueues 2 numtxqueues 1");
        Assert.Equal(
            $"xdp:{_left}: there is no queue 1 in both directions; the interface has 1 such, counted from 0.",
            Refused(new XdpPortOptions { Queue = 1 }));
    }

    [SkippableFact]
    public void A_port_that_is_down_takes_nothing_and_one_that_is_gone_says_so()
    {
        Wire();
        using XdpPort left = XdpPort.Open(_left);
        using (XdpPort right = XdpPort.Open(_right))
        {
            Shell.Run($"ip link set {_left} down");
            Assert.False(left.Maintain());
            Assert.Equal((PortState.Down, $"xdp:{_left}: the interface is down."), (left.State, left.Fault));
            Assert.Equal(0, Send(left, new byte[60]));
            WaitForCarrier(false);
            Assert.False(right.Maintain());
            Assert.Equal((PortState.Down, $"xdp:{_right}: no carrier."), (right.State, right.Fault));
            Shell.Run($"ip link set {_left} up");
            WaitForCarrier();
            Assert.False(left.Maintain());
            Assert.False(right.Maintain());
            Assert.Equal((PortState.Up, null), (left.State, left.Fault));
            Assert.Equal(1, Send(left, new byte[60]));
            Assert.Single(Receive(right, 1));
        }

        Shell.Run($"ip link del {_left}");
        _isWired = false;
        Assert.False(left.Maintain());
        Assert.Equal((PortState.Failed, -1), (left.State, left.PollDescriptor));
        Assert.Equal((0, 0), (Send(left, new byte[60]), left.Receive(_pool, new FrameDescriptor[1])));
        Wire();
        Assert.True(left.Maintain());
        Assert.Equal((PortState.Up, true), (left.State, HasProgram(_left)));
        using XdpPort other = XdpPort.Open(_right);
        Assert.Equal(1, Send(other, new byte[60]));
        Assert.Single(Receive(left, 1));
        Assert.Equal((2L, 1L, 1L), (left.Statistics.Failures, left.Statistics.Sent, left.Statistics.Received));
    }

    [SkippableFact]
    public void An_interface_that_is_down_is_opened_and_comes_up()
    {
        Wire();
        Shell.Run($"ip link set {_left} down");
        using XdpPort left = XdpPort.Open(_left);
        using XdpPort right = XdpPort.Open(_right);
        Assert.Equal((PortState.Down, $"xdp:{_left}: the interface is down."), (left.State, left.Fault));
        Shell.Run($"ip link set {_left} up");
        WaitForCarrier();
        left.Maintain();
        right.Maintain();
        Assert.Equal(1, Send(right, new byte[60]));
        Assert.Single(Receive(left, 1));
        Assert.Equal(1, Send(left, new byte[60]));
        Assert.Single(Receive(right, 1));
    }

    [SkippableFact]
    public void A_promiscuous_and_busy_port_receives()
    {
        Wire();
        using XdpPort left = XdpPort.Open(_left);
        using (XdpPort right = XdpPort.Open(_right, new XdpPortOptions { Promiscuous = true, BusyPoll = true }))
        {
            Assert.Contains("promiscuity 1 ", Shell.Run($"ip -d link show {_right}"), StringComparison.Ordinal);
            Assert.Equal(1, Send(left, new byte[60]));
            Assert.Single(Receive(right, 1));
        }

        Assert.Contains("promiscuity 0 ", Shell.Run($"ip -d link show {_right}"), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(XdpMode.Native)]
    [InlineData(XdpMode.Skb)]
    public void Sending_and_receiving_allocates_nothing(XdpMode mode)
    {
        Wire();
        using XdpPort left = XdpPort.Open(_left, new XdpPortOptions { Mode = mode });
        using XdpPort right = XdpPort.Open(_right, new XdpPortOptions { Mode = mode });
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
        Assert.InRange(right.Statistics.Received, 1_000, long.MaxValue);
    }

    [SkippableFact]
    public void Ports_that_are_opened_and_closed_leave_no_descriptor()
    {
        Wire();
        Cycle();
        int before = Directory.GetFiles("/proc/self/fd").Length;
        for (int i = 0; i < 10; i++)
        {
            Cycle();
        }

        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 3);

        void Cycle()
        {
            using XdpPort port = XdpPort.Open(_left, new XdpPortOptions { Promiscuous = true });
            Refused(new XdpPortOptions());
            Assert.Throws<PortOpenException>(
                () => XdpPort.Open(_right, new XdpPortOptions { Copy = XdpCopyMode.ZeroCopy }));
            Assert.Throws<PortOpenException>(() => XdpPort.Open("vxe-none"));
        }
    }

    [SkippableFact]
    public void What_the_verifier_says_of_a_bad_program_is_told()
    {
        LiveTests.SkipWhereImpossible();
        PortOpenException e = Assert.Throws<PortOpenException>(
            () => XdpProgram.Load("xdp:eth0", [BpfInstruction.Exit]).Dispose());
        Assert.StartsWith("xdp:eth0: the kernel refuses the XDP program: ", e.Message, StringComparison.Ordinal);
        Assert.Contains("R0 !read_ok", e.Message, StringComparison.Ordinal);
    }

    private static bool HasProgram(string device) =>
        Shell.Run($"ip -d link show {device}").Contains("prog/xdp", StringComparison.Ordinal);

    private static string ProgramOf(string device) =>
        Shell.Run($"ip -d link show {device}").Split("prog/xdp id ")[1].Split(' ')[0];

    private string Refused(XdpPortOptions options) =>
        Assert.Throws<PortOpenException>(() => XdpPort.Open(_left, options)).Message;

    private void Wire(string options = "")
    {
        LiveTests.SkipWhereImpossible();
        Shell.Run($"ip link add {_left} {options} type veth peer name {_right} {options}");
        _isWired = true;
        foreach (string name in new[] { _left, _right })
        {
            Shell.Run($"sysctl -qw net.ipv6.conf.{name}.disable_ipv6=1");
            Shell.Run($"ip link set {name} up");
        }

        WaitForCarrier();
    }

    /// <summary>Waits for the kernel to notice that both ends are up, or that one is not.</summary>
    private void WaitForCarrier(bool isUp = true)
    {
        for (int i = 0; i < 100 && HasCarrier(_right) != isUp; i++)
        {
            Thread.Sleep(20);
        }

        for (int i = 0; i < 100 && HasCarrier(_left) != isUp; i++)
        {
            Thread.Sleep(20);
        }
    }

    private static bool HasCarrier(string device) =>
        Shell.Run($"ip link show {device}").Contains("state UP", StringComparison.Ordinal);

    private int Send(XdpPort port, params byte[][] frames)
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

    private static FrameDescriptor Await(XdpPort port, PacketPool pool)
    {
        var burst = new FrameDescriptor[1];
        for (int i = 0; i < 200; i++)
        {
            if (port.Receive(pool, burst) == 1)
            {
                return burst[0];
            }

            Thread.Sleep(i < 10 ? 0 : 10);
        }

        throw new Xunit.Sdk.XunitException($"No frame came to {port.Name}.");
    }

    private List<FrameDescriptor> Receive(XdpPort port, int wanted)
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
}
