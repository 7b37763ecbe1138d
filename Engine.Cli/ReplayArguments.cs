using System.CommandLine;
using System.Globalization;
using VxlanEngine.Policy;
using VxlanEngine.Policy.Json;

namespace VxlanEngine.Cli;

/// <summary>The parts of <c>vxe replay</c>'s arguments that have a form of their own.</summary>
internal static class ReplayArguments
{
    /// <summary>Reads one argument's text.</summary>
    public delegate bool TryParse<T>(string text, out T value);

    /// <summary>Reads all values of an option, and says on the error stream which ones make no sense.</summary>
    /// <returns>False when there are some.</returns>
    public static bool ParseAll<T>(
        ParseResult result, Option<string[]> option, string name, TryParse<T> tryParse, List<T> values, CommandIo io)
    {
        bool understood = true;
        foreach (string text in result.GetValue(option) ?? [])
        {
            if (tryParse(text, out T value))
            {
                values.Add(value);
            }
            else
            {
                io.Error.WriteLine($"vxe: {name} {text}: expected {option.HelpName}.");
                understood = false;
            }
        }

        return understood;
    }

    /// <summary>Splits <c>PORT=FILE</c> or <c>PORT=FILE#INTERFACE</c>.</summary>
    /// <remarks>A file whose own name holds the sign is taken whole when it exists.</remarks>
    public static bool TryParseInput(string text, out (string Port, string File, string? Interface) input)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string file = equals < 0 ? string.Empty : text[(equals + 1)..];
        int sign = File.Exists(file) ? -1 : file.LastIndexOf('#');
        input = sign < 0
            ? (text[..Math.Max(equals, 0)], file, null)
            : (text[..equals], file[..sign], file[(sign + 1)..]);
        return equals > 0 && input.File.Length > 0 && input.Interface?.Length != 0;
    }

    /// <summary>Splits <c>OFFSET=FILE</c>.</summary>
    /// <remarks>The offset is a duration such as <c>250ms</c>, or seconds such as <c>1.5s</c>.</remarks>
    public static bool TryParsePolicyAt(string text, out (TimeSpan After, string File) change)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        change = default;
        if (equals < 0 || equals == text.Length - 1)
        {
            return false;
        }

        string offset = text[..equals];
        bool valid = Durations.TryParse(offset, out TimeSpan after);
        if (!valid
            && double.TryParse(
                offset.TrimEnd('s'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
            && seconds is >= 0 and < 1e9)
        {
            (valid, after) = (true, TimeSpan.FromSeconds(seconds));
        }

        change = (after, text[(equals + 1)..]);
        return valid;
    }

    /// <summary>Splits <c>PORT=trust</c> or <c>PORT=verify</c>.</summary>
    public static bool TryParseChecksum(string text, out (string Port, ChecksumMode Mode) checksum)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string mode = text[(equals + 1)..];
        checksum = (text[..Math.Max(equals, 0)], mode == "trust" ? ChecksumMode.Trust : ChecksumMode.Verify);
        return equals > 0 && mode is "trust" or "verify";
    }
}
