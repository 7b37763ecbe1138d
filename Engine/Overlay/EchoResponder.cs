using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Answers ICMP echo requests for addresses that the switch owns, in place (RFC 792, RFC 4443 §4.2).</summary>
public static class EchoResponder
{
    private const byte Ttl = 64; // RFC 1122 §3.2.1.7: the sender's own, not what the request had left.

    /// <summary>True for a whole echo request from one station to another.</summary>
    /// <remarks>What came from a group, or by the MAC address of one, would be answered to many or as many.</remarks>
    public static bool IsRequest(in ParsedFrame frame) =>
        frame.HasTransport
        && !frame.SourceMac.IsMulticast
        && !frame.DestinationMac.IsMulticast
        && IsStation(frame.Source)
        && frame.Fragment == FragmentKind.None
        && frame.L3End - frame.L4Offset >= IcmpHeader.Length
        && (frame.Protocol, frame.IcmpType) is
            (IpProtocol.Icmp, Icmpv4Type.EchoRequest) or (IpProtocol.Icmpv6, Icmpv6Type.EchoRequest);

    /// <summary>Turns a request into its reply: addresses swapped, type changed, TTL anew, checksums updated.</summary>
    /// <param name="bytes">The bytes that <paramref name="frame"/> was parsed from.</param>
    /// <param name="frame">The request.</param>
    public static void Answer(Span<byte> bytes, in ParsedFrame frame)
    {
        ref EthernetHeader ethernet = ref MemoryMarshal.AsRef<EthernetHeader>(bytes[frame.L2Offset..]);
        ethernet.Destination = frame.SourceMac;
        ethernet.Source = frame.DestinationMac;

        // Swapping source and destination leaves every sum as it is.
        if (frame.Family == IpFamily.V4)
        {
            ref Ipv4Header ip = ref MemoryMarshal.AsRef<Ipv4Header>(bytes[frame.L3Offset..]);
            ip.Source = frame.Destination.V4;
            ip.Destination = frame.Source.V4;
            ip.Checksum = Checksum.Update(ip.Checksum, TtlWord(ip.Ttl, ip.Protocol), TtlWord(Ttl, ip.Protocol));
            ip.Ttl = Ttl;
        }
        else
        {
            ref Ipv6Header ip = ref MemoryMarshal.AsRef<Ipv6Header>(bytes[frame.L3Offset..]);
            ip.Source = frame.Destination.V6;
            ip.Destination = frame.Source.V6;
            ip.HopLimit = Ttl;
        }

        byte replyType = frame.Protocol == IpProtocol.Icmp ? Icmpv4Type.EchoReply : Icmpv6Type.EchoReply;
        ref IcmpHeader icmp = ref MemoryMarshal.AsRef<IcmpHeader>(bytes[frame.L4Offset..]);
        ushort checksum = Checksum.Update(
            icmp.Checksum, (ushort)((frame.IcmpType << 8) | icmp.Code), (ushort)((replyType << 8) | icmp.Code));
        bytes[frame.L4Offset] = replyType;
        icmp.Checksum = checksum;
        if (checksum == 0 && !bytes[frame.L4Offset..frame.L3End].ContainsAnyExcept((byte)0))
        {
            // A reply of zeros alone sums up to +0, which an update never gives: its checksum is 0xFFFF.
            icmp.Checksum = ushort.MaxValue;
        }
    }

    private static ushort TtlWord(byte ttl, IpProtocol protocol) => (ushort)((ttl << 8) | (byte)protocol);

    // RFC 1122 §3.2.1.3, RFC 4291 §2.5.2, §2.7: these are no one's source address.
    private static bool IsStation(IpAddress source) =>
        !source.IsUnspecified
        && !source.IsMulticast
        && !(source.Family == IpFamily.V4 && source.V4.Value == uint.MaxValue);
}
