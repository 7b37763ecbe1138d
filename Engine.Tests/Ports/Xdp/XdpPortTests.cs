using VxlanEngine.Packets;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Xdp;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Live;
using Xunit;

namespace VxlanEngine.Tests.Ports.Xdp;

/// <summary>AF_XDP ports at both ends of a virtual wire.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[Trait(LiveTests.Category, LiveTests.Alone)]
public sealed class XdpPortTests : XdpBench
{
    private static readonly XdpPortOptions Native = new() { Mode = XdpMode.Native };
    private static readonly XdpPortOptions Skb = new() { Mode = XdpMode.Skb };

    [SkippableTheory]
    [InlineData(XdpMode.Native, XdpMode.Native)]
    [InlineData(XdpMode.Skb, XdpMode.Skb)]
    [InlineData(XdpMode.Native, XdpMode.Skb)]
    public void A_frame_arrives_as_it_was_sent_and_not_at_the_sender(XdpMode leftMode, XdpMode rightMode)
    {
        Wire();
        using XdpPort left = XdpPort.Open(Left, new XdpPortOptions { Mode = leftMode });
        using XdpPort right = XdpPort.Open(Right, new XdpPortOptions { Mode = rightMode });
        Assert.Equal((leftMode, rightMode), (left.Mode, right.Mode));
        foreach ((XdpPort from, XdpPort to) in new[] { (left, right), (right, left) })
        {
            byte[] frame = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53).Payload(300).Build();
            Assert.Equal(1, Send(from, frame));
            FrameDescriptor received = Assert.Single(Receive(to, 1));
            Assert.Equal(frame, Pool.Frame(received).ToArray());
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
        using XdpPort left = XdpPort.Open(Left, options);
        using XdpPort right = XdpPort.Open(Right, options);
        for (int round = 0; round < 100; round++)
        {
            byte[][] frames = [.. Enumerable.Range(round * 20, 20).Select(Frame)];
            Assert.Equal(20, Send(left, frames));
            List<FrameDescriptor> received = Receive(right, 20);
            Assert.Equal(frames, received.Select(frame => Pool.Frame(frame).ToArray()));
            Assert.Equal(Enumerable.Range(round * 20, 20).Select(i => (uint)i), received.Select(f => f.PacketId));
            received.ForEach(frame => Pool.Return(frame));
        }

        Assert.Equal((2000L, 0L), (left.Statistics.Sent, left.Statistics.Unsent));
        Assert.Equal((2000L, 0L), (right.Statistics.Received, right.Statistics.DroppedByKernel));
        Assert.Equal(Pool.Count, Pool.FreeCount);

        static byte[] Frame(int i) => FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53)
            .Payload(i * 37 % 1473).Build();
    }

    [SkippableFact]
    public void Frames_that_nobody_takes_are_counted_and_later_ones_arrive()
    {
        Wire();
        var options = new XdpPortOptions { RingSize = 64 };
        using XdpPort left = XdpPort.Open(Left, options);
        using XdpPort right = XdpPort.Open(Right, options);
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
        received.ForEach(f => Pool.Return(f));
        Assert.Equal(1, Send(left, frame));
        Assert.Single(Receive(right, 1));
    }

    [SkippableFact]
    public void Frames_for_which_no_buffer_is_free_are_counted_and_later_ones_arrive()
    {
        Wire();
        using XdpPort left = XdpPort.Open(Left, Native);
        using XdpPort right = XdpPort.Open(Right, Native);
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
        using XdpPort left = XdpPort.Open(Left, Native);
        using XdpPort right = XdpPort.Open(Right, Native);
        byte[] frame = FrameBuilder.Ethernet().Vlan(42).Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2).Payload(64).Build();
        Send(left, frame);
        Assert.Equal(frame, Pool.Frame(Assert.Single(Receive(right, 1))).ToArray());
    }

    [SkippableFact]
    public void An_mtu_that_is_too_large_is_refused_and_one_that_becomes_so_takes_the_port_down()
    {
        Wire();
        Shell.Run($"ip link set {Left} mtu 40000");
        string expected =
            $"xdp:{Left}: the MTU is 40000, and AF_XDP takes 30442 at most: 'ip link set {Left} mtu 30442'.";
        Assert.Equal(expected, Refused(new XdpPortOptions()));
        Shell.Run($"ip link set {Left} mtu 1500");
        using XdpPort left = XdpPort.Open(Left, Skb);
        Assert.Equal(PortState.Up, left.State);
        Shell.Run($"ip link set {Left} mtu 40000");
        Assert.False(left.Maintain());
        Assert.Equal((PortState.Down, expected), (left.State, left.Fault));

        // Longer frames than before want another socket.
        Shell.Run($"ip link set {Left} mtu 9000");
        Assert.True(left.Maintain());
        Assert.False(left.Maintain());
        Assert.Equal((PortState.Up, null, 9000), (left.State, left.Fault, left.Mtu));
        Shell.Run($"ip link set {Left} mtu 1500");
        Assert.False(left.Maintain());
        Assert.Equal((PortState.Up, null), (left.State, left.Fault));
    }

    [SkippableFact]
    public void A_driver_that_refuses_the_program_is_used_without_its_help_unless_native_is_wanted()
    {
        LiveTests.SkipWhereImpossible();
        Shell.Run($"ip link add {Left} type bridge");
        IsWired = true;
        using XdpPort left = XdpPort.Open(Left);
        Assert.Equal(XdpMode.Skb, left.Mode);
        Assert.Contains("The driver refuses the XDP program", left.Notice, StringComparison.Ordinal);
        left.Dispose();
        Assert.StartsWith($"xdp:{Left}: the driver refuses the XDP program: ", Refused(Native),
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Zero_copy_that_the_driver_does_not_have_is_refused_and_leaves_nothing()
    {
        Wire();
        Assert.Equal(
            $"xdp:{Left}: the driver has no zero-copy; leave 'zerocopy' out.",
            Refused(new XdpPortOptions { Copy = XdpCopyMode.ZeroCopy }));
        Assert.Equal(
            $"xdp:{Left}: 'zerocopy' needs 'mode=native'.",
            Refused(new XdpPortOptions { Copy = XdpCopyMode.ZeroCopy, Mode = XdpMode.Skb }));
        Assert.False(HasProgram(Left));
        using XdpPort left = XdpPort.Open(Left, new XdpPortOptions { Copy = XdpCopyMode.Copy });
        Assert.Equal((PortState.Up, false), (left.State, left.IsZeroCopy));
    }

    [SkippableFact]
    public void The_program_is_on_the_interface_while_the_port_is_open_and_admits_no_other()
    {
        Wire();
        using (XdpPort left = XdpPort.Open(Left))
        {
            Assert.True(HasProgram(Left));
            Assert.Equal(
                $"xdp:{Left}: another XDP program is on the interface ('ip link show {Left}'); it takes one.",
                Refused(new XdpPortOptions()));
            Assert.True(HasProgram(Left));
            Assert.False(HasProgram(Right));
        }

        Assert.False(HasProgram(Left));
    }

    [SkippableFact]
    public void Queues_that_are_not_served_are_said_and_one_that_is_not_there_is_refused()
    {
        Wire("numrxqueues 4 numtxqueues 4");
        using (XdpPort left = XdpPort.Open(Left, new XdpPortOptions { Queue = 1 }))
        {
            Assert.Equal(
                $"xdp:{Left}: Queue 1 of 4 is served; the machine's own stack gets the frames of the others "
                + $"('ethtool -L {Left} combined 1').",
                left.Notice);
        }

        Assert.Equal(
            $"xdp:{Left}: there is no queue 4 in both directions; the interface has 4 such, counted from 0.",
            Refused(new XdpPortOptions { Queue = 4 }));
        Assert.Equal("xdp:vxe-none: there is no interface 'vxe-none' here.",
            Assert.Throws<PortOpenException>(() => XdpPort.Open("vxe-none")).Message);
    }

    [SkippableFact]
    public void Each_of_several_queues_has_its_frames_and_sends_by_itself()
    {
        Wire("numrxqueues 3 numtxqueues 3");
        IReadOnlyList<XdpPort> left = XdpPort.OpenQueues(Left, 3, Native);
        IReadOnlyList<XdpPort> right = XdpPort.OpenQueues(Right, 2, new XdpPortOptions { Queue = 1 });
        Assert.Equal((3, 2), (left.Count, right.Count));
        Assert.All(left, port => Assert.Null(port.Notice));
        Assert.Equal(
            $"xdp:{Right}: Queues 1 to 2 of 3 are served; the machine's own stack gets the frames of the others "
            + $"('ethtool -L {Right} combined 2').",
            right[0].Notice);
        for (int queue = 1; queue <= 2; queue++)
        {
            // A virtual wire brings a queue's frames to the queue of the same number.
            byte[] frame = FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6").Udp(1000, 53).Payload(queue).Build();
            Assert.Equal(1, Send(left[queue], frame));
            Assert.Equal(frame, Pool.Frame(Assert.Single(Receive(right[queue - 1], 1))).ToArray());
            Assert.Empty(Receive(right[2 - queue], 0));
            Assert.Equal(1, Send(right[queue - 1], frame));
            Assert.Equal(frame, Pool.Frame(Assert.Single(Receive(left[queue], 1))).ToArray());
        }

        Assert.Equal(1, Send(left[0], new byte[60]));
        Assert.Equal([(1L, 1L), (1L, 1L)], right.Select(port => (port.Statistics.Received, port.Statistics.Sent)));

        // One goes and the others stay; the last one takes the program along.
        left[1].Dispose();
        Assert.True(HasProgram(Left));
        Assert.Equal(1, Send(right[1], new byte[60]));
        Assert.Single(Receive(left[2], 1));
        left[0].Dispose();
        left[2].Dispose();
        left[2].Dispose();
        Assert.False(HasProgram(Left));
        Assert.All(right, port => port.Dispose());
        Assert.False(HasProgram(Right));
    }

    [SkippableFact]
    public void An_interface_of_several_queues_that_goes_and_comes_back_serves_them_all()
    {
        Wire("numrxqueues 2 numtxqueues 2");
        IReadOnlyList<XdpPort> left = XdpPort.OpenQueues(Left, 2);
        Shell.Run($"ip link del {Left}");
        IsWired = false;
        Assert.False(left[0].Maintain());
        Wire("numrxqueues 2 numtxqueues 2");

        // The other one has not looked at the old interface since.
        Assert.True(left[0].Maintain());
        Assert.True(left[1].Maintain());
        Assert.Equal([PortState.Up, PortState.Up], left.Select(port => port.State));
        IReadOnlyList<XdpPort> right = XdpPort.OpenQueues(Right, 2);
        for (int queue = 0; queue < 2; queue++)
        {
            Assert.Equal(1, Send(right[queue], new byte[60]));
            Assert.Single(Receive(left[queue], 1));
            Assert.Equal(1, Send(left[queue], new byte[60]));
            Assert.Single(Receive(right[queue], 1));
        }

        Assert.True(HasProgram(Left));
        Assert.All(left.Concat(right), port => port.Dispose());
        Assert.False(HasProgram(Left));
    }

    [SkippableFact]
    public void Fewer_queues_than_are_asked_for_are_one_and_it_says_so()
    {
        Wire("numrxqueues 2 numtxqueues 2");
        using XdpPort left = Assert.Single(XdpPort.OpenQueues(Left, 3));
        Assert.Equal(
            $"xdp:{Left}: 3 queues in both directions from 0 on are not there: one does for all workers. "
            + "Queue 0 of 2 is served; the machine's own stack gets the frames of the others "
            + $"('ethtool -L {Left} combined 1').",
            left.Notice);
        Assert.Equal("xdp:vxe-none: there is no interface 'vxe-none' here.",
            Assert.Throws<PortOpenException>(() => XdpPort.OpenQueues("vxe-none", 2)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => XdpPort.OpenQueues(Right, 0));
    }

    [SkippableFact]
    public void A_queue_that_only_receives_is_refused()
    {
        Wire("numrxqueues 2 numtxqueues 1");
        Assert.Equal(
            $"xdp:{Left}: there is no queue 1 in both directions; the interface has 1 such, counted from 0.",
            Refused(new XdpPortOptions { Queue = 1 }));
    }

    [SkippableFact]
    public void A_port_that_is_down_takes_nothing_and_one_that_is_gone_says_so()
    {
        Wire();
        using XdpPort left = XdpPort.Open(Left);
        using (XdpPort right = XdpPort.Open(Right))
        {
            Shell.Run($"ip link set {Left} down");
            Assert.False(left.Maintain());
            Assert.Equal((PortState.Down, $"xdp:{Left}: the interface is down."), (left.State, left.Fault));
            Assert.Equal(0, Send(left, new byte[60]));
            WaitForCarrier(false);
            Assert.False(right.Maintain());
            Assert.Equal((PortState.Down, $"xdp:{Right}: no carrier."), (right.State, right.Fault));
            Shell.Run($"ip link set {Left} up");
            WaitForCarrier();
            Assert.False(left.Maintain());
            Assert.False(right.Maintain());
            Assert.Equal((PortState.Up, null), (left.State, left.Fault));
            Assert.Equal(1, Send(left, new byte[60]));
            Assert.Single(Receive(right, 1));
        }

        Shell.Run($"ip link del {Left}");
        IsWired = false;
        Assert.False(left.Maintain());
        Assert.Equal((PortState.Failed, -1), (left.State, left.PollDescriptor));
        Assert.Equal((0, 0), (Send(left, new byte[60]), left.Receive(Pool, new FrameDescriptor[1])));
        Wire();
        Assert.True(left.Maintain());
        Assert.Equal((PortState.Up, true), (left.State, HasProgram(Left)));
        using XdpPort other = XdpPort.Open(Right);
        Assert.Equal(1, Send(other, new byte[60]));
        Assert.Single(Receive(left, 1));
        Assert.Equal((2L, 1L, 1L), (left.Statistics.Failures, left.Statistics.Sent, left.Statistics.Received));
    }

    [SkippableFact]
    public void An_interface_that_is_down_is_opened_and_comes_up()
    {
        Wire();
        Shell.Run($"ip link set {Left} down");
        using XdpPort left = XdpPort.Open(Left);
        using XdpPort right = XdpPort.Open(Right);
        Assert.Equal((PortState.Down, $"xdp:{Left}: the interface is down."), (left.State, left.Fault));
        Shell.Run($"ip link set {Left} up");
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
        using XdpPort left = XdpPort.Open(Left);
        using (XdpPort right = XdpPort.Open(Right, new XdpPortOptions { Promiscuous = true, BusyPoll = true }))
        {
            Assert.Contains("promiscuity 1 ", Shell.Run($"ip -d link show {Right}"), StringComparison.Ordinal);
            Assert.Equal(1, Send(left, new byte[60]));
            Assert.Single(Receive(right, 1));
        }

        Assert.Contains("promiscuity 0 ", Shell.Run($"ip -d link show {Right}"), StringComparison.Ordinal);
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
            using XdpPort port = XdpPort.Open(Left, new XdpPortOptions { Promiscuous = true });
            Refused(new XdpPortOptions());
            Assert.Throws<PortOpenException>(
                () => XdpPort.Open(Right, new XdpPortOptions { Copy = XdpCopyMode.ZeroCopy }));
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
}
