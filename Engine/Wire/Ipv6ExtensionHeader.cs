using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>
/// What every IPv6 extension header but the fragment header begins with, 2 bytes (RFC 8200 §4, RFC 6564).
/// </summary>
/// <remarks>
/// <code>
/// |  Next header  | Header length |  body …
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct Ipv6ExtensionHeader
{
    /// <summary>Length on the wire of what all extension headers share, in bytes.</summary>
    public const int Length = 2;

    private readonly byte _nextHeader;
    private readonly byte _length;

    /// <summary>Makes the beginning of an extension header.</summary>
    /// <param name="nextHeader">What follows this extension header.</param>
    /// <param name="lengthField">The length field as it stands on the wire.</param>
    public Ipv6ExtensionHeader(IpProtocol nextHeader, byte lengthField)
    {
        _nextHeader = (byte)nextHeader;
        _length = lengthField;
    }

    /// <summary>What follows this extension header.</summary>
    public IpProtocol NextHeader => (IpProtocol)_nextHeader;

    /// <summary>The length field as it stands on the wire; its unit depends on the kind of header.</summary>
    public byte LengthField => _length;

    /// <summary>True for the headers that stand between an IPv6 header and the transport header.</summary>
    /// <remarks>ESP is none: what follows it is encrypted.</remarks>
    public static bool IsAnnouncedBy(IpProtocol number) => number is
        IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.Fragment or IpProtocol.DestinationOptions
        or IpProtocol.AuthenticationHeader or IpProtocol.Mobility or IpProtocol.Hip or IpProtocol.Shim6;

    /// <summary>Bytes of the whole extension header, these two included: at least 8.</summary>
    /// <param name="kind">The number that announced this header; not <see cref="IpProtocol.Fragment"/>.</param>
    public int WholeLength(IpProtocol kind) =>
        kind == IpProtocol.AuthenticationHeader
            ? (_length + 2) * 4 // RFC 4302 §2.2: in words of 32 bits, minus two.
            : (_length + 1) * 8;
}
