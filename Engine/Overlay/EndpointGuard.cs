using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Keeps an endpoint from sending in another's name, or as a router or DHCP server.</summary>
public static class EndpointGuard
{
    private const ushort DhcpServerPort = 67;
    private const ushort DhcpClientPort = 68;
    private const ushort Dhcpv6ServerPort = 547;
    private const ushort Dhcpv6ClientPort = 546;

    /// <summary>Checks a frame that an endpoint sent.</summary>
    /// <param name="bytes">The bytes that <paramref name="frame"/> was parsed from.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="port">The endpoint.</param>
    public static DropReason Check(ReadOnlySpan<byte> bytes, in ParsedFrame frame, Port port)
    {
        ArgumentNullException.ThrowIfNull(port);
        if (!port.SourceGuard)
        {
            return DropReason.None;
        }

        if (frame.SourceMac != port.Mac)
        {
            return DropReason.SourceMacSpoofed;
        }

        if (frame.IsArp)
        {
            return CheckArp(bytes, frame, port);
        }

        if (!frame.IsIp)
        {
            return DropReason.None;
        }

        // 0.0.0.0 and :: are for those who have no address yet (RFC 2131 §4.1, RFC 4861 §4.3, RFC 3810 §5.2.13);
        // link-local addresses are the endpoint's to choose (RFC 4862 §5.3).
        bool nameless = frame.Source.IsUnspecified && MayLackSource(frame);
        bool linkLocal = frame.Family == IpFamily.V6 && frame.Source.IsLinkLocal;
        if (!nameless && !linkLocal && !Owns(port, frame.Source))
        {
            return DropReason.SourceAddressSpoofed;
        }

        return CheckRole(bytes, frame, port);
    }

    /// <summary>True for DHCP in either version and direction, which layers do not decide.</summary>
    public static bool IsDhcp(in ParsedFrame frame) =>
        frame.HasTransport
        && frame.Protocol == IpProtocol.Udp
        && (frame.SourcePort, frame.DestinationPort) is
            (DhcpClientPort, DhcpServerPort) or (DhcpServerPort, DhcpClientPort)
            or (Dhcpv6ClientPort, Dhcpv6ServerPort) or (Dhcpv6ServerPort, Dhcpv6ClientPort);

    private static bool MayLackSource(in ParsedFrame frame) =>
        IsDhcp(frame)
        || frame.IsNeighborDiscovery
        || frame.Protocol == IpProtocol.Igmp
        || (frame.HasTransport
            && frame.Protocol == IpProtocol.Icmpv6
            && frame.IcmpType is Icmpv6Type.MulticastListenerReport or Icmpv6Type.MulticastListenerReportV2);

    private static DropReason CheckArp(ReadOnlySpan<byte> bytes, in ParsedFrame frame, Port port)
    {
        var reader = new PacketReader(bytes, frame.L3Offset);
        bool honest = reader.TryRead(out ArpPacket arp)
            && arp.SenderMac == port.Mac
            && (frame.Source.IsUnspecified || Owns(port, frame.Source));
        return honest ? DropReason.None : DropReason.NeighborSpoofed;
    }

    private static DropReason CheckRole(ReadOnlySpan<byte> bytes, in ParsedFrame frame, Port port)
    {
        if (IsDhcp(frame) && frame.SourcePort is DhcpServerPort or Dhcpv6ServerPort)
        {
            return DropReason.RoleSpoofed;
        }

        if (!frame.IsNeighborDiscovery)
        {
            return DropReason.None;
        }

        switch (frame.IcmpType)
        {
            case Icmpv6Type.RouterAdvertisement or Icmpv6Type.Redirect:
                return DropReason.RoleSpoofed;
            case Icmpv6Type.NeighborAdvertisement:
                var reader = new PacketReader(bytes, frame.L4Offset);
                bool honest = reader.TryRead(out NeighborMessage message)
                    && (message.Target.IsLinkLocal || Owns(port, message.Target));
                return honest ? DropReason.None : DropReason.NeighborSpoofed;
            default:
                return DropReason.None;
        }
    }

    private static bool Owns(Port port, IpAddress address) => port.Addresses.AsSpan().Contains(address);
}
