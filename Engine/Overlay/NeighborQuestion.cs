using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Writes ARP requests and neighbour solicitations (RFC 826, RFC 4861 §7.2.2).</summary>
internal static class NeighborQuestion
{
    /// <summary>Bytes of the longest question.</summary>
    public const int MaxLength =
        UnderlayLink.MaxLength + Ipv6Header.Length + NeighborMessage.Length + LinkLayerAddressOption.Length;

    /// <summary>Writes the question who has a neighbour's address: to the MAC address it had, or to all.</summary>
    /// <param name="neighbor">The neighbour.</param>
    /// <param name="own">The uplink's own MAC address.</param>
    /// <param name="tci">Tag control information of the uplink's VLAN; 0 for no tag.</param>
    /// <param name="frame">Receives the question; at least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes of the question.</returns>
    public static int Write(UnderlayNeighbor neighbor, MacAddress own, ushort tci, Span<byte> frame) =>
        neighbor.Address.Family == IpFamily.V4
            ? WriteRequest(neighbor, own, tci, frame)
            : WriteSolicitation(neighbor, own, tci, frame);

    private static int WriteRequest(UnderlayNeighbor neighbor, MacAddress own, ushort tci, Span<byte> frame)
    {
        var writer = new PacketWriter(frame);
        MacAddress destination = neighbor.Mac.IsZero ? MacAddress.Broadcast : neighbor.Mac;
        UnderlayLink.Write(ref writer, destination, own, tci, EtherType.Arp);
        writer.TryWrite(new ArpPacket(
            ArpOperation.Request, own, neighbor.Local.V4, default, neighbor.Address.V4));
        return writer.Offset;
    }

    private static int WriteSolicitation(UnderlayNeighbor neighbor, MacAddress own, ushort tci, Span<byte> frame)
    {
        const int Length = NeighborMessage.Length + LinkLayerAddressOption.Length;
        Ipv6Address target = neighbor.Address.V6;
        Ipv6Address group = target.SolicitedNode;
        bool isKnown = !neighbor.Mac.IsZero;
        Ipv6Address destination = isKnown ? target : group;
        var writer = new PacketWriter(frame);
        UnderlayLink.Write(
            ref writer, isKnown ? neighbor.Mac : MacAddress.ForMulticast(group), own, tci, EtherType.Ipv6);
        writer.TryWrite(new Ipv6Header(
            neighbor.Local.V6, destination, IpProtocol.Icmpv6, Length, NeighborMessage.HopLimit));
        int start = writer.Offset;
        var message = new NeighborMessage(target);
        writer.TryWrite(message);
        writer.TryWrite(new LinkLayerAddressOption(LinkLayerAddressOption.SourceType, own));
        uint pseudo = Checksum.PseudoHeader(neighbor.Local, destination, IpProtocol.Icmpv6, Length);
        message.Checksum = Checksum.Finish(Checksum.Sum(frame.Slice(start, Length), pseudo));
        new PacketWriter(frame, start).TryWrite(message);
        return writer.Offset;
    }
}
