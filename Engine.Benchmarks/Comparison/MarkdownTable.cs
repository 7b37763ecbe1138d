using System.Text;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>A table in Markdown, its columns in line.</summary>
internal static class MarkdownTable
{
    /// <summary>Writes it.</summary>
    /// <param name="rows">Cells; the first row holds the headings.</param>
    public static string Write(IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => r[i].Length))];
        var text = new StringBuilder();
        for (int i = 0; i < rows.Count; i++)
        {
            text.Append("| ").AppendJoin(" | ", rows[i].Select((cell, column) => cell.PadRight(widths[column])))
                .Append(" |\n");
            if (i == 0)
            {
                text.Append('|').AppendJoin('|', widths.Select(w => new string('-', w + 2))).Append("|\n");
            }
        }

        return text.ToString();
    }
}
