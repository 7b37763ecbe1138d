using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Offloads;

/// <summary>What a host left unfinished in a frame, where nothing tells of it: guessed from the bytes.</summary>
internal static class UnannouncedOffloads
{
    /// <summary>
    /// Finishes partial checksums, and says of a super-frame what a kernel would have said. A TCP packet that does not
    /// fit the interface is taken for a super-frame with full segments.
    /// </summary>
    /// <param name="bytes">The frame.</param>
    /// <param name="mtu">Bytes of the largest IP packet of the interface.</param>
    public static OffloadHeader Finish(Span<byte> bytes, int mtu)
    {
        OffloadHeader header = default;
        if (PacketParser.ParseFrame(bytes, 0, out ParsedFrame outer) != DropReason.None || !outer.IsIp)
        {
            return header;
        }

        int excess = outer.L3End - outer.L3Offset - mtu;
        bool isTunnel = OffloadIntake.TryParseTunnelled(bytes, outer, out ParsedFrame inner);
        ParsedFrame packet = isTunnel ? inner : outer;
        int segment = packet.L3End - packet.PayloadOffset - excess;
        if (excess > 0 && segment > 0 && packet is { Protocol: IpProtocol.Tcp, HasTransport: true })
        {
            header.Flags = OffloadHeader.NeedsChecksum;
            header.Kind = packet.Family == IpFamily.V4 ? OffloadHeader.TcpIpv4 : OffloadHeader.TcpIpv6;
            header.SegmentSize = (ushort)segment;
            header.ChecksumStart = (ushort)packet.L4Offset;
            return header;
        }

        // Inside first: an outer checksum covers the inner one.
        OffloadIntake.FinishUnannounced(bytes, packet);
        if (isTunnel)
        {
            OffloadIntake.FinishUnannounced(bytes, outer);
        }

        return header;
    }
}
