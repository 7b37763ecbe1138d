using VxlanEngine.Wire;

namespace VxlanEngine.Packets;

/// <content>The transport layer: TCP, UDP, SCTP, ICMP, neighbour discovery, and the tunnels they announce.</content>
public static partial class PacketParser
{
    /// <summary>The least that an ICMP error quotes of a transport header, in bytes (RFC 792).</summary>
    private const int QuotedTransportLength = 8;

    private static DropReason ParseTransport(ref PacketReader reader, ref ParsedFrame frame, bool isQuoted)
    {
        switch (frame.Protocol)
        {
            case IpProtocol.Tcp:
                return ParseTcp(ref reader, ref frame, isQuoted);
            case IpProtocol.Udp:
                return ParseUdp(ref reader, ref frame, isQuoted);
            case IpProtocol.Sctp:
                return ParseSctp(ref reader, ref frame, isQuoted);
            case IpProtocol.Icmp when frame.Family == IpFamily.V4:
                return ParseIcmp(ref reader, ref frame);
            case IpProtocol.Icmpv6 when frame.Family == IpFamily.V6:
                DropReason reason = ParseIcmp(ref reader, ref frame);
                return reason == DropReason.None && frame.IsNeighborDiscovery && !isQuoted
                    ? ParseNeighborDiscovery(ref reader, in frame)
                    : reason;
            default:
                frame.Tunnel = TunnelBehind(frame.Protocol, reader);
                return DropReason.None;
        }
    }

    /// <summary>The one place that knows which IP protocol announces which tunnel.</summary>
    private static TunnelKind TunnelBehind(IpProtocol protocol, PacketReader reader) => protocol switch
    {
        IpProtocol.IpInIp or IpProtocol.Ipv6 => TunnelKind.IpInIp,
        IpProtocol.Gre => reader.TryRead(out GreHeader gre) && gre.IsNvgre ? TunnelKind.Nvgre : TunnelKind.Gre,
        _ => TunnelKind.None,
    };

    private static DropReason ParseTcp(ref PacketReader reader, ref ParsedFrame frame, bool isQuoted)
    {
        if (!reader.TryRead(out TcpHeader tcp))
        {
            return isQuoted && TryReadQuotedPorts(ref reader, ref frame)
                ? DropReason.None
                : Cut(in frame, DropReason.TcpMalformed);
        }

        if (tcp.HeaderLength < TcpHeader.Length)
        {
            return DropReason.TcpMalformed;
        }

        int optionsLength = tcp.HeaderLength - TcpHeader.Length;
        if (!reader.TrySkip(isQuoted ? Math.Min(optionsLength, reader.Remaining) : optionsLength))
        {
            return Cut(in frame, DropReason.TcpMalformed);
        }

        frame.TcpFlags = tcp.Flags;
        SetPorts(in reader, ref frame, tcp.SourcePort, tcp.DestinationPort);
        return DropReason.None;
    }

    private static DropReason ParseUdp(ref PacketReader reader, ref ParsedFrame frame, bool isQuoted)
    {
        if (!reader.TryRead(out UdpHeader udp))
        {
            return Cut(in frame, DropReason.UdpMalformed);
        }

        // In a first fragment the length is the whole datagram's; in a quoted packet the rest may be cut.
        bool mayExceed = isQuoted || frame.Fragment == FragmentKind.First;
        int payload = udp.DatagramLength - UdpHeader.Length;
        if (payload < 0 || (payload > reader.Remaining && !mayExceed))
        {
            return DropReason.UdpMalformed;
        }

        SetPorts(in reader, ref frame, udp.SourcePort, udp.DestinationPort);
        frame.Tunnel = TunnelProtocols.At(udp.DestinationPort)?.Kind ?? TunnelKind.None;
        return DropReason.None;
    }

    private static DropReason ParseSctp(ref PacketReader reader, ref ParsedFrame frame, bool isQuoted)
    {
        if (!reader.TryRead(out SctpHeader sctp))
        {
            return isQuoted && TryReadQuotedPorts(ref reader, ref frame)
                ? DropReason.None
                : Cut(in frame, DropReason.SctpMalformed);
        }

        SetPorts(in reader, ref frame, sctp.SourcePort, sctp.DestinationPort);
        return DropReason.None;
    }

    private static DropReason ParseIcmp(ref PacketReader reader, ref ParsedFrame frame)
    {
        ReadOnlySpan<byte> message = reader.Rest;
        if (!reader.TryRead(out IcmpHeader icmp))
        {
            if (message.Length < 4 || NeedsWholeIcmpHeader(frame.Protocol, message[0]))
            {
                return Cut(in frame, DropReason.IcmpMalformed);
            }

            icmp = new IcmpHeader(message[0], message[1], restOfHeader: 0);
            reader.TrySkip(4);
        }

        ushort identifier = icmp.IsEcho(frame.Protocol) ? icmp.Identifier : (ushort)0;
        frame.IcmpType = icmp.Type;
        frame.IcmpCode = icmp.Code;
        SetPorts(in reader, ref frame, identifier, identifier);
        return DropReason.None;
    }

    /// <summary>False for message types whose definition may end behind the checksum, after four bytes.</summary>
    private static bool NeedsWholeIcmpHeader(IpProtocol protocol, byte type) =>
        protocol == IpProtocol.Icmpv6
            ? type < 5 || type is >= Icmpv6Type.EchoRequest and <= Icmpv6Type.Redirect
            : type <= 18; // RFC 792, RFC 950, RFC 1256.

    /// <summary>Checks that a neighbour discovery message is whole and its options fit (RFC 4861 §6.1, §7.1).</summary>
    /// <param name="reader">The reader, behind the first 8 bytes of the message; it is used up.</param>
    /// <param name="frame">The frame, its ICMP type set.</param>
    private static DropReason ParseNeighborDiscovery(ref PacketReader reader, in ParsedFrame frame)
    {
        // RFC 6980 §5: behind a fragment header, even an atomic one, the message MUST be ignored.
        bool isWhole = frame.FragmentHeaderOffset == 0
            && reader.TrySkip(NeighborBodyLength(frame.IcmpType));
        while (isWhole && reader.Remaining != 0)
        {
            isWhole = reader.TryRead(out NeighborOption option)
                && reader.TrySkip(option.WholeLength - NeighborOption.Length);
        }

        return isWhole ? DropReason.None : DropReason.NeighborDiscoveryMalformed;
    }

    /// <summary>Bytes between the first 8 of a message and its options.</summary>
    private static int NeighborBodyLength(byte type) => type switch
    {
        Icmpv6Type.RouterSolicitation => 0,
        Icmpv6Type.RouterAdvertisement => 8, // Reachable time, retransmission timer.
        Icmpv6Type.Redirect => 2 * Ipv6Address.Length,
        _ => Ipv6Address.Length,
    };

    /// <summary>Reads the ports of a transport header that is cut behind its eighth byte or later.</summary>
    private static bool TryReadQuotedPorts(ref PacketReader reader, ref ParsedFrame frame)
    {
        if (reader.Remaining < QuotedTransportLength || !reader.TryRead(out TransportPorts ports))
        {
            return false;
        }

        reader.TrySkip(reader.Remaining);
        SetPorts(in reader, ref frame, ports.Source, ports.Destination);
        return true;
    }

    /// <summary>The transport header ends here and was understood.</summary>
    private static void SetPorts(in PacketReader reader, ref ParsedFrame frame, ushort source, ushort destination)
    {
        frame.HasTransport = true;
        frame.SourcePort = source;
        frame.DestinationPort = destination;
        frame.PayloadOffset = reader.Offset;
    }
}
