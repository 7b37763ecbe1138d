namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>What is asked about flows.</summary>
internal sealed record FlowsOptions
{
    /// <summary>Number of flows.</summary>
    public int Count { get; init; } = 1_000_000;

    /// <summary>How long a rate is measured.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Packets for which garbage collections are counted.</summary>
    public long Packets { get; init; } = 100_000_000;

    /// <summary>The processor to stay on; null for any.</summary>
    public int? Core { get; init; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">It has an unknown option, or one without a value.</exception>
    /// <exception cref="FormatException">A value is no number.</exception>
    public static FlowsOptions Parse(IEnumerable<string> args)
    {
        var options = new FlowsOptions();
        var rest = new OptionReader(args);
        while (rest.TryTake(out string option))
        {
            options = option switch
            {
                "--count" => options with { Count = rest.Count(option) },
                "--seconds" => options with { Duration = TimeSpan.FromSeconds(rest.Number(option)) },
                "--packets" => options with { Packets = (long)rest.Number(option) },
                "--core" => options with { Core = rest.Count(option) },
                _ => throw new ArgumentException($"Unknown option {option}.", nameof(args)),
            };
        }

        return options;
    }
}
