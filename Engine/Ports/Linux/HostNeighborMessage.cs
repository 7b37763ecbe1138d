using System.Runtime.InteropServices;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>Reads and writes what is said of the kernel's neighbours (struct ndmsg of linux/neighbour.h).</summary>
internal static class HostNeighborMessage
{
    /// <summary>RTM_NEWNEIGH.</summary>
    public const ushort TypeNew = 28;

    /// <summary>RTM_DELNEIGH.</summary>
    public const ushort TypeDelete = 29;

    /// <summary>RTM_GETNEIGH.</summary>
    public const ushort TypeGet = 30;

    /// <summary>Bytes of the structure in front of the attributes.</summary>
    public const int Length = 12;

    /// <summary>Bytes of the longest <see cref="WriteQuestion"/>.</summary>
    public const int MaxQuestionLength =
        NetlinkMessage.HeaderLength + Length + NetlinkMessage.AttributeHeaderLength + Ipv6Address.Length;

    private const ushort StateReachable = 0x02;
    private const ushort StateStale = 0x04;
    private const ushort StateDelay = 0x08;
    private const ushort StateProbe = 0x10;
    private const ushort StatePermanent = 0x80;
    private const byte FlagUse = 0x01;
    private const byte FlagProxy = 0x08;
    private const ushort AttributeAddress = 1;
    private const int AttributeMac = 2;

    // NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE.
    private const ushort QuestionFlags = 0x405;

    /// <summary>Reads a neighbour.</summary>
    /// <param name="payload">The message without its header.</param>
    /// <param name="isDeleted">Whether it says that the neighbour is no more.</param>
    /// <param name="neighbor">The neighbour.</param>
    /// <returns>False when it is none of IP, or one that the machine only answers for.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, bool isDeleted, out HostNeighbor neighbor)
    {
        neighbor = default;
        if (payload.Length < Length
            || payload[0] is not (Native.AfInet or Native.AfInet6)
            || (payload[10] & FlagProxy) != 0)
        {
            return false;
        }

        IpAddress address = default;
        MacAddress mac = default;
        ReadOnlySpan<byte> rest = payload[Length..];
        while (NetlinkMessage.TryNextAttribute(ref rest, out int type, out ReadOnlySpan<byte> value))
        {
            switch (type)
            {
                case AttributeAddress:
                    RouteMessage.TryReadAddress(value, payload[0], out address);
                    break;
                case AttributeMac when value.Length == MacAddress.Length:
                    mac = MemoryMarshal.Read<MacAddress>(value);
                    break;
            }
        }

        ushort kernelState = MemoryMarshal.Read<ushort>(payload[8..]);
        bool isUsable = !isDeleted && !mac.IsZero && !mac.IsMulticast;
        HostNeighborState state = isUsable ? StateOf(kernelState) : HostNeighborState.Unknown;
        neighbor = new HostNeighbor(
            MemoryMarshal.Read<int>(payload[4..]),
            address,
            state == HostNeighborState.Unknown ? default : mac,
            state);
        return address.HasValue;
    }

    /// <summary>
    /// Writes a request to use a neighbour, as if a packet were to be sent to it: who is unknown is asked for, who has
    /// not been heard of for a while is asked again (NTF_USE).
    /// </summary>
    /// <returns>Its bytes.</returns>
    public static int WriteQuestion(Span<byte> message, uint sequence, int interfaceIndex, IpAddress address)
    {
        bool isV4 = address.Family == IpFamily.V4;
        int attribute = NetlinkMessage.AttributeHeaderLength + (isV4 ? sizeof(uint) : Ipv6Address.Length);
        message = message[..(NetlinkMessage.HeaderLength + Length + attribute)];
        NetlinkMessage.WriteHeader(message, TypeNew, QuestionFlags, sequence);
        Span<byte> body = message[NetlinkMessage.HeaderLength..];
        body.Clear();
        body[0] = (byte)(isV4 ? Native.AfInet : Native.AfInet6);
        MemoryMarshal.Write(body[4..], interfaceIndex);
        body[10] = FlagUse;
        MemoryMarshal.Write(body[Length..], (ushort)attribute);
        MemoryMarshal.Write(body[(Length + 2)..], AttributeAddress);
        Span<byte> value = body[(Length + NetlinkMessage.AttributeHeaderLength)..];
        if (isV4)
        {
            MemoryMarshal.Write(value, address.V4);
        }
        else
        {
            MemoryMarshal.Write(value, address.V6);
        }

        return message.Length;
    }

    private static HostNeighborState StateOf(ushort state) => state switch
    {
        _ when (state & (StateReachable | StatePermanent | StateDelay | StateProbe)) != 0 => HostNeighborState.Known,
        _ when (state & StateStale) != 0 => HostNeighborState.Stale,
        _ => HostNeighborState.Unknown,
    };
}
