using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The TCP header without options, 20 bytes (RFC 9293 §3.1).</summary>
/// <remarks>
/// <code>
/// |          Source port          |       Destination port        |
/// |                        Sequence number                        |
/// |                     Acknowledgment number                     |
/// |Offset | Rsrvd |    Flags      |            Window             |
/// |           Checksum            |        Urgent pointer         |
/// |               Options (Offset * 4 - 20 bytes)                 |
/// </code>
/// Setters leave the checksum as it is: it covers the pseudo-header too, so callers apply one delta for all.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct TcpHeader
{
    /// <summary>Length on the wire without options, in bytes.</summary>
    public const int Length = 20;

    private UInt16BE _sourcePort;
    private UInt16BE _destinationPort;
    private readonly UInt32BE _sequence;
    private readonly UInt32BE _acknowledgment;
    private readonly byte _dataOffset;
    private readonly byte _flags;
    private readonly UInt16BE _window;
    private UInt16BE _checksum;
    private readonly UInt16BE _urgentPointer;

    /// <summary>Makes a header without options; the checksum is 0 until set.</summary>
    public TcpHeader(
        ushort sourcePort,
        ushort destinationPort,
        uint sequence,
        uint acknowledgment,
        TcpFlags flags,
        ushort window)
    {
        _sourcePort = sourcePort;
        _destinationPort = destinationPort;
        _sequence = sequence;
        _acknowledgment = acknowledgment;
        _dataOffset = (Length / 4) << 4;
        _flags = (byte)flags;
        _window = window;
        _checksum = 0;
        _urgentPointer = 0;
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

    /// <summary>Number of the segment's first byte, or of the SYN.</summary>
    public readonly uint Sequence => _sequence;

    /// <summary>Number of the next byte expected; meaningful with <see cref="TcpFlags.Ack"/>.</summary>
    public readonly uint Acknowledgment => _acknowledgment;

    /// <summary>Length of header and options by the data offset field, in bytes: 0 to 60; valid from 20.</summary>
    public readonly int HeaderLength => (_dataOffset >> 4) * 4;

    /// <summary>The four reserved bits, sent as 0 and ignored on receipt.</summary>
    public readonly int ReservedBits => _dataOffset & 0xF;

    /// <summary>The control bits.</summary>
    public readonly TcpFlags Flags => (TcpFlags)_flags;

    /// <summary>The receive window, not scaled.</summary>
    public readonly ushort Window => _window;

    /// <summary>Checksum over pseudo-header, header and payload.</summary>
    public ushort Checksum
    {
        readonly get => _checksum;
        set => _checksum = value;
    }

    /// <summary>The urgent pointer; meaningful with <see cref="TcpFlags.Urg"/>.</summary>
    public readonly ushort UrgentPointer => _urgentPointer;
}
