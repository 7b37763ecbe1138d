using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>A whole number.</summary>
/// <param name="min">The lowest number allowed.</param>
/// <param name="max">The highest number allowed.</param>
internal sealed class IntegerCodec<T>(long min, long max) : Codec<T>
    where T : struct, IBinaryInteger<T>
{
    public override T Read(JsonItem item, ReadErrors errors)
    {
        if (item.Kind == JsonValueKind.Number
            && long.TryParse(item.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            && value >= min
            && value <= max)
        {
            return T.CreateChecked(value);
        }

        errors.Expected(item, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));
        return Placeholder;
    }

    public override JsonItem Write(T value) => JsonItem.Number(long.CreateChecked(value));
}
