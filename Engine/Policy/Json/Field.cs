namespace VxlanEngine.Policy.Json;

/// <summary>One key of an object.</summary>
/// <typeparam name="T">The object's type.</typeparam>
internal abstract class Field<T>(string name, bool isRequired)
{
    /// <summary>The key.</summary>
    public string Name => name;

    /// <summary>Whether every object has it.</summary>
    public bool IsRequired => isRequired;

    /// <summary>The object with the value that was read.</summary>
    public abstract T Read(T owner, JsonItem item, ReadErrors errors);

    /// <summary>The object as it is when the key is not there.</summary>
    public virtual T WithoutKey(T owner) => owner;

    /// <summary>The value's JSON; null when it is the one that holds without the key.</summary>
    public abstract JsonItem? Write(T owner);
}
