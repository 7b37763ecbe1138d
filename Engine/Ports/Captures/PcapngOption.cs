namespace VxlanEngine.Ports.Captures;

/// <summary>One option of a pcapng block: a code, whose meaning depends on the block, and a value.</summary>
public readonly ref struct PcapngOption
{
    /// <summary>Ends a list of options (<c>opt_endofopt</c>).</summary>
    public const ushort EndOfOptions = 0;

    /// <summary>A comment in UTF-8, in any block (<c>opt_comment</c>).</summary>
    public const ushort Comment = 1;

    /// <summary>Flags of a packet: direction, reception type, link-layer errors (<c>epb_flags</c>, 4 bytes).</summary>
    public const ushort PacketFlags = 2;

    /// <summary>A number for the packet, the same where it was captured twice (<c>epb_packetid</c>, 8 bytes).</summary>
    public const ushort PacketId = 5;

    /// <summary>The queue of the interface (<c>epb_queue</c>, 4 bytes).</summary>
    public const ushort PacketQueue = 6;

    /// <summary>The program that wrote the section (<c>shb_userappl</c>).</summary>
    internal const ushort SectionApplication = 4;

    /// <summary>The interface's name (<c>if_name</c>).</summary>
    internal const ushort InterfaceName = 2;

    /// <summary>The interface's description (<c>if_description</c>).</summary>
    internal const ushort InterfaceDescription = 3;

    /// <summary>Ticks a second: top bit 0, a negative power of 10; top bit 1, of 2 (<c>if_tsresol</c>).</summary>
    internal const ushort InterfaceTimestampResolution = 9;

    /// <summary>Seconds to add to each time stamp (<c>if_tsoffset</c>, 8 bytes, signed).</summary>
    internal const ushort InterfaceTimestampOffset = 14;

    /// <summary>Length of an option's code and length fields, in bytes.</summary>
    internal const int HeaderLength = 4;

    internal PcapngOption(ushort code, ReadOnlySpan<byte> value, FileByteOrder order)
    {
        Code = code;
        Value = value;
        Order = order;
    }

    /// <summary>The option's code.</summary>
    public ushort Code { get; }

    /// <summary>The value without padding; integers in it are in the section's byte order.</summary>
    public ReadOnlySpan<byte> Value { get; }

    internal FileByteOrder Order { get; }

    /// <summary>Reads a value of 4 bytes.</summary>
    /// <param name="value">The number, or 0.</param>
    /// <returns>False when the value is not 4 bytes long.</returns>
    public bool TryGetUInt32(out uint value)
    {
        bool fits = Value.Length == sizeof(uint);
        value = fits ? Order.UInt32(Value, 0) : 0;
        return fits;
    }

    /// <summary>Reads a value of 8 bytes.</summary>
    /// <param name="value">The number, or 0.</param>
    /// <returns>False when the value is not 8 bytes long.</returns>
    public bool TryGetUInt64(out ulong value)
    {
        bool fits = Value.Length == sizeof(ulong);
        value = fits ? Order.UInt64(Value, 0) : 0;
        return fits;
    }
}
