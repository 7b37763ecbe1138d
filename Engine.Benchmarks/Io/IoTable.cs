using System.Globalization;
using System.Text;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>Results as a table in Markdown, and the gates.</summary>
internal static class IoTable
{
    private static readonly string[] Headings =
    [
        "side", "what", "thousand packets a second", "offered", "TCP, Gb/s",
        "latency alone, µs: p50, p99, p99.9", "at half load",
    ];

    private static readonly (string Name, string Side, string Peer, double Goal, Func<IoTurn, double?> Value)[] Gates =
    [
        ("packets", "raw", "ovs", 1.5, turn => turn.Mpps),
        ("packets", "xdp", "ovs-xdp", 1.5, turn => turn.Mpps),
        ("TCP", "tap", "kernel-cut", 1.0, turn => turn.Gbps),
        ("TCP", "tap", "relay", 0.9, turn => turn.Gbps),
        ("TCP", "tap", "kernel", 1.0, turn => turn.Gbps),
    ];

    /// <summary>Writes the table.</summary>
    public static string Write(IoResult result)
    {
        string[][] rows = [Headings, .. result.Sides.Select(Row)];
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

    /// <summary>Writes the ratios of sides that are to be compared, median of the rounds' own.</summary>
    public static string WriteGates(IoResult result)
    {
        var text = new StringBuilder();
        foreach ((string name, string side, string peer, double goal, Func<IoTurn, double?> value) in Gates)
        {
            IReadOnlyList<IoTurn> turns = Find(side);
            IReadOnlyList<IoTurn> others = Find(peer);
            if (Spread.Of(turns.Zip(others, (a, b) => value(a) / value(b))) is { } ratio)
            {
                text.Append(Invariant($"{name}, {side} / {peer}: {ratio.Median:0.00}× "))
                    .Append(Invariant($"({ratio.Min:0.00}–{ratio.Max:0.00}), goal {goal:0.0}×\n"));
            }
        }

        return text.ToString();

        IReadOnlyList<IoTurn> Find(string name) => result.Sides.FirstOrDefault(s => s.Side == name)?.Turns ?? [];
    }

    private static string[] Row(IoSideResult result) =>
    [
        result.Side,
        IoSide.All.FirstOrDefault(s => s.Name == result.Side)?.What ?? string.Empty,
        Rates(result.Turns.Select(t => t.Mpps * 1000), "0"),
        Spread.Of(result.Turns.Select(t => t.OfferedMpps)) is { } o ? Invariant($"{o.Median * 1000:0}") : "–",
        Rates(result.Turns.Select(t => t.Gbps), "0.00"),
        Latencies(result.Turns.Select(t => t.Alone)),
        Latencies(result.Turns.Select(t => t.AtHalf)),
    ];

    private static string Rates(IEnumerable<double?> values, string format)
    {
        return Spread.Of(values) is { } s ? $"{Text(s.Median)} ({Text(s.Min)}–{Text(s.Max)})" : "–";

        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }

    private static string Latencies(IEnumerable<Latency?> latencies)
    {
        Latency[] there = [.. latencies.OfType<Latency>()];
        return there.Length == 0
            ? "–"
            : $"{Median(l => l.P50)}, {Median(l => l.P99)}, {Median(l => l.P999)}";

        string Median(Func<Latency, double?> value) => Invariant($"{Spread.Of(there.Select(value))!.Value.Median:0}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
