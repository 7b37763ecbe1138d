using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>A list of values of one kind.</summary>
internal sealed class ListCodec<T>(Codec<T> element, ListForm form) : Codec<ValueArray<T>>
{
    public override ValueArray<T> Read(JsonItem item, ReadErrors errors)
    {
        if (item.Kind == JsonValueKind.Array)
        {
            if (item.Children.Count == 0 && form is (ListForm.Alternatives or ListForm.Joined))
            {
                errors.Add(
                    item, "Expected at least one item, found an empty array; leave the key out for no condition.");
            }

            return item.Children.Select(child => element.Read(child, errors)).ToValueArray();
        }

        if (form == ListForm.Array || item.Kind is JsonValueKind.Object or JsonValueKind.Null)
        {
            errors.Expected(item, form == ListForm.Array ? "an array" : "an array, or a string of items with commas");
            return [];
        }

        if (item.Kind != JsonValueKind.String || !item.Text.Contains(',', StringComparison.Ordinal))
        {
            return [element.Read(item, errors)];
        }

        return item.Text.Split(',', StringSplitOptions.TrimEntries)
            .Select(word => element.Read(item.Word(word), errors))
            .ToValueArray();
    }

    public override JsonItem Write(ValueArray<T> value)
    {
        bool single = value.Count == 1 && form is (ListForm.Alternatives or ListForm.Joined);
        if (single)
        {
            return element.Write(value[0]);
        }

        if (form == ListForm.Joined)
        {
            return JsonItem.String(string.Join(',', value.Select(item => element.Write(item).Text)));
        }

        JsonItem array = JsonItem.Array();
        array.Children.AddRange(value.Select(element.Write));
        return array;
    }
}
