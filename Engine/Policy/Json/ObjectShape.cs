using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>The keys of an object and the properties that they hold.</summary>
/// <typeparam name="T">An immutable record.</typeparam>
/// <param name="name">The object in an error's words: <c>port</c>.</param>
/// <param name="blank">The object without any key; it holds the defaults.</param>
internal sealed class ObjectShape<T>(string name, T blank) : Codec<T>
    where T : class
{
    private readonly List<Field<T>> _fields = [];
    private readonly Dictionary<string, Field<T>> _byKey = new(StringComparer.Ordinal);

    /// <summary>The object in an error's words.</summary>
    public string Name => name;

    /// <summary>Every key that is read.</summary>
    public IReadOnlyCollection<string> Keys => _byKey.Keys;

    /// <summary>The keys that must be there.</summary>
    public IEnumerable<string> RequiredKeys => _fields.Where(f => f.IsRequired).Select(f => f.Name);

    public override T Placeholder => blank;

    /// <summary>Adds a key that must be there.</summary>
    public ObjectShape<T> Required<TValue>(
        string key, Codec<TValue> codec, Func<T, TValue?> get, Func<T, TValue, T> set) =>
        Add(new ValueField<T, TValue>(key, true, codec, get, set, _ => default));

    /// <summary>Adds a key that may be left out; the default is the blank object's.</summary>
    public ObjectShape<T> Optional<TValue>(
        string key, Codec<TValue> codec, Func<T, TValue?> get, Func<T, TValue, T> set) =>
        Optional(key, codec, get, set, _ => get(blank));

    /// <summary>Adds a key that may be left out; the default depends on keys named before it.</summary>
    public ObjectShape<T> Optional<TValue>(
        string key, Codec<TValue> codec, Func<T, TValue?> get, Func<T, TValue, T> set, Func<T, TValue?> fallback) =>
        Add(new ValueField<T, TValue>(key, false, codec, get, set, fallback));

    /// <summary>Adds a key that may be left out, of a property that is null then.</summary>
    public ObjectShape<T> Nullable<TValue>(
        string key, Codec<TValue> codec, Func<T, TValue?> get, Func<T, TValue?, T> set)
        where TValue : struct =>
        Optional(key, new MappedCodec<TValue, TValue?>(codec, value => value, value => value!.Value), get, set);

    /// <summary>Adds a key whose object holds some of this object's properties.</summary>
    public ObjectShape<T> Part(string key, ObjectShape<T> part) => Add(new PartField<T>(key, part));

    /// <summary>Adds the keys of a part of the object as keys of the object.</summary>
    public ObjectShape<T> Include<TPart>(ObjectShape<TPart> part, Func<T, TPart> get, Func<T, TPart, T> set)
        where TPart : class
    {
        foreach (Field<TPart> field in part._fields)
        {
            Add(new LiftedField<T, TPart>(field, get, set));
        }

        return this;
    }

    /// <summary>Adds another spelling of a key.</summary>
    public ObjectShape<T> Alias(string alias, string key)
    {
        _byKey.Add(alias, _byKey[key]);
        return this;
    }

    /// <summary>Adds a key.</summary>
    public ObjectShape<T> Add(Field<T> field)
    {
        _fields.Add(field);
        _byKey.Add(field.Name, field);
        return this;
    }

    public override T Read(JsonItem item, ReadErrors errors) => ReadInto(blank, item, errors);

    /// <summary>Reads the keys into an object that has other properties already.</summary>
    public T ReadInto(T owner, JsonItem item, ReadErrors errors)
    {
        if (item.Kind != JsonValueKind.Object)
        {
            errors.Expected(item, $"an object ({name})");
            return owner;
        }

        var found = new HashSet<Field<T>>();
        foreach (JsonItem member in item.Children)
        {
            if (!_byKey.TryGetValue(member.Key!, out Field<T>? field))
            {
                errors.UnknownKey(item, member, _byKey.Keys);
            }
            else if (!found.Add(field))
            {
                errors.Add(member, $"\"{member.Key}\" says again what another key of the object says.");
            }
            else
            {
                owner = field.Read(owner, member, errors);
            }
        }

        return Complete(owner, item, found, errors);
    }

    public override JsonItem Write(T value)
    {
        JsonItem item = JsonItem.Object();
        foreach (Field<T> field in _fields)
        {
            if (field.Write(value) is { } written)
            {
                item.Append(field.Name, written);
            }
        }

        return item;
    }

    private T Complete(T owner, JsonItem item, HashSet<Field<T>> found, ReadErrors errors)
    {
        foreach (Field<T> field in _fields)
        {
            if (found.Contains(field))
            {
                continue;
            }

            if (field.IsRequired)
            {
                errors.Add(item, $"Required key \"{field.Name}\" is missing ({name}).");
            }

            owner = field.WithoutKey(owner);
        }

        return owner;
    }
}
