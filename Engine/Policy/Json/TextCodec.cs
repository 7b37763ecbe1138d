using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>
/// A value that stands in JSON as a string, and as a number where its text is one and that is allowed.
/// </summary>
/// <param name="expected">The value in an error's words: <c>a MAC address such as "02:42:0a:00:01:05"</c>.</param>
/// <param name="parse">Parses the text.</param>
/// <param name="format">Writes the text.</param>
/// <param name="numbers">Whether a number may stand without quotes.</param>
/// <param name="placeholder">Stands for a value that could not be read.</param>
internal sealed class TextCodec<T>(
    string expected, TryParse<T> parse, Func<T, string> format, bool numbers = false, T placeholder = default!)
    : Codec<T>
{
    public override T Placeholder => placeholder;

    public override T Read(JsonItem item, ReadErrors errors)
    {
        if ((item.Kind == JsonValueKind.String || (numbers && item.Kind == JsonValueKind.Number))
            && parse(item.Text, out T value))
        {
            return value;
        }

        errors.Expected(item, expected);
        return Placeholder;
    }

    public override JsonItem Write(T value)
    {
        string text = format(value);
        bool isNumber = numbers && text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('0', '9');
        return isNumber ? JsonItem.Root(JsonValueKind.Number, text, 0) : JsonItem.String(text);
    }
}
