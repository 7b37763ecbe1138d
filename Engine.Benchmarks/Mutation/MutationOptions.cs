using System.Globalization;

namespace VxlanEngine.Benchmarks.Mutation;

/// <summary>What a run of mutated frames is asked for.</summary>
internal sealed record MutationOptions
{
    /// <summary>Cases to run; the seeds as they are and their beginnings always run.</summary>
    public long Cases { get; init; } = 500_000;

    /// <summary>Seed of everything random.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Seconds after which the run ends early.</summary>
    public int Seconds { get; init; } = int.MaxValue;

    /// <summary>Number of a case at which the worker reads behind its buffer, to show that the guard holds.</summary>
    public long FaultAfter { get; init; } = -1;

    /// <summary>Folder for frames that failed.</summary>
    public string Folder { get; init; } = ".";

    /// <summary>True in the process that does the work; its parent survives it.</summary>
    public bool IsWorker { get; init; }

    /// <summary>Captures, and folders of them, whose frames are mutated.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>The file that names the case in hand.</summary>
    public string RecordPath => Path.Combine(Folder, "current-case.bin");

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">It has an option without a value, or an unknown one.</exception>
    /// <exception cref="FormatException">A value is no number.</exception>
    public static MutationOptions Parse(IEnumerable<string> args)
    {
        var options = new MutationOptions();
        var rest = new Queue<string>(args);
        while (rest.TryDequeue(out string? arg))
        {
            options = arg switch
            {
                "--cases" => options with { Cases = Number(arg, rest) },
                "--seed" => options with { Seed = Number(arg, rest) },
                "--seconds" => options with { Seconds = Number(arg, rest) },
                "--fault-after" => options with { FaultAfter = Number(arg, rest) },
                "--save" => options with { Folder = Value(arg, rest) },
                "--worker" => options with { IsWorker = true },
                _ when arg.StartsWith('-') => throw new ArgumentException($"Unknown option {arg}.", nameof(args)),
                _ => options with { Paths = [.. options.Paths, arg] },
            };
        }

        return options;
    }

    private static int Number(string option, Queue<string> rest) =>
        int.Parse(Value(option, rest), CultureInfo.InvariantCulture);

    private static string Value(string option, Queue<string> rest) =>
        rest.TryDequeue(out string? value)
            ? value
            : throw new ArgumentException($"{option} needs a value.", nameof(rest));
}
