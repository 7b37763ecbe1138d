using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Anonymization;

/// <summary>A frame as a decoder sees it before and after.</summary>
/// <param name="Where">Where it is.</param>
/// <param name="Frame">The original.</param>
/// <param name="Before">What the decoder says of the original, in the order of <see cref="Fields"/>.</param>
/// <param name="After">What it says of the copy.</param>
internal sealed record DecodedPair(string Where, byte[] Frame, string[] Before, string[] After)
{
    private static readonly string[] StoryFields =
    [
        "frame.protocols", "ip.checksum.status", "udp.checksum.status", "tcp.checksum.status", "icmp.checksum.status",
        "icmpv6.checksum.status", "igmp.checksum.status", "_ws.malformed", "frame.len", "frame.time_epoch",
    ];

    private static readonly string[] AddressFields =
    [
        "eth.addr", "arp.src.hw_mac", "arp.dst.hw_mac", "arp.src.proto_ipv4", "arp.dst.proto_ipv4", "ip.addr",
        "ipv6.addr", "icmpv6.nd.ns.target_address", "icmpv6.nd.na.target_address", "icmpv6.opt.linkaddr",
        "icmpv6.mld.multicast_address", "icmpv6.mldr.mar.multicast_address", "igmp.maddr",
    ];

    /// <summary>What the decoder is asked for.</summary>
    public static string[] Fields { get; } = [.. StoryFields, .. AddressFields];

    /// <summary>Protocols, checksums, length and time of the original, without addresses.</summary>
    public string StoryBefore => Story(Before);

    /// <inheritdoc cref="StoryBefore"/>
    public string StoryAfter => Story(After);

    /// <summary>The addresses that the decoder shows anywhere in the original.</summary>
    public IEnumerable<string> AddressesBefore => Addresses(Before);

    /// <summary>The addresses that the decoder shows anywhere in the copy.</summary>
    public IEnumerable<string> AddressesAfter => Addresses(After);

    /// <summary>
    /// False where tshark reads on behind a header that the engine makes no sense of, and finds zeros in the copy: an
    /// IP header of the other version, an IPv6 extension header that reaches beyond the packet or stands where it must
    /// not, behind IPv4 for one, a fragment of a fragment, VXLAN without its I flag.
    /// </summary>
    public bool IsFollowed
    {
        get
        {
            DropReason reason = PacketParser.ParseFrame(Frame, 0, out ParsedFrame outer);
            bool isEndOfSense = reason is DropReason.Ipv4Malformed or DropReason.Ipv6Malformed
                or DropReason.Ipv6Truncated or DropReason.FragmentMalformed;
            bool isIpv6BehindIpv4 =
                outer.Family == IpFamily.V4 && Ipv6ExtensionHeader.IsAnnouncedBy(outer.Protocol);
            bool hasNoVni = reason == DropReason.None
                && outer.Tunnel == TunnelKind.Vxlan
                && PacketParser.ParseTunnel(Frame, outer, TunnelProtocols.Vxlan, out _, out _)
                    == DropReason.VxlanInvalidHeader;
            return !isEndOfSense && !isIpv6BehindIpv4 && !hasNoVni;
        }
    }

    private static string Story(string[] row) => string.Join(' ', row[..StoryFields.Length]);

    private static IEnumerable<string> Addresses(string[] row) =>
        row[StoryFields.Length..].SelectMany(cell => cell.Split(',')).Where(text => text.Length > 0);
}
