using System.Text.RegularExpressions;
using Xunit;

namespace VxlanEngine.Tests.Conformance;

/// <summary>RFC.md says which requirements are followed, and by which tests it is known: they exist.</summary>
public sealed partial class RfcTableTests
{
    private static readonly string[] Verdicts = ["followed", "in part", "diverges", "not applicable", "not done"];

    private static string[] Rows => [.. File.ReadAllLines(RepositoryFiles.PathOf("RFC.md"))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal)
            && !line.StartsWith("| § |", StringComparison.Ordinal))];

    [Fact]
    public void Every_test_that_the_table_names_exists()
    {
        string[] named = [.. Rows.SelectMany(row => Test().Matches(row).Select(m => m.Groups[1].Value))];
        Assert.InRange(named.Length, 50, 1000);
        Assert.All(named, name => Assert.Contains(name, TestNames.All.Keys));
    }

    [Fact]
    public void Every_requirement_has_a_verdict_and_what_is_followed_has_a_test()
    {
        foreach (string row in Rows)
        {
            string[] cells = row.Split('|', StringSplitOptions.TrimEntries)[1..^1];
            Assert.True(cells.Length == 4, row);
            Assert.True(Verdicts.Contains(cells[2], StringComparer.Ordinal), row);
            Assert.True(cells[2] is not ("followed" or "in part") || Test().IsMatch(cells[3]), row);
            Assert.NotEmpty(cells[3]);
        }
    }

    [GeneratedRegex("`([A-Za-z0-9]+Tests\\.[A-Za-z0-9_]+)`")]
    private static partial Regex Test();
}
