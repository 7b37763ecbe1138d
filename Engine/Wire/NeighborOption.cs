using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>What every neighbour discovery option begins with, 2 bytes (RFC 4861 §4.6).</summary>
/// <remarks>
/// <code>
/// |     Type      |    Length     |  body …
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct NeighborOption
{
    /// <summary>Length on the wire of what all options share, in bytes.</summary>
    public const int Length = 2;

    private readonly byte _type;
    private readonly byte _length;

    /// <summary>Makes the beginning of an option.</summary>
    /// <param name="type">Option type.</param>
    /// <param name="lengthField">The length field as it stands on the wire, in units of 8 bytes.</param>
    public NeighborOption(byte type, byte lengthField)
    {
        _type = type;
        _length = lengthField;
    }

    /// <summary>Option type: 1 source link-layer address, 2 target link-layer address, 3 prefix, 5 MTU.</summary>
    public byte Type => _type;

    /// <summary>Bytes of the whole option, these two included: a multiple of 8; 0 is invalid.</summary>
    public int WholeLength => _length * 8;
}
