using System.Globalization;

namespace VxlanEngine.Policy.Json;

/// <summary>Spans of time as text: a whole number and a unit, <c>250ms</c>, <c>30s</c>, <c>2h</c>.</summary>
public static class Durations
{
    private static readonly (string Name, long Ticks)[] Units =
    [
        ("d", TimeSpan.TicksPerDay),
        ("h", TimeSpan.TicksPerHour),
        ("m", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond),
        ("ms", TimeSpan.TicksPerMillisecond),
        ("us", TimeSpan.TicksPerMicrosecond),
    ];

    /// <summary>Parses a span, and returns false when the text is none or the span is too long to hold.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        ReadOnlySpan<char> digits = text.AsSpan().TrimEnd("dhmsun");
        ReadOnlySpan<char> unit = text.AsSpan(digits.Length);
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
        {
            return false;
        }

        if (unit is "ns")
        {
            value = new TimeSpan(number / TimeSpan.NanosecondsPerTick);
            return number % TimeSpan.NanosecondsPerTick == 0;
        }

        foreach ((string name, long ticks) in Units)
        {
            if (unit.SequenceEqual(name) && number <= TimeSpan.MaxValue.Ticks / ticks)
            {
                value = new TimeSpan(number * ticks);
                return true;
            }
        }

        return false;
    }

    /// <summary>The span in the largest unit that holds it as a whole number.</summary>
    public static string Format(TimeSpan value)
    {
        foreach ((string name, long ticks) in Units)
        {
            if (value.Ticks % ticks == 0 && value.Ticks != 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / ticks}{name}");
            }
        }

        return value == TimeSpan.Zero
            ? "0s"
            : string.Create(CultureInfo.InvariantCulture, $"{(Int128)value.Ticks * TimeSpan.NanosecondsPerTick}ns");
    }
}
