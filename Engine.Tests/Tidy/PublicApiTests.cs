using VxlanEngine.Packets;
using Xunit;

namespace VxlanEngine.Tests.Tidy;

/// <summary>The public surface changes only on purpose: it is written down in PublicApi.txt.</summary>
public class PublicApiTests
{
    private const string Golden = "Engine.Tests/Tidy/PublicApi.txt";

    [Fact]
    public void The_public_surface_is_the_one_written_down()
    {
        string path = RepositoryFiles.PathOf(Golden);
        string[] actual = [.. PublicApi.Of(typeof(DropReason).Assembly)];
        if (RepositoryFiles.UpdateGolden)
        {
            File.WriteAllText(path, string.Join('\n', actual) + "\n");
        }

        string[] expected = File.Exists(path) ? File.ReadAllText(path).TrimEnd('\n').Split('\n') : [];
        string[] added = [.. actual.Except(expected, StringComparer.Ordinal).Select(l => $"+ {l}")];
        string[] removed = [.. expected.Except(actual, StringComparer.Ordinal).Select(l => $"- {l}")];
        Assert.True(
            actual.SequenceEqual(expected, StringComparer.Ordinal),
            $"The public surface is not that of {Golden}. If that is meant, run the tests with UPDATE_GOLDEN=1.\n"
            + $"{string.Join('\n', removed.Concat(added))}\n");
    }

    [Fact]
    public void Signatures_read_like_declarations()
    {
        string[] api = [.. PublicApi.Of(typeof(DropReason).Assembly)];
        Assert.Contains("VxlanEngine.Packets.DropReason: enum : byte", api);
        Assert.Contains("VxlanEngine.Packets.DropReason.FrameCut = 1", api);
        Assert.Contains("VxlanEngine.Wire.IpPrefix.Contains(IpAddress address): bool", api);
        Assert.Contains("VxlanEngine.Wire.IpPrefix.PrefixLength: int { get; }", api);
        Assert.Contains("VxlanEngine.Wire.MacAddress.Length: const int = 6", api);
        Assert.Contains(
            "VxlanEngine.Wire.MacAddress.TryParse("
            + "string? s, IFormatProvider? provider, out MacAddress result): static bool",
            api);
    }

    [Fact]
    public void Private_and_internal_members_are_not_listed() =>
        Assert.DoesNotContain(
            PublicApi.Of(typeof(PublicApiTests).Assembly),
            line => line.Contains(nameof(Golden), StringComparison.Ordinal));
}
