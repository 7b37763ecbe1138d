using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The Ethernet header, 14 bytes (IEEE 802.3 §3.2, RFC 894).</summary>
/// <remarks>
/// <code>
/// |              Destination MAC address (48 bits)                |
/// |                Source MAC address (48 bits)                   |
/// |      EtherType or length      |
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct EthernetHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 14;

    /// <summary>The lowest EtherType: a smaller number is the length of an 802.3 frame.</summary>
    public const ushort MinEtherType = 0x0600;

    private MacAddress _destination;
    private MacAddress _source;
    private UInt16BE _typeOrLength;

    /// <summary>Makes a header.</summary>
    public EthernetHeader(MacAddress destination, MacAddress source, EtherType etherType)
    {
        _destination = destination;
        _source = source;
        _typeOrLength = (ushort)etherType;
    }

    /// <summary>Where the frame goes.</summary>
    public MacAddress Destination
    {
        readonly get => _destination;
        set => _destination = value;
    }

    /// <summary>Where the frame comes from.</summary>
    public MacAddress Source
    {
        readonly get => _source;
        set => _source = value;
    }

    /// <summary>What follows; <see cref="EtherType.None"/> when the field is an 802.3 length.</summary>
    public EtherType EtherType
    {
        readonly get => EtherTypeOf(_typeOrLength);
        set => _typeOrLength = (ushort)value;
    }

    /// <summary>The last two bytes as they are: an EtherType, or a length below <see cref="MinEtherType"/>.</summary>
    public readonly ushort TypeOrLength => _typeOrLength;

    /// <summary>The EtherType that <paramref name="typeOrLength"/> states, or none where it is a length.</summary>
    internal static EtherType EtherTypeOf(ushort typeOrLength) =>
        typeOrLength >= MinEtherType ? (EtherType)typeOrLength : EtherType.None;
}
