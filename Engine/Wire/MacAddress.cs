using System.Globalization;
using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>An IEEE 802 MAC address, six bytes as they stand on the wire.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct MacAddress : IEquatable<MacAddress>, ISpanParsable<MacAddress>
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 6;

    // In the order in which six bytes are copied: four and two. A load across what two stores wrote has to wait.
    private readonly UInt32BE _high;
    private readonly UInt16BE _low;

    /// <summary>Makes an address from its 48 bits.</summary>
    /// <param name="value">The address as a number, first byte highest; at most 2⁴⁸ − 1.</param>
    public MacAddress(ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 0xFFFF_FFFF_FFFFUL);
        _high = (uint)(value >> 16);
        _low = (ushort)value;
    }

    /// <summary>The address <c>ff:ff:ff:ff:ff:ff</c>.</summary>
    public static MacAddress Broadcast => new(0xFFFF_FFFF_FFFF);

    /// <summary>The address as a number, first byte highest.</summary>
    public ulong Value => ((ulong)_high.Value << 16) | _low.Value;

    /// <summary>True for a group address (multicast or broadcast): the low bit of the first byte is set.</summary>
    public bool IsMulticast => (_high & 0x0100_0000) != 0;

    /// <summary>True for <c>ff:ff:ff:ff:ff:ff</c>.</summary>
    public bool IsBroadcast => Value == 0xFFFF_FFFF_FFFF;

    /// <summary>True for <c>00:00:00:00:00:00</c>, which names no station.</summary>
    public bool IsZero => Value == 0;

    /// <summary>True when both are the same address.</summary>
    public static bool operator ==(MacAddress left, MacAddress right) => left.Equals(right);

    /// <summary>True when the addresses differ.</summary>
    public static bool operator !=(MacAddress left, MacAddress right) => !left.Equals(right);

    /// <summary>The group address that an IPv4 multicast group is sent to (RFC 1112 §6.4).</summary>
    /// <param name="group">The IPv4 multicast group.</param>
    public static MacAddress ForMulticast(Ipv4Address group) =>
        new(0x0100_5E00_0000UL | (group.Value & 0x7F_FFFF));

    /// <summary>The group address that an IPv6 multicast group is sent to (RFC 2464 §7).</summary>
    /// <param name="group">The IPv6 multicast group.</param>
    public static MacAddress ForMulticast(Ipv6Address group) =>
        new(0x3333_0000_0000UL | (group.Low & 0xFFFF_FFFF));

    /// <summary>The group address that a multicast group of either family is sent to.</summary>
    /// <param name="group">The multicast group.</param>
    public static MacAddress ForMulticast(IpAddress group) =>
        group.Family == IpFamily.V4 ? ForMulticast(group.V4) : ForMulticast(group.V6);

    /// <summary>Parses <c>02:42:0a:00:01:05</c> or <c>02-42-0a-00-01-05</c>, in either letter case.</summary>
    /// <exception cref="FormatException">The text is not a MAC address.</exception>
    public static MacAddress Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out MacAddress mac)
            ? mac
            : throw new FormatException($"'{s}' is not a MAC address such as 02:42:0a:00:01:05.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider)"/>
    public static MacAddress Parse(string s, IFormatProvider? provider = null) =>
        Parse(s.AsSpan(), provider);

    /// <summary>
    /// Parses like <see cref="Parse(string, IFormatProvider)"/>, and returns false where that throws.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<char> s, IFormatProvider? provider, out MacAddress result)
    {
        result = default;
        if (s.Length != 17 || s[2] is not (':' or '-'))
        {
            return false;
        }

        ulong value = 0;
        for (int i = 0; i < 6; i++)
        {
            ReadOnlySpan<char> octet = s.Slice(i * 3, 2);
            if ((i < 5 && s[(i * 3) + 2] != s[2])
                || !byte.TryParse(octet, NumberStyles.AllowHexSpecifier, null, out byte b))
            {
                return false;
            }

            value = (value << 8) | b;
        }

        result = new MacAddress(value);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider, out MacAddress)"/>
    public static bool TryParse(string? s, IFormatProvider? provider, out MacAddress result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc/>
    public bool Equals(MacAddress other) => _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MacAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <summary>The address as <c>02:42:0a:00:01:05</c>.</summary>
    public override string ToString()
    {
        ulong v = Value;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(byte)(v >> 40):x2}:{(byte)(v >> 32):x2}:{(byte)(v >> 24):x2}:"
            + $"{(byte)(v >> 16):x2}:{(byte)(v >> 8):x2}:{(byte)v:x2}");
    }
}
