namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>What a comparison is asked for.</summary>
internal sealed record ComparisonOptions
{
    /// <summary>The cells to measure.</summary>
    public IReadOnlyList<Cell> Cells { get; init; } = Cell.All;

    /// <summary>Rounds; in each, every side runs once.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>How long a run counts.</summary>
    public double Seconds { get; init; } = 2;

    /// <summary>The file of results to write; cells that it has already, and that are not measured, stay.</summary>
    public string? SavePath { get; init; }

    /// <summary>The chart to draw; null for none.</summary>
    public string? PlotPath { get; init; }

    /// <summary>The file of results to show instead of measuring.</summary>
    public string? ShowPath { get; init; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">It is not one.</exception>
    /// <exception cref="FormatException">A value is no number.</exception>
    public static ComparisonOptions Parse(IEnumerable<string> args)
    {
        var options = new ComparisonOptions();
        var rest = new CommandLine(args);
        if (!rest.TryTake(out string peer) || peer != "ovs")
        {
            throw new ArgumentException(
                "--compare ovs [--cells NAME,…] [--rounds N] [--seconds S] [--save FILE.json] [--plot FILE.svg] "
                + "[--show FILE.json]",
                nameof(args));
        }

        while (rest.TryTake(out string option))
        {
            options = option switch
            {
                "--cells" => options with { Cells = Cell.Named(rest.Value(option)) },
                "--rounds" => options with { Rounds = (int)rest.Number(option) },
                "--seconds" => options with { Seconds = rest.Number(option) },
                "--save" => options with { SavePath = rest.Value(option) },
                "--plot" => options with { PlotPath = rest.Value(option) },
                "--show" => options with { ShowPath = rest.Value(option) },
                _ => throw new ArgumentException($"Unknown option {option}.", nameof(args)),
            };
        }

        return options is { Rounds: >= 1, Seconds: > 0 }
            ? options
            : throw new ArgumentException("There is at least one round, and a run takes some time.", nameof(args));
    }
}
