using System.Globalization;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>The rest of a command line.</summary>
internal sealed class CommandLine(IEnumerable<string> args)
{
    private readonly Queue<string> _rest = new(args);

    /// <summary>Takes the next argument.</summary>
    public bool TryTake(out string argument)
    {
        bool found = _rest.TryDequeue(out string? next);
        argument = next ?? string.Empty;
        return found;
    }

    /// <summary>Takes the value of an option.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public string Value(string option) =>
        TryTake(out string value) ? value : throw new ArgumentException($"{option} needs a value.", nameof(option));

    /// <summary>Takes the value of an option that is a number.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public double Number(string option) => double.Parse(Value(option), CultureInfo.InvariantCulture);
}
