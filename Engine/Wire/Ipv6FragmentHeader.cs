using System.Diagnostics;
using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The IPv6 fragment header, 8 bytes (RFC 8200 §4.5).</summary>
/// <remarks>
/// <code>
/// |  Next header  |   Reserved    |     Fragment offset     |Res|M|
/// |                        Identification                         |
/// </code>
/// Sent: reserved bits 0. Received: ignored.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct Ipv6FragmentHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 8;

    private const ushort OffsetMask = 0xFFF8;
    private const ushort MoreFragmentsBit = 0x0001;

    private readonly byte _nextHeader;
    private readonly byte _reserved;
    private readonly UInt16BE _offsetAndFlags;
    private readonly UInt32BE _identification;

    /// <summary>Makes a header.</summary>
    /// <param name="nextHeader">What the datagram's fragmentable part begins with.</param>
    /// <param name="offset">Where the fragment stands in that part, in bytes: a multiple of 8 up to 65528.</param>
    /// <param name="moreFragments">True for every fragment but the last.</param>
    /// <param name="identification">Number that the fragments of one datagram share.</param>
    public Ipv6FragmentHeader(
        IpProtocol nextHeader, int offset, bool moreFragments, uint identification)
    {
        Debug.Assert((offset & ~OffsetMask) == 0, "Offsets count in units of 8.");
        _nextHeader = (byte)nextHeader;
        _reserved = 0;
        _offsetAndFlags = (ushort)((offset & OffsetMask) | (moreFragments ? MoreFragmentsBit : 0));
        _identification = identification;
    }

    /// <summary>What the datagram's fragmentable part begins with.</summary>
    public IpProtocol NextHeader => (IpProtocol)_nextHeader;

    /// <summary>Where the fragment stands in the fragmentable part, in bytes: a multiple of 8 up to 65528.</summary>
    public int FragmentOffset => _offsetAndFlags & OffsetMask;

    /// <summary>True for every fragment but the last.</summary>
    public bool MoreFragments => (_offsetAndFlags & MoreFragmentsBit) != 0;

    /// <summary>False for an atomic fragment, which is a whole datagram (RFC 6946).</summary>
    public bool IsFragment => (_offsetAndFlags & (OffsetMask | MoreFragmentsBit)) != 0;

    /// <summary>Number that the fragments of one datagram share.</summary>
    public uint Identification => _identification;

    /// <summary>The ten reserved bits: the reserved byte, then the two bits behind the offset.</summary>
    public int ReservedBits => (_reserved << 2) | ((_offsetAndFlags >> 1) & 3);
}
