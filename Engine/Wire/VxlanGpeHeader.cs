using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The VXLAN-GPE header, 8 bytes (draft-ietf-nvo3-vxlan-gpe §3).</summary>
/// <remarks>
/// <code>
/// |R|R|Ver|I|P|B|O|       Reserved                |Next protocol  |
/// |                VXLAN Network Identifier (VNI) |   Reserved    |
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct VxlanGpeHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 8;

    /// <summary>UDP destination port assigned by IANA.</summary>
    public const ushort UdpPort = 4790;

    /// <summary>The next protocol number of Ethernet.</summary>
    public const byte EthernetProtocol = 3;

    private const uint FlagI = 0x0800_0000;
    private const uint FlagP = 0x0400_0000;
    private const uint FlagB = 0x0200_0000;
    private const uint FlagO = 0x0100_0000;

    private readonly UInt32BE _flagsAndProtocol;
    private readonly UInt32BE _vniAndReserved;

    /// <summary>Makes a header with the I and P flags.</summary>
    /// <param name="vni">The network identifier.</param>
    /// <param name="nextProtocol">What follows, in VXLAN-GPE's own numbering.</param>
    /// <param name="isReplicated">Whether the B flag is set.</param>
    public VxlanGpeHeader(Vni vni, byte nextProtocol, bool isReplicated = false)
    {
        _flagsAndProtocol = FlagI | FlagP | (isReplicated ? FlagB : 0) | nextProtocol;
        _vniAndReserved = vni.Value << 8;
    }

    /// <summary>The version: 0.</summary>
    public int Version => (int)(_flagsAndProtocol >> 28) & 3;

    /// <summary>
    /// The B flag: true for a copy of broadcast, unknown unicast or multicast that the sender made for each VTEP.
    /// </summary>
    public bool IsReplicated => (_flagsAndProtocol & FlagB) != 0;

    /// <summary>The O flag: true for a packet of operations and maintenance.</summary>
    public bool IsControl => (_flagsAndProtocol & FlagO) != 0;

    /// <summary>True when <see cref="Vni"/> carries a value.</summary>
    public bool HasVni => (_flagsAndProtocol & FlagI) != 0;

    /// <summary>True when <see cref="NextProtocol"/> carries a value; Ethernet follows otherwise.</summary>
    public bool HasNextProtocol => (_flagsAndProtocol & FlagP) != 0;

    /// <summary>What follows: 1 IPv4, 2 IPv6, 3 Ethernet, 4 NSH.</summary>
    public byte NextProtocol => (byte)_flagsAndProtocol;

    /// <summary>The network identifier, 24 bits.</summary>
    public Vni Vni => new(_vniAndReserved >> 8);
}
