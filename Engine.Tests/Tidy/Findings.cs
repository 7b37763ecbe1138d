using Xunit;

namespace VxlanEngine.Tests.Tidy;

/// <summary>What a tidy rule has to say.</summary>
internal static class Findings
{
    /// <summary>Fails with every finding on a line of its own.</summary>
    public static void AssertNone(IEnumerable<string> findings)
    {
        string[] all = [.. findings];
        Assert.True(all.Length == 0, $"{all.Length} finding(s):\n{string.Join('\n', all)}\n");
    }

    /// <summary>Fails unless the rule has the expected finding in a sample: shows that the rule can fail.</summary>
    public static void AssertFound(
        Func<SourceFile, IEnumerable<string>> rule, string path, string text, string expected)
    {
        string[] all = [.. rule(new SourceFile(path, text))];
        Assert.Contains(all, f => f.Contains(expected, StringComparison.Ordinal));
    }
}
