using System.Runtime.InteropServices;
using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <content>The network layer: IPv4 with its options, IPv6 with its extension headers, fragments.</content>
internal ref partial struct FrameWalk
{
    private void Ipv4(int at, int end)
    {
        const int AddressesAt = 12;
        if (!TryKeepIpStart(at, 4, AddressesAt, end) || !Fits(at, Ipv4Header.Length, end))
        {
            return;
        }

        Ipv4Header ip = MemoryMarshal.Read<Ipv4Header>(_in[at..]);
        Addresses4(at + AddressesAt, 2, end);
        int headerEnd = Math.Min(at + Math.Max(ip.HeaderLength, Ipv4Header.Length), end);
        Ipv4Options(at + Ipv4Header.Length, headerEnd);
        CarryChecksum(at + 10, at, headerEnd, isWhole: ip.HeaderLength <= end - at);
        if (ip.HeaderLength < Ipv4Header.Length
            || !Fits(at, ip.HeaderLength, end)
            || (ip.TotalLength < ip.HeaderLength && ip.TotalLength != 0))
        {
            return;
        }

        // Captures made before segmentation show packets of length 0, which go to the frame's end.
        int packetEnd = ip.TotalLength == 0 ? end : Math.Min(end, at + ip.TotalLength);
        int length = ip.TotalLength == 0 ? end - headerEnd : ip.TotalLength - ip.HeaderLength;
        Datagram? datagram = null;
        if (ip.IsFragment)
        {
            datagram = _datagrams.Visit(
                new DatagramLedger.Key(ip.Source, ip.Destination, ip.Protocol, ip.Identification, _depth),
                ip.FragmentOffset,
                ip.MoreFragments,
                _in[headerEnd..packetEnd]);
            if (ip.FragmentOffset != 0)
            {
                return;
            }
        }

        Transport(new UpperLayer(
            headerEnd,
            packetEnd,
            ip.Protocol,
            ip.IsFragment ? datagram?.Length ?? -1 : length,
            Ipv4Address.Length,
            at + AddressesAt,
            at + AddressesAt + Ipv4Address.Length,
            datagram,
            ip.IsFragment));
    }

    /// <summary>Keeps what stands in front of the addresses, even of a header that is cut short.</summary>
    /// <returns>False when the version is another: then only that is kept, so that it stays wrong.</returns>
    private bool TryKeepIpStart(int at, int version, int length, int end)
    {
        if (at >= end)
        {
            return false;
        }

        bool isRight = _in[at] >> 4 == version;
        Keep(at, isRight ? Math.Min(length, end - at) : 1);
        return isRight;
    }

    // RFC 791 §3.1, RFC 2113.
    private void Ipv4Options(int at, int end)
    {
        while (at < end)
        {
            byte kind = _in[at];
            Keep(at, 1);
            if (kind == Ipv4OptionKind.End)
            {
                return;
            }

            if (kind == Ipv4OptionKind.NoOperation)
            {
                at++;
                continue;
            }

            if (!Fits(at, 2, end))
            {
                return;
            }

            int length = _in[at + 1];
            Keep(at + 1, 1);
            if (length < 2 || !Fits(at, length, end))
            {
                return;
            }

            if (kind is Ipv4OptionKind.RecordRoute or Ipv4OptionKind.LooseRoute or Ipv4OptionKind.StrictRoute
                && length > 2)
            {
                Keep(at + 2, 1);
                Addresses4(at + 3, length, at + length);
            }
            else if (kind == Ipv4OptionKind.RouterAlert)
            {
                Keep(at, length);
            }

            at += length;
        }
    }

    private void Ipv6(int at, int end)
    {
        const int AddressesAt = 8;
        if (!TryKeepIpStart(at, 6, AddressesAt, end) || !Fits(at, Ipv6Header.Length, end))
        {
            return;
        }

        Ipv6Header ip = MemoryMarshal.Read<Ipv6Header>(_in[at..]);
        Addresses6(at + AddressesAt, 2, end);
        int start = at + Ipv6Header.Length;
        ExtensionHeaders(new UpperLayer(
            start,
            Math.Min(end, start + ip.PayloadLength),
            ip.NextHeader,
            ip.PayloadLength,
            Ipv6Address.Length,
            at + AddressesAt,
            at + AddressesAt + Ipv6Address.Length,
            null,
            IsFragment: false));
    }

    private void ExtensionHeaders(UpperLayer upper)
    {
        int first = upper.At;
        while (Ipv6ExtensionHeader.IsAnnouncedBy(upper.Protocol))
        {
            bool isMisplaced = upper.Protocol == IpProtocol.HopByHop && upper.At != first;
            if (isMisplaced)
            {
                return;
            }

            bool goesOn = upper.Protocol == IpProtocol.Fragment
                ? TryFragmentHeader(ref upper)
                : TryExtensionHeader(ref upper);
            if (!goesOn)
            {
                return;
            }
        }

        Transport(upper);
    }

    private bool TryFragmentHeader(ref UpperLayer upper)
    {
        if (upper.IsFragment || !Fits(upper.At, Ipv6FragmentHeader.Length, upper.End))
        {
            return false;
        }

        Keep(upper.At, Ipv6FragmentHeader.Length);
        Ipv6FragmentHeader header = MemoryMarshal.Read<Ipv6FragmentHeader>(_in[upper.At..]);
        upper = Behind(upper, Ipv6FragmentHeader.Length, header.NextHeader);
        if (!header.IsFragment)
        {
            return true;
        }

        Datagram? datagram = _datagrams.Visit(
            new DatagramLedger.Key(
                MemoryMarshal.Read<Ipv6Address>(_in[upper.SourceAt..]),
                MemoryMarshal.Read<Ipv6Address>(_in[upper.DestinationAt..]),
                header.NextHeader,
                header.Identification,
                _depth),
            header.FragmentOffset,
            header.MoreFragments,
            _in[upper.At..upper.End]);
        upper = upper with { IsFragment = true, Datagram = datagram, Length = datagram?.Length ?? -1 };
        return header.FragmentOffset == 0;
    }

    private bool TryExtensionHeader(ref UpperLayer upper)
    {
        if (!Fits(upper.At, Ipv6ExtensionHeader.Length, upper.End))
        {
            return false;
        }

        Keep(upper.At, Ipv6ExtensionHeader.Length);
        Ipv6ExtensionHeader header = MemoryMarshal.Read<Ipv6ExtensionHeader>(_in[upper.At..]);
        int length = header.WholeLength(upper.Protocol);
        if (!Fits(upper.At, length, upper.End))
        {
            return false;
        }

        int behind = upper.At + length;
        switch (upper.Protocol)
        {
            case IpProtocol.HopByHop or IpProtocol.DestinationOptions:
                Ipv6Options(upper.At + Ipv6ExtensionHeader.Length, behind, ref upper);
                break;
            case IpProtocol.Routing:
                RoutingHeader(upper.At, behind, ref upper);
                break;
            case IpProtocol.AuthenticationHeader when length >= 12:
                Keep(upper.At, 12); // RFC 4302 §2: all but the integrity check value.
                break;
        }

        upper = Behind(upper, length, header.NextHeader);
        return true;
    }

    // What an extension header takes is no part of what is behind it, nor of its checksum's length.
    private static UpperLayer Behind(in UpperLayer upper, int length, IpProtocol protocol) => upper with
    {
        At = upper.At + length,
        Protocol = protocol,
        Length = upper.Length < 0 ? upper.Length : upper.Length - length,
    };

    private void Ipv6Options(int at, int end, ref UpperLayer upper)
    {
        while (at < end)
        {
            byte kind = _in[at];
            Keep(at, 1);
            if (kind == Ipv6OptionKind.Pad1)
            {
                at++;
                continue;
            }

            if (!Fits(at, 2, end))
            {
                return;
            }

            Keep(at + 1, 1);
            int length = 2 + _in[at + 1];
            if (!Fits(at, length, end))
            {
                return;
            }

            if (kind == Ipv6OptionKind.HomeAddress && length == 2 + Ipv6Address.Length)
            {
                // RFC 6275 §6.3: the checksum is that of the packet with the home address as its source.
                Address6(at + 2);
                upper = upper with { FinalSourceAt = at + 2 };
            }
            else if (kind is Ipv6OptionKind.RouterAlert or Ipv6OptionKind.EncapsulationLimit
                or Ipv6OptionKind.JumboPayload)
            {
                Keep(at, length);
            }

            at += length;
        }
    }

    private void RoutingHeader(int at, int end, ref UpperLayer upper)
    {
        const int AddressesAt = 8;
        byte kind = _in[at + 2];
        byte segmentsLeft = _in[at + 3];
        Keep(at, 4);
        bool isSegmentRouting = kind == Ipv6RoutingKind.Segments;
        if (kind is not (Ipv6RoutingKind.Source or Ipv6RoutingKind.Mobile or Ipv6RoutingKind.Segments))
        {
            return;
        }

        Keep(at + 4, 4);
        int count = isSegmentRouting ? _in[at + 4] + 1 : int.MaxValue;
        int behind = Addresses6(at + AddressesAt, count, end);
        if (segmentsLeft > 0 && behind > at + AddressesAt)
        {
            // RFC 8200 §8.1: the checksum's destination is the final one; segments are listed last one first.
            upper = upper with
            {
                FinalDestinationAt = isSegmentRouting ? at + AddressesAt : behind - Ipv6Address.Length,
            };
        }
    }

    /// <summary>The kinds of IPv4 options that are told apart.</summary>
    private static class Ipv4OptionKind
    {
        public const byte End = 0;
        public const byte NoOperation = 1;
        public const byte RecordRoute = 7;
        public const byte LooseRoute = 131;
        public const byte StrictRoute = 137;
        public const byte RouterAlert = 148;
    }

    /// <summary>The kinds of IPv6 options that are told apart.</summary>
    private static class Ipv6OptionKind
    {
        public const byte Pad1 = 0x00;
        public const byte EncapsulationLimit = 0x04;
        public const byte RouterAlert = 0x05;
        public const byte JumboPayload = 0xC2;
        public const byte HomeAddress = 0xC9;
    }

    /// <summary>The routing headers that hold whole addresses (RFC 2460 §4.4, RFC 6275 §6.4, RFC 8754 §2).</summary>
    private static class Ipv6RoutingKind
    {
        public const byte Source = 0;
        public const byte Mobile = 2;
        public const byte Segments = 4;
    }
}
