using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The subnetwork access protocol header, 5 bytes behind an <see cref="LlcHeader"/> (RFC 1042).</summary>
/// <remarks>
/// <code>
/// |        Organisation (24 bits)                 |
/// |           EtherType           |
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct SnapHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 5;

    private const uint BridgeTunnel = 0x00_00F8;

    private readonly UInt16BE _organisationHigh;
    private readonly byte _organisationLow;
    private readonly UInt16BE _protocol;

    /// <summary>Makes a header.</summary>
    /// <param name="organisation">The organisation's number, 24 bits; 0 means that an EtherType follows.</param>
    /// <param name="protocol">The protocol in that organisation's numbering.</param>
    public SnapHeader(uint organisation, EtherType protocol)
    {
        _organisationHigh = (ushort)(organisation >> 8);
        _organisationLow = (byte)organisation;
        _protocol = (ushort)protocol;
    }

    /// <summary>The organisation's number, 24 bits; 0 where <see cref="Protocol"/> is an EtherType.</summary>
    public uint Organisation => ((uint)_organisationHigh.Value << 8) | _organisationLow;

    /// <summary>True when <see cref="Protocol"/> is an EtherType: RFC 1042, or the tunnel of IEEE 802.1H.</summary>
    public bool IsEtherType => Organisation is 0 or BridgeTunnel;

    /// <summary>The protocol, an EtherType where <see cref="IsEtherType"/> says so.</summary>
    public EtherType Protocol => (EtherType)_protocol.Value;
}
