using VxlanEngine.Wire;

namespace VxlanEngine.Packets;

/// <content>The network layer: IPv4, IPv6 with its extension headers, fragments.</content>
public static partial class PacketParser
{
    private const int MaxDatagramLength = 65535;

    private static DropReason ParseIpv4(ref PacketReader reader, ref ParsedFrame frame, bool isQuoted)
    {
        if (!reader.TryRead(out Ipv4Header ip))
        {
            return DropReason.Ipv4Truncated;
        }

        int headerLength = ip.HeaderLength;
        if (ip.Version != 4 || headerLength < Ipv4Header.Length || ip.TotalLength < headerLength)
        {
            return DropReason.Ipv4Malformed;
        }

        if (!TryLimit(ref reader, ref frame, ip.TotalLength - Ipv4Header.Length, isQuoted, out int missing)
            || !reader.TrySkip(headerLength - Ipv4Header.Length))
        {
            return DropReason.Ipv4Truncated;
        }

        frame.Family = IpFamily.V4;
        frame.Source = ip.Source;
        frame.Destination = ip.Destination;
        frame.Protocol = ip.Protocol;
        frame.TrafficClass = ip.TrafficClass;
        frame.Ttl = ip.Ttl;
        frame.DontFragment = ip.DontFragment;
        StartTransport(in reader, ref frame);
        if (ip.IsFragment)
        {
            frame.FragmentId = ip.Identification;
            int length = reader.Remaining + missing;
            if (!TryFragment(ref frame, ip.FragmentOffset, length, ip.MoreFragments))
            {
                return DropReason.FragmentMalformed;
            }

            if (frame.Fragment == FragmentKind.Later)
            {
                return DropReason.None;
            }
        }

        return ParseTransport(ref reader, ref frame, isQuoted);
    }

    private static DropReason ParseIpv6(ref PacketReader reader, ref ParsedFrame frame, bool isQuoted)
    {
        if (!reader.TryRead(out Ipv6Header ip))
        {
            return DropReason.Ipv6Truncated;
        }

        // RFC 2675: a payload length of 0 behind which options follow is a jumbogram, which no Ethernet frame holds.
        if (ip.Version != 6 || (ip.PayloadLength == 0 && ip.NextHeader == IpProtocol.HopByHop))
        {
            return DropReason.Ipv6Malformed;
        }

        if (!TryLimit(ref reader, ref frame, ip.PayloadLength, isQuoted, out int missing))
        {
            return DropReason.Ipv6Truncated;
        }

        frame.Family = IpFamily.V6;
        frame.Source = ip.Source;
        frame.Destination = ip.Destination;
        frame.Protocol = ip.NextHeader;
        frame.TrafficClass = ip.TrafficClass;
        frame.Ttl = ip.HopLimit;
        StartTransport(in reader, ref frame);
        if (Ipv6ExtensionHeader.IsAnnouncedBy(ip.NextHeader))
        {
            DropReason reason = ParseExtensionHeaders(ref reader, ref frame, missing);
            if (reason != DropReason.None || frame.Fragment == FragmentKind.Later)
            {
                return reason;
            }
        }

        return ParseTransport(ref reader, ref frame, isQuoted);
    }

    /// <summary>Ends the packet by its own length field, so that nothing behind it is taken for payload.</summary>
    /// <param name="reader">The reader, behind the fixed IP header.</param>
    /// <param name="frame">The frame, whose packet end is set.</param>
    /// <param name="length">Bytes that follow the fixed header by the length field.</param>
    /// <param name="isQuoted">True when fewer bytes than that are no fault.</param>
    /// <param name="missing">How many fewer there are in a quoted packet; 0 otherwise.</param>
    private static bool TryLimit(
        ref PacketReader reader, ref ParsedFrame frame, int length, bool isQuoted, out int missing)
    {
        missing = isQuoted ? Math.Max(0, length - reader.Remaining) : 0;
        if (!reader.TryLimit(length - missing))
        {
            return false;
        }

        frame.L3End = reader.Offset + reader.Remaining;
        return true;
    }

    /// <summary>Walks the headers between IPv6 and transport; a later fragment ends the walk.</summary>
    private static DropReason ParseExtensionHeaders(ref PacketReader reader, ref ParsedFrame frame, int missing)
    {
        for (int count = 0; Ipv6ExtensionHeader.IsAnnouncedBy(frame.Protocol); count++)
        {
            // RFC 8200 §4.1, §4.3: hop-by-hop options stand first and once.
            if (count == MaxExtensionHeaders || (frame.Protocol == IpProtocol.HopByHop && count != 0))
            {
                return DropReason.Ipv6Malformed;
            }

            DropReason reason = frame.Protocol == IpProtocol.Fragment
                ? ParseFragmentHeader(ref reader, ref frame, missing)
                : ParseExtensionHeader(ref reader, ref frame);
            StartTransport(in reader, ref frame);
            if (reason != DropReason.None || frame.Fragment == FragmentKind.Later)
            {
                return reason;
            }
        }

        return DropReason.None;
    }

    private static DropReason ParseExtensionHeader(ref PacketReader reader, ref ParsedFrame frame)
    {
        ReadOnlySpan<byte> rest = reader.Rest;
        if (!reader.TryRead(out Ipv6ExtensionHeader header))
        {
            return Cut(in frame, DropReason.Ipv6Truncated);
        }

        int length = header.WholeLength(frame.Protocol);
        if (!reader.TrySkip(length - Ipv6ExtensionHeader.Length))
        {
            return Cut(in frame, DropReason.Ipv6Truncated);
        }

        if (frame.Protocol is IpProtocol.HopByHop or IpProtocol.DestinationOptions
            && !AreOptionsValid(rest[Ipv6ExtensionHeader.Length..length]))
        {
            return DropReason.Ipv6Malformed;
        }

        frame.Protocol = header.NextHeader;
        return DropReason.None;
    }

    private static DropReason ParseFragmentHeader(ref PacketReader reader, ref ParsedFrame frame, int missing)
    {
        if (frame.FragmentHeaderOffset != 0)
        {
            return DropReason.FragmentMalformed; // Fragments of fragments only serve to hide what they carry.
        }

        int offset = reader.Offset;
        if (!reader.TryRead(out Ipv6FragmentHeader header))
        {
            return DropReason.Ipv6Truncated;
        }

        frame.FragmentHeaderOffset = offset;
        frame.Protocol = header.NextHeader;
        if (!header.IsFragment)
        {
            return DropReason.None; // RFC 6946: an atomic fragment is a whole datagram.
        }

        frame.FragmentId = header.Identification;
        int length = reader.Remaining + missing;
        return TryFragment(ref frame, header.FragmentOffset, length, header.MoreFragments)
            ? DropReason.None
            : DropReason.FragmentMalformed;
    }

    /// <summary>Walks the options of a hop-by-hop or destination options header (RFC 8200 §4.2).</summary>
    /// <returns>False when an option reaches behind the header, or claims a jumbogram (RFC 2675).</returns>
    private static bool AreOptionsValid(ReadOnlySpan<byte> options)
    {
        const byte pad1 = 0x00;
        const byte jumboPayload = 0xC2;
        while (!options.IsEmpty)
        {
            if (options[0] == pad1)
            {
                options = options[1..];
                continue;
            }

            if (options[0] == jumboPayload || options.Length < 2 || options[1] > options.Length - 2)
            {
                return false;
            }

            options = options[(options[1] + 2)..];
        }

        return true;
    }

    /// <summary>Notes which fragment this is.</summary>
    /// <param name="frame">The frame, its protocol set.</param>
    /// <param name="offset">Where the fragment stands in the datagram, in bytes.</param>
    /// <param name="length">Bytes of the datagram that it holds.</param>
    /// <param name="hasMore">False for the last fragment.</param>
    /// <returns>False for a fragment that no datagram can have.</returns>
    private static bool TryFragment(ref ParsedFrame frame, int offset, int length, bool hasMore)
    {
        frame.Fragment = offset == 0 ? FragmentKind.First : FragmentKind.Later;
        frame.FragmentOffset = offset;

        // RFC 3128 §2.1: a fragment at 8 would overwrite the flags of the TCP header that the first one showed.
        bool overwritesTcp = offset == 8 && frame.Protocol == IpProtocol.Tcp;
        bool isRagged = hasMore && length % 8 != 0;
        return offset + length <= MaxDatagramLength && !isRagged && !overwritesTcp;
    }

    /// <summary>
    /// The reason for a header that is not whole: a first fragment must hold all of them (RFC 7112 §5).
    /// </summary>
    private static DropReason Cut(in ParsedFrame frame, DropReason reason) =>
        frame.Fragment == FragmentKind.First ? DropReason.FragmentMalformed : reason;
}
