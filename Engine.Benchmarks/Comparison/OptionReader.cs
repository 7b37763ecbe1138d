using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>The rest of a command line.</summary>
internal sealed class OptionReader(IEnumerable<string> args)
{
    private readonly Queue<string> _rest = new(args);

    /// <summary>Reads the options of a command, or says what is wrong with them on the standard error.</summary>
    /// <returns>False when something is wrong; the command's exit code is then 2.</returns>
    public static bool TryRead<T>(
        IReadOnlyList<string> args, Func<IEnumerable<string>, T> parse, [NotNullWhen(true)] out T? options)
        where T : class
    {
        try
        {
            options = parse(args);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            Console.Error.WriteLine(e.Message);
            options = null;
            return false;
        }
    }

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

    /// <summary>Takes the value of an option that is a whole number.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    /// <exception cref="OverflowException">It is too large.</exception>
    public int Count(string option) => int.Parse(Value(option), CultureInfo.InvariantCulture);
}
