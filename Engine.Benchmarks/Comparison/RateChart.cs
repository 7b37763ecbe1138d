using System.Globalization;
using System.Text;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>Rate by number of flows as a drawing: engine, Open vSwitch and floor, a panel for each work.</summary>
/// <remarks>All strokes are of middle brightness and the ground is clear, for light and dark pages.</remarks>
internal static class RateChart
{
    private const int PanelWidth = 250;
    private const int PanelHeight = 190;
    private const int Left = 44;
    private const int Top = 74;
    private const int LegendTop = 36;
    private const int MinWidth = 480;
    private const int Bottom = 40;
    private const int Gap = 26;

    private static readonly Line[] Lines =
    [
        new("floor", "#8a8f98", "5 4", r => r.Floor),
        new("engine", "#2f81d7", null, r => r.Engine),
        new("Open vSwitch", "#d9822b", null, r => r.OpenVSwitch),
    ];

    private sealed record Line(string Name, string Color, string? Dashes, Func<CellResult, Series> Series);

    /// <summary>Draws the cells whose flows come in order, with frames of one length.</summary>
    public static string Draw(ComparisonResult result)
    {
        var panels = (
            from cell in Cell.All
            where cell.Flows is { IsShuffled: false, IsMixed: false }
            let measured = result.Find(cell.Name)
            where measured is not null
            group (cell.Flows.Flows, measured) by cell.Verb into panel
            where panel.Count() > 1
            select panel).ToArray();
        if (panels.Length == 0)
        {
            throw new ComparisonException("A chart needs one kind of work with two numbers of flows at least.");
        }

        int width = Math.Max(Left + (panels.Length * (PanelWidth + Gap)), MinWidth);
        int height = Top + PanelHeight + Bottom;
        double most = panels.SelectMany(p => p).SelectMany(c => Lines.Select(l => l.Series(c.measured).MaxMpps)).Max();
        double scale = PanelHeight / (Math.Ceiling(most / 5) * 5);
        var svg = new StringBuilder();
        Append(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" ");
        Append(svg, $"height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#7d8590\">\n");
        Append(svg, $"<title>Million packets a second, one core, by number of flows</title>\n");
        DrawLegend(svg);
        for (int i = 0; i < panels.Length; i++)
        {
            DrawPanel(svg, Left + (i * (PanelWidth + Gap)), panels[i].Key, [.. panels[i]], scale, isFirst: i == 0);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void DrawLegend(StringBuilder svg)
    {
        const string Title = "Mpps, one core, 60-byte frames: median, with slowest and fastest run";
        Append(svg, $"<text x=\"{Left}\" y=\"16\">{Title}</text>\n");
        int x = Left;
        foreach (Line line in Lines)
        {
            Append(svg, $"<path d=\"M{x} {LegendTop - 4}h24\" stroke=\"{line.Color}\" ");
            Append(svg, $"stroke-width=\"2\"{Dashes(line)}/>");
            Append(svg, $"<text x=\"{x + 30}\" y=\"{LegendTop}\">{line.Name}</text>\n");
            x += 52 + (8 * line.Name.Length);
        }
    }

    private static void DrawPanel(
        StringBuilder svg, int left, string title, (int Flows, CellResult Result)[] cells, double scale, bool isFirst)
    {
        const int Base = Top + PanelHeight;
        Append(svg, $"<text x=\"{left}\" y=\"{Top - 12}\" font-weight=\"bold\">{title}</text>\n");
        for (int mpps = 0; mpps * scale <= PanelHeight; mpps += 5)
        {
            double y = Base - (mpps * scale);
            Append(svg, $"<path d=\"M{left} {y:0.#}h{PanelWidth}\" stroke=\"#7d8590\" stroke-opacity=\".25\"/>");
            if (isFirst)
            {
                Append(svg, $"<text x=\"{left - 8}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{mpps}</text>");
            }

            svg.Append('\n');
        }

        double[] places = [.. cells.Select(c => left + 20 + (Math.Log10(c.Flows / 8.0) / 3.9 * (PanelWidth - 50)))];
        for (int i = 0; i < cells.Length; i++)
        {
            Append(svg, $"<text x=\"{places[i]:0.#}\" y=\"{Base + 18}\" text-anchor=\"middle\">");
            Append(svg, $"{cells[i].Flows}</text>\n");
        }

        foreach (Line line in Lines)
        {
            DrawLine(svg, line, [.. cells.Select((c, i) => (places[i], line.Series(c.Result)))], scale);
        }
    }

    private static void DrawLine(StringBuilder svg, Line line, (double X, Series Series)[] points, double scale)
    {
        string path = string.Join('L', points.Select(p => Text($"{p.X:0.#} {Y(p.Series.Mpps):0.#}")));
        Append(svg, $"<g stroke=\"{line.Color}\" stroke-width=\"2\" fill=\"none\"><path d=\"M{path}\"{Dashes(line)}/>");
        foreach ((double x, Series series) in points)
        {
            Append(svg, $"<path d=\"M{x:0.#} {Y(series.MinMpps):0.#}V{Y(series.MaxMpps):0.#}\" ");
            svg.Append("stroke-opacity=\".5\"/>");
            Append(svg, $"<circle cx=\"{x:0.#}\" cy=\"{Y(series.Mpps):0.#}\" r=\"3\" fill=\"{line.Color}\"/>");
        }

        svg.Append("</g>\n");

        double Y(double mpps) => Top + PanelHeight - (mpps * scale);
    }

    private static string Dashes(Line line) =>
        line.Dashes is null ? string.Empty : $" stroke-dasharray=\"{line.Dashes}\"";

    private static void Append(StringBuilder svg, FormattableString text) => svg.Append(Text(text));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
