using System.Globalization;

namespace VxlanEngine.Wire;

/// <summary>An IPv4 or IPv6 address block: an address and the number of its leading bits that count.</summary>
public readonly struct IpPrefix : IEquatable<IpPrefix>, ISpanParsable<IpPrefix>
{
    /// <summary>Makes a block.</summary>
    /// <param name="address">The block's first address: every bit after the prefix is 0.</param>
    /// <param name="length">Leading bits that count: 0–32 for IPv4, 0–128 for IPv6.</param>
    /// <exception cref="ArgumentException">The address has no family, or bits set after the prefix.</exception>
    public IpPrefix(IpAddress address, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, address.BitLength);
        if (!address.HasValue || Mask(address, length) != address)
        {
            throw new ArgumentException($"{address}/{length} has bits set after the prefix.", nameof(address));
        }

        Address = address;
        PrefixLength = length;
    }

    /// <summary>The block's first address.</summary>
    public IpAddress Address { get; }

    /// <summary>Number of leading bits that count.</summary>
    public int PrefixLength { get; }

    /// <summary>The block's last address.</summary>
    public IpAddress Last
    {
        get
        {
            int host = Address.BitLength - PrefixLength;
            if (Address.Family == IpFamily.V4)
            {
                return new Ipv4Address((uint)(Address.Low | ((1UL << host) - 1)));
            }

            return new Ipv6Address(
                Address.High | (host > 64 ? ulong.MaxValue >> (128 - host) : 0),
                Address.Low | (host >= 64 ? ulong.MaxValue : (1UL << host) - 1));
        }
    }

    /// <summary>The block that holds one address.</summary>
    public static implicit operator IpPrefix(IpAddress address) => new(address, address.BitLength);

    /// <summary>True when both name the same block.</summary>
    public static bool operator ==(IpPrefix left, IpPrefix right) => left.Equals(right);

    /// <summary>True when the blocks differ.</summary>
    public static bool operator !=(IpPrefix left, IpPrefix right) => !left.Equals(right);

    /// <summary>Parses <c>10.0.0.0/8</c>, <c>fd00::/8</c>, or a single address.</summary>
    /// <exception cref="FormatException">The text is not a block, or has bits set after the prefix.</exception>
    public static IpPrefix Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out IpPrefix prefix)
            ? prefix
            : throw new FormatException($"'{s}' is not an address block such as 10.0.0.0/8.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider)"/>
    public static IpPrefix Parse(string s, IFormatProvider? provider = null) =>
        Parse(s.AsSpan(), provider);

    /// <summary>
    /// Parses like <see cref="Parse(string, IFormatProvider)"/>, and returns false where that throws.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out IpPrefix result)
    {
        result = default;
        int slash = s.IndexOf('/');
        if (!IpAddress.TryParse(slash < 0 ? s : s[..slash], provider, out IpAddress address))
        {
            return false;
        }

        int length = address.BitLength;
        if (slash >= 0
            && (!int.TryParse(s[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out length)
                || length > address.BitLength
                || Mask(address, length) != address))
        {
            return false;
        }

        result = new IpPrefix(address, length);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider, out IpPrefix)"/>
    public static bool TryParse(string? s, IFormatProvider? provider, out IpPrefix result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>True when <paramref name="address"/> lies in the block; false for the other family.</summary>
    public bool Contains(IpAddress address) =>
        address.Family == Address.Family && address.HasValue && Mask(address, PrefixLength) == Address;

    /// <summary>True when the blocks share an address.</summary>
    public bool Overlaps(IpPrefix other) => Contains(other.Address) || other.Contains(Address);

    /// <inheritdoc/>
    public bool Equals(IpPrefix other) => PrefixLength == other.PrefixLength && Address == other.Address;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IpPrefix other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Address, PrefixLength);

    /// <summary>The block as <c>10.0.0.0/8</c>; a block of one address as that address.</summary>
    public override string ToString() =>
        PrefixLength == Address.BitLength ? Address.ToString() : $"{Address}/{PrefixLength}";

    /// <summary>The first address of the block of a length that holds an address.</summary>
    internal static IpAddress Mask(IpAddress address, int length)
    {
        if (address.Family == IpFamily.V4)
        {
            return new Ipv4Address((uint)(address.Low & (ulong.MaxValue << (32 - length))));
        }

        return new Ipv6Address(
            address.High & (length == 0 ? 0 : ulong.MaxValue << Math.Max(0, 64 - length)),
            address.Low & (length <= 64 ? 0 : ulong.MaxValue << (128 - length)));
    }
}
