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
    /// <param name="space">Its network, whose router and other endpoints it must not pretend to be.</param>
    public static DropReason Check(ReadOnlySpan<byte> bytes, in ParsedFrame frame, Port port, MappingSpace space)
    {
        ArgumentNullException.ThrowIfNull(port);
        ArgumentNullException.ThrowIfNull(space);
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

        if (frame.EtherType == EtherType.None)
        {
            return CheckLlc(bytes, frame, port, space);
        }

        if (!frame.IsIp)
        {
            return DropReason.None;
        }

        return CheckIp(bytes, frame, port, space);
    }

    /// <summary>True for DHCP in either version and direction, which layers do not decide.</summary>
    public static bool IsDhcp(in ParsedFrame frame) =>
        frame.HasTransport
        && frame.Protocol == IpProtocol.Udp
        && (frame.Family, frame.SourcePort, frame.DestinationPort) is
            (IpFamily.V4, DhcpClientPort, DhcpServerPort) or (IpFamily.V4, DhcpServerPort, DhcpClientPort)
            or (IpFamily.V6, Dhcpv6ClientPort, Dhcpv6ServerPort) or (IpFamily.V6, Dhcpv6ServerPort, Dhcpv6ClientPort);

    private static DropReason CheckIp(
        ReadOnlySpan<byte> bytes, in ParsedFrame frame, Port port, MappingSpace space)
    {
        // 0.0.0.0 and :: are for those who have no address yet (RFC 2131 §4.1, RFC 4861 §4.3, RFC 3810 §5.2.13);
        // link-local addresses are the endpoint's to choose (RFC 4862 §5.3).
        bool nameless = frame.Source.IsUnspecified && MayLackSource(frame);
        if (!nameless && !MayUse(port, space, frame.Source))
        {
            return DropReason.SourceAddressSpoofed;
        }

        return CheckRole(bytes, frame, port, space);
    }

    // Some stacks take what LLC and SNAP carry for the same packet without them, so it is guarded alike.
    private static DropReason CheckLlc(
        ReadOnlySpan<byte> bytes, in ParsedFrame frame, Port port, MappingSpace space)
    {
        var reader = new PacketReader(bytes[..frame.FrameEnd], frame.L3Offset);
        if (!reader.TryRead(out LlcHeader llc)
            || !llc.IsSnap
            || !reader.TryRead(out SnapHeader snap)
            || !snap.IsEtherType)
        {
            return DropReason.None;
        }

        if (snap.Protocol == EtherType.Arp)
        {
            int start = reader.Offset;
            return reader.TryRead(out ArpPacket arp) && arp.IsEthernetIpv4
                ? CheckArp(bytes, frame with { L3Offset = start, Source = arp.Sender }, port)
                : DropReason.ArpMalformed;
        }

        if (snap.Protocol is not (EtherType.Ipv4 or EtherType.Ipv6))
        {
            return DropReason.None;
        }

        IpFamily family = snap.Protocol == EtherType.Ipv4 ? IpFamily.V4 : IpFamily.V6;
        DropReason reason =
            PacketParser.ParsePacket(bytes, reader.Offset, frame.FrameEnd, family, out ParsedFrame packet);
        return reason == DropReason.None ? CheckIp(bytes, packet, port, space) : reason;
    }

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

    private static DropReason CheckRole(
        ReadOnlySpan<byte> bytes, in ParsedFrame frame, Port port, MappingSpace space)
    {
        if (IsToDhcpClient(frame))
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
                    && MayUse(port, space, message.Target);
                return honest ? DropReason.None : DropReason.NeighborSpoofed;
            default:
                return DropReason.None;
        }
    }

    // Clients do not look at the port that an answer comes from, so it is no server's port that makes one.
    private static bool IsToDhcpClient(in ParsedFrame frame) =>
        frame.HasTransport
        && frame.Protocol == IpProtocol.Udp
        && frame.DestinationPort == (frame.Family == IpFamily.V4 ? DhcpClientPort : Dhcpv6ClientPort);

    private static bool MayUse(Port port, MappingSpace space, IpAddress address) =>
        Owns(port, address)
        || (address.Family == IpFamily.V6
            && address.IsLinkLocal
            && !space.IsLinkLocalOfAnother(address.V6, port.Mac));

    private static bool Owns(Port port, IpAddress address) => port.Addresses.AsSpan().Contains(address);
}
