using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The VXLAN header, 8 bytes (RFC 7348 §5, figure 1).</summary>
/// <remarks>
/// <code>
/// |R|R|R|R|I|R|R|R|            Reserved                           |
/// |                VXLAN Network Identifier (VNI) |   Reserved    |
/// </code>
/// Sent: I = 1 and every reserved bit 0. Received: I must be 1, reserved bits are ignored.
/// The group-policy extension (draft-smith-vxlan-group-policy) lays flags and an identifier over reserved bits:
/// <code>
/// |G|R|R|R|I|R|R|R|R|D|R|R|A|R|R|R|        Group policy id        |
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct VxlanHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 8;

    /// <summary>UDP destination port assigned by IANA (RFC 7348 §8).</summary>
    public const ushort UdpPort = 4789;

    private const uint FlagI = 0x0800_0000;
    private const uint FlagG = 0x8000_0000;
    private const uint FlagD = 0x0040_0000;
    private const uint FlagA = 0x0008_0000;

    // What Linux takes for the extension's own: the G flag and the three bytes behind the flags.
    private const uint GroupPolicyBits = FlagG | 0x00FF_FFFF;

    private readonly UInt32BE _flags;
    private readonly UInt32BE _vniAndReserved;

    /// <summary>Makes a header for <paramref name="vni"/>, every reserved bit 0.</summary>
    public VxlanHeader(Vni vni)
    {
        _flags = FlagI;
        _vniAndReserved = vni.Value << 8;
    }

    /// <summary>Makes a header with a group policy, every reserved bit 0.</summary>
    /// <param name="vni">The network identifier.</param>
    /// <param name="groupPolicyId">The sender's group.</param>
    /// <param name="isPolicyApplied">The A flag.</param>
    /// <param name="dontLearn">The D flag.</param>
    public VxlanHeader(Vni vni, ushort groupPolicyId, bool isPolicyApplied, bool dontLearn)
        : this(vni) =>
        _flags = FlagI | FlagG | groupPolicyId | (isPolicyApplied ? FlagA : 0) | (dontLearn ? FlagD : 0);

    /// <summary>True when the I flag is set, that is, when <see cref="Vni"/> carries a value.</summary>
    public bool HasVni => (_flags & FlagI) != 0;

    /// <summary>The VXLAN network identifier, 24 bits.</summary>
    public Vni Vni => new(_vniAndReserved >> 8);

    /// <summary>The reserved bits among the header's 64: all but the I flag and the VNI (RFC 7348 §5).</summary>
    public const ulong ReservedMask = 0xF7FF_FFFF_0000_00FF;

    /// <summary>The header's 64 bits without the I flag and the VNI: 0 unless a reserved bit is set.</summary>
    public ulong ReservedBits => ((ulong)(_flags & ~FlagI) << 32) | (_vniAndReserved & 0xFF);

    /// <summary>
    /// <see cref="ReservedBits"/> without those that the group-policy extension lays claim to: the G flag, and all of
    /// the three bytes behind the flags, as Linux has it.
    /// </summary>
    public ulong ReservedBitsBesideGroupPolicy => ReservedBits & ~((ulong)GroupPolicyBits << 32);

    /// <summary>True when the G flag says that <see cref="GroupPolicyId"/> carries a value.</summary>
    public bool HasGroupPolicyId => (_flags & FlagG) != 0;

    /// <summary>The group policy identifier, which RFC 7348 knows as reserved bits.</summary>
    public ushort GroupPolicyId => (ushort)_flags;

    /// <summary>The A flag, which means something beside the G flag only: the group policy has been applied.</summary>
    public bool IsPolicyApplied => (_flags & FlagA) != 0;

    /// <summary>The D flag, which means something beside the G flag only: the receiver must not learn.</summary>
    public bool DontLearn => (_flags & FlagD) != 0;
}
