using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Replay;

/// <summary>Blanks what two equal deeds may write differently, so that it does not count as a difference.</summary>
/// <remarks>
/// The identification of an outer IPv4 header is a serial number: one packet less, and every later one has another.
/// A port chosen by a NAT pool depends on the flows that are there; the tunnel's source port follows from it.
/// </remarks>
internal static class IncidentalFields
{
    private const int Ipv4IdentificationOffset = 4;
    private const int Ipv4ChecksumOffset = 10;
    private const int UdpChecksumOffset = 6;
    private const int TcpChecksumOffset = 16;
    private const int IcmpChecksumOffset = 2;
    private const int IcmpIdentifierOffset = 4;

    /// <summary>Blanks the fields, and the checksums over them.</summary>
    /// <param name="frame">A copy of a frame that left.</param>
    /// <param name="tunnel">The tunnel it was put into; null for none.</param>
    /// <param name="ports">Whether ports chosen by a NAT pool are blanked.</param>
    public static void Blank(Span<byte> frame, TunnelOptions? tunnel, bool ports)
    {
        OpenedFrame opened = OpenedFrame.Open(frame, tunnel);
        if (opened.IsTunnelled)
        {
            BlankTunnel(frame, opened.Outer, ports);
        }

        if (ports && opened.Packet.HasTransport)
        {
            BlankPorts(frame, opened.Packet);
        }
    }

    private static void BlankTunnel(Span<byte> frame, in ParsedFrame outer, bool ports)
    {
        if (outer.Family == IpFamily.V4)
        {
            BlankWord(frame, outer.L3Offset + Ipv4IdentificationOffset);
            BlankWord(frame, outer.L3Offset + Ipv4ChecksumOffset);
        }

        if (ports)
        {
            BlankWord(frame, outer.L4Offset);
            BlankWord(frame, outer.L4Offset + UdpChecksumOffset);
        }
    }

    private static void BlankPorts(Span<byte> frame, in ParsedFrame packet)
    {
        switch (packet.Protocol)
        {
            case IpProtocol.Tcp:
                BlankWord(frame, packet.L4Offset);
                BlankWord(frame, packet.L4Offset + TcpChecksumOffset);
                break;
            case IpProtocol.Udp:
                BlankWord(frame, packet.L4Offset);
                BlankWord(frame, packet.L4Offset + UdpChecksumOffset);
                break;
            case IpProtocol.Icmp or IpProtocol.Icmpv6:
                BlankWord(frame, packet.L4Offset + IcmpChecksumOffset);
                if (packet.IsIcmpError)
                {
                    BlankQuoted(frame, packet);
                }
                else
                {
                    BlankWord(frame, packet.L4Offset + IcmpIdentifierOffset);
                }

                break;
        }
    }

    // An error goes against the packet it quotes, whose destination port is thus the chosen one.
    private static void BlankQuoted(Span<byte> frame, in ParsedFrame error)
    {
        DropReason reason = PacketParser.ParseQuotedPacket(
            frame, error.PayloadOffset, error.L3End, error.Family, out ParsedFrame quoted);
        if (reason != DropReason.None || !quoted.HasTransport)
        {
            return;
        }

        bool isEcho = quoted.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        BlankWord(frame, quoted.L4Offset + (isEcho ? IcmpIdentifierOffset : UInt16BE.Length));
        int checksum = quoted.L4Offset + quoted.Protocol switch
        {
            IpProtocol.Tcp => TcpChecksumOffset,
            IpProtocol.Udp => UdpChecksumOffset,
            _ => IcmpChecksumOffset,
        };
        BlankWord(frame[..error.L3End], checksum);
    }

    // A quoted TCP header may end before its checksum.
    private static void BlankWord(Span<byte> frame, int offset)
    {
        if (offset + UInt16BE.Length <= frame.Length)
        {
            frame.Slice(offset, UInt16BE.Length).Clear();
        }
    }
}
