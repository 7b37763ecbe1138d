using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>What a station on the underlay says of its own MAC address, by ARP or neighbour discovery.</summary>
/// <param name="Address">The station's address.</param>
/// <param name="Mac">Its MAC address; zero in an advertisement that says only that the station is there.</param>
/// <param name="To">The address that it is said to.</param>
/// <param name="IsAnnouncement">Whether it is said to everybody.</param>
/// <param name="IsConfirmed">Whether it tells that the station receives what is sent to it.</param>
/// <param name="IsOverride">Whether it takes the place of what was known.</param>
internal readonly record struct NeighborNews(
    IpAddress Address, MacAddress Mac, IpAddress To, bool IsAnnouncement, bool IsConfirmed, bool IsOverride)
{
    /// <summary>Reads an ARP packet, a neighbour solicitation or an advertisement.</summary>
    /// <param name="bytes">The bytes that <paramref name="frame"/> was parsed from.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="news">What it says.</param>
    /// <returns>False when it says nothing of its sender.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, in ParsedFrame frame, out NeighborNews news)
    {
        news = default;
        bool isRead = frame.IsArp
            ? TryReadArp(bytes, frame, out news)
            : frame.IsNeighborDiscovery && TryReadMessage(bytes, frame, out news);
        return isRead && !news.Address.IsMulticast && !news.Address.IsUnspecified && !news.Mac.IsMulticast;
    }

    // RFC 826: whatever the operation, the sender's pair of addresses is good. RFC 5227 §3: an announcement asks for,
    // or answers to, the sender's own address.
    private static bool TryReadArp(ReadOnlySpan<byte> bytes, in ParsedFrame frame, out NeighborNews news)
    {
        var reader = new PacketReader(bytes, frame.L3Offset);
        reader.TryRead(out ArpPacket arp);
        news = new NeighborNews(arp.Sender, arp.SenderMac, arp.Target, arp.Sender == arp.Target, true, true);
        return arp.Operation is ArpOperation.Request or ArpOperation.Reply && !arp.SenderMac.IsZero;
    }

    private static bool TryReadMessage(ReadOnlySpan<byte> bytes, in ParsedFrame frame, out NeighborNews news)
    {
        news = default;
        bool isSolicitation = frame.IcmpType == Icmpv6Type.NeighborSolicitation;
        bool isMessage = isSolicitation || frame.IcmpType == Icmpv6Type.NeighborAdvertisement;
        if (!isMessage || !NeighborProxy.IsValid(bytes, frame))
        {
            return false;
        }

        var reader = new PacketReader(bytes, frame.L4Offset);
        reader.TryRead(out NeighborMessage message);
        byte option = isSolicitation ? LinkLayerAddressOption.SourceType : LinkLayerAddressOption.TargetType;
        bool hasMac = NeighborProxy.TryFindMac(bytes, frame, option, out MacAddress mac) && !mac.IsZero;
        if (isSolicitation)
        {
            // RFC 4861 §7.2.3: it tells the sender's address, but not that it hears us.
            news = new NeighborNews(frame.Source, mac, message.Target, false, false, true);
            return hasMac;
        }

        // RFC 4861 §7.1.2: what is said to a group answers nobody.
        bool isToGroup = frame.Destination.IsMulticast;
        news = new NeighborNews(
            message.Target, mac, frame.Destination, isToGroup, message.IsSolicited, message.IsOverride);
        return !(isToGroup && message.IsSolicited);
    }
}
