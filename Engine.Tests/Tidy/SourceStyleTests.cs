using System.Text.RegularExpressions;
using Xunit;

namespace VxlanEngine.Tests.Tidy;

/// <summary>How C# files look, as far as no analyzer says it.</summary>
public partial class SourceStyleTests
{
    private const int MaxColumns = 120;

    [Fact]
    public void Lines_fit_120_columns() => Findings.AssertNone(All().SelectMany(LongLines));

    [Fact]
    public void Nothing_is_left_to_do_later() => Findings.AssertNone(All().SelectMany(Leftovers));

    [Fact]
    public void Type_names_say_what_the_type_is() => Findings.AssertNone(All().SelectMany(VagueNames));

    [Fact]
    public void No_file_has_regions() => Findings.AssertNone(All().SelectMany(Regions));

    // Of the style rules that are warnings, the only one that a build does not tell.
    [Fact]
    public void Members_are_not_qualified() => Findings.AssertNone(All().SelectMany(Qualifications));

    [Fact]
    public void Each_file_of_the_engine_holds_one_type() =>
        Findings.AssertNone(SourceFile.In("Engine").SelectMany(ManyTypes));

    [Fact]
    public void A_line_of_121_columns_is_found()
    {
        Findings.AssertFound(LongLines, "Engine/X.cs", $"a\n{new string('b', 121)}\n", "Engine/X.cs:2: 121 columns");
        Findings.AssertNone(LongLines(new SourceFile("Engine/X.cs", new string('é', 120) + "\r\n")));
    }

    [Theory]
    [InlineData("// TO" + "DO: later", "TO" + "DO")]
    [InlineData("// FIX" + "ME", "FIX" + "ME")]
    [InlineData("/* HA" + "CK */", "HA" + "CK")]
    [InlineData("// XX" + "X", "XX" + "X")]
    public void A_note_for_later_is_found(string text, string finding) =>
        Findings.AssertFound(Leftovers, "Engine/X.cs", text, finding);

    [Theory]
    [InlineData("static class PacketHelper;", "PacketHelper")]
    [InlineData("class ManagerOfPorts { }", "ManagerOfPorts")]
    [InlineData("readonly record struct CommonKey(int A);", "CommonKey")]
    [InlineData("interface IPacketUtils;", "IPacketUtils")]
    [InlineData("class Outer { enum Utility { } }", "Utility")]
    public void A_vague_type_name_is_found(string text, string finding) =>
        Findings.AssertFound(VagueNames, "Engine/X.cs", text, finding);

    [Fact]
    public void A_telling_type_name_has_no_finding() =>
        Findings.AssertNone(VagueNames(new SourceFile(
            "X.cs", "class LinkUtilization<T> where T : class { } // class Helper")));

    [Fact]
    public void A_region_is_found() =>
        Findings.AssertFound(Regions, "Engine/X.cs", "a\n  #region B\n#endregion", "Engine/X.cs:2");

    [Fact]
    public void A_qualified_member_is_found() =>
        Findings.AssertFound(Qualifications, "Engine/X.cs", "x(this);\nthis.y = 1; // this.z", "Engine/X.cs:2: this.y");

    [Theory]
    [InlineData("namespace N;\nclass A { }\nenum B { X }", "Engine/X.cs:3: B is a second type")]
    [InlineData("delegate int F(int x);\nclass B;", "Engine/X.cs:2: B is a second type")]
    [InlineData("record struct A(int X);\ninterface B { }", "Engine/X.cs:2: B is a second type")]
    public void A_second_type_in_a_file_is_found(string text, string finding) =>
        Findings.AssertFound(ManyTypes, "Engine/X.cs", text, finding);

    [Fact]
    public void Nested_types_and_constraints_are_not_a_second_type() =>
        Findings.AssertNone(ManyTypes(new SourceFile(
            "X.cs", "class A<T, U> where T : struct where U : class { enum B { } delegate int C(); class D { } }")));

    private static IEnumerable<SourceFile> All() =>
        SourceFile.In("Engine", "Engine.Cli", "Engine.Tests", "Engine.Benchmarks");

    private static IEnumerable<string> LongLines(SourceFile file)
    {
        int offset = 0;
        foreach (string line in file.Text.Split('\n'))
        {
            int columns = line.TrimEnd('\r').EnumerateRunes().Count();
            if (columns > MaxColumns)
            {
                yield return file.At(offset, $"{columns} columns; break the line at {MaxColumns} or before");
            }

            offset += line.Length + 1;
        }
    }

    private static IEnumerable<string> Leftovers(SourceFile file) =>
        Leftover().Matches(file.Text).Select(m => file.At(m.Index, $"{m.Value}; do it now, or write an issue"));

    private static IEnumerable<string> VagueNames(SourceFile file) =>
        from m in TypeDeclaration().Matches(file.Code)
        let name = m.Groups[1].Value
        where VagueWord().IsMatch(name)
        select file.At(m.Index, $"{name} says nothing; name the type for what it is or does");

    private static IEnumerable<string> Regions(SourceFile file) =>
        Region().Matches(file.Code).Select(m => file.At(m.Index, "a region; split the type instead"));

    private static IEnumerable<string> Qualifications(SourceFile file) =>
        Qualification().Matches(file.Code).Select(m => file.At(m.Index, $"{m.Value} needs no 'this'"));

    private static IEnumerable<string> ManyTypes(SourceFile file) =>
        from m in TypeDeclaration().Matches(TopLevel(file.Code)).Skip(1)
        select file.At(m.Index, $"{m.Groups[1].Value} is a second type; give it a file of its own");

    /// <summary>The code outside all braces; same length.</summary>
    private static string TopLevel(string code)
    {
        int depth = 0;
        return string.Create(code.Length, code, (top, all) =>
        {
            for (int i = 0; i < all.Length; i++)
            {
                depth -= all[i] == '}' ? 1 : 0;
                top[i] = depth == 0 ? all[i] : ' ';
                depth += all[i] == '{' ? 1 : 0;
            }
        });
    }

    [GeneratedRegex("\\b(?:TO" + "DO|FIX" + "ME|HA" + "CK|XX" + "X)\\b")]
    private static partial Regex Leftover();

    [GeneratedRegex(@"(?:Helper|Manager|Common|Util|Utility|Utilitie)s?(?![a-z])")]
    private static partial Regex VagueWord();

    [GeneratedRegex(@"\bthis\s*\.\s*\w+")]
    private static partial Regex Qualification();

    [GeneratedRegex(@"^[ \t]*#\s*region", RegexOptions.Multiline)]
    private static partial Regex Region();

    [GeneratedRegex(
        @"\b(?:(?:record\s+)?(?:class|struct)|record|interface|enum|delegate\s+[\w.<>,\[\]\?\s*]+?)\s+"
        + @"(?!where\b)(\w+)\s*(?=[<({:;\s])")]
    private static partial Regex TypeDeclaration();
}
