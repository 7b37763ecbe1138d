namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>How one run is made.</summary>
internal sealed record MeasureOptions
{
    /// <summary>What is measured.</summary>
    public required Cell Cell { get; init; }

    /// <summary>Whether the floor is measured, not the engine.</summary>
    public bool IsFloor { get; init; }

    /// <summary>The capture; null to make one.</summary>
    public string? Capture { get; init; }

    /// <summary>How long to count, after a second of warming up.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The processor to stay on; null for any.</summary>
    public int? Core { get; init; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">
    /// It names no side and cell, or has an unknown option or one without a value.
    /// </exception>
    /// <exception cref="FormatException">A value is no number.</exception>
    public static MeasureOptions Parse(IEnumerable<string> args)
    {
        var rest = new OptionReader(args);
        if (!rest.TryTake(out string side) || side is not ("engine" or "floor") || !rest.TryTake(out string name))
        {
            throw new ArgumentException(
                "Expected --measure engine|floor CELL [--capture FILE] [--seconds S] [--core N].", nameof(args));
        }

        var options = new MeasureOptions { Cell = Cell.Named(name)[0], IsFloor = side == "floor" };
        while (rest.TryTake(out string option))
        {
            options = option switch
            {
                "--capture" => options with { Capture = rest.Value(option) },
                "--seconds" => options with { Duration = TimeSpan.FromSeconds(rest.Number(option)) },
                "--core" => options with { Core = rest.Count(option) },
                _ => throw new ArgumentException($"Unknown option {option}.", nameof(args)),
            };
        }

        return options;
    }
}
