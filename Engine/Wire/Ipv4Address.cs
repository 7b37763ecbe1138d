using System.Globalization;
using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>An IPv4 address, four bytes as they stand on the wire.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct Ipv4Address : IEquatable<Ipv4Address>
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 4;

    private readonly UInt32BE _bits;

    /// <summary>Makes an address from its 32 bits.</summary>
    /// <param name="value">The address as a number in host order: 10.0.0.1 is 0x0A000001.</param>
    public Ipv4Address(uint value) => _bits = value;

    /// <summary>The address as a number in host order.</summary>
    public uint Value => _bits;

    /// <summary>True for 224.0.0.0/4 (RFC 5771).</summary>
    public bool IsMulticast => Value >> 28 == 0xE;

    /// <summary>True for 255.255.255.255, the limited broadcast address (RFC 919).</summary>
    public bool IsBroadcast => Value == uint.MaxValue;

    /// <summary>True when both are the same address.</summary>
    public static bool operator ==(Ipv4Address left, Ipv4Address right) => left._bits == right._bits;

    /// <summary>True when the addresses differ.</summary>
    public static bool operator !=(Ipv4Address left, Ipv4Address right) => left._bits != right._bits;

    /// <inheritdoc/>
    public bool Equals(Ipv4Address other) => _bits == other._bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Ipv4Address other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Value;

    /// <summary>The address as <c>10.0.0.1</c>.</summary>
    public override string ToString()
    {
        uint v = Value;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{v >> 24}.{(byte)(v >> 16)}.{(byte)(v >> 8)}.{(byte)v}");
    }
}
