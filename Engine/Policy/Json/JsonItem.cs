using System.Globalization;
using System.Text;
using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>One value of a JSON text, with the line and the path where it stands.</summary>
internal sealed class JsonItem
{
    private readonly JsonItem? _parent;
    private readonly int _index;

    private JsonItem(JsonValueKind kind, string text, JsonItem? parent, string? key, int index, int line)
    {
        Kind = kind;
        Text = text;
        Key = key;
        Line = line;
        _parent = parent;
        _index = index;
    }

    /// <summary>What the value is.</summary>
    public JsonValueKind Kind { get; }

    /// <summary>A string's content, a number as it is spelled; empty for objects and arrays.</summary>
    public string Text { get; }

    /// <summary>The key, in an object; otherwise null.</summary>
    public string? Key { get; }

    /// <summary>1-based line; 0 when the value was not read from a text.</summary>
    public int Line { get; }

    /// <summary>An object's members or an array's items, in the order of the text.</summary>
    public List<JsonItem> Children { get; } = [];

    /// <summary>The path from the root: <c>$.layers[0].groups</c>.</summary>
    public string Path
    {
        get
        {
            if (_parent is null)
            {
                return "$";
            }

            string parent = _parent.Path;
            return Key is not null ? parent + JsonPath.Member(Key)
                : _index >= 0 ? string.Create(CultureInfo.InvariantCulture, $"{parent}[{_index}]")
                : parent;
        }
    }

    /// <summary>Path of the object that the value belongs to, itself if it is one.</summary>
    public string OwnerPath
    {
        get
        {
            JsonItem item = this;
            while (item.Kind != JsonValueKind.Object && item._parent is not null)
            {
                item = item._parent;
            }

            return item.Path;
        }
    }

    public static JsonItem Root(JsonValueKind kind, string text, int line) =>
        new(kind, text, null, null, -1, line);

    public static JsonItem Object() => Root(JsonValueKind.Object, "", 0);

    public static JsonItem Array() => Root(JsonValueKind.Array, "", 0);

    public static JsonItem String(string text) => Root(JsonValueKind.String, text, 0);

    public static JsonItem Number(long value) =>
        Root(JsonValueKind.Number, value.ToString(CultureInfo.InvariantCulture), 0);

    public static JsonItem Boolean(bool value) =>
        Root(value ? JsonValueKind.True : JsonValueKind.False, "", 0);

    /// <summary>Appends a member to an object or an item to an array, and returns it.</summary>
    public JsonItem Append(JsonValueKind kind, string text, string? key, int line)
    {
        var child = new JsonItem(kind, text, this, key, key is null ? Children.Count : -1, line);
        Children.Add(child);
        return child;
    }

    /// <summary>Appends a member that was made by itself to an object that is written.</summary>
    public void Append(string key, JsonItem value)
    {
        var child = new JsonItem(value.Kind, value.Text, this, key, -1, value.Line);
        child.Children.AddRange(value.Children);
        Children.Add(child);
    }

    /// <summary>One word of a string that lists several; it stands where the string stands.</summary>
    public JsonItem Word(string text) => new(JsonValueKind.String, text, this, null, -1, Line);

    /// <summary>The member with this key, or null.</summary>
    public JsonItem? Member(string key) => Children.Find(child => child.Key == key);

    /// <summary>The value in the words of an error message.</summary>
    public string Describe()
    {
        const int MaxLength = 60;
        switch (Kind)
        {
            case JsonValueKind.Object:
                return "an object";
            case JsonValueKind.Array:
                return Children.Count == 0 ? "an empty array" : "an array";
            case JsonValueKind.String:
                string shown = Text.Length > MaxLength ? Text[..MaxLength] + "…" : Text;
                return new StringBuilder(shown).Insert(0, '"').Append('"').ToString();
            case JsonValueKind.Number:
                return Text.Length > MaxLength ? Text[..MaxLength] + "…" : Text;
            default:
                return Kind == JsonValueKind.Null ? "null" : Kind == JsonValueKind.True ? "true" : "false";
        }
    }
}
