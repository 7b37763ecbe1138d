using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>True or false.</summary>
internal sealed class BooleanCodec : Codec<bool>
{
    public override bool Read(JsonItem item, ReadErrors errors)
    {
        if (item.Kind is not (JsonValueKind.True or JsonValueKind.False))
        {
            errors.Expected(item, "true or false");
        }

        return item.Kind == JsonValueKind.True;
    }

    public override JsonItem Write(bool value) => JsonItem.Boolean(value);
}
