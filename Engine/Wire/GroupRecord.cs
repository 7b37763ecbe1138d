using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>
/// The first 4 bytes of a group record in an IGMPv3 or MLDv2 report (RFC 3376 §4.2.4, RFC 3810 §5.2.5).
/// </summary>
/// <remarks>
/// <code>
/// |  Record type  | Aux data words|      Number of sources        |
/// |        Group address, then the sources' addresses …
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct GroupRecord
{
    /// <summary>Length on the wire without the addresses, in bytes.</summary>
    public const int Length = 4;

    /// <summary>Type: in answer to a query, the host listens to the group, but not to these sources.</summary>
    public const byte ModeIsExclude = 2;

    /// <summary>
    /// Type: the host has begun to listen to these sources of the group alone; without any, it has left.
    /// </summary>
    public const byte ChangeToInclude = 3;

    /// <summary>Type: the host has begun to listen to the group, but not to these sources.</summary>
    public const byte ChangeToExclude = 4;

    private readonly byte _type;
    private readonly byte _auxiliaryWords;
    private readonly UInt16BE _sourceCount;

    /// <summary>Makes a record without auxiliary data.</summary>
    public GroupRecord(byte type, ushort sourceCount)
    {
        _type = type;
        _auxiliaryWords = 0;
        _sourceCount = sourceCount;
    }

    /// <summary>The record's type.</summary>
    public byte Type => _type;

    /// <summary>Words of 32 bits behind the sources.</summary>
    public byte AuxiliaryWords => _auxiliaryWords;

    /// <summary>Number of sources behind the group.</summary>
    public ushort SourceCount => _sourceCount;
}
