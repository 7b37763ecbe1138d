using VxlanEngine.Overlay;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

public sealed class EcnTests
{
    // RFC 6040, figure 4: rows are inner Not-ECT, ECT(1), ECT(0), CE; columns the same of the outer; −1 drops.
    private static readonly int[,] Decapsulation =
    {
        { 0, 0, 0, -1 },
        { 1, 1, 1, 3 },
        { 2, 1, 2, 3 },
        { 3, 3, 3, 3 },
    };

    [Fact]
    [Trait("Scenario", "EC01"), Trait("Scenario", "EC02"), Trait("Scenario", "EC03"), Trait("Scenario", "EC04")]
    [Trait("Scenario", "EC05"), Trait("Scenario", "EC06"), Trait("Scenario", "EC07"), Trait("Scenario", "EC08")]
    [Trait("Scenario", "EC09"), Trait("Scenario", "EC10"), Trait("Scenario", "EC11"), Trait("Scenario", "EC12")]
    [Trait("Scenario", "EC13"), Trait("Scenario", "EC14"), Trait("Scenario", "EC15"), Trait("Scenario", "EC16")]
    public void Decapsulation_follows_the_table_of_rfc_6040_whatever_the_dscp_is()
    {
        for (int inner = 0; inner < 256; inner++)
        {
            for (int outer = 0; outer < 256; outer++)
            {
                int expected = Decapsulation[inner & 3, outer & 3];
                bool kept = Ecn.TryDecapsulate((byte)inner, (byte)outer, out byte result);
                Assert.Equal(expected >= 0, kept);
                if (kept)
                {
                    Assert.Equal(expected, result);
                }
            }
        }
    }

    [Fact]
    [Trait("Scenario", "EC17"), Trait("Scenario", "EC18"), Trait("Scenario", "EC19"), Trait("Scenario", "EC20")]
    public void Encapsulation_copies_the_code_point_and_nothing_else()
    {
        for (int inner = 0; inner < 256; inner++)
        {
            Assert.Equal(inner % 4, Ecn.Encapsulate((byte)inner));
        }
    }
}
