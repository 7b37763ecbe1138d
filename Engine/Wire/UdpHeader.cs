using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The UDP header, 8 bytes (RFC 768).</summary>
/// <remarks>
/// <code>
/// |          Source port          |       Destination port        |
/// |            Length             |           Checksum            |
/// </code>
/// A checksum of 0 means that there is none (RFC 768; over IPv6 RFC 6935 allows it for tunnels).
/// Setters leave the checksum as it is: it covers the pseudo-header too, so callers apply one delta for all.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct UdpHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 8;

    private UInt16BE _sourcePort;
    private UInt16BE _destinationPort;
    private UInt16BE _datagramLength;
    private UInt16BE _checksum;

    /// <summary>Makes a header.</summary>
    /// <param name="sourcePort">Source port.</param>
    /// <param name="destinationPort">Destination port.</param>
    /// <param name="datagramLength">Bytes of header and payload.</param>
    /// <param name="checksum">The checksum; 0 for none.</param>
    public UdpHeader(ushort sourcePort, ushort destinationPort, ushort datagramLength, ushort checksum = 0)
    {
        _sourcePort = sourcePort;
        _destinationPort = destinationPort;
        _datagramLength = datagramLength;
        _checksum = checksum;
    }

    /// <summary>Source port.</summary>
    public ushort SourcePort
    {
        readonly get => _sourcePort;
        set => _sourcePort = value;
    }

    /// <summary>Destination port.</summary>
    public ushort DestinationPort
    {
        readonly get => _destinationPort;
        set => _destinationPort = value;
    }

    /// <summary>Bytes of header and payload; valid from 8.</summary>
    public ushort DatagramLength
    {
        readonly get => _datagramLength;
        set => _datagramLength = value;
    }

    /// <summary>Checksum over pseudo-header, header and payload; 0 for none.</summary>
    public ushort Checksum
    {
        readonly get => _checksum;
        set => _checksum = value;
    }
}
