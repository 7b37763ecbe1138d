namespace VxlanEngine.Cli;

/// <summary>Where commands read and write, so that tests can stand in for the console.</summary>
internal sealed record CommandIo
{
    /// <summary>The console's streams; tables are drawn when output is a terminal.</summary>
    public static CommandIo Console => new()
    {
        OpenInput = System.Console.OpenStandardInput,
        OpenOutput = System.Console.OpenStandardOutput,
        Output = System.Console.Out,
        Error = System.Console.Error,
        IsTerminal = !System.Console.IsOutputRedirected,
        IsErrorTerminal = !System.Console.IsErrorRedirected,
        IsPlain = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
    };

    /// <summary>Opens standard input.</summary>
    public required Func<Stream> OpenInput { get; init; }

    /// <summary>Opens standard output for bytes.</summary>
    public Func<Stream> OpenOutput { get; init; } = () => Stream.Null;

    /// <summary>Results.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Errors and warnings.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>True when a person reads the output.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>True when a person watches the error stream.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>True when that person wants no colours and no bold text (NO_COLOR).</summary>
    public bool IsPlain { get; init; }
}
