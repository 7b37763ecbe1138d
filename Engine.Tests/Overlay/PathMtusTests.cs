using VxlanEngine.Overlay;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

public sealed class PathMtusTests
{
    private const long Minute = 60_000_000_000;

    private static readonly IpAddress Near = IpAddress.Parse("172.31.0.2");
    private static readonly IpAddress Far = IpAddress.Parse("fd31::2");

    [Theory]
    [InlineData(0u, 1500)]
    [InlineData(67u, 1500)]
    [InlineData(68u, 576)]
    [InlineData(575u, 576)]
    [InlineData(577u, 577)]
    [InlineData(1499u, 1499)]
    [InlineData(1500u, 1500)]
    [InlineData(9000u, 1500)]
    [InlineData(uint.MaxValue, 1500)]
    [Trait("Scenario", "MT08")]
    public void Ipv4_paths_are_lowered_to_576_and_not_by_what_is_no_mtu(uint told, int expected) =>
        AssertLimit(Near, told, expected);

    [Theory]
    [InlineData(1279u, 1500)]
    [InlineData(1280u, 1280)]
    [InlineData(1400u, 1400)]
    [InlineData(1500u, 1500)]
    [InlineData(uint.MaxValue, 1500)]
    [Trait("Scenario", "MT08")]
    public void Ipv6_paths_are_lowered_to_1280_and_not_by_less(uint told, int expected) =>
        AssertLimit(Far, told, expected);

    [Fact]
    [Trait("Scenario", "MT08")]
    public void A_path_mtu_holds_for_ten_minutes_and_longer_when_it_is_told_again()
    {
        var paths = new PathMtus();
        Assert.True(paths.TryLower(Near, 1400, 1500, 0));
        uint lowered = paths.Version;
        Assert.Equal(1400, paths.Limit(Near, 1500, (10 * Minute) - 1));
        Assert.True(paths.TryLower(Near, 1400, 1400, 5 * Minute));
        Assert.Equal(1400, paths.Limit(Near, 1500, (15 * Minute) - 1));
        Assert.Equal(1, paths.Count);
        uint renewed = paths.Version;
        Assert.Equal(1500, paths.Limit(Near, 1500, 15 * Minute));
        Assert.Equal(0, paths.Count);
        Assert.True(lowered <= renewed && renewed < paths.Version, "Who remembers sizes must be told.");
    }

    [Fact]
    [Trait("Scenario", "MT08")]
    public void A_path_is_lowered_again_and_never_raised()
    {
        var paths = new PathMtus();
        Assert.True(paths.TryLower(Near, 1400, 1500, 0));
        Assert.False(paths.TryLower(Near, 1450, 1400, 1));
        Assert.Equal(1400, paths.Limit(Near, 1500, 2));
        Assert.True(paths.TryLower(Near, 1300, 1400, 3));
        Assert.Equal(1300, paths.Limit(Near, 1500, 4));
        Assert.Equal(1200, paths.Limit(Near, 1200, 4));
    }

    [Fact]
    [Trait("Scenario", "MT09")]
    public void A_path_is_one_remotes_own()
    {
        var paths = new PathMtus();
        paths.TryLower(Near, 1400, 1500, 0);
        Assert.Equal(1500, paths.Limit(Far, 1500, 1));
        Assert.Equal(1500, paths.Limit(IpAddress.Parse("172.31.0.3"), 1500, 1));
    }

    [Fact]
    public void Only_so_many_are_remembered_and_those_that_ended_make_room()
    {
        var paths = new PathMtus();
        for (uint i = 0; i < PathMtus.Capacity; i++)
        {
            Assert.True(paths.TryLower(Vtep(i), 1400, 1500, 0));
        }

        Assert.False(paths.TryLower(Near, 1400, 1500, Minute));
        Assert.True(paths.TryLower(Vtep(7), 1300, 1400, Minute));
        Assert.True(paths.TryLower(Near, 1400, 1500, 10 * Minute));
        Assert.Equal(2, paths.Count);

        static IpAddress Vtep(uint i) => new Ipv4Address(0x0A000000 + i);
    }

    private static void AssertLimit(IpAddress vtep, uint told, int expected)
    {
        var paths = new PathMtus();
        Assert.Equal(expected < 1500, paths.TryLower(vtep, told, 1500, 0));
        Assert.Equal(expected, paths.Limit(vtep, 1500, 1));
    }
}
