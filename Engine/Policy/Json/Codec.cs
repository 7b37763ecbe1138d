namespace VxlanEngine.Policy.Json;

/// <summary>How one kind of value stands in JSON: both directions in one place, so that they cannot differ.</summary>
/// <typeparam name="T">The value's type.</typeparam>
internal abstract class Codec<T>
{
    /// <summary>Stands for a value that could not be read, so that reading can go on to the next mistake.</summary>
    public virtual T Placeholder => default!;

    /// <summary>Reads a value, and returns <see cref="Placeholder"/> after noting what is wrong with it.</summary>
    public abstract T Read(JsonItem item, ReadErrors errors);

    /// <summary>The value's canonical form.</summary>
    public abstract JsonItem Write(T value);
}
