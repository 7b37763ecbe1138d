using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class NeighborOptionTests
{
    [Fact]
    public void An_options_length_counts_in_eights()
    {
        var option = HeaderAssert.Read<NeighborOption>("03 04");

        Assert.Equal(3, option.Type);
        Assert.Equal(32, option.WholeLength);
        HeaderAssert.Writes(new NeighborOption(3, 4), "0304");
    }
}
