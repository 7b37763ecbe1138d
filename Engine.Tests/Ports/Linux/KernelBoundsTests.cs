using VxlanEngine.Ports.Linux;
using VxlanEngine.Ports.Xdp;
using Xunit;

namespace VxlanEngine.Tests.Ports.Linux;

/// <summary>Places that a kernel names in shared memory are used only where they lie in it.</summary>
public sealed class KernelBoundsTests
{
    private const uint Chunk = 4096;
    private const uint Chunks = 8;

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, 4096, true)]
    [InlineData(256, 3840, true)]
    [InlineData(256, 3841, false)]
    [InlineData((8 * 4096) - 1, 1, true)]
    [InlineData((8 * 4096) - 1, 2, false)]
    [InlineData(8 * 4096, 0, false)]
    [InlineData(0, 4097, false)]
    [InlineData(0, uint.MaxValue, false)]
    [InlineData(ulong.MaxValue, 1, false)]
    [InlineData(ulong.MaxValue - 4095, 1, false)]
    [Trait("Scenario", "MF13")]
    public void A_received_frame_lies_in_a_chunk_to_receive_into(ulong address, uint length, bool isRight) =>
        Assert.Equal(isRight, UmemBounds.IsReceived(address, length, Chunks, Chunk));

    [Theory]
    [InlineData(8 * 4096, true)]
    [InlineData((16 * 4096) - 1, true)]
    [InlineData((8 * 4096) - 1, false)]
    [InlineData(16 * 4096, false)]
    [InlineData(0, false)]
    [InlineData(ulong.MaxValue, false)]
    [Trait("Scenario", "MF13")]
    public void A_chunk_that_was_sent_is_one_to_send_from(ulong address, bool isRight) =>
        Assert.Equal(isRight, UmemBounds.IsSent(address, Chunks, Chunk));

    [Theory]
    [InlineData(48, 82, 1500, true)]
    [InlineData(0, 58, 65_478, true)]
    [InlineData(0, 58, 65_479, false)]
    [InlineData(0, 57, 60, false)] // The offload header would lie in the frame's own.
    [InlineData(65_488, 58, 0, false)]
    [InlineData(65_489, 58, 0, false)]
    [InlineData(0, 65_535, 1, true)]
    [InlineData(0, 65_535, 2, false)]
    [InlineData(0, 65_536, 0, true)]
    [InlineData(48, 82, uint.MaxValue, false)] // 32 bits would wrap to an end inside.
    [InlineData(48, 82, uint.MaxValue - 129, false)]
    [InlineData(uint.MaxValue, 82, 1, false)]
    [InlineData(uint.MaxValue - 47, 82, 1, false)]
    [Trait("Scenario", "MF13")]
    public void A_frame_of_a_ring_lies_in_its_block(uint at, uint offset, uint length, bool isRight) =>
        Assert.Equal(isRight, RingBounds.IsInside(65_536, at, headerLength: 48, before: 10, offset, length));
}
