using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace VxlanEngine.Tests.Conformance;

/// <summary>
/// Scenarios.md lists every scenario with its tests, or why it has none: it is written from the traits, so that it is
/// true.
/// </summary>
public sealed partial class ScenarioTableTests
{
    private const string Document = "Engine.Tests/Scenarios.md";

    private static readonly HashSet<string> Known =
        ScenarioTables.All.SelectMany(t => t.Rows).Select(r => r.Id).ToHashSet(StringComparer.Ordinal);

    [Fact]
    public void The_document_lists_the_scenarios_and_their_tests()
    {
        string path = RepositoryFiles.PathOf(Document);
        string expected = Write();
        if (RepositoryFiles.UpdateGolden)
        {
            File.WriteAllText(path, expected);
        }

        Assert.True(
            File.ReadAllText(path) == expected,
            $"{Document} is not what the traits say. If that is meant, run the tests with UPDATE_GOLDEN=1.");
    }

    [Fact]
    public void Every_scenario_has_a_test_or_a_reason()
    {
        // Those of MTU and ICMP stand in the document once they are held.
        IEnumerable<string> silent = ScenarioTables.All.SelectMany(t => t.Rows)
            .Where(r => !IsLater(r) && r.Remark.Length == 0 && !TestNames.OfScenario.Contains(r.Id))
            .Select(r => r.Id);
        Assert.Empty(silent);
    }

    [Fact]
    public void Every_trait_names_a_scenario()
    {
        IEnumerable<string> ids = TestNames.OfScenario.Select(s => s.Key);
        Assert.All(ids, id => Assert.Matches(Id(), id));

        // A prefix of these tables with a number that they do not have is a slip of the pen.
        HashSet<string> prefixes = Known.Select(id => id[..2]).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(ids, id => prefixes.Contains(id[..2]) && !Known.Contains(id));
    }

    private static bool IsLater(ScenarioRow row) => row.Id.StartsWith("MT", StringComparison.Ordinal);

    private static string Write()
    {
        var text = new StringBuilder("""
            # Scenarios

            What a VXLAN tunnel endpoint is held to, and the tests that hold it. This page is written from the tests'
            traits (`UPDATE_GOLDEN=1`), so it cannot say what they do not. The tests of one scenario:

            ```text
            dotnet test --filter "Scenario=VE07"
            ```

            A scenario without tests is not done, and the remark says why; beside tests, it says what is missing.
            """);
        text.Append('\n');
        foreach (ScenarioTable table in ScenarioTables.All)
        {
            AppendTable(text, table.Title, table.Rows.Where(r => !IsLater(r) || TestNames.OfScenario.Contains(r.Id)));
        }

        AppendTable(text, "Others", TestNames.OfScenario.Select(s => s.Key).Where(id => !Known.Contains(id))
            .Order(StringComparer.Ordinal).Select(id => new ScenarioRow(id, string.Empty, string.Empty)));
        return text.ToString();
    }

    private static void AppendTable(StringBuilder text, string title, IEnumerable<ScenarioRow> rows)
    {
        ScenarioRow[] all = [.. rows];
        if (all.Length == 0)
        {
            return;
        }

        text.Append($"\n## {title}\n\n| id | what holds | tests | remark |\n|---|---|---|---|\n");
        foreach (ScenarioRow row in all)
        {
            string tests = string.Join("<br>", TestNames.OfScenario[row.Id].Select(t => $"`{t}`"));
            text.Append($"| {row.Id} | {row.What} | {(tests.Length > 0 ? tests : "–")} | {row.Remark} |\n");
        }
    }

    [GeneratedRegex("^[A-Z]{2}[0-9]{2}$")]
    private static partial Regex Id();
}
