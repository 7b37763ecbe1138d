namespace VxlanEngine.Policy.Json;

/// <summary>The mistakes found while a text is read.</summary>
internal sealed class ReadErrors
{
    private readonly HashSet<string> _damaged = new(StringComparer.Ordinal);

    /// <summary>The mistakes, in the order found.</summary>
    public List<PolicyError> Items { get; } = [];

    /// <summary>Notes a mistake in a value; the object that it belongs to is no longer what was meant.</summary>
    public void Add(JsonItem item, string message)
    {
        _damaged.Add(item.OwnerPath);
        Items.Add(new PolicyError(item.Path, message, item.Line));
    }

    /// <summary>Notes a mistake in a value of another type or form than expected.</summary>
    public void Expected(JsonItem item, string expected) =>
        Add(item, $"Expected {expected}, found {item.Describe()}.");

    /// <summary>Notes an unknown key.</summary>
    public void UnknownKey(JsonItem owner, JsonItem member, IReadOnlyCollection<string> known)
    {
        _damaged.Add(owner.Path);
        string? nearest = NearestWord.Find(member.Key!, known);
        string hint = nearest is not null ? $"did you mean \"{nearest}\"?" : $"expected {Words(known)}.";
        Items.Add(new PolicyError(member.Path, $"Unknown key \"{member.Key}\"; {hint}", member.Line));
    }

    /// <summary>True when a mistake in what was read may be what makes <paramref name="path"/> look wrong.</summary>
    public bool Explains(string path)
    {
        foreach (string damaged in _damaged)
        {
            if (JsonPath.IsWithin(path, damaged))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Words as a list for a message: <c>"a", "b" or "c"</c>.</summary>
    public static string Words(IEnumerable<string> words)
    {
        string[] quoted = words.Select(word => $"\"{word}\"").ToArray();
        return quoted.Length switch
        {
            0 => "none",
            1 => quoted[0],
            _ => $"{string.Join(", ", quoted[..^1])} or {quoted[^1]}",
        };
    }
}
