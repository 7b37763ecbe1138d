using System.Buffers.Binary;
using System.Net;

namespace VxlanEngine.Wire;

/// <summary>An IPv4 or IPv6 address, in host order, with its family; the default value is no address.</summary>
/// <remarks>
/// What policy and flow keys hold. On the wire stand <see cref="Ipv4Address"/> and <see cref="Ipv6Address"/>.
/// </remarks>
public readonly struct IpAddress : IEquatable<IpAddress>, IComparable<IpAddress>, ISpanParsable<IpAddress>
{
    /// <summary>Makes an IPv4 address.</summary>
    public IpAddress(Ipv4Address address)
    {
        Family = IpFamily.V4;
        Low = address.Value;
    }

    /// <summary>Makes an IPv6 address.</summary>
    public IpAddress(Ipv6Address address)
    {
        Family = IpFamily.V6;
        High = address.High;
        Low = address.Low;
    }

    /// <summary>The family; <see cref="IpFamily.None"/> for the default value.</summary>
    public IpFamily Family { get; }

    /// <summary>The first 64 bits of an IPv6 address, host order; 0 for IPv4.</summary>
    public ulong High { get; }

    /// <summary>The last 64 bits of an IPv6 address or the 32 bits of an IPv4 one, host order.</summary>
    public ulong Low { get; }

    /// <summary>True unless this is the default value.</summary>
    public bool HasValue => Family != IpFamily.None;

    /// <summary>Number of bits of the family's addresses: 32, 128, or 0 without a family.</summary>
    public int BitLength => Family switch { IpFamily.V4 => 32, IpFamily.V6 => 128, _ => 0 };

    /// <summary>True for a multicast group of either family.</summary>
    public bool IsMulticast => Family switch
    {
        IpFamily.V4 => V4.IsMulticast,
        IpFamily.V6 => V6.IsMulticast,
        _ => false,
    };

    /// <summary>True for 0.0.0.0 and <c>::</c>.</summary>
    public bool IsUnspecified => HasValue && (High | Low) == 0;

    /// <summary>True for 169.254.0.0/16 (RFC 3927) and fe80::/10 (RFC 4291).</summary>
    public bool IsLinkLocal => Family switch
    {
        IpFamily.V4 => Low >> 16 == 0xA9FE,
        IpFamily.V6 => V6.IsLinkLocal,
        _ => false,
    };

    /// <summary>The address as an IPv4 one; meaningful only when <see cref="Family"/> is V4.</summary>
    public Ipv4Address V4 => new((uint)Low);

    /// <summary>The address as an IPv6 one; meaningful only when <see cref="Family"/> is V6.</summary>
    public Ipv6Address V6 => new(High, Low);

    /// <summary>Converts an IPv4 address.</summary>
    public static implicit operator IpAddress(Ipv4Address address) => new(address);

    /// <summary>Converts an IPv6 address.</summary>
    public static implicit operator IpAddress(Ipv6Address address) => new(address);

    /// <summary>True when family and bits are equal.</summary>
    public static bool operator ==(IpAddress left, IpAddress right) => left.Equals(right);

    /// <summary>True when family or bits differ.</summary>
    public static bool operator !=(IpAddress left, IpAddress right) => !left.Equals(right);

    /// <summary>
    /// True when <paramref name="left"/> stands before <paramref name="right"/> in <see cref="CompareTo"/>'s order.
    /// </summary>
    public static bool operator <(IpAddress left, IpAddress right) => left.CompareTo(right) < 0;

    /// <summary>True when <paramref name="left"/> does not stand after <paramref name="right"/>.</summary>
    public static bool operator <=(IpAddress left, IpAddress right) => left.CompareTo(right) <= 0;

    /// <summary>True when <paramref name="left"/> stands after <paramref name="right"/>.</summary>
    public static bool operator >(IpAddress left, IpAddress right) => left.CompareTo(right) > 0;

    /// <summary>True when <paramref name="left"/> does not stand before <paramref name="right"/>.</summary>
    public static bool operator >=(IpAddress left, IpAddress right) => left.CompareTo(right) >= 0;

    /// <summary>
    /// Parses <c>10.0.0.1</c> (four decimal numbers without leading zeros) or an IPv6 address without zone.
    /// </summary>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static IpAddress Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out IpAddress address)
            ? address
            : throw new FormatException($"'{s}' is not an IPv4 or IPv6 address.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider)"/>
    public static IpAddress Parse(string s, IFormatProvider? provider = null) =>
        Parse(s.AsSpan(), provider);

    /// <summary>
    /// Parses like <see cref="Parse(string, IFormatProvider)"/>, and returns false where that throws.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out IpAddress result)
    {
        result = default;
        return s.Contains(':') ? TryParseV6(s, out result) : TryParseV4(s, out result);
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider, out IpAddress)"/>
    public static bool TryParse(string? s, IFormatProvider? provider, out IpAddress result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>Orders by family, then by the address as a number.</summary>
    public int CompareTo(IpAddress other)
    {
        int order = Family.CompareTo(other.Family);
        order = order != 0 ? order : High.CompareTo(other.High);
        return order != 0 ? order : Low.CompareTo(other.Low);
    }

    /// <inheritdoc/>
    public bool Equals(IpAddress other) =>
        Low == other.Low && High == other.High && Family == other.Family;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IpAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Family, High, Low);

    /// <summary>
    /// Dotted decimal for IPv4, the canonical form of RFC 5952 for IPv6, <c>none</c> without a value.
    /// </summary>
    public override string ToString()
    {
        switch (Family)
        {
            case IpFamily.V4:
                return V4.ToString();
            case IpFamily.V6:
                Span<byte> bytes = stackalloc byte[Ipv6Address.Length];
                BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
                BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
                return new IPAddress(bytes).ToString();
            default:
                return "none";
        }
    }

    private static bool TryParseV4(ReadOnlySpan<char> s, out IpAddress result)
    {
        result = default;
        uint value = 0;
        int octets = 0;
        foreach (Range part in s.Split('.'))
        {
            ReadOnlySpan<char> octet = s[part];
            if (++octets > 4
                || octet.Length is 0 or > 3
                || (octet.Length > 1 && octet[0] == '0')
                || octet.ContainsAnyExceptInRange('0', '9')
                || !byte.TryParse(octet, out byte b))
            {
                return false;
            }

            value = (value << 8) | b;
        }

        result = new Ipv4Address(value);
        return octets == 4;
    }

    private static bool TryParseV6(ReadOnlySpan<char> s, out IpAddress result)
    {
        result = default;
        if (s.ContainsAny('%', '[', '/') || !IPAddress.TryParse(s, out IPAddress? parsed))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[Ipv6Address.Length];
        if (!parsed.TryWriteBytes(bytes, out int written) || written != Ipv6Address.Length)
        {
            return false;
        }

        result = new Ipv6Address(
            BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
        return true;
    }
}
