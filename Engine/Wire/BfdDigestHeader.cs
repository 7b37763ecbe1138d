using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>A BFD authentication section up to its digest, 8 bytes (RFC 5880 §4.3, §4.4).</summary>
/// <remarks>
/// <code>
/// |   Auth Type   |   Auth Len    |  Auth Key ID  |   Reserved    |
/// |                        Sequence Number                        |
/// |                 Auth Key/Digest, 16 or 20 bytes               |
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct BfdDigestHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 8;

    private readonly BfdAuthenticationHeader _common;
    private readonly byte _reserved;
    private readonly UInt32BE _sequence;

    /// <summary>Makes a header.</summary>
    /// <param name="common">What every section begins with.</param>
    /// <param name="sequence">The sequence number.</param>
    public BfdDigestHeader(BfdAuthenticationHeader common, uint sequence)
    {
        _common = common;
        _reserved = 0;
        _sequence = sequence;
    }

    /// <summary>What every section begins with.</summary>
    public BfdAuthenticationHeader Common => _common;

    /// <summary>The sequence number, in a circular space.</summary>
    public uint Sequence => _sequence;
}
