using System.Text;
using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Live;
using Xunit;

namespace VxlanEngine.Tests.Readme;

/// <summary>README.md tells the truth: its example is compiled and run, its tables are the code's.</summary>
public class ReadmeTests
{
    private const string DropsStart = "<!-- drop reasons: written by the tests under UPDATE_GOLDEN=1 -->\n";
    private const string LinuxStart = "<!-- differences from Linux: written by the tests under UPDATE_GOLDEN=1 -->\n";
    private const string LinuxEnd = "<!-- end of differences -->";
    private const string DropsEnd = "<!-- end of drop reasons -->";

    private static string ReadmePath => RepositoryFiles.PathOf("README.md");

    [Fact]
    public void The_example_is_the_one_that_is_compiled()
    {
        string source = File.ReadAllText(RepositoryFiles.PathOf("Engine.Tests/Readme/EmbeddingExample.cs"));
        string example = Between(source, "// <example>\n", "        // </example>");
        string expected = string.Join('\n', example.Split('\n').Select(Outdent));

        Assert.Contains($"```csharp\n{expected}```", File.ReadAllText(ReadmePath), StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_encapsulates_a_frame()
    {
        byte[] frame = FrameBuilder.Ethernet("02:42:0a:00:01:05", "02:42:0a:00:01:06")
            .Ipv4("10.0.1.5", "10.0.1.6")
            .Udp(1000, 53)
            .Build();

        Assert.Equal($"{frame.Length + 50} bytes in VXLAN", EmbeddingExample.Run(frame));
    }

    [Fact]
    public void The_example_drops_a_stranger()
    {
        byte[] frame = FrameBuilder.Ethernet("02:42:0a:00:01:05", "02:42:0a:00:01:06")
            .Ipv4("10.0.1.99", "10.0.1.6")
            .Udp(1000, 53)
            .Build();

        Assert.Equal("dropped: SourceAddressSpoofed", EmbeddingExample.Run(frame));
    }

    [Fact]
    public void The_table_of_drop_reasons_is_the_codes()
    {
        var table = new StringBuilder("| reason | meaning |\n|---|---|\n");
        foreach (DropReason reason in Enum.GetValues<DropReason>().Where(r => r != DropReason.None))
        {
            table.Append($"| `{reason.Name()}` | {reason.Sentence()} |\n");
        }

        AssertIsTable(table.ToString(), DropsStart, DropsEnd);
    }

    [Fact]
    public void The_table_of_differences_from_linux_is_the_one_that_a_test_compares_by()
    {
        var table = new StringBuilder("| what arrives | here | Linux |\n|---|---|---|\n");
        foreach (Divergence divergence in Divergence.All)
        {
            table.Append($"| {divergence.Topic} | {divergence.Here} | {divergence.Linux} |\n");
        }

        AssertIsTable(table.ToString(), LinuxStart, LinuxEnd);
    }

    private static void AssertIsTable(string table, string start, string end)
    {
        string readme = File.ReadAllText(ReadmePath);
        string written = Between(readme, start, end);
        if (RepositoryFiles.UpdateGolden)
        {
            File.WriteAllText(ReadmePath, readme.Replace(start + written, start + table, StringComparison.Ordinal));
            return;
        }

        Assert.Equal(table, written);
    }

    private static string Outdent(string line) =>
        line.StartsWith("        ", StringComparison.Ordinal) ? line[8..] : line;

    private static string Between(string text, string start, string end)
    {
        int from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }
}
