using System.Runtime.InteropServices;

namespace VxlanEngine.Ports.Linux;

/// <summary>One message of the kernel's routing: a header, a structure, and attributes.</summary>
/// <remarks>In the machine's byte order, as the kernel writes them. See linux/netlink.h.</remarks>
internal readonly ref struct NetlinkMessage
{
    /// <summary>Bytes of the header (struct nlmsghdr).</summary>
    public const int HeaderLength = 16;

    /// <summary>Bytes of an attribute's header (struct rtattr).</summary>
    public const int AttributeHeaderLength = 4;

    /// <summary>NLMSG_ERROR: an error number, 0 for none, is the answer.</summary>
    public const ushort TypeError = 2;

    /// <summary>NLMSG_DONE: an answer of many parts is at its end.</summary>
    public const ushort TypeDone = 3;

    /// <summary>NLMSG_OVERRUN: something was lost.</summary>
    public const ushort TypeOverrun = 4;

    /// <summary>NLM_F_DUMP_INTR: what was read has changed in the meantime.</summary>
    public const ushort FlagInterrupted = 0x10;

    // NLA_TYPE_MASK: above are two flags.
    private const int AttributeTypeMask = 0x3FFF;

    private NetlinkMessage(ReadOnlySpan<byte> bytes)
    {
        Type = MemoryMarshal.Read<ushort>(bytes[4..]);
        Flags = MemoryMarshal.Read<ushort>(bytes[6..]);
        Sequence = MemoryMarshal.Read<uint>(bytes[8..]);
        Payload = bytes[HeaderLength..];
    }

    /// <summary>What the message is.</summary>
    public ushort Type { get; }

    /// <summary>Its flags.</summary>
    public ushort Flags { get; }

    /// <summary>The number of the request that it answers.</summary>
    public uint Sequence { get; }

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>The error of an error message, or at the end of an answer; 0 for none.</summary>
    public int Error => Payload.Length < sizeof(int) ? 0 : -MemoryMarshal.Read<int>(Payload);

    /// <summary>Takes the next message off what was received.</summary>
    /// <returns>False when no whole message is left.</returns>
    public static bool TryNext(scoped ref ReadOnlySpan<byte> rest, out NetlinkMessage message)
    {
        message = default;
        if (rest.Length < HeaderLength)
        {
            return false;
        }

        uint length = MemoryMarshal.Read<uint>(rest);
        if (length < HeaderLength || length > (uint)rest.Length)
        {
            return false;
        }

        message = new NetlinkMessage(rest[..(int)length]);
        rest = rest[Math.Min(Align((int)length), rest.Length)..];
        return true;
    }

    /// <summary>Takes the next attribute off.</summary>
    /// <returns>False when no whole attribute is left.</returns>
    public static bool TryNextAttribute(
        scoped ref ReadOnlySpan<byte> rest, out int type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (rest.Length < AttributeHeaderLength)
        {
            return false;
        }

        int length = MemoryMarshal.Read<ushort>(rest);
        if (length < AttributeHeaderLength || length > rest.Length)
        {
            return false;
        }

        type = MemoryMarshal.Read<ushort>(rest[2..]) & AttributeTypeMask;
        value = rest[AttributeHeaderLength..length];
        rest = rest[Math.Min(Align(length), rest.Length)..];
        return true;
    }

    /// <summary>The length that something takes with what fills it up.</summary>
    public static int Align(int length) => (length + 3) & ~3;

    /// <summary>Writes the header of a request.</summary>
    public static void WriteHeader(Span<byte> message, ushort type, ushort flags, uint sequence)
    {
        message[..HeaderLength].Clear();
        MemoryMarshal.Write(message, message.Length);
        MemoryMarshal.Write(message[4..], type);
        MemoryMarshal.Write(message[6..], flags);
        MemoryMarshal.Write(message[8..], sequence);
    }
}
