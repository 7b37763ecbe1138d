using System.Globalization;

namespace VxlanEngine.Wire;

/// <summary>A VXLAN network identifier: 24 bits (RFC 7348 §5).</summary>
public readonly struct Vni : IEquatable<Vni>
{
    /// <summary>The highest identifier, 2²⁴ − 1.</summary>
    public const uint MaxValue = 0xFF_FFFF;

    /// <summary>Makes an identifier.</summary>
    /// <param name="value">The number, host order, 0 to <see cref="MaxValue"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number needs more than 24 bits.</exception>
    public Vni(uint value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxValue);
        Value = value;
    }

    /// <summary>The number, host order.</summary>
    public uint Value { get; }

    /// <summary>True when both are the same identifier.</summary>
    public static bool operator ==(Vni left, Vni right) => left.Value == right.Value;

    /// <summary>True when the identifiers differ.</summary>
    public static bool operator !=(Vni left, Vni right) => left.Value != right.Value;

    /// <inheritdoc/>
    public bool Equals(Vni other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Vni other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Value;

    /// <summary>The number in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
