namespace VxlanEngine.Policy.Json;

/// <summary>A key that belongs to a part of the object but stands among the object's own.</summary>
internal sealed class LiftedField<T, TPart>(Field<TPart> field, Func<T, TPart> get, Func<T, TPart, T> set)
    : Field<T>(field.Name, field.IsRequired)
{
    public override T Read(T owner, JsonItem item, ReadErrors errors) =>
        set(owner, field.Read(get(owner), item, errors));

    public override T WithoutKey(T owner)
    {
        TPart part = get(owner);
        TPart completed = field.WithoutKey(part);
        return EqualityComparer<TPart>.Default.Equals(part, completed) ? owner : set(owner, completed);
    }

    public override JsonItem? Write(T owner) => field.Write(get(owner));
}
