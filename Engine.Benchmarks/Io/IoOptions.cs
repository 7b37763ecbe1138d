using VxlanEngine.Benchmarks.Comparison;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>What is asked of live ports.</summary>
internal sealed record IoOptions : RoundsOptions
{
    /// <summary>How the command is written.</summary>
    public const string Grammar =
        $"--io [--sides NAME,…] [--only packets|tcp|latency,…] [--warmup S] {SharedGrammar}";

    /// <summary>Whom to measure.</summary>
    public IReadOnlyList<IoSide> Sides { get; init; } = IoSide.All;

    /// <summary>Whether packets are counted.</summary>
    public bool Packets { get; init; } = true;

    /// <summary>Whether TCP is measured.</summary>
    public bool Tcp { get; init; } = true;

    /// <summary>Whether latency is measured; needs a rate, so packets are counted too.</summary>
    public bool Latency { get; init; } = true;

    /// <summary>How long a load runs before anything counts: a switch's code is compiled as it is used.</summary>
    public double Warmup { get; init; } = 2;

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">It is not one.</exception>
    /// <exception cref="FormatException">A value is no number.</exception>
    public static IoOptions Parse(IEnumerable<string> args)
    {
        var options = new IoOptions();
        var rest = new OptionReader(args);
        while (rest.TryTake(out string option))
        {
            options = option switch
            {
                "--sides" => options with { Sides = IoSide.Named(rest.Value(option)) },
                "--only" => options.Only(rest.Value(option)),
                "--warmup" => options with { Warmup = rest.Number(option) },
                _ => (IoOptions)options.TakeShared(option, rest, Grammar),
            };
        }

        options.CheckShared();
        return options.Warmup >= 0
            ? options
            : throw new ArgumentException("A load cannot run for less than no time.", nameof(args));
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
