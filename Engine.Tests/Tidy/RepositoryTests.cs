using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace VxlanEngine.Tests.Tidy;

/// <summary>What the repository holds beside C#: where files stand, and that none names a machine.</summary>
public partial class RepositoryTests
{
    private static readonly string[] TopLevelNames =
    [
        "Engine", "Engine.Tests", "Engine.Benchmarks", "Engine.Cli", "pcaps", "Engine.sln", "NuGet.config",
        "README.md", "ARCHITECTURE.md", "RFC.md", "LICENSE", "BannedSymbols.txt",
    ];

    // Recorded output is compared byte for byte, so its trailing blanks stay.
    private static readonly string[] Handwritten =
        [".cs", ".md", ".csproj", ".props", ".config", ".sh", ".editorconfig", ".gitignore", ""];

    [Fact]
    public void Only_the_agreed_names_stand_at_the_top() =>
        Findings.AssertNone(RepositoryFiles.Tracked
            .Select(f => f.Split('/')[0])
            .Distinct(StringComparer.Ordinal)
            .SelectMany(TopLevel));

    [Fact]
    public void No_file_names_a_machine_or_a_registry() =>
        Findings.AssertNone(TextFiles().SelectMany(MachineNames));

    [Fact]
    public void No_handwritten_line_ends_in_blanks() =>
        Findings.AssertNone(TextFiles()
            .Where(f => Handwritten.Contains(Path.GetExtension(f.Path), StringComparer.Ordinal))
            .SelectMany(TrailingBlanks));

    [Fact]
    public void NuGet_config_leaves_the_package_sources_to_the_machine()
    {
        XDocument config = XDocument.Load(RepositoryFiles.PathOf("NuGet.config"));
        Assert.Empty(config.Descendants("packageSources"));
    }

    [Fact]
    public void The_solution_is_in_the_classic_format_and_holds_every_project()
    {
        string solution = File.ReadAllText(RepositoryFiles.PathOf("Engine.sln"));
        Assert.StartsWith(
            "Microsoft Visual Studio Solution File, Format Version 12.00",
            solution.TrimStart(),
            StringComparison.Ordinal);
        string[] projects = [.. RepositoryFiles.Under(string.Empty, ".csproj")];
        Assert.NotEmpty(projects);
        Assert.All(projects, p => Assert.Contains($"\"{p.Replace('/', '\\')}\"", solution, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("see /wo" + "rk/x", "/wo" + "rk/")]
    [InlineData("-w /t" + "mp/out.pcap", "/t" + "mp/")]
    [InlineData("\"/ro" + "ot\"", "/ro" + "ot")]
    [InlineData("https://api.nu" + "get.org/v3", "nu" + "get.org")]
    [InlineData("registry.npm" + "js.com", "npm" + "js")]
    public void A_machine_or_registry_name_is_found(string text, string finding) =>
        Findings.AssertFound(MachineNames, "README.md", text, finding);

    [Fact]
    public void Relative_paths_and_route_names_have_no_finding() =>
        Findings.AssertNone(MachineNames(new SourceFile("X.md", "net/work/x build/tmp/y a/root $(mktemp -d) /route")));

    [Theory]
    [InlineData("a\nb \nc", "X.md:2")]
    [InlineData("a\t\r\nb", "X.md:1")]
    [InlineData("a ", "X.md:1")]
    public void A_trailing_blank_is_found(string text, string finding) =>
        Findings.AssertFound(TrailingBlanks, "X.md", text, finding);

    [Theory]
    [InlineData("Directory.Build.props", true)]
    [InlineData(".ci", true)]
    [InlineData("Engine", true)]
    [InlineData("docs", false)]
    [InlineData("Engine.slnx", false)]
    public void Names_at_the_top_are_checked(string name, bool allowed) =>
        Assert.Equal(allowed, !TopLevel(name).Any());

    private static IEnumerable<SourceFile> TextFiles() =>
        from path in RepositoryFiles.Tracked
        let text = File.ReadAllText(RepositoryFiles.PathOf(path))
        where !text.Contains('\0', StringComparison.Ordinal)
        select new SourceFile(path, text);

    private static IEnumerable<string> TopLevel(string name)
    {
        bool isProps = name.StartsWith("Directory.", StringComparison.Ordinal)
            && name.EndsWith(".props", StringComparison.Ordinal);
        if (!isProps && !name.StartsWith('.') && !TopLevelNames.Contains(name, StringComparer.Ordinal))
        {
            yield return $"{name}: not a name for the top; put it into one of {string.Join(' ', TopLevelNames)}";
        }
    }

    private static IEnumerable<string> MachineNames(SourceFile file) =>
        MachineName().Matches(file.Text).Select(m => file.At(
            m.Index,
            $"'{m.Value}' holds on one machine only; use a relative path, mktemp or Path.GetTempPath"));

    private static IEnumerable<string> TrailingBlanks(SourceFile file) =>
        TrailingBlank().Matches(file.Text).Select(m => file.At(m.Index, "blanks at the end of the line; remove them"));

    [GeneratedRegex("(?<![\\w.)}])/(?:wo" + "rk/|t" + "mp/|ro" + "ot\\b)|nu" + "get\\.org|npm" + "js")]
    private static partial Regex MachineName();

    [GeneratedRegex(@"[ \t]+(?=\r?\n|\z)")]
    private static partial Regex TrailingBlank();
}
