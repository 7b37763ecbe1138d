using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>What a BFD authentication section begins with, 3 bytes (RFC 5880 §4.2); a password follows.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct BfdAuthenticationHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 3;

    private readonly byte _type;
    private readonly byte _sectionLength;
    private readonly byte _keyId;

    /// <summary>Makes a header.</summary>
    /// <param name="type">How the packet is authenticated.</param>
    /// <param name="sectionLength">Bytes of the section, this header among them.</param>
    /// <param name="keyId">Which key was used.</param>
    public BfdAuthenticationHeader(BfdAuthenticationType type, byte sectionLength, byte keyId)
    {
        _type = (byte)type;
        _sectionLength = sectionLength;
        _keyId = keyId;
    }

    /// <summary>How the packet is authenticated.</summary>
    public BfdAuthenticationType Type => (BfdAuthenticationType)_type;

    /// <summary>Bytes of the section, this header among them.</summary>
    public byte SectionLength => _sectionLength;

    /// <summary>Which key was used.</summary>
    public byte KeyId => _keyId;
}
