using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>A neighbour discovery option that holds a MAC address, 8 bytes (RFC 4861 §4.6.1, RFC 2464 §6).</summary>
/// <remarks>
/// <code>
/// |     Type      |  Length = 1   |     MAC address (48 bits)     |
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct LinkLayerAddressOption
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 8;

    /// <summary>The sender's address, in solicitations and router messages.</summary>
    public const byte SourceType = 1;

    /// <summary>The target's address, in advertisements and redirects.</summary>
    public const byte TargetType = 2;

    private readonly byte _type;
    private readonly byte _length;
    private readonly MacAddress _mac;

    /// <summary>Makes an option.</summary>
    /// <param name="type"><see cref="SourceType"/> or <see cref="TargetType"/>.</param>
    /// <param name="mac">The address.</param>
    public LinkLayerAddressOption(byte type, MacAddress mac)
    {
        _type = type;
        _length = Length / 8;
        _mac = mac;
    }

    /// <summary><see cref="SourceType"/> or <see cref="TargetType"/> in a valid option.</summary>
    public byte Type => _type;

    /// <summary>Bytes of the whole option: 8 in a valid one.</summary>
    public int WholeLength => _length * 8;

    /// <summary>The MAC address.</summary>
    public MacAddress Mac => _mac;
}
