using VxlanEngine.Packets;
using VxlanEngine.Ports.Xdp;
using Xunit;

namespace VxlanEngine.Tests.Ports.Xdp;

/// <summary>What comes back from the kernel is believed only where it was lent.</summary>
public sealed class UmemLoansTests : IDisposable
{
    private const int Count = 8;
    private const ulong Offset = 256;

    private readonly PacketPool _pool = new(4, 9000);
    private readonly UmemLoans _loans;

    public UmemLoansTests()
    {
        Assert.True(!OperatingSystem.IsLinux() || _pool.TryExtend(Count));
        _loans = new UmemLoans(_pool);
    }

    public void Dispose() => _pool.Dispose();

    [SkippableFact]
    public void Every_buffer_is_lent_once_at_a_place_of_its_own_that_no_page_ends_in()
    {
        SkipWhereNothingIsShared();
        var addresses = new List<ulong>();
        while (_loans.TryLend(out ulong address))
        {
            addresses.Add(address);
        }

        Assert.Equal(Enumerable.Range(0, Count), addresses.Select(a => (int)(a / 4096)).Order());
        Assert.All(addresses, a => Assert.InRange((a % 4096) + UmemLoans.ChunkSize, 2048ul, 4096ul));
        Assert.True(addresses.Select(a => a % 4096).Distinct().Count() > 4);
        Assert.Equal((Count, 0, 4), (_loans.Receiving, _loans.Sending, _pool.FreeCount));
    }

    [SkippableFact]
    public void What_was_received_is_a_frame_in_the_buffer_that_was_lent()
    {
        SkipWhereNothingIsShared();
        Assert.True(_loans.TryLend(out ulong address));
        Assert.True(_loans.TryTakeReceived(address | (Offset << 48), 1500, out FrameDescriptor frame));
        Assert.Equal((256, 1500), (frame.Offset, frame.Length));
        Assert.True(_loans.IsShared(frame));
        Assert.Equal(address + Offset, _loans.AddressOf(frame));
        Assert.Equal(address + Offset, UmemLoans.PlaceOf(address | (Offset << 48)));
        Assert.Equal((0, 0), (_loans.Receiving, _loans.Sending));

        // It is the caller's: the same buffer cannot be received twice.
        Assert.False(_loans.TryTakeReceived(address | (Offset << 48), 1500, out _));
        _pool.Return(frame);
        Assert.Equal(Count + 4, _pool.FreeCount);
    }

    [SkippableTheory]
    [InlineData(0, 0, 256, 1792, true)]
    [InlineData(0, 0, 256, 1793, false)]
    [InlineData(0, 0, 256, uint.MaxValue, false)]
    [InlineData(0, 0, 2048, 0, true)]
    [InlineData(0, 0, 2049, 0, false)]
    [InlineData(0, 0, 0xFFFF, 60, false)]
    [InlineData(0, 1, 256, 60, false)] // Not where a buffer begins.
    [InlineData(0, -1, 256, 60, false)]
    [InlineData(1, 0, 256, 60, false)] // Lent to send from.
    [InlineData(2, 0, 256, 60, false)] // Not lent.
    [InlineData(Count, 0, 256, 60, false)] // Behind the last one.
    [InlineData(1L << 35, 0, 256, 60, false)]
    [Trait("Scenario", "MF13")]
    public void A_received_frame_lies_in_a_buffer_lent_to_receive_into(
        long page, int more, ulong offset, uint length, bool isRight)
    {
        SkipWhereNothingIsShared();
        Assert.True(_loans.TryLend(out ulong first));
        Assert.True(_pool.TryRent(60, out FrameDescriptor sent));
        _loans.Lend(sent);
        Assert.Equal((0, 1), ((int)(first / 4096), (int)(_loans.AddressOf(sent) / 4096)));

        ulong begin = (ulong)page < Count ? PacketPool.SharedStart((int)page) : (ulong)page * 4096;
        ulong address = (begin + (ulong)more) & ((1ul << 48) - 1);
        Assert.Equal(isRight, _loans.TryTakeReceived(address | (offset << 48), length, out _));
        Assert.Equal((isRight ? 0 : 1, 1), (_loans.Receiving, _loans.Sending));
    }

    [SkippableFact]
    [Trait("Scenario", "MF13")]
    public void A_buffer_that_was_sent_from_goes_back_once_and_only_if_it_was_lent_to_send()
    {
        SkipWhereNothingIsShared();
        Assert.True(_loans.TryLend(out ulong received));
        Assert.True(_pool.TryRent(300, out FrameDescriptor frame));
        Assert.True(_loans.IsShared(frame));
        _loans.Lend(frame);
        int free = _pool.FreeCount;

        foreach (ulong wrong in new[] { received, 7 * 4096ul, Count * 4096ul, ulong.MaxValue })
        {
            Assert.False(_loans.TakeSent(wrong));
        }

        Assert.True(_loans.TakeSent(_loans.AddressOf(frame)));
        Assert.False(_loans.TakeSent(_loans.AddressOf(frame)));
        Assert.Equal((1, 0, free + 1), (_loans.Receiving, _loans.Sending, _pool.FreeCount));
    }

    [SkippableTheory]
    [InlineData(0, 2304, true)]
    [InlineData(1, 2304, false)]
    [InlineData(2304, 0, true)]
    [InlineData(-1, 60, false)]
    [InlineData(192, -1, false)]
    [InlineData(int.MaxValue, int.MaxValue, false)]
    public void A_frame_that_does_not_lie_in_its_buffer_is_not_the_kernels_to_read(int offset, int length, bool isRight)
    {
        SkipWhereNothingIsShared();
        Assert.True(_pool.TryRent(60, out FrameDescriptor frame));
        Assert.Equal(isRight, _loans.IsShared(frame with { Offset = offset, Length = length }));
        Assert.False(_loans.IsShared(frame with { Buffer = 0 }));
        Assert.False(_loans.IsShared(frame with { Buffer = _pool.Count }));
    }

    [SkippableFact]
    public void All_that_is_lent_can_be_taken_back()
    {
        SkipWhereNothingIsShared();
        Assert.True(_loans.TryLend(out _));
        Assert.True(_loans.TryLend(out ulong received));
        Assert.True(_loans.TryTakeReceived(received, 60, out FrameDescriptor frame));
        Assert.True(_pool.TryRent(300, out FrameDescriptor sent));
        _loans.Lend(sent);

        _loans.TakeAll();

        Assert.Equal((0, 0, Count + 3), (_loans.Receiving, _loans.Sending, _pool.FreeCount));
        _pool.Return(frame);
        Assert.False(_loans.TakeSent(_loans.AddressOf(sent)));
    }

    [SkippableFact]
    public void Buffers_that_the_kernel_was_not_told_of_are_not_lent()
    {
        SkipWhereNothingIsShared();
        Assert.True(_pool.TryExtend(Count + 2));
        Assert.False(_loans.IsCurrent);
        Assert.False(_loans.TryLend(out _));
        Assert.True(new UmemLoans(_pool).TryLend(out ulong address));
        Assert.Equal(Count, (int)(address / 4096));
    }

    private static void SkipWhereNothingIsShared() =>
        Skip.IfNot(OperatingSystem.IsLinux(), "Memory is shared with Linux only.");
}
