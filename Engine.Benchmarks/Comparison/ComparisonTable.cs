using System.Globalization;
using System.Text;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>Results as a table in Markdown.</summary>
internal static class ComparisonTable
{
    private static readonly string[] Headings =
    [
        "cell", "Open vSwitch, Mpps", "engine, Mpps", "ratio", "goal", "Open vSwitch, cycles", "engine, cycles",
        "VPP, cycles", "floor, cycles", "engine / floor",
    ];

    /// <summary>Writes the table.</summary>
    public static string Write(ComparisonResult result)
    {
        string[][] rows = [Headings, .. result.Cells.Select(Row)];
        int[] widths = [.. Enumerable.Range(0, Headings.Length).Select(i => rows.Max(r => r[i].Length))];
        var text = new StringBuilder();
        for (int i = 0; i < rows.Length; i++)
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

    private static string[] Row(CellResult result)
    {
        Cell? cell = Cell.All.FirstOrDefault(c => c.Name == result.Cell);
        return
        [
            result.Cell,
            Rates(result.OpenVSwitch),
            Rates(result.Engine),
            Invariant($"{result.Ratio:0.0}×"),
            cell?.Goal is { } goal ? Invariant($"{goal}×") : "–",
            Invariant($"{result.OpenVSwitch.Cycles:0}"),
            Invariant($"{result.Engine.Cycles:0}"),
            cell?.VppCycles is { } vpp ? Invariant($"{vpp}") : "–",
            Invariant($"{result.Floor.Cycles:0}"),
            Invariant($"{result.TimesFloor:0.0}×"),
        ];
    }

    private static string Rates(Series series) =>
        Invariant($"{series.Mpps:0.0#} ({series.MinMpps:0.0#}–{series.MaxMpps:0.0#})");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
