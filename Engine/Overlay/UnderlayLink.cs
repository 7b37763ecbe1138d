using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>The link header of frames that the engine itself makes for the underlay.</summary>
internal static class UnderlayLink
{
    /// <summary>Bytes of the longest one.</summary>
    public const int MaxLength = EthernetHeader.Length + VlanTag.Length;

    /// <summary>Bytes of the one with, or without, a VLAN tag.</summary>
    /// <param name="tci">Tag control information; 0 for no tag.</param>
    public static int Length(ushort tci) => tci == 0 ? EthernetHeader.Length : MaxLength;

    /// <summary>Writes it.</summary>
    public static void Write(
        ref PacketWriter writer, MacAddress destination, MacAddress source, ushort tci, EtherType type)
    {
        writer.TryWrite(new EthernetHeader(destination, source, tci == 0 ? type : EtherType.Vlan));
        if (tci != 0)
        {
            writer.TryWrite(new VlanTag(tci, type));
        }
    }
}
