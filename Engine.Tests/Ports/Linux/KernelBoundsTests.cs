using VxlanEngine.Ports.Linux;
using Xunit;

namespace VxlanEngine.Tests.Ports.Linux;

/// <summary>Places that a kernel names in shared memory are used only where they lie in it.</summary>
public sealed class KernelBoundsTests
{
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
