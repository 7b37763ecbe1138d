using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>A VLAN tag as it stands behind the EtherType that announces it, 4 bytes (IEEE 802.1Q §9.6).</summary>
/// <remarks>
/// <code>
/// | PCP |D|       VLAN id         |      EtherType or length      |
/// </code>
/// The tag's own type (0x8100, 0x88A8, 0x9100) is the EtherType of the header in front of it.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct VlanTag
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 4;

    private UInt16BE _tci;
    private UInt16BE _typeOrLength;

    /// <summary>Makes a tag.</summary>
    /// <param name="tci">Priority (3 bits), drop eligible (1 bit), VLAN id (12 bits).</param>
    /// <param name="etherType">What follows the tag.</param>
    public VlanTag(ushort tci, EtherType etherType)
    {
        _tci = tci;
        _typeOrLength = (ushort)etherType;
    }

    /// <summary>The tag control information: priority, drop eligible indicator and VLAN id.</summary>
    public ushort Tci
    {
        readonly get => _tci;
        set => _tci = value;
    }

    /// <summary>The priority code point, 0–7.</summary>
    public readonly byte Priority => (byte)(_tci >> 13);

    /// <summary>True when the frame may be dropped first under congestion.</summary>
    public readonly bool DropEligible => (_tci & 0x1000) != 0;

    /// <summary>The VLAN id, 0–4095; 0 in a priority tag.</summary>
    public readonly ushort Id => (ushort)(_tci & 0x0FFF);

    /// <summary>What follows; <see cref="EtherType.None"/> when the field is an 802.3 length.</summary>
    public EtherType EtherType
    {
        readonly get => EthernetHeader.EtherTypeOf(_typeOrLength);
        set => _typeOrLength = (ushort)value;
    }

    /// <summary>The last two bytes as they are: an EtherType, or an 802.3 length.</summary>
    public readonly ushort TypeOrLength => _typeOrLength;

    /// <summary>True when <paramref name="etherType"/> announces a VLAN tag.</summary>
    public static bool IsAnnouncedBy(EtherType etherType) =>
        etherType is EtherType.Vlan or EtherType.ServiceVlan or EtherType.LegacyServiceVlan;
}
