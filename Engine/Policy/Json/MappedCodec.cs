namespace VxlanEngine.Policy.Json;

/// <summary>A value that stands in JSON as another one does.</summary>
internal sealed class MappedCodec<TInner, T>(Codec<TInner> inner, Func<TInner, T> to, Func<T, TInner> from) : Codec<T>
{
    public override T Placeholder => to(inner.Placeholder);

    public override T Read(JsonItem item, ReadErrors errors) => to(inner.Read(item, errors));

    public override JsonItem Write(T value) => inner.Write(from(value));
}
