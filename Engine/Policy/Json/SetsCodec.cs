using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>Address sets: an object of names and addresses.</summary>
internal sealed class SetsCodec(Codec<AddressMatch> addresses) : Codec<ValueArray<AddressSet>>
{
    public override ValueArray<AddressSet> Read(JsonItem item, ReadErrors errors)
    {
        if (item.Kind != JsonValueKind.Object)
        {
            errors.Expected(item, "an object of set names and their addresses");
            return [];
        }

        return item.Children
            .Select(child => new AddressSet { Name = child.Key!, Addresses = addresses.Read(child, errors) })
            .ToValueArray();
    }

    public override JsonItem Write(ValueArray<AddressSet> value)
    {
        JsonItem item = JsonItem.Object();
        foreach (AddressSet set in value)
        {
            item.Append(set.Name, addresses.Write(set.Addresses));
        }

        return item;
    }
}
