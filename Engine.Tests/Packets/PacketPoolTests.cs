using VxlanEngine.Packets;
using Xunit;

namespace VxlanEngine.Tests.Packets;

public sealed class PacketPoolTests
{
    [Fact]
    public void Pool_hands_out_each_buffer_once_and_then_none()
    {
        using var pool = new PacketPool(100, 2048);
        var frames = new List<FrameDescriptor>();
        while (pool.TryRent(60, out FrameDescriptor frame))
        {
            frames.Add(frame);
            Assert.Equal(100 - frames.Count, pool.FreeCount);
        }

        Assert.Equal(Enumerable.Range(0, 100), frames.Select(f => f.Buffer).Order());
        Assert.False(pool.TryRent(60, out FrameDescriptor none));
        Assert.Equal(default, none);

        pool.Return(frames[7]);
        Assert.True(pool.TryRent(60, out FrameDescriptor again));
        Assert.Equal(frames[7].Buffer, again.Buffer);
        Assert.False(pool.TryRent(60, out _));
    }

    [Fact]
    [Trait("Scenario", "MF02")]
    public void Buffers_do_not_overlap_and_hold_headroom_frame_and_tail()
    {
        const int Count = 16;
        using var pool = new PacketPool(Count, 100);
        var frames = new FrameDescriptor[Count];
        for (int i = 0; i < Count; i++)
        {
            Assert.True(pool.TryRent(100, out frames[i]));
            Assert.True(pool.Memory(frames[i]).Length >= PacketPool.Headroom + 100 + PacketPool.Tail);
            pool.Memory(frames[i]).Fill((byte)i);
        }

        for (int i = 0; i < Count; i++)
        {
            Assert.False(pool.Memory(frames[i]).ContainsAnyExcept((byte)i));
        }
    }

    [SkippableFact]
    public void Populating_takes_the_memory_of_all_buffers_and_keeps_what_is_in_them()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "What a process has is read from /proc.");
        const int Capacity = 64 * 1024;
        using var pool = new PacketPool(128, Capacity);
        Assert.True(pool.TryRent(Capacity, out FrameDescriptor frame));
        pool.Memory(frame).Fill(0xA5);
        Assert.True(ResidentMemory.KilobytesAround(pool.Frame(frame)) < 64 * 64);

        pool.Populate();
        Assert.True(ResidentMemory.KilobytesAround(pool.Frame(frame)) >= 64 * 64);
        Assert.Equal(-1, pool.Memory(frame).IndexOfAnyExcept((byte)0xA5));
    }

    [Fact]
    public void Short_frames_take_small_buffers_and_then_large_ones()
    {
        using var pool = new PacketPool(8, 9000);
        var frames = new List<FrameDescriptor>();
        while (pool.TryRent(PacketPool.SmallCapacity, out FrameDescriptor frame))
        {
            frames.Add(frame);
        }

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], frames.Select(f => f.Buffer));
        Assert.All(frames[..4], f => Assert.InRange(pool.Memory(f).Length, 2304, 2688));
        Assert.All(frames[4..], f => Assert.InRange(pool.Memory(f).Length, 9256, 9728));

        pool.Return(frames[6]);
        Assert.Equal((1, 1), (pool.FreeCount, pool.LargeFreeCount));
        pool.Return(frames[2]);
        Assert.Equal((2, 1), (pool.FreeCount, pool.LargeFreeCount));
        Assert.True(pool.TryRent(60, out FrameDescriptor again));
        Assert.Equal(2, again.Buffer);
        pool.Return([.. frames.Where(f => f.Buffer != 6)]);
        Assert.Equal((8, 4), (pool.FreeCount, pool.LargeFreeCount));
    }

    [Fact]
    public void Long_frames_take_large_buffers_only()
    {
        using var pool = new PacketPool(8, 9000);
        for (int i = 0; i < 4; i++)
        {
            Assert.True(pool.TryRent(PacketPool.SmallCapacity + 1, out FrameDescriptor frame));
            Assert.Equal(4 + i, frame.Buffer);
        }

        Assert.False(pool.TryRent(PacketPool.SmallCapacity + 1, out _));
        Assert.Equal((4, 0), (pool.FreeCount, pool.LargeFreeCount));
        Assert.True(pool.TryRent(PacketPool.SmallCapacity, out _));
        Assert.False(pool.TryRent(9001, out _));
        Assert.False(pool.TryRent(-1, out _));
    }

    [Fact]
    public void Buffers_of_both_sizes_do_not_overlap()
    {
        using var pool = new PacketPool(10, 5000);
        var frames = new List<FrameDescriptor>();
        while (pool.TryRent(60, out FrameDescriptor frame))
        {
            pool.Memory(frame).Fill((byte)frame.Buffer);
            frames.Add(frame);
        }

        Assert.Equal(10, frames.Count);
        Assert.All(frames, f => Assert.False(pool.Memory(f).ContainsAnyExcept((byte)f.Buffer)));
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(PacketPool.SmallCapacity, true)]
    [InlineData(PacketPool.SmallCapacity + 1, false)]
    public void A_frame_that_turns_out_to_be_short_moves_into_a_small_buffer(int length, bool moves)
    {
        using var pool = new PacketPool(4, 65_536);
        Assert.True(pool.TryRent(pool.FrameCapacity, out FrameDescriptor frame));
        frame.Length = length;
        frame.PacketId = 7;
        byte[] bytes = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 3))];
        bytes.CopyTo(pool.Frame(frame));
        int before = frame.Buffer;

        pool.MoveToSmall(ref frame);

        Assert.Equal(moves, frame.Buffer < 2);
        Assert.Equal(moves ? 2 : 1, pool.LargeFreeCount);
        Assert.Equal(!moves, frame.Buffer == before);
        Assert.Equal((length, 7u), (frame.Length, frame.PacketId));
        Assert.Equal(bytes, pool.Frame(frame).ToArray());
        pool.Return(frame);
        Assert.Equal(4, pool.FreeCount);
    }

    [Fact]
    public void A_frame_stays_in_a_large_buffer_while_no_small_one_is_free()
    {
        using var pool = new PacketPool(4, 65_536);
        Assert.True(pool.TryRent(60, out _));
        Assert.True(pool.TryRent(60, out _));
        Assert.True(pool.TryRent(pool.FrameCapacity, out FrameDescriptor frame));
        (int buffer, frame.Length) = (frame.Buffer, 60);

        pool.MoveToSmall(ref frame);

        Assert.Equal((buffer, 1), (frame.Buffer, pool.FreeCount));
    }

    [Fact]
    public void A_burst_of_long_and_short_frames_takes_buffers_of_both_sizes()
    {
        using NativeBlock<byte> source = Numbered(5000);
        using var pool = new PacketPool(4, 3000);
        StoredFrame[] stored = [new(0, 60, 0), new(60, 3000, 1), new(9, 60, 2), new(7, 60, 3), new(8, 60, 4)];
        var burst = new FrameDescriptor[stored.Length];

        Assert.Equal(4, pool.Load(source, stored, 0, burst));
        Assert.Equal([0, 2, 1, 3], burst[..4].Select(f => f.Buffer));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal((ushort)i, burst[i].Port);
            Assert.Equal(
                source.Slice(stored[i].Start, stored[i].Length).ToArray(), pool.Frame(burst[i]).ToArray());
        }

        pool.Return(burst.AsSpan(0, 4));
        Assert.Equal(4, pool.FreeCount);
    }

    [Fact]
    public void A_burst_is_loaded_with_all_bytes_of_its_frames()
    {
        int[] lengths = [14, 63, 64, 65, 128, 200];
        using NativeBlock<byte> source = Numbered(1000);
        using var pool = new PacketPool(8, 200);
        StoredFrame[] stored = [.. lengths.Select((length, i) => new StoredFrame(3 + (150 * i), length, (ushort)i))];
        var burst = new FrameDescriptor[lengths.Length];

        Assert.Equal(lengths.Length, pool.Load(source, stored, 99, burst));
        Assert.Equal(2, pool.FreeCount);
        Assert.Equal(lengths.Length, burst.Select(f => f.Buffer).Distinct().Count());
        for (int i = 0; i < burst.Length; i++)
        {
            Assert.Equal((lengths[i], (ushort)i, 99), (burst[i].Length, burst[i].Port, burst[i].TimeNs));
            Assert.Equal(PacketPool.Headroom, burst[i].Offset);
            Assert.Equal(
                source.Slice(stored[i].Start, lengths[i]).ToArray(), pool.Frame(burst[i]).ToArray());
        }

        pool.Return(burst);
        Assert.Equal(8, pool.FreeCount);
    }

    [Theory]
    [InlineData(3, 1, 3)]
    [InlineData(8, 201, 2)]
    [InlineData(8, 900, 2)]
    [InlineData(8, -1, 2)]
    public void A_burst_ends_before_a_frame_that_has_no_room(int buffers, int thirdLength, int loaded)
    {
        using NativeBlock<byte> source = Numbered(1000);
        using var pool = new PacketPool(buffers, 200);
        StoredFrame[] stored = [new(0, 60, 1), new(60, 60, 1), new(120, thirdLength, 1), new(0, 60, 1)];

        Assert.Equal(loaded, pool.Load(source, stored, 0, new FrameDescriptor[4]));
        Assert.Equal(buffers - loaded, pool.FreeCount);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(2048)]
    [InlineData(16384)]
    public void Neighbouring_buffers_start_in_different_cache_sets(int capacity)
    {
        using var pool = new PacketPool(2, capacity);
        Assert.True(pool.TryRent(capacity, out FrameDescriptor frame));
        int stride = pool.Memory(frame).Length;
        Assert.Equal(128, stride % 256);
        Assert.InRange(stride, PacketPool.Headroom + capacity + PacketPool.Tail, capacity + 1024);
    }

    [Fact]
    public void New_frame_lies_behind_the_headroom_and_knows_nothing()
    {
        using var pool = new PacketPool(1, 2048);
        Assert.True(pool.TryRent(60, out FrameDescriptor frame));
        Assert.Equal(new FrameDescriptor { Buffer = 0, Offset = PacketPool.Headroom, Length = 60 }, frame);
        pool.Frame(frame).Fill(1);
        Assert.Equal(60, pool.Frame(frame).Length);
        Assert.Equal(PacketPool.Headroom, pool.Memory(frame).IndexOf(pool.Frame(frame)));
    }

    [Fact]
    public void Frame_of_more_than_the_capacity_or_less_than_nothing_gets_no_buffer()
    {
        using var pool = new PacketPool(1, 2048);
        Assert.False(pool.TryRent(2049, out _));
        Assert.False(pool.TryRent(-1, out _));
        Assert.Equal(1, pool.FreeCount);
        Assert.True(pool.TryRent(2048, out FrameDescriptor frame));
        Assert.Equal(2048, pool.Frame(frame).Length);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void Buffer_that_the_pool_does_not_have_is_refused(int buffer)
    {
        using var pool = new PacketPool(1, 2048);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Memory(new FrameDescriptor { Buffer = buffer }).Length);
    }

    [Theory]
    [InlineData(-1, 60)]
    [InlineData(0, -1)]
    [InlineData(0, 1 << 20)]
    [InlineData(int.MaxValue, 1)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void Frame_that_does_not_lie_in_its_buffer_is_refused(int offset, int length)
    {
        using var pool = new PacketPool(1, 2048);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => pool.Frame(new FrameDescriptor { Offset = offset, Length = length }).Length);
    }

    [Fact]
    public void Buffer_of_a_disposed_pool_is_refused()
    {
        var pool = new PacketPool(1, 2048);
        Assert.True(pool.TryRent(60, out FrameDescriptor frame));
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Frame(frame).Length);
    }

    [Theory]
    [InlineData(0, 2048)]
    [InlineData(-1, 2048)]
    [InlineData(1, 63)]
    [InlineData(1, (1 << 20) + 1)]
    public void Pool_of_impossible_sizes_is_refused(int count, int capacity) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PacketPool(count, capacity));

    [Fact]
    public void Taking_and_returning_a_buffer_allocates_nothing()
    {
        using var pool = new PacketPool(4, 2048);
        Allocations.AssertNone(() =>
        {
            pool.TryRent(60, out FrameDescriptor frame);
            pool.Frame(frame).Clear();
            pool.Return(frame);
        });
    }

    [Fact]
    [Trait("Scenario", "MF15")]
    public void Buffer_that_is_returned_twice_is_refused_and_handed_out_once()
    {
        using var pool = new PacketPool(2, 2048);
        Assert.True(pool.TryRent(60, out FrameDescriptor frame));
        pool.Return(frame);
        Assert.Throws<InvalidOperationException>(() => pool.Return(frame));
        Assert.Throws<InvalidOperationException>(() => pool.Return(new FrameDescriptor { Buffer = 1 }));
        Assert.Equal(2, pool.FreeCount);
        Assert.True(pool.TryRent(60, out FrameDescriptor first));
        Assert.True(pool.TryRent(60, out FrameDescriptor second));
        Assert.NotEqual(first.Buffer, second.Buffer);
        Assert.False(pool.TryRent(60, out _));
    }

    [SkippableTheory]
    [InlineData(9000)]
    [InlineData(512)]
    public void Shared_buffers_are_small_ones_that_short_frames_take_first(int capacity)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Memory is shared with Linux only.");
        using var pool = new PacketPool(4, capacity);
        Assert.True(pool.TryRent(60, out FrameDescriptor before));
        pool.Memory(before).Fill(0xA5);
        Assert.True(pool.TryExtend(20));
        Assert.True(pool.TryExtend(20));
        Assert.True(pool.TryExtend(10));
        Assert.Equal((24, 23, 20), (pool.Count, pool.FreeCount, pool.SharedCount));

        var frames = new List<FrameDescriptor>();
        for (int i = 0; i < 20; i++)
        {
            Assert.True(pool.TryRent(Math.Min(capacity, PacketPool.SmallCapacity), out FrameDescriptor frame));
            Assert.InRange(frame.Buffer, pool.FirstShared, 23);
            Assert.Equal(PacketPool.Headroom, frame.Offset);
            pool.Memory(frame).Fill((byte)frame.Buffer);
            frames.Add(frame);
        }

        // More of them lie behind the first ones, whose places stay.
        Assert.True(pool.TryExtend(40));
        Assert.True(pool.TryRentShared(out int number));
        Assert.InRange(number, 24, 43);
        var another = new FrameDescriptor { Buffer = number };
        pool.Memory(another).Fill((byte)another.Buffer);
        Assert.All(frames, f => Assert.False(pool.Memory(f).ContainsAnyExcept((byte)f.Buffer)));
        Assert.False(pool.Memory(before).ContainsAnyExcept((byte)0xA5));

        pool.Return([.. frames[..10], before]);
        frames[10..].ForEach(f => pool.Return(f));
        pool.Return(another);
        Assert.Throws<InvalidOperationException>(() => pool.Return(another));
        Assert.Equal((44, 40), (pool.FreeCount, pool.SharedFreeCount));
        Assert.True(pool.TryRent(pool.FrameCapacity, out FrameDescriptor longest));
        Assert.Equal(capacity > PacketPool.SmallCapacity, longest.Buffer < pool.FirstShared);
    }

    [SkippableFact]
    public void A_frame_that_turns_out_to_be_short_moves_into_a_shared_buffer()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Memory is shared with Linux only.");
        using var pool = new PacketPool(2, 65_536);
        Assert.True(pool.TryExtend(2));
        Assert.True(pool.TryRent(pool.FrameCapacity, out FrameDescriptor frame));
        frame.Length = 300;
        pool.Frame(frame).Fill(7);
        pool.MoveToSmall(ref frame);
        Assert.InRange(frame.Buffer, 2, 3);
        Assert.False(pool.Frame(frame).ContainsAnyExcept((byte)7));
        FrameDescriptor there = frame;
        pool.MoveToSmall(ref frame);
        Assert.Equal(there, frame);
        Assert.Equal((3, 1), (pool.FreeCount, pool.LargeFreeCount));
    }

    [Fact]
    public void A_pool_is_not_extended_beyond_its_room_and_stays_as_it_was()
    {
        using var pool = new PacketPool(2, 2048);
        Assert.True(pool.TryExtend(0));
        Assert.False(pool.TryExtend(int.MaxValue));
        Assert.Equal((2, 2, 0), (pool.Count, pool.FreeCount, pool.SharedCount));
        Assert.False(pool.TryRentShared(out _));
    }

    private static NativeBlock<byte> Numbered(int count)
    {
        var block = new NativeBlock<byte>(count);
        for (int i = 0; i < count; i++)
        {
            block[i] = (byte)(i * 7);
        }

        return block;
    }
}
