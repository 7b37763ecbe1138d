using System.Globalization;
using VxlanEngine.Benchmarks.Comparison;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>Results as a table in Markdown, and the gates.</summary>
internal static class IoTable
{
    private static readonly string[] Headings =
    [
        "side", "what", "thousand packets a second", "offered", "TCP, Gb/s",
        "latency alone, µs: p50, p99, p99.9", "at half load",
    ];

    private static readonly string[] GateHeadings = ["compared", "ratio", "goal"];

    private static readonly Gate[] Gates =
    [
        new("packets", "raw", "ovs", 1.5, turn => turn.Mpps),
        new("packets", "xdp", "ovs-xdp", 1.5, turn => turn.Mpps),
        new("packets", "raw-uso", "ovs", 1.5, turn => turn.Mpps),
        new("packets", "xdp-uso", "ovs-xdp", 1.5, turn => turn.Mpps),
        new("TCP", "tap", "kernel-cut", 1.0, turn => turn.Gbps),
        new("TCP", "tap", "relay", 0.9, turn => turn.Gbps),
        new("TCP", "tap", "kernel", null, turn => turn.Gbps),
        new("TCP", "bridge", "kernel-cut", null, turn => turn.Gbps),
        new("TCP", "bridge", "kernel", 1.0, turn => turn.Gbps),
    ];

    /// <summary>Writes the tables: each side, and the ratios of sides that are to be compared.</summary>
    public static string Write(IoResult result)
    {
        string sides = MarkdownTable.Write([Headings, .. result.Sides.Select(Row)]);
        string[][] ratios = [.. Gates.Select(gate => Ratio(result, gate)).OfType<string[]>()];
        return ratios.Length == 0 ? sides : $"{sides}\n{MarkdownTable.Write([GateHeadings, .. ratios])}";
    }

    // The median of the rounds' own ratios: what a side and its peer did one after the other.
    private static string[]? Ratio(IoResult result, Gate gate)
    {
        return Spread.Of(Find(gate.Side).Zip(Find(gate.Peer), (a, b) => gate.Value(a) / gate.Value(b))) is { } ratio
            ?
            [
                $"{gate.What}, {gate.Side} / {gate.Peer}",
                Invariant($"{ratio.Median:0.00}× ({ratio.Min:0.00}–{ratio.Max:0.00})"),
                gate.Goal is { } goal ? Invariant($"{goal:0.0}×") : "–",
            ]
            : null;

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

    private sealed record Gate(string What, string Side, string Peer, double? Goal, Func<IoTurn, double?> Value);
}
