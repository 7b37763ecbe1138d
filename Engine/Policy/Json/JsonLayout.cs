using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>Lays a tree out as text for people: what fits on a line stands on one, lists of objects never do.</summary>
internal static class JsonLayout
{
    private const int MaxColumns = 110;
    private const int Indent = 2;

    /// <summary>The text, with a line feed at its end.</summary>
    public static string Format(JsonItem root)
    {
        var text = new StringBuilder();
        Block(text, root, 0);
        return text.Append('\n').ToString();
    }

    private static void Item(StringBuilder text, JsonItem item, int column)
    {
        if (item.Key is not null)
        {
            Quoted(text, item.Key);
            text.Append(": ");
        }

        if (item.Children.Count == 0 || !IsFlat(item))
        {
            Block(text, item, column);
            return;
        }

        int start = text.Length;
        Inline(text, item);
        int keyLength = item.Key is null ? 0 : item.Key.Length + 4;
        if (column + keyLength + text.Length - start > MaxColumns)
        {
            text.Length = start;
            Block(text, item, column);
        }
    }

    private static void Block(StringBuilder text, JsonItem item, int column)
    {
        if (item.Children.Count == 0)
        {
            Inline(text, item);
            return;
        }

        text.Append(item.Kind == JsonValueKind.Object ? '{' : '[');
        for (int i = 0; i < item.Children.Count; i++)
        {
            text.Append(i == 0 ? "\n" : ",\n").Append(' ', column + Indent);
            Item(text, item.Children[i], column + Indent);
        }

        text.Append('\n').Append(' ', column).Append(item.Kind == JsonValueKind.Object ? '}' : ']');
    }

    private static void Inline(StringBuilder text, JsonItem item)
    {
        switch (item.Kind)
        {
            case JsonValueKind.Object when item.Children.Count > 0:
                text.Append("{ ");
                InlineChildren(text, item);
                text.Append(" }");
                break;
            case JsonValueKind.Object:
                text.Append("{}");
                break;
            case JsonValueKind.Array:
                text.Append('[');
                InlineChildren(text, item);
                text.Append(']');
                break;
            case JsonValueKind.String:
                Quoted(text, item.Text);
                break;
            case JsonValueKind.Number:
                text.Append(item.Text);
                break;
            default:
                text.Append(item.Describe());
                break;
        }
    }

    private static void InlineChildren(StringBuilder text, JsonItem item)
    {
        for (int i = 0; i < item.Children.Count; i++)
        {
            JsonItem child = item.Children[i];
            text.Append(i == 0 ? "" : ", ");
            if (child.Key is not null)
            {
                Quoted(text, child.Key);
                text.Append(": ");
            }

            Inline(text, child);
        }
    }

    /// <summary>True when no list of objects stands in the item.</summary>
    private static bool IsFlat(JsonItem item) => item.Children.TrueForAll(
        child => (item.Kind != JsonValueKind.Array || child.Kind != JsonValueKind.Object) && IsFlat(child));

    private static void Quoted(StringBuilder text, string value) => text
        .Append('"')
        .Append(JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value)
        .Append('"');
}
