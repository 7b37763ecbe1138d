using System.Globalization;

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
    public static string Write(ComparisonResult result) =>
        MarkdownTable.Write([Headings, .. result.Cells.Select(Row)]);

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
