using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The GRE header without its optional fields, 4 bytes (RFC 2784 §2, RFC 2890 §2).</summary>
/// <remarks>
/// <code>
/// |C| |K|S|      Reserved0        | Ver |         Protocol type   |
/// |      Checksum (optional)      |       Reserved1 (optional)    |
/// |                         Key (optional)                        |
/// |                  Sequence number (optional)                   |
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct GreHeader
{
    /// <summary>Length on the wire without optional fields, in bytes.</summary>
    public const int Length = 4;

    private const ushort ChecksumBit = 0x8000;
    private const ushort KeyBit = 0x2000;
    private const ushort SequenceBit = 0x1000;

    private readonly UInt16BE _flagsAndVersion;
    private readonly UInt16BE _protocol;

    /// <summary>Makes a header whose flags announce the given optional fields.</summary>
    public GreHeader(EtherType protocol, bool hasChecksum = false, bool hasKey = false, bool hasSequence = false)
    {
        _flagsAndVersion = (ushort)((hasChecksum ? ChecksumBit : 0)
            | (hasKey ? KeyBit : 0)
            | (hasSequence ? SequenceBit : 0));
        _protocol = (ushort)protocol;
    }

    /// <summary>True when a checksum and its reserved field follow.</summary>
    public bool HasChecksum => (_flagsAndVersion & ChecksumBit) != 0;

    /// <summary>True when a key follows.</summary>
    public bool HasKey => (_flagsAndVersion & KeyBit) != 0;

    /// <summary>True when a sequence number follows.</summary>
    public bool HasSequence => (_flagsAndVersion & SequenceBit) != 0;

    /// <summary>The version: 0; 1 is PPTP's variant (RFC 2637).</summary>
    public int Version => _flagsAndVersion & 7;

    /// <summary>What the GRE packet carries.</summary>
    public EtherType Protocol => (EtherType)_protocol.Value;

    /// <summary>Length of header and optional fields, in bytes: 4 to 16.</summary>
    public int HeaderLength =>
        Length + (HasChecksum ? 4 : 0) + (HasKey ? 4 : 0) + (HasSequence ? 4 : 0);

    /// <summary>True for NVGRE: a key, an Ethernet frame, no checksum and no sequence number (RFC 7637 §3.2).</summary>
    public bool IsNvgre =>
        _flagsAndVersion == KeyBit && Protocol == EtherType.TransparentEthernet;
}
