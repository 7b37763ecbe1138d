using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The SCTP common header, 12 bytes (RFC 9260 §3.1).</summary>
/// <remarks>
/// <code>
/// |          Source port          |       Destination port        |
/// |                       Verification tag                        |
/// |                        CRC32c checksum                        |
/// </code>
/// The checksum covers no pseudo-header, so address translation leaves it alone.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct SctpHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 12;

    /// <summary>Where the checksum begins, in bytes from the header's first one.</summary>
    public const int ChecksumOffset = 8;

    private readonly UInt16BE _sourcePort;
    private readonly UInt16BE _destinationPort;
    private readonly UInt32BE _verificationTag;
    private readonly UInt32BE _checksum;

    /// <summary>Makes a header.</summary>
    public SctpHeader(ushort sourcePort, ushort destinationPort, uint verificationTag, uint checksum)
    {
        _sourcePort = sourcePort;
        _destinationPort = destinationPort;
        _verificationTag = verificationTag;
        _checksum = checksum;
    }

    /// <summary>Source port.</summary>
    public ushort SourcePort => _sourcePort;

    /// <summary>Destination port.</summary>
    public ushort DestinationPort => _destinationPort;

    /// <summary>The tag that the receiver chose for this association; 0 with an INIT chunk.</summary>
    public uint VerificationTag => _verificationTag;

    /// <summary>The checksum's four bytes, first byte highest.</summary>
    public uint Checksum => _checksum;
}
