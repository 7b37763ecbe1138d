using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>A string that no message repeats.</summary>
internal sealed class SecretCodec : Codec<string>
{
    public override string Placeholder => "";

    public override string Read(JsonItem item, ReadErrors errors)
    {
        if (item.Kind == JsonValueKind.String)
        {
            return item.Text;
        }

        errors.Add(item, "Expected a secret as a string.");
        return Placeholder;
    }

    public override JsonItem Write(string value) => JsonItem.String(value);
}
