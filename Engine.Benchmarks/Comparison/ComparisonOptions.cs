namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>What a comparison is asked for.</summary>
internal sealed record ComparisonOptions : RoundsOptions
{
    /// <summary>How the command is written.</summary>
    public const string Grammar = $"--compare ovs [--cells NAME,…] [--plot FILE.svg] {SharedGrammar}";

    /// <summary>The cells to measure.</summary>
    public IReadOnlyList<Cell> Cells { get; init; } = Cell.All;

    /// <summary>The chart to draw; null for none.</summary>
    public string? PlotPath { get; init; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">It is not one.</exception>
    /// <exception cref="FormatException">A value is no number.</exception>
    public static ComparisonOptions Parse(IEnumerable<string> args)
    {
        var options = new ComparisonOptions();
        var rest = new OptionReader(args);
        if (!rest.TryTake(out string peer) || peer != "ovs")
        {
            throw new ArgumentException($"Expected {Grammar}.", nameof(args));
        }

        while (rest.TryTake(out string option))
        {
            options = option switch
            {
                "--cells" => options with { Cells = Cell.Named(rest.Value(option)) },
                "--plot" => options with { PlotPath = rest.Value(option) },
                _ => (ComparisonOptions)options.TakeShared(option, rest, Grammar),
            };
        }

        options.CheckShared();
        return options;
    }
}
