using System.Diagnostics;
using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The IPv4 header without options, 20 bytes (RFC 791 §3.1).</summary>
/// <remarks>
/// <code>
/// |Version|  IHL  | Traffic class |         Total length          |
/// |        Identification         |0|D|M|    Fragment offset      |
/// |  Time to live |   Protocol    |        Header checksum        |
/// |                        Source address                         |
/// |                     Destination address                       |
/// |                   Options (IHL * 4 - 20 bytes)                |
/// </code>
/// Property setters leave the checksum as it is, for callers that apply one delta for many fields; the
/// <c>Replace…</c> methods and <see cref="DecrementTtl"/> keep it right, incrementally (RFC 1624).
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Ipv4Header
{
    /// <summary>Length on the wire without options, in bytes.</summary>
    public const int Length = 20;

    /// <summary>The largest total length of a packet.</summary>
    public const int MaxTotalLength = 65535;

    private const byte VersionAndShortestLength = 0x45;
    private const ushort DontFragmentBit = 0x4000;
    private const ushort MoreFragmentsBit = 0x2000;
    private const ushort FragmentOffsetMask = 0x1FFF;

    private readonly byte _versionAndLength;
    private byte _trafficClass;
    private UInt16BE _totalLength;
    private UInt16BE _identification;
    private UInt16BE _flagsAndOffset;
    private byte _ttl;
    private readonly byte _protocol;
    private UInt16BE _checksum;
    private Ipv4Address _source;
    private Ipv4Address _destination;

    /// <summary>Makes a header without options, with a right checksum.</summary>
    /// <param name="source">Source address.</param>
    /// <param name="destination">Destination address.</param>
    /// <param name="protocol">What follows.</param>
    /// <param name="totalLength">Bytes of header and payload.</param>
    /// <param name="ttl">Time to live.</param>
    /// <param name="trafficClass">DSCP in the high six bits, ECN in the low two.</param>
    /// <param name="identification">Number that the fragments of one datagram share.</param>
    /// <param name="dontFragment">The DF bit.</param>
    public Ipv4Header(
        Ipv4Address source,
        Ipv4Address destination,
        IpProtocol protocol,
        ushort totalLength,
        byte ttl = 64,
        byte trafficClass = 0,
        ushort identification = 0,
        bool dontFragment = false)
    {
        _versionAndLength = VersionAndShortestLength;
        _trafficClass = trafficClass;
        _totalLength = totalLength;
        _identification = identification;
        _flagsAndOffset = dontFragment ? DontFragmentBit : (ushort)0;
        _ttl = ttl;
        _protocol = (byte)protocol;
        _source = source;
        _destination = destination;
        _checksum = 0;
        _checksum = Wire.Checksum.Compute(MemoryMarshal.AsBytes(new ReadOnlySpan<Ipv4Header>(in this)));
    }

    /// <summary>The version: 4 in a valid header.</summary>
    public readonly int Version => _versionAndLength >> 4;

    /// <summary>Length of header and options by the IHL field, in bytes: 0 to 60; valid from 20.</summary>
    public readonly int HeaderLength => (_versionAndLength & 0xF) * 4;

    /// <summary>The TOS byte: DSCP in the high six bits, ECN in the low two (RFC 2474, RFC 3168).</summary>
    public byte TrafficClass
    {
        readonly get => _trafficClass;
        set => _trafficClass = value;
    }

    /// <summary>Bytes of header, options and payload.</summary>
    public ushort TotalLength
    {
        readonly get => _totalLength;
        set => _totalLength = value;
    }

    /// <summary>Number that the fragments of one datagram share.</summary>
    public ushort Identification
    {
        readonly get => _identification;
        set => _identification = value;
    }

    /// <summary>The DF bit: routers must not fragment this packet.</summary>
    public readonly bool DontFragment => (_flagsAndOffset & DontFragmentBit) != 0;

    /// <summary>The MF bit: this is not the datagram's last fragment.</summary>
    public readonly bool MoreFragments => (_flagsAndOffset & MoreFragmentsBit) != 0;

    /// <summary>Where the payload stands in the datagram's payload, in bytes: a multiple of 8 up to 65528.</summary>
    public readonly int FragmentOffset => (_flagsAndOffset & FragmentOffsetMask) * 8;

    /// <summary>True for any part of a fragmented datagram.</summary>
    public readonly bool IsFragment => (_flagsAndOffset & (MoreFragmentsBit | FragmentOffsetMask)) != 0;

    /// <summary>The reserved bit of the flags, 0 by RFC 791.</summary>
    public readonly bool ReservedBit => (_flagsAndOffset & 0x8000) != 0;

    /// <summary>Time to live.</summary>
    public byte Ttl
    {
        readonly get => _ttl;
        set => _ttl = value;
    }

    /// <summary>What follows the header and its options.</summary>
    public readonly IpProtocol Protocol => (IpProtocol)_protocol;

    /// <summary>The header checksum, over header and options.</summary>
    public ushort Checksum
    {
        readonly get => _checksum;
        set => _checksum = value;
    }

    /// <summary>Source address.</summary>
    public Ipv4Address Source
    {
        readonly get => _source;
        set => _source = value;
    }

    /// <summary>Destination address.</summary>
    public Ipv4Address Destination
    {
        readonly get => _destination;
        set => _destination = value;
    }

    /// <summary>True when the checksum over <paramref name="header"/> is right.</summary>
    /// <param name="header">The whole header, options included: <see cref="HeaderLength"/> bytes.</param>
    public static bool IsChecksumValid(ReadOnlySpan<byte> header) => Wire.Checksum.IsValid(header);

    /// <summary>Replaces the traffic class and keeps the checksum right.</summary>
    public void ReplaceTrafficClass(byte value)
    {
        _checksum = Wire.Checksum.Update(_checksum, _trafficClass, value);
        _trafficClass = value;
    }

    /// <summary>Replaces the total length and keeps the checksum right.</summary>
    public void ReplaceTotalLength(ushort value)
    {
        _checksum = Wire.Checksum.Update(_checksum, _totalLength, value);
        _totalLength = value;
    }

    /// <summary>Replaces the identification and keeps the checksum right.</summary>
    public void ReplaceIdentification(ushort value)
    {
        _checksum = Wire.Checksum.Update(_checksum, _identification, value);
        _identification = value;
    }

    /// <summary>Sets or clears the DF bit, and the checksum with it.</summary>
    public void ReplaceDontFragment(bool value)
    {
        int bits = value ? _flagsAndOffset | DontFragmentBit : _flagsAndOffset & ~DontFragmentBit;
        _checksum = Wire.Checksum.Update(_checksum, _flagsAndOffset, (ushort)bits);
        _flagsAndOffset = (ushort)bits;
    }

    /// <summary>Replaces fragment offset and MF bit, keeps DF, and keeps the checksum right.</summary>
    /// <param name="offset">Where the payload stands, in bytes: a multiple of 8 up to 65528.</param>
    /// <param name="moreFragments">The MF bit.</param>
    public void ReplaceFragment(int offset, bool moreFragments)
    {
        Debug.Assert(offset % 8 == 0 && offset >> 3 is >= 0 and <= FragmentOffsetMask, "Offsets count in units of 8.");
        int value = (_flagsAndOffset & DontFragmentBit)
            | (moreFragments ? MoreFragmentsBit : 0)
            | ((offset >> 3) & FragmentOffsetMask);
        _checksum = Wire.Checksum.Update(_checksum, _flagsAndOffset, (ushort)value);
        _flagsAndOffset = (ushort)value;
    }

    /// <summary>
    /// Replaces the source address and keeps the header checksum right; transport checksums change too.
    /// </summary>
    public void ReplaceSource(Ipv4Address value)
    {
        _checksum = Wire.Checksum.Update(_checksum, _source.Value, value.Value);
        _source = value;
    }

    /// <summary>
    /// Replaces the destination address and keeps the header checksum right; transport checksums change too.
    /// </summary>
    public void ReplaceDestination(Ipv4Address value)
    {
        _checksum = Wire.Checksum.Update(_checksum, _destination.Value, value.Value);
        _destination = value;
    }

    /// <summary>Takes one off the time to live, which must not be 0, and keeps the checksum right.</summary>
    public void DecrementTtl()
    {
        Debug.Assert(_ttl != 0, "A packet whose time to live is 0 is dropped before.");
        _checksum = Wire.Checksum.Update(_checksum, (ushort)(_ttl << 8), (ushort)((_ttl - 1) << 8));
        _ttl--;
    }
}
