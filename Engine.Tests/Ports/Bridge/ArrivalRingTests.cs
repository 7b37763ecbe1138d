using VxlanEngine.Packets;
using VxlanEngine.Ports.Bridge;
using Xunit;

namespace VxlanEngine.Tests.Ports.Bridge;

/// <summary>Frames that arrive on a thread of their own reach the switch's in order, or are counted.</summary>
public sealed class ArrivalRingTests : IDisposable
{
    private readonly PacketPool _pool = new(4, 1024);

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void A_frame_comes_out_as_it_went_in()
    {
        var ring = new ArrivalRing(4, 256);
        Assert.True(ring.TryPut([1, 2, 3], 3, 77));
        Assert.True(ring.TryTake(_pool, out FrameDescriptor frame));
        Assert.Equal([1, 2, 3], _pool.Frame(frame).ToArray());
        Assert.Equal((77, FrameFlags.None), (frame.TimeNs, frame.Flags));
        Assert.False(ring.TryTake(_pool, out _));
    }

    [Theory]
    [InlineData(100, 100, FrameFlags.None)]
    [InlineData(100, 101, FrameFlags.Cut)]
    [InlineData(1025, 1025, FrameFlags.TooLong)]
    [InlineData(1025, 9000, FrameFlags.TooLong)]
    public void What_is_not_whole_is_flagged(int length, int wireLength, FrameFlags flags)
    {
        var ring = new ArrivalRing(4, 2048);
        Assert.True(ring.TryPut(new byte[length], wireLength, 0));
        Assert.True(ring.TryTake(_pool, out FrameDescriptor frame));
        Assert.Equal((flags, Math.Min(length, 1024)), (frame.Flags, frame.Length));
    }

    [Theory]
    [InlineData(2, 4096, 10, 2)]
    [InlineData(64, 256, 100, 2)]
    public void What_finds_it_full_is_lost_and_counted(int frames, int bytes, int length, int taken)
    {
        var ring = new ArrivalRing(frames, bytes);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(i < taken, ring.TryPut(new byte[length], length, 0));
        }

        Assert.Equal(5 - taken, ring.Overflows);
    }

    [Fact]
    public void A_frame_waits_until_a_buffer_is_free()
    {
        var ring = new ArrivalRing(8, 256);
        for (byte i = 0; i < 5; i++)
        {
            Assert.True(ring.TryPut([i], 1, 0));
        }

        var taken = new FrameDescriptor[5];
        for (int i = 0; i < 4; i++)
        {
            Assert.True(ring.TryTake(_pool, out taken[i]));
        }

        Assert.False(ring.TryTake(_pool, out _));
        _pool.Return(taken[0]);
        Assert.True(ring.TryTake(_pool, out taken[4]));
        Assert.Equal([4], _pool.Frame(taken[4]).ToArray());
    }

    [Fact]
    public void Order_and_bytes_hold_between_two_threads()
    {
        const int Count = 200_000;
        var ring = new ArrivalRing(64, 4096);
        using var start = new Barrier(2);
        var producer = new Thread(() =>
        {
            start.SignalAndWait();
            byte[] bytes = new byte[300];
            for (int i = 0; i < Count; i++)
            {
                int length = 4 + (i % 297);
                BitConverter.TryWriteBytes(bytes, i);
                bytes.AsSpan(4, length - 4).Fill((byte)i);
                while (!ring.TryPut(bytes.AsSpan(0, length), length, i))
                {
                    Thread.Yield();
                }
            }
        });
        producer.Start();
        start.SignalAndWait();
        for (int i = 0; i < Count;)
        {
            if (!ring.TryTake(_pool, out FrameDescriptor frame))
            {
                Thread.Yield();
                continue;
            }

            ReadOnlySpan<byte> bytes = _pool.Frame(frame);
            bool isRight = frame.TimeNs == i
                && bytes.Length == 4 + (i % 297)
                && BitConverter.ToInt32(bytes) == i
                && bytes[4..].IndexOfAnyExcept((byte)i) < 0;
            Assert.True(isRight, $"frame {i}");
            _pool.Return(frame);
            i++;
        }

        producer.Join();
    }

    [Fact]
    public void Nothing_is_allocated_for_a_frame()
    {
        var ring = new ArrivalRing(64, 4096);
        byte[] bytes = new byte[60];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            ring.TryPut(bytes, 60, i);
            ring.TryTake(_pool, out FrameDescriptor frame);
            _pool.Return(frame);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
