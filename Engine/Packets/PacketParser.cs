using VxlanEngine.Wire;

namespace VxlanEngine.Packets;

/// <summary>Finds and checks the headers of Ethernet frames and IP packets.</summary>
/// <remarks>
/// Nothing here allocates or throws, whatever the bytes are. The result is wholly written on every path: with a reason
/// other than <see cref="DropReason.None"/> it holds what was read up to the fault, and its offsets keep the order that
/// <see cref="ParsedFrame"/> promises. IPv4 header checksums are not looked at: links protect inner packets, and an
/// uplink checks outer ones.
/// </remarks>
public static partial class PacketParser
{
    /// <summary>The most VLAN tags the parser follows in one frame.</summary>
    public const int MaxVlanTags = 3;

    /// <summary>The most IPv6 extension headers the parser follows in one packet.</summary>
    public const int MaxExtensionHeaders = 10;

    /// <summary>Parses one Ethernet frame.</summary>
    /// <param name="buffer">The bytes; the frame ends where they end.</param>
    /// <param name="offset">Where the frame starts.</param>
    /// <param name="frame">What was found; offsets count from the start of <paramref name="buffer"/>.</param>
    /// <returns>
    /// Why the frame must be dropped, or <see cref="DropReason.None"/>; a frame that is not IP is no reason.
    /// </returns>
    public static DropReason ParseFrame(ReadOnlySpan<byte> buffer, int offset, out ParsedFrame frame)
    {
        var reader = new PacketReader(buffer, offset);
        Start(in reader, out frame);
        if (!reader.TryRead(out EthernetHeader ethernet))
        {
            return DropReason.FrameTruncated;
        }

        frame.DestinationMac = ethernet.Destination;
        frame.SourceMac = ethernet.Source;
        frame.EtherType = ethernet.EtherType;
        while (VlanTag.IsAnnouncedBy(frame.EtherType))
        {
            if (frame.VlanCount == MaxVlanTags)
            {
                return DropReason.VlanTooDeep;
            }

            if (!reader.TryRead(out VlanTag tag))
            {
                return DropReason.VlanTruncated;
            }

            frame.VlanTci = frame.VlanCount == 0 ? tag.Tci : frame.VlanTci;
            frame.VlanCount++;
            frame.EtherType = tag.EtherType;
        }

        StartNetwork(in reader, ref frame);
        return frame.EtherType switch
        {
            EtherType.Ipv4 => ParseIpv4(ref reader, ref frame, isQuoted: false),
            EtherType.Ipv6 => ParseIpv6(ref reader, ref frame, isQuoted: false),
            EtherType.Arp => ParseArp(ref reader, ref frame),
            _ => DropReason.None, // 802.3, MPLS and all else is carried by its MAC addresses alone.
        };
    }

    /// <summary>Parses one whole IP packet that has no link header.</summary>
    /// <param name="buffer">The bytes; the result's offsets count from the first of them.</param>
    /// <param name="offset">Where the packet starts.</param>
    /// <param name="end">Where the bytes end that may belong to it.</param>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="packet">What was found; both MAC addresses are zero.</param>
    /// <returns>Why the packet must be dropped, or <see cref="DropReason.None"/>.</returns>
    public static DropReason ParsePacket(
        ReadOnlySpan<byte> buffer, int offset, int end, IpFamily family, out ParsedFrame packet) =>
        ParsePacket(buffer, offset, end, family, isQuoted: false, out packet);

    /// <summary>Parses the packet that an ICMP error quotes: it may be cut anywhere behind its ports.</summary>
    /// <remarks>
    /// The total length may exceed what is there (<see cref="ParsedFrame.L3End"/> is then <paramref name="end"/>),
    /// and eight bytes of a transport header are enough (RFC 792).
    /// </remarks>
    /// <inheritdoc cref="ParsePacket(ReadOnlySpan{byte}, int, int, IpFamily, out ParsedFrame)"/>
    public static DropReason ParseQuotedPacket(
        ReadOnlySpan<byte> buffer, int offset, int end, IpFamily family, out ParsedFrame packet) =>
        ParsePacket(buffer, offset, end, family, isQuoted: true, out packet);

    /// <summary>Opens a tunnel packet: reads the header behind UDP and parses the frame behind that.</summary>
    /// <remarks>
    /// The inner frame ends where UDP and IP end, whichever is first: padding of the outer frame never becomes part
    /// of it. Reserved bits, VLAN tags and addresses of the inner frame are for the caller to judge.
    /// </remarks>
    /// <param name="buffer">The bytes that <paramref name="outer"/> was parsed from.</param>
    /// <param name="outer">A UDP packet which the caller has found to be the tunnel's by its port.</param>
    /// <param name="protocol">How to read the tunnel header.</param>
    /// <param name="header">What the tunnel header says; the default when it is not whole or wrong.</param>
    /// <param name="inner">The inner frame; offsets count from the start of <paramref name="buffer"/>.</param>
    /// <returns>Why the packet must be dropped, or <see cref="DropReason.None"/>.</returns>
    public static DropReason ParseTunnel(
        ReadOnlySpan<byte> buffer,
        in ParsedFrame outer,
        ITunnelProtocol protocol,
        out TunnelHeader header,
        out ParsedFrame inner)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        ReadOnlySpan<byte> packet = buffer[..Math.Clamp(outer.L3End, 0, buffer.Length)];
        var reader = new PacketReader(packet, outer.L4Offset);
        inner = default;
        if (!reader.TryRead(out UdpHeader udp)
            || !reader.TryLimit(Math.Min(udp.DatagramLength - UdpHeader.Length, reader.Remaining)))
        {
            // Nothing is left for a header.
            reader = new PacketReader([]);
        }

        DropReason reason = protocol.Read(ref reader, out header);
        if (reason != DropReason.None)
        {
            return reason;
        }

        int end = reader.Offset + reader.Remaining;
        reason = ParseFrame(buffer[..end], reader.Offset, out inner);
        return reason == DropReason.FrameTruncated ? DropReason.InnerFrameTruncated : reason;
    }

    private static DropReason ParsePacket(
        ReadOnlySpan<byte> buffer, int offset, int end, IpFamily family, bool isQuoted, out ParsedFrame packet)
    {
        var reader = new PacketReader(buffer[..Math.Clamp(end, 0, buffer.Length)], offset);
        Start(in reader, out packet);
        if (family == IpFamily.V6)
        {
            packet.EtherType = EtherType.Ipv6;
            return ParseIpv6(ref reader, ref packet, isQuoted);
        }

        packet.EtherType = EtherType.Ipv4;
        return ParseIpv4(ref reader, ref packet, isQuoted);
    }

    private static void Start(in PacketReader reader, out ParsedFrame frame)
    {
        frame = default;
        frame.L2Offset = reader.Offset;
        frame.FrameEnd = reader.Offset + reader.Remaining;
        StartNetwork(in reader, ref frame);
    }

    /// <summary>The network header starts here; until more is known, the rest of the frame is its payload.</summary>
    private static void StartNetwork(in PacketReader reader, ref ParsedFrame frame)
    {
        frame.L3Offset = reader.Offset;
        frame.L3End = frame.FrameEnd;
        StartTransport(in reader, ref frame);
    }

    /// <summary>The transport header starts here; until more is known, it is empty.</summary>
    private static void StartTransport(in PacketReader reader, ref ParsedFrame frame)
    {
        frame.L4Offset = reader.Offset;
        frame.PayloadOffset = reader.Offset;
    }

    private static DropReason ParseArp(ref PacketReader reader, ref ParsedFrame frame)
    {
        if (!reader.TryRead(out ArpPacket arp) || !arp.IsEthernetIpv4)
        {
            return DropReason.ArpMalformed;
        }

        frame.Source = arp.Sender;
        frame.Destination = arp.Target;
        return DropReason.None;
    }
}
