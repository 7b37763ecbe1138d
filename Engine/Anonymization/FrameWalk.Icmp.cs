using System.Buffers.Binary;
using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <content>ICMP with the packets it quotes, multicast listeners, neighbour discovery.</content>
internal ref partial struct FrameWalk
{
    private const int IcmpChecksumAt = 2;

    private void Icmpv4(in UpperLayer upper)
    {
        int at = upper.At;
        if (!TryKeepIcmpStart(upper))
        {
            return;
        }

        if (Fits(at, IcmpHeader.Length, upper.End))
        {
            int rest = at + 4;
            int body = at + IcmpHeader.Length;
            switch (_in[at])
            {
                case Icmpv4Type.Redirect:
                    Address4(rest);
                    Network(EtherType.Ipv4, body, upper.End);
                    break;
                case 3 or 4 or 11 or 12: // Unreachable, source quench, time exceeded, parameter problem.
                    Keep(rest, 4);
                    Network(EtherType.Ipv4, body, upper.End);
                    break;
                case 9: // RFC 1256 §3: router addresses, each with a preference.
                    Keep(rest, 4);
                    RouterAddresses(body, _in[rest], upper.End);
                    break;
                case 0 or 8 or (>= 13 and <= 18): // Identifier and sequence number.
                    Keep(rest, 4);
                    break;
            }
        }

        CarryChecksum(at + IcmpChecksumAt, upper, upper.Length, hasPseudoHeader: false);
    }

    private void RouterAddresses(int at, int count, int end)
    {
        const int EntryLength = 8;
        for (; count > 0 && Fits(at, EntryLength, end); count--, at += EntryLength)
        {
            Address4(at);
            Keep(at + Ipv4Address.Length, 4);
        }
    }

    private void Icmpv6(in UpperLayer upper)
    {
        int at = upper.At;
        if (!TryKeepIcmpStart(upper))
        {
            return;
        }

        if (Fits(at, IcmpHeader.Length, upper.End))
        {
            int rest = at + 4;
            switch (_in[at])
            {
                case < Icmpv6Type.EchoRequest:
                    Keep(rest, 4);
                    Network(EtherType.Ipv6, at + IcmpHeader.Length, upper.End);
                    break;
                case Icmpv6Type.EchoRequest or Icmpv6Type.EchoReply:
                    Keep(rest, 4);
                    break;
                case >= Icmpv6Type.MulticastListenerQuery and <= Icmpv6Type.MulticastListenerDone:
                    Keep(rest, 4);
                    ListenerMessage(at, upper.End);
                    break;
                case Icmpv6Type.MulticastListenerReportV2:
                    Keep(rest, 4);
                    GroupRecords(at + IcmpHeader.Length, Read16(at + 6), Ipv6Address.Length, upper.End);
                    break;
                case >= Icmpv6Type.RouterSolicitation and <= Icmpv6Type.Redirect:
                    Keep(rest, 4);
                    NeighborDiscovery(at, upper.End);
                    break;
            }
        }

        CarryChecksum(at + IcmpChecksumAt, upper, upper.Length, hasPseudoHeader: true);
    }

    // Type, code, checksum. A message without them all keeps what says so.
    private bool TryKeepIcmpStart(in UpperLayer upper)
    {
        bool isThere = Fits(upper.At, 4, upper.End);
        Keep(upper.At, Math.Min(4, upper.End - upper.At));
        return isThere;
    }

    // RFC 2710 §3, RFC 3810 §5.1.
    private void ListenerMessage(int at, int end)
    {
        const int QueryLength = 28;
        const int QueryNumbersAt = 24;
        Addresses6(at + IcmpHeader.Length, 1, end);
        if (_in[at] == Icmpv6Type.MulticastListenerQuery && Fits(at, QueryLength, end))
        {
            Keep(at + QueryNumbersAt, 4);
            Addresses6(at + QueryLength, Read16(at + QueryNumbersAt + 2), end);
        }
    }

    // RFC 4861 §4.
    private void NeighborDiscovery(int at, int end)
    {
        int body = at + IcmpHeader.Length;
        int addresses = _in[at] switch
        {
            Icmpv6Type.NeighborSolicitation or Icmpv6Type.NeighborAdvertisement => 1,
            Icmpv6Type.Redirect => 2,
            _ => 0,
        };
        int options = Addresses6(body, addresses, end);
        if (_in[at] == Icmpv6Type.RouterAdvertisement && Fits(body, 8, end))
        {
            Keep(body, 8);
            options = body + 8;
        }

        NeighborOptions(options, end);
    }

    private void NeighborOptions(int at, int end)
    {
        while (Fits(at, 2, end))
        {
            Keep(at, 2);
            int length = _in[at + 1] * 8;
            if (length == 0 || !Fits(at, length, end))
            {
                return;
            }

            NeighborOption(at, at + length, length);
            at += length;
        }
    }

    private void NeighborOption(int at, int end, int length)
    {
        switch (_in[at])
        {
            case 1 or 2 when length == LinkLayerAddressOption.Length:
                Mac(at + 2);
                break;
            case 3 when length == 32: // RFC 4861 §4.6.2: prefix length, flags, lifetimes, prefix.
                Keep(at + 2, 10);
                Prefix6(at + 16, _in[at + 2], Ipv6Address.Length);
                break;
            case 4: // The packet that a redirect is about, behind six reserved bytes.
                Network(EtherType.Ipv6, at + 8, end);
                break;
            case 5: // MTU.
                Keep(at + 2, 6);
                break;
            case 24 when length <= 24: // RFC 4191 §2.3: prefix length, preference, lifetime, as much prefix as needed.
                Keep(at + 2, 6);
                Prefix6(at + 8, _in[at + 2], length - 8);
                break;
            case 25: // RFC 8106 §5.1: lifetime, name servers.
                Keep(at + 4, 4);
                Addresses6(at + 8, int.MaxValue, end);
                break;
        }
    }

    private void Prefix6(int at, int prefixLength, int length)
    {
        Span<byte> address = stackalloc byte[Ipv6Address.Length];
        address.Clear();
        _in.Slice(at, length).CopyTo(address);
        UInt128 bits = BinaryPrimitives.ReadUInt128BigEndian(address);
        int host = Math.Max(0, 128 - prefixLength);
        IpAddress prefix = AddressMapping.AddressOf(Masked(bits, host), IpFamily.V6);
        UInt128 mapped = Masked(AddressMapping.BitsOf(_addresses.Map(prefix)), host);
        BinaryPrimitives.WriteUInt128BigEndian(address, mapped);
        address[..length].CopyTo(_out[at..]);
        NoteKept(at + length);
    }

    private static UInt128 Masked(UInt128 bits, int host) => host == 128 ? 0 : (bits >> host) << host;
}
