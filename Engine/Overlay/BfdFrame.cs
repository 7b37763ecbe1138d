using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Writes and opens the frames that carry BFD control packets inside of a tunnel (RFC 8971 §5, §6).</summary>
internal static class BfdFrame
{
    /// <summary>Bytes of the longest frame.</summary>
    public const int MaxLength =
        EthernetHeader.Length + Ipv6Header.Length + UdpHeader.Length + BfdAuthenticator.MaxLength;

    // RFC 4594 §3.1: network control.
    private const byte NetworkControl = 48 << 2;

    /// <summary>
    /// The inner destination MAC address: 00-52-02 of IANA's block 00-00-5E (RFC 8971 §8), which no tenant has.
    /// </summary>
    public static MacAddress Destination { get; } = MacAddress.Parse("00:00:5e:00:52:02");

    private static readonly IpAddress Loopback4 = IpAddress.Parse("127.0.0.1");
    private static readonly IpAddress Loopback6 = IpAddress.Parse("::ffff:127.0.0.1");

    /// <summary>Writes a frame.</summary>
    /// <param name="peer">Whom it is for.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="own">The uplink's own MAC address.</param>
    /// <param name="frame">Receives the frame; at least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes of the frame.</returns>
    public static int Write(BfdPeer peer, in BfdPacket packet, MacAddress own, Span<byte> frame)
    {
        Span<byte> control = stackalloc byte[BfdAuthenticator.MaxLength];
        control = control[..peer.Authenticator.Write(packet, control)];
        ushort udpLength = (ushort)(UdpHeader.Length + control.Length);
        bool isV4 = peer.Local.Family == IpFamily.V4;
        IpAddress destination = isV4 ? Loopback4 : Loopback6;
        var writer = new PacketWriter(frame);
        writer.TryWrite(new EthernetHeader(Destination, own, isV4 ? EtherType.Ipv4 : EtherType.Ipv6));
        if (isV4)
        {
            writer.TryWrite(new Ipv4Header(
                peer.Local.V4,
                destination.V4,
                IpProtocol.Udp,
                (ushort)(Ipv4Header.Length + udpLength),
                BfdPacket.HopLimit,
                dontFragment: true,
                trafficClass: NetworkControl));
        }
        else
        {
            writer.TryWrite(new Ipv6Header(
                peer.Local.V6, destination.V6, IpProtocol.Udp, udpLength, BfdPacket.HopLimit, NetworkControl));
        }

        int start = writer.Offset;
        var udp = new UdpHeader(peer.SourcePort, BfdPacket.UdpPort, udpLength);
        writer.TryWrite(udp);
        writer.TryWrite(control);
        uint pseudo = Checksum.PseudoHeader(peer.Local, destination, IpProtocol.Udp, udpLength);
        udp.Checksum = Checksum.FinishUdp(Checksum.Sum(frame.Slice(start, udpLength), pseudo));
        new PacketWriter(frame, start).TryWrite(udp);
        return writer.Offset;
    }

    /// <summary>Finds the control packet in a frame that came on the management VNI.</summary>
    /// <remarks>
    /// Nobody else is behind that VNI, so the frame is for this VTEP whatever MAC address and address it names.
    /// </remarks>
    /// <param name="bytes">The bytes that <paramref name="inner"/> was parsed from.</param>
    /// <param name="inner">The inner frame.</param>
    /// <param name="payload">The datagram behind its UDP header.</param>
    /// <returns>False when it is no datagram to BFD's port, came through a router, or has a wrong checksum.</returns>
    public static bool TryOpen(ReadOnlySpan<byte> bytes, in ParsedFrame inner, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        bool isForBfd = inner.IsIp
            && inner.HasTransport
            && inner.Protocol == IpProtocol.Udp
            && inner.Fragment == FragmentKind.None
            && inner.DestinationPort == BfdPacket.UdpPort
            && inner.Ttl == BfdPacket.HopLimit;
        if (!isForBfd || !new PacketReader(bytes, inner.L4Offset).TryRead(out UdpHeader udp))
        {
            return false;
        }

        ReadOnlySpan<byte> datagram = bytes.Slice(inner.L4Offset, udp.DatagramLength);
        payload = datagram[UdpHeader.Length..];
        bool isV4 = inner.Family == IpFamily.V4;
        if (isV4 && !Ipv4Header.IsChecksumValid(bytes[inner.L3Offset..inner.L4Offset]))
        {
            return false;
        }

        uint pseudo = Checksum.PseudoHeader(inner.Source, inner.Destination, IpProtocol.Udp, datagram.Length);
        return udp.Checksum == 0 ? isV4 : Checksum.IsValid(datagram, pseudo);
    }
}
