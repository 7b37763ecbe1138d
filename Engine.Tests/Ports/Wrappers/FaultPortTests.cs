using System.Buffers.Binary;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Packets;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Wrappers;
using VxlanEngine.Tests.Ports.Offloads;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Ports.Wrappers;

/// <summary>Frames are lost, delayed, doubled, reordered and damaged as asked, and none is forgotten.</summary>
public sealed class FaultPortTests : IDisposable
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private readonly PacketPool _pool = new(512, 4096);
    private readonly WirePort _wire = new();
    private readonly SetClock _clock = new();

    public void Dispose()
    {
        _wire.Dispose();
        _pool.Dispose();
    }

    [Fact]
    public void Without_faults_every_frame_passes_in_order_in_both_directions()
    {
        using FaultPort port = Wrap(new FaultOptions());
        byte[][] frames = Frames(100);
        _wire.Give(frames);
        Assert.Equal(frames, ReceiveAll(port));
        Assert.Equal(100, TransmitAll(port, frames));
        Assert.Equal(frames, _wire.Sent);
        Assert.Equal(new FaultCounters { Taken = 100, Passed = 100 }, port.Inbound);
        Assert.Equal(new FaultCounters { Taken = 100, Passed = 100 }, port.Outbound);
        Assert.Equal((_pool.Count, false), (_pool.FreeCount, port.HasUnsent));
    }

    /// <summary>The oracle counts from outside: frames given, frames that came out, buffers in use.</summary>
    [Fact]
    public void Every_frame_is_accounted_for_and_the_same_seed_does_the_same()
    {
        Gen<int[]> numbers = Gen.Choose(0, 100).ArrayOf(8);
        Prop.ForAll(Arb.From(numbers), AssertSameTwice).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    /// <summary>Short queues are empty for a moment while frames still wait at the device.</summary>
    [Fact]
    public void A_queue_of_two_takes_all_frames_in_the_end() => AssertSameTwice([73, 54, 32, 23, 93, 0, 14, 85]);

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.1)]
    [InlineData(1)]
    public void As_many_frames_are_lost_as_was_asked_for(double share)
    {
        const int Count = 20_000;
        using FaultPort port = Wrap(new FaultOptions { Loss = share });
        TransmitAll(port, Frames(Count));
        double deviation = Math.Sqrt(Count * share * (1 - share));
        Assert.InRange(port.Outbound.Lost, (Count * share) - (5 * deviation), (Count * share) + (5 * deviation));
        Assert.Equal(Count - port.Outbound.Lost, _wire.Sent.Count);
    }

    [Fact]
    public void One_kind_of_fault_does_not_change_which_frames_another_one_hits()
    {
        byte[][] frames = Frames(500);
        using (FaultPort lossy = Wrap(new FaultOptions { Loss = 0.2, Seed = 9 }))
        {
            TransmitAll(lossy, frames);
        }

        byte[][] kept = [.. _wire.Sent];
        Assert.InRange(kept.Length, 1, 499);
        _wire.Sent.Clear();
        using FaultPort both = Wrap(new FaultOptions { Loss = 0.2, Duplicate = 1, Seed = 9 });
        TransmitAll(both, frames);
        Assert.Equal(kept.SelectMany(frame => new[] { frame, frame }), _wire.Sent);
    }

    [Fact]
    public void A_delayed_frame_passes_when_its_time_has_come_and_asks_to_be_looked_after()
    {
        using FaultPort port = Wrap(new FaultOptions { Delay = 5 * Millisecond });
        byte[][] frames = Frames(3);
        _wire.Give(frames[0]);
        TransmitAll(port, frames[1..2]);
        var burst = new FrameDescriptor[4];
        Assert.Equal(0, port.Receive(_pool, burst));
        Assert.True(port.HasUnsent);

        _clock.Advance(5 * Millisecond - TimeSpan.FromTicks(1));
        port.Flush(_pool);
        Assert.Equal((0, 0), (port.Receive(_pool, burst), _wire.Sent.Count));

        _clock.Advance(TimeSpan.FromTicks(1));
        port.Flush(_pool);
        Assert.Equal(1, port.Receive(_pool, burst));
        Assert.Equal(frames[0], _pool.Frame(burst[0]).ToArray());
        Assert.Equal(1_000_000 + 5_000_000, burst[0].TimeNs);
        Assert.Equal([frames[1]], _wire.Sent);
        Assert.False(port.HasUnsent);
        Assert.Equal((1, 1), (port.Inbound.Delayed, port.Outbound.Delayed));
        _pool.Return(burst[0]);
    }

    [Fact]
    public void A_reordered_frame_is_overtaken_by_the_next_or_passes_after_ten_milliseconds()
    {
        using FaultPort port = Wrap(new FaultOptions { Reorder = 1 });
        byte[][] frames = Frames(5);
        TransmitAll(port, frames);
        Assert.Equal([frames[1], frames[0], frames[3], frames[2]], _wire.Sent);
        Assert.True(port.HasUnsent);

        _clock.Advance(9 * Millisecond);
        port.Flush(_pool);
        Assert.Equal(4, _wire.Sent.Count);
        _clock.Advance(Millisecond);
        port.Flush(_pool);
        Assert.Equal(frames[4], _wire.Sent[^1]);
        Assert.Equal((2, false), (port.Outbound.Reordered, port.HasUnsent));
    }

    [Fact]
    public void A_corrupted_frame_has_one_other_bit_and_its_checksum_is_not_trusted()
    {
        using FaultPort port = Wrap(new FaultOptions { Corrupt = 1 });
        byte[][] frames = Frames(50);
        _wire.Marks = _wire.Marks with { Checksum = ChecksumStatus.Good };
        _wire.Give(frames);
        var burst = new FrameDescriptor[32];
        int total = 0;
        for (int count; (count = port.Receive(_pool, burst)) > 0; total += count)
        {
            for (int i = 0; i < count; i++)
            {
                byte[] bytes = _pool.Frame(burst[i]).ToArray();
                Assert.Equal(1, bytes.Zip(frames[total + i], (a, b) => BitOperations.PopCount((uint)(a ^ b))).Sum());
                Assert.Equal(ChecksumStatus.Unknown, burst[i].Checksum);
                _pool.Return(burst[i]);
            }
        }

        Assert.Equal((50, 50), (total, port.Inbound.Corrupted));
    }

    [Fact]
    public void Super_frames_are_cut_so_that_each_segment_has_its_own_fate()
    {
        using FaultPort port = Wrap(new FaultOptions());
        byte[] payload = new byte[2500];
        _wire.Marks = new FrameDescriptor
        {
            SegmentSize = 1000,
            Segment = SegmentKind.TcpIpv4,
            Checksum = ChecksumStatus.Partial,
        };
        _wire.Give(SegmentPlanTests.Frame(inner6: false, null, 0, payload, TcpFlags.Ack));
        Assert.Equal(
            [
                SegmentPlanTests.Frame(inner6: false, null, 0, payload[..1000], TcpFlags.Ack),
                SegmentPlanTests.Frame(inner6: false, null, 1, payload[1000..2000], TcpFlags.Ack),
                SegmentPlanTests.Frame(inner6: false, null, 2, payload[2000..], TcpFlags.Ack),
            ],
            ReceiveAll(port));
        Assert.Equal((3, _pool.Count), (port.Inbound.Taken, _pool.FreeCount));
        Assert.False(port.TakesSuperFrames);
    }

    [Fact]
    public void A_full_queue_takes_no_more_and_what_the_device_refuses_is_counted()
    {
        using FaultPort port = Wrap(new FaultOptions { Delay = Millisecond, QueueLength = 4 });
        Assert.Equal(4, TransmitAll(port, Frames(6)));
        _wire.Give(Frames(6));
        var burst = new FrameDescriptor[32];
        Assert.Equal(0, port.Receive(_pool, burst));
        Assert.Equal(4, port.Inbound.Held);

        _wire.Room = 1;
        _clock.Advance(Millisecond);
        port.Flush(_pool);
        Assert.Equal((1, 3), (port.Outbound.Passed, port.Outbound.Overflowed));
        Assert.Equal(7 + 3, port.Statistics.Unsent);
        Assert.Equal(4, port.Receive(_pool, burst));
        _pool.Return(burst.AsSpan(0, 4));
    }

    [Fact]
    public void A_port_that_is_down_takes_nothing()
    {
        using FaultPort port = Wrap(new FaultOptions { Delay = Millisecond });
        _wire.State = PortState.Down;
        Assert.Equal(0, TransmitAll(port, Frames(1)));
        Assert.Equal(0, port.Outbound.Taken);
    }

    [Fact]
    public void Everything_else_is_the_inner_ports()
    {
        FaultPort port = Wrap(new FaultOptions());
        WrappedPortFacts.AssertForwards(port, _wire, _pool, "fault:wire:eth0");
        Assert.Equal(
            "fault:wire:eth0: in 0 taken, 0 passed, 0 lost, 0 duplicated, 0 reordered, 0 corrupted, 0 delayed, "
            + "0 overflowed, 0 held; out 0 taken, 0 passed, 0 lost, 0 duplicated, 0 reordered, 0 corrupted, "
            + "0 delayed, 0 overflowed, 0 held",
            port.Summary);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.All(
            new FaultOptions[]
            {
                new() { Loss = -0.1 }, new() { Loss = double.NaN }, new() { Duplicate = 1.1 }, new() { Reorder = 2 },
                new() { Corrupt = -1 }, new() { Delay = -Millisecond }, new() { Delay = TimeSpan.FromHours(1) },
                new() { QueueLength = 1 },
            },
            options => Assert.Throws<ArgumentOutOfRangeException>(() => Wrap(options)));
    }

    [Fact]
    public void Nothing_is_allocated_for_a_frame()
    {
        _wire.Forgets = true;
        using FaultPort port = Wrap(new FaultOptions
        {
            Loss = 0.1,
            Duplicate = 0.1,
            Reorder = 0.1,
            Corrupt = 0.1,
            Delay = Millisecond,
        });
        var burst = new FrameDescriptor[1];
        Allocations.AssertNone(() =>
        {
            _pool.TryRent(60, out burst[0]);
            port.Transmit(_pool, burst);
            _clock.Advance(Millisecond);
            port.Flush(_pool);
            port.Receive(_pool, burst);
        });
        Assert.True(port.Outbound.Passed > 500);
    }

    internal static byte[][] Frames(int count) =>
    [
        .. Enumerable.Range(1, count).Select(i =>
        {
            byte[] frame = new byte[60 + (i % 7)];
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(14), i);
            return frame;
        }),
    ];

    private FaultPort Wrap(FaultOptions options) => new(_wire, options, _clock);

    private List<byte[]> ReceiveAll(FaultPort port)
    {
        var frames = new List<byte[]>();
        var burst = new FrameDescriptor[8];
        for (int count; (count = port.Receive(_pool, burst)) > 0;)
        {
            foreach (FrameDescriptor frame in burst.AsSpan(0, count))
            {
                frames.Add(_pool.Frame(frame).ToArray());
                _pool.Return(frame);
            }
        }

        return frames;
    }

    private int TransmitAll(FaultPort port, byte[][] frames)
    {
        int taken = 0;
        foreach (byte[] bytes in frames)
        {
            Assert.True(_pool.TryRent(bytes.Length, out FrameDescriptor frame));
            bytes.CopyTo(_pool.Frame(frame));
            if (port.Transmit(_pool, [frame]) == 1)
            {
                taken++;
            }
            else
            {
                _pool.Return(frame);
            }
        }

        port.Flush(_pool);
        return taken;
    }

    private void AssertSameTwice(int[] n)
    {
        var options = new FaultOptions
        {
            Loss = n[0] / 100.0,
            Duplicate = n[1] / 100.0,
            Reorder = n[2] / 100.0,
            Corrupt = n[3] / 100.0,
            Delay = Millisecond * (n[4] / 25),
            QueueLength = 2 + n[5],
            Seed = (ulong)n[6],
        };
        List<byte[]> first = Exchange(options, n[7]);
        Assert.Equal(first, Exchange(options, n[7]));
    }

    private List<byte[]> Exchange(FaultOptions options, int count)
    {
        var wire = new WirePort();
        var clock = new SetClock();
        using var port = new FaultPort(wire, options, clock);
        byte[][] frames = Frames(count);
        var received = new List<byte[]>();
        int taken = 0;
        foreach (byte[] frame in frames)
        {
            wire.Give(frame);
            received.AddRange(ReceiveAll(port));
            taken += TransmitAll(port, [frame]);
            clock.Advance(Millisecond / 2);
            AssertAddsUp(port.Outbound, taken, wire.Sent.Count);
        }

        FaultCounters inbound = port.Inbound;
        FaultCounters outbound = port.Outbound;
        Assert.Equal(_pool.Count - _pool.FreeCount, inbound.Held + outbound.Held);
        AssertAddsUp(inbound, inbound.Taken, received.Count);

        // What is held comes in time, and nothing is left: first what waits to be overtaken, then the delay.
        for (int i = 0; i < 4 || port.HasUnsent || port.Inbound.Taken < count; i++)
        {
            Assert.True(i < 200, "Frames are held for ever.");
            clock.Advance(10 * Millisecond);
            received.AddRange(ReceiveAll(port));
            port.Flush(_pool);
        }

        Assert.Equal((count, _pool.Count), ((int)port.Inbound.Taken, _pool.FreeCount));
        AssertAddsUp(port.Inbound, count, received.Count);
        AssertAddsUp(port.Outbound, taken, wire.Sent.Count);
        return [.. received, .. wire.Sent];
    }

    private static void AssertAddsUp(FaultCounters counters, long taken, long passed)
    {
        Assert.Equal((taken, passed), (counters.Taken, counters.Passed));
        Assert.Equal(
            passed, taken + counters.Duplicated - counters.Lost - counters.Overflowed - counters.Held);
    }
}
