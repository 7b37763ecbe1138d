using System.Globalization;

namespace VxlanEngine.Policy;

/// <summary>The numbers from <see cref="First"/> to <see cref="Last"/>, both included.</summary>
/// <param name="First">The lowest number.</param>
/// <param name="Last">The highest number, not below <paramref name="First"/>.</param>
public readonly record struct NumberRange(uint First, uint Last)
{
    /// <summary>The range of one number.</summary>
    public static implicit operator NumberRange(int value) => new((uint)value, (uint)value);

    /// <summary>True when <paramref name="value"/> lies in the range.</summary>
    public bool Contains(uint value) => value >= First && value <= Last;

    /// <summary><c>80</c> or <c>8000-8099</c>.</summary>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
