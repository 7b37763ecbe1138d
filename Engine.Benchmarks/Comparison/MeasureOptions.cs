namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>How one run is made.</summary>
internal sealed record MeasureOptions
{
    /// <summary>The capture; null to make one.</summary>
    public string? Capture { get; init; }

    /// <summary>How long to count, after a second of warming up.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The processor to stay on; null for any.</summary>
    public int? Core { get; init; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">It has an unknown option, or one without a value.</exception>
    /// <exception cref="FormatException">A value is no number.</exception>
    public static MeasureOptions Parse(IEnumerable<string> args)
    {
        var options = new MeasureOptions();
        var rest = new CommandLine(args);
        while (rest.TryTake(out string option))
        {
            options = option switch
            {
                "--capture" => options with { Capture = rest.Value(option) },
                "--seconds" => options with { Duration = TimeSpan.FromSeconds(rest.Number(option)) },
                "--core" => options with { Core = (int)rest.Number(option) },
                _ => throw new ArgumentException($"Unknown option {option}.", nameof(args)),
            };
        }

        return options;
    }
}
