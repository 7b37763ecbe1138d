using System.Globalization;

namespace VxlanEngine.Policy.Json;

/// <summary>Paths that name a place in a policy: <c>$.layers[0].groups[1]</c>.</summary>
internal static class JsonPath
{
    /// <summary>The step to a member: <c>.name</c>, or <c>['odd.name']</c> where the key would be ambiguous.</summary>
    public static string Member(string key)
    {
        bool plain = key.Length > 0;
        foreach (char c in key)
        {
            plain &= char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '$';
        }

        return plain ? $".{key}" : $"['{key}']";
    }

    /// <summary>True when <paramref name="path"/> is <paramref name="ancestor"/> or a place below it.</summary>
    public static bool IsWithin(string path, string ancestor) =>
        path.StartsWith(ancestor, StringComparison.Ordinal)
        && (path.Length == ancestor.Length || path[ancestor.Length] is '.' or '[');

    /// <summary>The item that a path names, or the nearest one above it that exists.</summary>
    public static JsonItem Find(JsonItem root, string path)
    {
        JsonItem item = root;
        ReadOnlySpan<char> rest = path.AsSpan(1);
        while (!rest.IsEmpty)
        {
            JsonItem? next = Step(item, ref rest);
            if (next is null)
            {
                break;
            }

            item = next;
        }

        return item;
    }

    private static JsonItem? Step(JsonItem item, ref ReadOnlySpan<char> rest)
    {
        if (rest[0] == '.')
        {
            int end = rest[1..].IndexOfAny('.', '[');
            ReadOnlySpan<char> key = end < 0 ? rest[1..] : rest[1..(end + 1)];
            rest = rest[(key.Length + 1)..];
            return item.Member(key.ToString());
        }

        if (rest.StartsWith("['"))
        {
            int end = rest.IndexOf("']", StringComparison.Ordinal);
            if (end < 0)
            {
                return null;
            }

            string key = rest[2..end].ToString();
            rest = rest[(end + 2)..];
            return item.Member(key);
        }

        int close = rest.IndexOf(']');
        if (close < 0
            || !int.TryParse(rest[1..close], NumberStyles.None, CultureInfo.InvariantCulture, out int index))
        {
            return null;
        }

        rest = rest[(close + 1)..];
        return index < item.Children.Count && item.Children[index].Key is null ? item.Children[index] : null;
    }
}
