using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>An IPv6 address, sixteen bytes as they stand on the wire.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct Ipv6Address : IEquatable<Ipv6Address>
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 16;

    private readonly UInt64BE _high;
    private readonly UInt64BE _low;

    /// <summary>Makes an address from its two halves.</summary>
    /// <param name="high">The first eight bytes as a number in host order.</param>
    /// <param name="low">The last eight bytes as a number in host order.</param>
    public Ipv6Address(ulong high, ulong low)
    {
        _high = high;
        _low = low;
    }

    /// <summary>The first eight bytes as a number in host order.</summary>
    public ulong High => _high;

    /// <summary>The last eight bytes as a number in host order.</summary>
    public ulong Low => _low;

    /// <summary>True for ff00::/8 (RFC 4291 §2.7).</summary>
    public bool IsMulticast => High >> 56 == 0xFF;

    /// <summary>True for fe80::/10 (RFC 4291 §2.5.6).</summary>
    public bool IsLinkLocal => High >> 54 == 0xFE80 >> 6;

    /// <summary>True for <c>::</c> (RFC 4291 §2.5.2).</summary>
    public bool IsUnspecified => (High | Low) == 0;

    /// <summary>The solicited-node group ff02::1:ffXX:XXXX of this address (RFC 4291 §2.7.1).</summary>
    public Ipv6Address SolicitedNode => new(0xFF02_0000_0000_0000, 0x1_FF00_0000 | (Low & 0xFF_FFFF));

    /// <summary>True when both are the same address.</summary>
    public static bool operator ==(Ipv6Address left, Ipv6Address right) => left.Equals(right);

    /// <summary>True when the addresses differ.</summary>
    public static bool operator !=(Ipv6Address left, Ipv6Address right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(Ipv6Address other) => _high == other._high && _low == other._low;

    /// <summary>The MAC address that the lower half was made of (RFC 4291, appendix A: modified EUI-64).</summary>
    /// <returns>False when it was not made of one.</returns>
    public bool TryGetMac(out MacAddress mac)
    {
        ulong high = (Low >> 40) ^ 0x02_0000;
        mac = new MacAddress((high << 24) | (Low & 0xFF_FFFF));
        return ((Low >> 24) & 0xFFFF) == 0xFFFE;
    }

    /// <summary>The link-local address that a MAC address makes (RFC 4291, appendix A; RFC 2464 §5).</summary>
    public static Ipv6Address LinkLocalOf(MacAddress mac)
    {
        ulong high = (mac.Value >> 24) ^ 0x02_0000;
        return new Ipv6Address(0xFE80_0000_0000_0000, (high << 40) | 0xFF_FE00_0000 | (mac.Value & 0xFF_FFFF));
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Ipv6Address other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(High, Low);

    /// <summary>The address in the canonical form of RFC 5952.</summary>
    public override string ToString() => new IpAddress(this).ToString();
}
