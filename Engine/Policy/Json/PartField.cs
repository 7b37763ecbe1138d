using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>A key whose object holds several properties of the object around it.</summary>
internal sealed class PartField<T>(string name, ObjectShape<T> part) : Field<T>(name, isRequired: false)
    where T : class
{
    public override T Read(T owner, JsonItem item, ReadErrors errors) => part.ReadInto(owner, item, errors);

    public override JsonItem? Write(T owner)
    {
        JsonItem item = part.Write(owner);
        return item.Kind == JsonValueKind.Object && item.Children.Count == 0 ? null : item;
    }
}
