using System.Buffers;
using System.Text;
using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>Reads a JSON text into a tree that knows its lines.</summary>
internal ref struct JsonItemReader
{
    private static readonly JsonReaderOptions Options = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = 64,
    };

    private readonly ReadOnlySpan<byte> _text;
    private readonly ReadErrors _errors;
    private Utf8JsonReader _reader;
    private int _line;
    private int _counted;

    private JsonItemReader(ReadOnlySpan<byte> text, ReadErrors errors)
    {
        _text = text;
        _errors = errors;
        _reader = new Utf8JsonReader(text, Options);
        _line = 1;
    }

    /// <summary>Reads a text in UTF-8, and returns null after noting one error when it is not JSON.</summary>
    /// <remarks>
    /// Comments and trailing commas are accepted. A key that an object holds twice is an error; the first counts.
    /// </remarks>
    public static JsonItem? Read(ReadOnlySpan<byte> text, ReadErrors errors)
    {
        if (text.StartsWith(Encoding.UTF8.Preamble))
        {
            text = text[Encoding.UTF8.Preamble.Length..];
        }

        var reader = new JsonItemReader(text, errors);
        try
        {
            return reader.ReadText();
        }
        catch (JsonException e)
        {
            int suffix = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            string message = suffix < 0 ? e.Message : e.Message[..suffix];
            errors.Items.Add(new PolicyError("$", $"Not JSON: {message}", (int)(e.LineNumber ?? 0) + 1));
        }
        catch (InvalidOperationException)
        {
            errors.Items.Add(new PolicyError("$", "Not JSON: a string is not valid Unicode.", reader._line));
        }

        return null;
    }

    private JsonItem ReadText()
    {
        Next();
        JsonItem root = JsonItem.Root(Kind(_reader.TokenType), TokenText(), _line);
        ReadChildren(root);
        Next();
        return root;
    }

    private void ReadChildren(JsonItem parent)
    {
        if (parent.Kind == JsonValueKind.Array)
        {
            while (Next() && _reader.TokenType != JsonTokenType.EndArray)
            {
                ReadChildren(parent.Append(Kind(_reader.TokenType), TokenText(), null, _line));
            }
        }
        else if (parent.Kind == JsonValueKind.Object)
        {
            ReadMembers(parent);
        }
    }

    private void ReadMembers(JsonItem parent)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (Next() && _reader.TokenType != JsonTokenType.EndObject)
        {
            string key = _reader.GetString()!;
            int line = _line;
            Next();
            JsonItem child = parent.Append(Kind(_reader.TokenType), TokenText(), key, line);
            ReadChildren(child);
            if (!keys.Add(key))
            {
                _errors.Add(child, $"Key \"{key}\" is given twice in one object.");
                parent.Children.Remove(child);
            }
        }
    }

    private bool Next()
    {
        if (!_reader.Read())
        {
            return false;
        }

        int start = (int)_reader.TokenStartIndex;
        _line += _text[_counted..start].Count((byte)'\n');
        _counted = start;
        return true;
    }

    private readonly string TokenText() => _reader.TokenType switch
    {
        JsonTokenType.String => _reader.GetString()!,
        JsonTokenType.Number => Encoding.ASCII.GetString(
            _reader.HasValueSequence ? _reader.ValueSequence.ToArray() : _reader.ValueSpan),
        _ => "",
    };

    private static JsonValueKind Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => JsonValueKind.Object,
        JsonTokenType.StartArray => JsonValueKind.Array,
        JsonTokenType.String => JsonValueKind.String,
        JsonTokenType.Number => JsonValueKind.Number,
        JsonTokenType.True => JsonValueKind.True,
        JsonTokenType.False => JsonValueKind.False,
        _ => JsonValueKind.Null,
    };
}
