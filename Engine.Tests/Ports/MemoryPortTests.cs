using VxlanEngine.Packets;
using VxlanEngine.Ports;
using Xunit;

namespace VxlanEngine.Tests.Ports;

public sealed class MemoryPortTests
{
    [Fact]
    public void Frames_are_received_in_order_with_time_and_number()
    {
        using var pool = new PacketPool(8, 2048);
        using var port = new MemoryPort();
        byte[] sent = [1, 2, 3];
        port.Send(sent, timeNs: 7);
        sent[0] = 9; // The port keeps a copy.
        port.Send([4], timeNs: 8);
        var burst = new FrameDescriptor[4];
        Assert.Equal(2, port.Receive(pool, burst));
        Assert.Equal([1, 2, 3], pool.Frame(burst[0]).ToArray());
        Assert.Equal([4], pool.Frame(burst[1]).ToArray());
        Assert.Equal((7L, 0u, FrameFlags.None), (burst[0].TimeNs, burst[0].PacketId, burst[0].Flags));
        Assert.Equal((8L, 1u), (burst[1].TimeNs, burst[1].PacketId));
        Assert.Equal(0, port.Receive(pool, burst));
    }

    [Fact]
    public void Burst_that_is_full_leaves_the_rest_for_the_next_one()
    {
        using var pool = new PacketPool(8, 2048);
        using var port = new MemoryPort();
        for (byte i = 0; i < 5; i++)
        {
            port.Send([i]);
        }

        var burst = new FrameDescriptor[2];
        Assert.Equal([2, 2, 1], Enumerable.Range(0, 3).Select(_ => port.Receive(pool, burst)).ToArray());
        Assert.Equal([4], pool.Frame(burst[0]).ToArray());
        Assert.Equal(3, pool.FreeCount);
    }

    [Fact]
    public void Pool_without_buffers_leaves_frames_waiting()
    {
        using var pool = new PacketPool(1, 2048);
        using var port = new MemoryPort();
        port.Send([1]);
        port.Send([2]);
        var burst = new FrameDescriptor[4];
        Assert.Equal(1, port.Receive(pool, burst));
        Assert.Equal(0, port.Receive(pool, burst));
        pool.Return(burst[0]);
        Assert.Equal(1, port.Receive(pool, burst));
        Assert.Equal([2], pool.Frame(burst[0]).ToArray());
    }

    [Fact]
    public void Frame_longer_than_the_buffers_is_received_cut_and_marked()
    {
        using var pool = new PacketPool(1, 64);
        using var port = new MemoryPort();
        port.Send(new byte[65]);
        var burst = new FrameDescriptor[1];
        Assert.Equal(1, port.Receive(pool, burst));
        Assert.Equal((64, FrameFlags.TooLong), (burst[0].Length, burst[0].Flags));
    }

    [Fact]
    public void Frames_from_the_switch_wait_in_order_and_their_buffers_go_back()
    {
        using var pool = new PacketPool(3, 2048);
        using var port = new MemoryPort(capacity: 2);
        var burst = new FrameDescriptor[3];
        for (int i = 0; i < 3; i++)
        {
            Assert.True(pool.TryRent(1, out burst[i]));
            pool.Frame(burst[i])[0] = (byte)i;
        }

        Assert.Equal(2, port.Transmit(pool, burst));
        Assert.Equal((2, 2), (port.Available, pool.FreeCount));
        Assert.Equal(0, port.Transmit(pool, burst.AsSpan(2)));
        Assert.True(port.TryTake(out ReadOnlyMemory<byte> first));
        Assert.Equal([0], first.ToArray());
        Assert.Equal(1, port.Transmit(pool, burst.AsSpan(2)));
        Assert.True(port.TryTake(out ReadOnlyMemory<byte> second));
        Assert.True(port.TryTake(out ReadOnlyMemory<byte> third));
        Assert.Equal([1, 2], [second.Span[0], third.Span[0]]);
        Assert.False(port.TryTake(out ReadOnlyMemory<byte> none));
        Assert.True(none.IsEmpty);
    }

    [Fact]
    public void Frame_of_no_bytes_is_a_frame()
    {
        using var pool = new PacketPool(1, 64);
        using var port = new MemoryPort();
        port.Send([]);
        var burst = new FrameDescriptor[1];
        Assert.Equal(1, port.Receive(pool, burst));
        Assert.Equal(0, burst[0].Length);
    }

    [Fact]
    public void Port_that_is_disposed_holds_nothing()
    {
        using var pool = new PacketPool(1, 64);
        var port = new MemoryPort();
        port.Send([1]);
        port.Dispose();
        Assert.Equal(0, port.Receive(pool, new FrameDescriptor[1]));
    }
}
