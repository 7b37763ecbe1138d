using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>
/// A 64-bit unsigned integer held in network byte order; it converts to and from host order by itself.
/// </summary>
/// <remarks>Only header structs hold one. Everything that leaves a header is in host order.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct UInt64BE : IEquatable<UInt64BE>
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 8;

    private readonly ulong _raw;

    /// <summary>Makes the big-endian form of <paramref name="hostOrder"/>.</summary>
    /// <param name="hostOrder">The value in host order.</param>
    public UInt64BE(ulong hostOrder) =>
        _raw = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(hostOrder) : hostOrder;

    /// <summary>The value in host order.</summary>
    public ulong Value => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(_raw) : _raw;

    /// <summary>Converts to host order.</summary>
    public static implicit operator ulong(UInt64BE value) => value.Value;

    /// <summary>Converts from host order.</summary>
    public static implicit operator UInt64BE(ulong hostOrder) => new(hostOrder);

    /// <summary>True when both hold the same number.</summary>
    public static bool operator ==(UInt64BE left, UInt64BE right) => left._raw == right._raw;

    /// <summary>True when the numbers differ.</summary>
    public static bool operator !=(UInt64BE left, UInt64BE right) => left._raw != right._raw;

    /// <inheritdoc/>
    public bool Equals(UInt64BE other) => _raw == other._raw;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is UInt64BE other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <summary>The value in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
