namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>What measurements in rounds are asked for, whatever they measure.</summary>
internal abstract record RoundsOptions
{
    /// <summary>How the options below are written.</summary>
    protected const string SharedGrammar = "[--rounds N] [--seconds S] [--save FILE.json] [--show FILE.json]";

    /// <summary>Rounds; in each, every side has its turn.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>How long each measurement of a turn takes.</summary>
    public double Seconds { get; init; } = 2;

    /// <summary>The file of results to write; what it has already, and was not measured, stays.</summary>
    public string? SavePath { get; init; }

    /// <summary>The file of results to show instead of measuring.</summary>
    public string? ShowPath { get; init; }

    /// <summary>Takes an option that all have.</summary>
    /// <returns>The options with it, of the kind that these are.</returns>
    /// <exception cref="ArgumentException">It is another one, or has no value.</exception>
    /// <exception cref="FormatException">A value is no number.</exception>
    protected RoundsOptions TakeShared(string option, OptionReader rest, string grammar) => option switch
    {
        "--rounds" => this with { Rounds = rest.Count(option) },
        "--seconds" => this with { Seconds = rest.Number(option) },
        "--save" => this with { SavePath = rest.Value(option) },
        "--show" => this with { ShowPath = rest.Value(option) },
        _ => throw new ArgumentException($"Unknown option {option}; expected {grammar}.", nameof(option)),
    };

    /// <summary>Fails for values that nothing can be measured with.</summary>
    /// <exception cref="FormatException">There are such.</exception>
    protected void CheckShared()
    {
        if (this is not { Rounds: >= 1, Seconds: > 0 })
        {
            throw new FormatException("There is at least one round, and a run takes some time.");
        }
    }
}
