using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The Geneve header without options, 8 bytes (RFC 8926 §3.4).</summary>
/// <remarks>
/// <code>
/// |Ver|  Opt Len  |O|C|    Rsvd.  |          Protocol type        |
/// |        Virtual Network Identifier (VNI)       |    Reserved   |
/// |                 Variable-length options …
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct GeneveHeader
{
    /// <summary>Length on the wire without options, in bytes.</summary>
    public const int Length = 8;

    /// <summary>UDP destination port assigned by IANA.</summary>
    public const ushort UdpPort = 6081;

    private readonly byte _versionAndLength;
    private readonly byte _flags;
    private readonly UInt16BE _protocol;
    private readonly UInt32BE _vniAndReserved;

    /// <summary>Makes a header without options.</summary>
    public GeneveHeader(Vni vni, EtherType protocol)
    {
        _versionAndLength = 0;
        _flags = 0;
        _protocol = (ushort)protocol;
        _vniAndReserved = vni.Value << 8;
    }

    /// <summary>The version: 0.</summary>
    public int Version => _versionAndLength >> 6;

    /// <summary>Length of header and options, in bytes: 8 to 260.</summary>
    public int HeaderLength => Length + ((_versionAndLength & 0x3F) * 4);

    /// <summary>True for a control packet.</summary>
    public bool IsControl => (_flags & 0x80) != 0;

    /// <summary>True when a receiver that does not know an option must drop the packet.</summary>
    public bool HasCriticalOptions => (_flags & 0x40) != 0;

    /// <summary>What follows the options: <see cref="EtherType.TransparentEthernet"/> for a frame.</summary>
    public EtherType Protocol => (EtherType)_protocol.Value;

    /// <summary>The network identifier, 24 bits.</summary>
    public Vni Vni => new(_vniAndReserved >> 8);
}
