using System.Text.RegularExpressions;
using System.Xml.Linq;
using VxlanEngine.Packets;
using Xunit;

namespace VxlanEngine.Tests.Tidy;

/// <summary>Each drop reason's documentation is one sentence, for it is what counters and traces print.</summary>
public partial class DropReasonDocsTests
{
    [Fact]
    public void Every_reason_has_one_sentence()
    {
        Dictionary<string, XElement> members = XDocument
            .Load(Path.ChangeExtension(typeof(DropReason).Assembly.Location, ".xml"))
            .Descendants("member")
            .ToDictionary(m => m.Attribute("name")!.Value, StringComparer.Ordinal);

        Findings.AssertNone(Enum.GetNames<DropReason>().SelectMany(name =>
            Check(name, members.GetValueOrDefault($"F:{typeof(DropReason).FullName}.{name}")?.Element("summary"))));
    }

    [Theory]
    [InlineData("<summary>The frame is short.</summary>", true)]
    [InlineData("<summary>\n  A fragment came;\n  see <c>X.Y</c> (RFC 7348 §4.3).\n</summary>", true)]
    [InlineData("<summary>The frame is short</summary>", false)]
    [InlineData("<summary>The frame is short. It is dropped.</summary>", false)]
    [InlineData("<summary>\n</summary>", false)]
    public void Sentences_are_counted(string xml, bool single) =>
        Assert.Equal(single, !Check("X", XElement.Parse(xml)).Any());

    [Fact]
    public void Programs_print_what_the_documentation_says()
    {
        Dictionary<string, XElement> members = XDocument
            .Load(Path.ChangeExtension(typeof(DropReason).Assembly.Location, ".xml"))
            .Descendants("member")
            .ToDictionary(m => m.Attribute("name")!.Value, StringComparer.Ordinal);

        foreach (DropReason reason in Enum.GetValues<DropReason>())
        {
            XElement summary = members[$"F:{typeof(DropReason).FullName}.{reason}"].Element("summary")!;
            foreach (XElement see in summary.Elements("see").ToArray())
            {
                see.ReplaceWith(see.Attribute("cref")!.Value.Split('.')[^1]);
            }

            Assert.Equal(Blanks().Replace(summary.Value, " ").Trim(), reason.Sentence());
        }
    }

    private static IEnumerable<string> Check(string name, XElement? summary)
    {
        string text = Blanks().Replace(summary?.Value ?? string.Empty, " ").Trim();
        if (!text.EndsWith('.') || SentenceEnd().Count(text) != 1)
        {
            yield return $"DropReason.{name}: the summary is '{text}'; write one sentence that ends in a period";
        }
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"[.!?](?=\s|$)")]
    private static partial Regex SentenceEnd();
}
