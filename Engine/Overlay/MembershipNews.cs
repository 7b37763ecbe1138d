using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>What a router asks, or another host says, of multicast groups: an IGMP or MLD message.</summary>
/// <param name="IsQuery">Whether it is a router's question; else another host says that it is a member.</param>
/// <param name="Family">IPv4 for IGMP, IPv6 for MLD.</param>
/// <param name="Group">The group; the unspecified address in a question about all.</param>
/// <param name="Version">IGMP's 1, 2 or 3; MLD's 1 is 2 here, and its 2 is 3.</param>
/// <param name="MaxResponseNs">How long an answer may take.</param>
/// <param name="Robustness">Querier's Robustness Variable, 0 where it says none.</param>
/// <param name="IntervalNs">Querier's Query Interval, 0 where it says none.</param>
internal readonly record struct MembershipNews(
    bool IsQuery,
    IpFamily Family,
    IpAddress Group,
    int Version,
    long MaxResponseNs = 0,
    int Robustness = 0,
    long IntervalNs = 0)
{
    private const long SecondNs = 1_000_000_000;
    private const int Igmpv3QueryLength = 12;
    private const int MldMessageLength = IcmpHeader.Length + Ipv6Address.Length;
    private const int Mldv2QueryLength = MldMessageLength + 4;

    /// <summary>Reads a query, or a report of a version in which hosts heed each other's.</summary>
    /// <param name="bytes">The bytes that <paramref name="frame"/> was parsed from.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="news">What it says.</param>
    /// <returns>False for anything else, and for messages that are to be ignored.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, in ParsedFrame frame, out MembershipNews news)
    {
        news = default;
        if (frame.Fragment != FragmentKind.None)
        {
            return false;
        }

        ReadOnlySpan<byte> message = frame.IsIp ? bytes[frame.L4Offset..frame.L3End] : [];
        bool isRead = (frame.Family, frame.Protocol) switch
        {
            (IpFamily.V4, IpProtocol.Igmp) => TryReadIgmp(message, out news),
            (IpFamily.V6, IpProtocol.Icmpv6) => IsMld(bytes, frame, message) && TryReadMld(message, out news),
            _ => false,
        };
        return isRead && (news.Group.IsMulticast || (news.IsQuery && news.Group.IsUnspecified));
    }

    private static bool TryReadIgmp(ReadOnlySpan<byte> message, out MembershipNews news)
    {
        news = default;
        var reader = new PacketReader(message);
        if (!reader.TryRead(out IgmpHeader header) || !Checksum.IsValid(message))
        {
            return false;
        }

        if (header.Type is IgmpHeader.MembershipReportV1 or IgmpHeader.MembershipReportV2)
        {
            news = new MembershipNews(false, IpFamily.V4, header.Group, 2);
            return true;
        }

        // RFC 3376 §7.1: the version is known by length and code; other lengths are ignored.
        int version = message.Length >= Igmpv3QueryLength ? 3 : header.MaxResponseTime == 0 ? 1 : 2;
        int tenths = version == 3 ? Decode(header.MaxResponseTime, 4, 3)
            : version == 2 ? header.MaxResponseTime
            : 100;
        news = new MembershipNews(true, IpFamily.V4, header.Group, version, tenths * (SecondNs / 10));
        if (version == 3)
        {
            news = news.With(message[IgmpHeader.Length], message[IgmpHeader.Length + 1]);
        }

        return header.Type == IgmpHeader.MembershipQuery && message.Length is IgmpHeader.Length or >= Igmpv3QueryLength;
    }

    private static bool TryReadMld(ReadOnlySpan<byte> message, out MembershipNews news)
    {
        var reader = new PacketReader(message);
        reader.TryRead(out IcmpHeader header);
        reader.TryRead(out Ipv6Address group);
        if (header.Type == Icmpv6Type.MulticastListenerReport)
        {
            news = new MembershipNews(false, IpFamily.V6, group, 2);
            return true;
        }

        // RFC 3810 §8.1.
        int version = message.Length >= Mldv2QueryLength ? 3 : 2;
        int code = (int)(header.RestOfHeader >> 16);
        long milliseconds = version == 3 ? Decode(code, 12, 3) : code;
        news = new MembershipNews(true, IpFamily.V6, group, version, milliseconds * (SecondNs / 1000));
        if (version == 3)
        {
            news = news.With(message[MldMessageLength], message[MldMessageLength + 1]);
        }

        return message.Length is MldMessageLength or >= Mldv2QueryLength;
    }

    /// <summary>
    /// True for an MLD message with what RFC 3810 §5.1.14 and §6.2 ask for: link-local source, hop limit 1, router
    /// alert, and a right checksum.
    /// </summary>
    private static bool IsMld(ReadOnlySpan<byte> bytes, in ParsedFrame frame, ReadOnlySpan<byte> message) =>
        frame is
        {
            HasTransport: true,
            IcmpType: Icmpv6Type.MulticastListenerQuery or Icmpv6Type.MulticastListenerReport,
            IcmpCode: 0,
            Ttl: 1,
        }
        && frame.Source.IsLinkLocal
        && message.Length >= MldMessageLength
        && HasRouterAlert(bytes[frame.L3Offset..frame.L4Offset])
        && Checksum.IsValid(
            message, Checksum.PseudoHeader(frame.Source, frame.Destination, IpProtocol.Icmpv6, message.Length));

    // RFC 2711 §2.1. The parser has found the headers whole and every option inside of its own.
    private static bool HasRouterAlert(ReadOnlySpan<byte> headers)
    {
        const byte pad1 = 0;
        var reader = new PacketReader(headers);
        reader.TryRead(out Ipv6Header ip);
        if (ip.NextHeader != IpProtocol.HopByHop || !reader.TryRead(out Ipv6ExtensionHeader extension))
        {
            return false;
        }

        int length = extension.WholeLength(IpProtocol.HopByHop) - Ipv6ExtensionHeader.Length;
        ReadOnlySpan<byte> options = reader.Rest[..length];
        while (!options.IsEmpty && options[0] != MembershipMessage.Ipv6RouterAlert)
        {
            options = options[(options[0] == pad1 ? 1 : options[1] + 2)..];
        }

        return !options.IsEmpty;
    }

    // RFC 3376 §4.1.6, §4.1.7; RFC 3810 §5.1.8, §5.1.9: the same two bytes.
    private MembershipNews With(byte flags, byte intervalCode) => this with
    {
        Robustness = flags & 7,
        IntervalNs = Decode(intervalCode, 4, 3) * SecondNs,
    };

    /// <summary>
    /// A number as RFC 3376 §4.1.1 and RFC 3810 §5.1.3 write it: as it is below half of its range, else a mantissa
    /// and an exponent.
    /// </summary>
    private static int Decode(int code, int mantissaBits, int exponentBits)
    {
        int one = 1 << mantissaBits;
        int exponent = (code >> mantissaBits) & ((1 << exponentBits) - 1);
        return code < one << exponentBits ? code : ((code & (one - 1)) | one) << (exponent + 3);
    }
}
