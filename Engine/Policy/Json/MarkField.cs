namespace VxlanEngine.Policy.Json;

/// <summary>A key that says something about the text and holds no property.</summary>
internal sealed class MarkField<T>(
    string name, bool isRequired, string expected, Func<JsonItem, bool> isRight, JsonItem? written)
    : Field<T>(name, isRequired)
{
    public override T Read(T owner, JsonItem item, ReadErrors errors)
    {
        if (!isRight(item))
        {
            errors.Expected(item, expected);
        }

        return owner;
    }

    public override JsonItem? Write(T owner) => written;
}
