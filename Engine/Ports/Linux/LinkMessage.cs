using System.Runtime.InteropServices;

namespace VxlanEngine.Ports.Linux;

/// <summary>Writes what the kernel is told of an interface (struct ifinfomsg of linux/rtnetlink.h).</summary>
internal static class LinkMessage
{
    /// <summary>Bytes of <see cref="WriteMaxSegments"/>.</summary>
    public const int MaxSegmentsLength =
        NetlinkMessage.HeaderLength + Length + NetlinkMessage.AttributeHeaderLength + sizeof(int);

    private const ushort TypeNew = 16;
    private const int Length = 16;
    private const ushort AttributeMaxSegments = 40;

    // NLM_F_REQUEST | NLM_F_ACK.
    private const ushort Flags = 0x05;

    /// <summary>
    /// Writes how many segments a super-frame has at most that is sent by the interface (IFLA_GSO_MAX_SEGS).
    /// </summary>
    /// <param name="message">Receives <see cref="MaxSegmentsLength"/> bytes.</param>
    /// <param name="interfaceIndex">The interface.</param>
    /// <param name="segments">The number.</param>
    public static void WriteMaxSegments(Span<byte> message, int interfaceIndex, int segments)
    {
        message = message[..MaxSegmentsLength];
        NetlinkMessage.WriteHeader(message, TypeNew, Flags, sequence: 1);
        Span<byte> body = message[NetlinkMessage.HeaderLength..];
        body.Clear();
        MemoryMarshal.Write(body[4..], interfaceIndex);
        MemoryMarshal.Write(body[Length..], (ushort)(NetlinkMessage.AttributeHeaderLength + sizeof(int)));
        MemoryMarshal.Write(body[(Length + 2)..], AttributeMaxSegments);
        MemoryMarshal.Write(body[(Length + NetlinkMessage.AttributeHeaderLength)..], segments);
    }
}
