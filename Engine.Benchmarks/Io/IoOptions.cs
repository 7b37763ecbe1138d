namespace VxlanEngine.Benchmarks.Io;

/// <summary>What is asked of live ports.</summary>
internal sealed record IoOptions
{
    /// <summary>How the command is written.</summary>
    public const string Grammar =
        "--io [--sides NAME,…] [--only packets|tcp|latency,…] [--rounds N] [--seconds S] [--warmup S] "
        + "[--save FILE.json] [--show FILE.json]";

    /// <summary>Whom to measure.</summary>
    public IReadOnlyList<IoSide> Sides { get; init; } = IoSide.All;

    /// <summary>Whether packets are counted.</summary>
    public bool Packets { get; init; } = true;

    /// <summary>Whether TCP is measured.</summary>
    public bool Tcp { get; init; } = true;

    /// <summary>Whether latency is measured; needs a rate, so packets are counted too.</summary>
    public bool Latency { get; init; } = true;

    /// <summary>Rounds; in each, every side has its turn.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>How long each of a turn's measurements takes.</summary>
    public double Seconds { get; init; } = 2;

    /// <summary>How long a load runs before anything counts: a switch's code is compiled as it is used.</summary>
    public double Warmup { get; init; } = 2;

    /// <summary>The file of results to write; what it has already, and was not measured, stays.</summary>
    public string? SavePath { get; init; }

    /// <summary>The file of results to show instead of measuring.</summary>
    public string? ShowPath { get; init; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">It is not one.</exception>
    /// <exception cref="FormatException">A value is no number.</exception>
    public static IoOptions Parse(IEnumerable<string> args)
    {
        var options = new IoOptions();
        var rest = new Comparison.CommandLine(args);
        while (rest.TryTake(out string option))
        {
            options = option switch
            {
                "--sides" => options with { Sides = IoSide.Named(rest.Value(option)) },
                "--only" => options.Only(rest.Value(option)),
                "--rounds" => options with { Rounds = (int)rest.Number(option) },
                "--seconds" => options with { Seconds = rest.Number(option) },
                "--warmup" => options with { Warmup = rest.Number(option) },
                "--save" => options with { SavePath = rest.Value(option) },
                "--show" => options with { ShowPath = rest.Value(option) },
                _ => throw new ArgumentException($"Unknown option {option}; expected {Grammar}.", nameof(args)),
            };
        }

        return options is { Rounds: >= 1, Seconds: > 0, Warmup: >= 0 }
            ? options
            : throw new ArgumentException("There is at least one round, and a run takes some time.", nameof(args));
    }

    private IoOptions Only(string kinds)
    {
        string[] names = kinds.Split(',', StringSplitOptions.TrimEntries);
        string? unknown = Array.Find(names, n => n is not ("packets" or "tcp" or "latency"));
        return unknown is null
            ? this with
            {
                Packets = names.Contains("packets", StringComparer.Ordinal),
                Tcp = names.Contains("tcp", StringComparer.Ordinal),
                Latency = names.Contains("latency", StringComparer.Ordinal),
            }
            : throw new ArgumentException($"Nothing is called {unknown}; expected {Grammar}.", nameof(kinds));
    }
}
