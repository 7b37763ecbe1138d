namespace VxlanEngine.Policy.Json;

/// <summary>A key that holds one property of the object.</summary>
internal sealed class ValueField<T, TValue>(
    string name,
    bool isRequired,
    Codec<TValue> codec,
    Func<T, TValue?> get,
    Func<T, TValue, T> set,
    Func<T, TValue?> fallback)
    : Field<T>(name, isRequired)
{
    public override T Read(T owner, JsonItem item, ReadErrors errors) => set(owner, codec.Read(item, errors));

    public override T WithoutKey(T owner) =>
        fallback(owner) is { } value && !EqualityComparer<TValue>.Default.Equals(get(owner), value)
            ? set(owner, value)
            : owner;

    public override JsonItem? Write(T owner)
    {
        TValue? value = get(owner);
        bool omitted = value is null
            || (!IsRequired && EqualityComparer<TValue>.Default.Equals(value, fallback(owner)));
        return omitted ? null : codec.Write(value!);
    }
}
