using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <content>TCP, UDP, SCTP, IGMP, DHCP; all other payload stays zero.</content>
internal ref partial struct FrameWalk
{
    private void Transport(in UpperLayer upper)
    {
        switch (upper.Protocol)
        {
            case IpProtocol.Tcp:
                Tcp(upper);
                break;
            case IpProtocol.Udp:
                Udp(upper);
                break;
            case IpProtocol.Sctp:
                Sctp(upper);
                break;
            case IpProtocol.Icmp when upper.AddressLength == Ipv4Address.Length:
                Icmpv4(upper);
                break;
            case IpProtocol.Icmpv6 when upper.AddressLength == Ipv6Address.Length:
                Icmpv6(upper);
                break;
            case IpProtocol.Igmp when upper.AddressLength == Ipv4Address.Length:
                Igmp(upper);
                break;
            case IpProtocol.Gre:
                Gre(upper);
                break;
            case IpProtocol.IpInIp:
                Network(EtherType.Ipv4, upper.At, upper.End);
                break;
            case IpProtocol.Ipv6:
                Network(EtherType.Ipv6, upper.At, upper.End);
                break;
        }
    }

    private void Tcp(in UpperLayer upper)
    {
        const int ChecksumAt = 16;
        int there = upper.End - upper.At;
        Keep(upper.At, Math.Min(there, TcpHeader.Length));
        if (there < TcpHeader.Length)
        {
            return;
        }

        int headerLength = MemoryMarshal.Read<TcpHeader>(_in[upper.At..]).HeaderLength;
        TcpOptions(upper.At + TcpHeader.Length, Math.Min(upper.At + headerLength, upper.End));
        CarryChecksum(upper.At + ChecksumAt, upper, upper.Length, hasPseudoHeader: true);
    }

    // Kinds that only tell numbers; signatures, cookies and addresses of others (RFC 8684) stay zero.
    private void TcpOptions(int at, int end)
    {
        const byte EndOfList = 0;
        const byte NoOperation = 1;
        const byte Timestamps = 8;
        while (at < end)
        {
            byte kind = _in[at];
            Keep(at, 1);
            if (kind == EndOfList)
            {
                return;
            }

            if (kind == NoOperation)
            {
                at++;
                continue;
            }

            if (!Fits(at, 2, end))
            {
                return;
            }

            Keep(at + 1, 1);
            int length = _in[at + 1];
            if (length < 2 || !Fits(at, length, end))
            {
                return;
            }

            // 2 to 5: segment size, window scale, selective acknowledgements.
            if (kind is <= 5 or Timestamps)
            {
                Keep(at, length);
            }

            at += length;
        }
    }

    private void Udp(in UpperLayer upper)
    {
        const int ChecksumAt = 6;
        int there = upper.End - upper.At;
        Keep(upper.At, Math.Min(there, UdpHeader.Length));
        if (there < UdpHeader.Length)
        {
            return;
        }

        UdpHeader udp = MemoryMarshal.Read<UdpHeader>(_in[upper.At..]);
        int length = udp.DatagramLength == 0 ? upper.Length : udp.DatagramLength;
        int end = length < 0 ? upper.End : Math.Min(upper.End, upper.At + length);
        int payload = upper.At + UdpHeader.Length;
        if (payload < end)
        {
            UdpPayload(udp, payload, end);
        }

        CarryUdpChecksum(upper.At + ChecksumAt, upper, length);
    }

    private void UdpPayload(in UdpHeader udp, int at, int end)
    {
        const ushort DhcpServerPort = 67;
        const ushort DhcpClientPort = 68;
        ushort port = udp.DestinationPort;
        switch (_tunnels.GetValueOrDefault(port))
        {
            case TunnelKind.Vxlan:
                Vxlan(at, end);
                break;
            case TunnelKind.VxlanGpe:
                VxlanGpe(at, end);
                break;
            case TunnelKind.Geneve:
                Geneve(at, end);
                break;
            case TunnelKind.None when port == BfdPacket.UdpPort:
                Bfd(at, end);
                break;
            case TunnelKind.None when port is DhcpServerPort or DhcpClientPort:
                Dhcp(at, end);
                break;
        }
    }

    // RFC 9260 §3.2: chunks keep their type, flags and length.
    private void Sctp(in UpperLayer upper)
    {
        const int ChunkHeaderLength = 4;
        const int ChecksumAt = 8;
        int there = upper.End - upper.At;
        Keep(upper.At, Math.Min(there, SctpHeader.Length));
        if (there < SctpHeader.Length)
        {
            return;
        }

        int at = upper.At + SctpHeader.Length;
        while (Fits(at, ChunkHeaderLength, upper.End))
        {
            Keep(at, ChunkHeaderLength);
            int length = Read16(at + 2);
            if (length < ChunkHeaderLength)
            {
                break;
            }

            at += (length + 3) & ~3;
        }

        CarryCrc(upper.At + ChecksumAt, upper);
    }

    // RFC 2236 §2, RFC 3376 §4.
    private void Igmp(in UpperLayer upper)
    {
        const int FixedLength = 8;
        const int QueryLength = 12;
        const byte Query = 0x11;
        const byte ReportV3 = 0x22;
        int at = upper.At;
        if (!Fits(at, FixedLength, upper.End))
        {
            return;
        }

        byte type = _in[at];
        Keep(at, 4);
        if (type == ReportV3)
        {
            Keep(at + 4, 4);
            GroupRecords(at + FixedLength, Read16(at + 6), Ipv4Address.Length, upper.End);
        }
        else if (type is Query or 0x12 or 0x16 or 0x17)
        {
            Address4(at + 4);
            if (type == Query && Fits(at, QueryLength, upper.End))
            {
                Keep(at + FixedLength, QueryLength - FixedLength);
                Addresses4(at + QueryLength, Read16(at + 10), upper.End);
            }
        }

        CarryChecksum(at + 2, upper, upper.Length, hasPseudoHeader: false);
    }

    // RFC 3376 §4.2.4 and RFC 3810 §5.2.5: type, words of auxiliary data, number of sources, group, sources.
    private void GroupRecords(int at, int count, int addressLength, int end)
    {
        const int FixedLength = 4;
        for (; count > 0 && Fits(at, FixedLength + addressLength, end); count--)
        {
            Keep(at, FixedLength);
            int addresses = 1 + Read16(at + 2);
            int behind = addressLength == Ipv4Address.Length
                ? Addresses4(at + FixedLength, addresses, end)
                : Addresses6(at + FixedLength, addresses, end);
            at = behind + (_in[at + 1] * 4);
        }
    }

    // RFC 2131 §2: what the layout names is mapped, names and files stay zero.
    private void Dhcp(int at, int end)
    {
        const int FixedLength = 236;
        const int FirstAddressAt = 12;
        const int HardwareAddressAt = 28;
        const uint Cookie = 0x6382_5363;
        if (!Fits(at, FixedLength, end))
        {
            return;
        }

        Keep(at, FirstAddressAt);
        Addresses4(at + FirstAddressAt, 4, end);
        if (_in[at + 1] == 1 && _in[at + 2] == MacAddress.Length)
        {
            Mac(at + HardwareAddressAt);
        }

        int options = at + FixedLength;
        if (Fits(options, sizeof(uint), end)
            && (((uint)Read16(options) << 16) | Read16(options + 2)) == Cookie)
        {
            Keep(options, sizeof(uint));
            DhcpOptions(options + sizeof(uint), end);
        }
    }

    // RFC 2132.
    private void DhcpOptions(int at, int end)
    {
        const byte Pad = 0;
        const byte EndOfList = 255;
        while (at < end)
        {
            byte code = _in[at];
            Keep(at, 1);
            if (code == EndOfList)
            {
                return;
            }

            if (code == Pad)
            {
                at++;
                continue;
            }

            if (!Fits(at, 2, end) || !Fits(at, 2 + _in[at + 1], end))
            {
                return;
            }

            int length = _in[at + 1];
            Keep(at + 1, 1);
            DhcpOption(code, at + 2, length);
            at += 2 + length;
        }
    }

    private void DhcpOption(byte code, int at, int length)
    {
        switch (code)
        {
            case 1 or 26 or 51 or 53 or 57 or 58 or 59: // Mask, MTU, times, message type and size.
                Keep(at, length);
                break;
            case 3 or 6 or 28 or 50 or 54: // Routers, name servers, broadcast, requested address, server.
                Addresses4(at, length / Ipv4Address.Length, at + length);
                break;
            case 61 when length == 1 + MacAddress.Length && _in[at] == 1: // The client, by its MAC address.
                Keep(at, 1);
                Mac(at + 1);
                break;
        }
    }
}
