using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Offloads;

/// <summary>How a super-frame, plain or in a tunnel, is cut into frames that fit the wire.</summary>
/// <remarks>
/// <code>
/// super-frame:  |--- headers ---|------------- payload -------------|
/// piece:        |--- headers ---|-- length --|   from start on; lengths, numbers and checksums its own
/// </code>
/// Thread: any; it is a value.
/// </remarks>
internal readonly struct SegmentPlan
{
    /// <summary>Most bytes of headers that are copied in front of each piece.</summary>
    public const int MaxHeadersLength = 256;

    private const byte FinOrPush = 0x09;
    private const byte CongestionWindowReduced = 0x80;
    private const int TcpFlagsOffset = 13;
    private const int TcpSequenceOffset = 4;
    private const int TcpChecksumOffset = 16;
    private const int UdpChecksumOffset = 6;

    private readonly ParsedFrame _outer;
    private readonly ParsedFrame _packet;

    // Of the innermost packet's pseudo-header, without the length.
    private readonly uint _pseudoHeader;

    private SegmentPlan(in ParsedFrame outer, in ParsedFrame packet, int headersLength, ushort segmentSize)
    {
        _outer = outer;
        _packet = packet;
        IsTunnelled = outer.L2Offset != packet.L2Offset;
        HeadersLength = headersLength;
        SegmentSize = segmentSize;
        _pseudoHeader = Checksum.PseudoHeader(packet.Source, packet.Destination, packet.Protocol, 0);
    }

    /// <summary>True when the segments are those of a packet inside a tunnel.</summary>
    public bool IsTunnelled { get; }

    /// <summary>True when the outermost packet is one of UDP to a port that is assigned to tunnels.</summary>
    public bool IsToTunnelPort =>
        _outer.Protocol == IpProtocol.Udp && TunnelProtocols.At(_outer.DestinationPort) is not null;

    /// <summary>Bytes in front of the payload.</summary>
    public int HeadersLength { get; }

    /// <summary>Payload bytes of each segment but the last.</summary>
    public ushort SegmentSize { get; }

    /// <summary>Payload bytes of the super-frame.</summary>
    public int PayloadLength => _packet.L3End - HeadersLength;

    /// <summary>Offset of the transport header whose payload is cut.</summary>
    public int TransportOffset => _packet.L4Offset;

    /// <summary>Where the IP header of the packet begins whose payload is cut.</summary>
    public int NetworkOffset => _packet.L3Offset;

    /// <summary>Family of the packet whose payload is cut.</summary>
    public IpFamily Family => _packet.Family;

    /// <summary>Family of the tunnel's packet; without a tunnel, of the packet.</summary>
    public IpFamily OuterFamily => _outer.Family;

    /// <summary>Where the tunnel header begins.</summary>
    public int TunnelPayloadOffset => _outer.L4Offset + UdpHeader.Length;

    /// <summary>True when the payload is TCP's.</summary>
    public bool IsTcp => _packet.Protocol == IpProtocol.Tcp;

    /// <summary>Offset of the checksum in the transport header.</summary>
    public int ChecksumOffset => IsTcp ? TcpChecksumOffset : UdpChecksumOffset;

    /// <summary>Finds the headers of a super-frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="kind">Whose payload is to be cut.</param>
    /// <param name="segmentSize">Payload bytes of each segment, at least 1.</param>
    /// <param name="transportOffset">
    /// Offset of the transport header, where that is known; −1 where not: TCP in UDP is then taken for a tunnel, and
    /// UDP cut where <paramref name="kind"/> says.
    /// </param>
    /// <param name="plan">The plan.</param>
    /// <returns>False when the frame is not what it is said to be.</returns>
    public static bool TryCreate(
        ReadOnlySpan<byte> frame, SegmentKind kind, ushort segmentSize, int transportOffset, out SegmentPlan plan)
    {
        plan = default;
        if (segmentSize == 0
            || kind == SegmentKind.None
            || PacketParser.ParseFrame(frame, 0, out ParsedFrame outer) != DropReason.None)
        {
            return false;
        }

        IpProtocol wanted = kind is SegmentKind.Udp or SegmentKind.UdpInTunnel ? IpProtocol.Udp : IpProtocol.Tcp;
        ParsedFrame packet = outer;
        bool isTunnelled = outer.Protocol == IpProtocol.Udp
            && outer.HasTransport
            && (kind != SegmentKind.Udp || (transportOffset >= 0 && transportOffset != outer.L4Offset));
        if (isTunnelled)
        {
            int start = outer.L4Offset + UdpHeader.Length;
            start += TunnelProtocols.LengthAt(outer.DestinationPort, frame[start..]);
            if (start >= frame.Length || PacketParser.ParseFrame(frame, start, out packet) != DropReason.None)
            {
                return false;
            }
        }

        bool isFragment = packet.Fragment != FragmentKind.None || outer.Fragment != FragmentKind.None;
        if (packet.Protocol != wanted || !packet.HasTransport || isFragment)
        {
            return false;
        }

        int headers = packet.PayloadOffset;
        plan = new SegmentPlan(outer, packet, headers, segmentSize);
        return headers <= MaxHeadersLength && headers < packet.L3End;
    }

    /// <summary>Writes the headers of one piece.</summary>
    /// <param name="frame">The super-frame.</param>
    /// <param name="start">
    /// Where the piece's payload begins in the super-frame's, a multiple of the segment size.
    /// </param>
    /// <param name="length">Payload bytes of the piece: one segment, or several as a smaller super-frame.</param>
    /// <param name="headers">Receives <see cref="HeadersLength"/> bytes.</param>
    /// <param name="partial">
    /// Whether to leave the innermost transport checksum to whoever sends the piece: it is then the sum of the
    /// pseudo-header.
    /// </param>
    public void WriteHeaders(ReadOnlySpan<byte> frame, int start, int length, Span<byte> headers, bool partial)
    {
        headers = headers[..HeadersLength];
        frame[..HeadersLength].CopyTo(headers);
        ReadOnlySpan<byte> payload = frame.Slice(HeadersLength + start, length);
        WritePacket(headers, 0, start, payload, partial);
        if (!IsTunnelled)
        {
            return;
        }

        // An outer identification is 0 where DF is set, and needs to be unique only where it is not (RFC 6864 §4).
        WriteIp(headers[_outer.L3Offset..], _outer.Family, length, _outer.DontFragment ? (ushort)0 : Index(start));
        Span<byte> datagram = headers[_outer.L4Offset..];
        ref UdpHeader udp = ref MemoryMarshal.AsRef<UdpHeader>(datagram);
        udp.DatagramLength = (ushort)(datagram.Length + length);
        if (udp.Checksum != 0)
        {
            udp.Checksum = 0;
            uint sum = Checksum.PseudoHeader(
                _outer.Source, _outer.Destination, IpProtocol.Udp, datagram.Length + length);
            udp.Checksum = Checksum.FinishUdp(Checksum.Sum(payload, Checksum.Sum(datagram, sum)));
        }
    }

    /// <summary>
    /// Writes the headers of one segment, or of the last and shorter one, from the tunnel header on: for who has the
    /// outer ones made by others. All checksums are whole.
    /// </summary>
    /// <param name="frame">The super-frame, with a tunnel.</param>
    /// <param name="start">Where the segment begins in the super-frame's payload.</param>
    /// <param name="length">Payload bytes of the segment.</param>
    /// <param name="headers">
    /// Receives the bytes from <see cref="TunnelPayloadOffset"/> to <see cref="HeadersLength"/>.
    /// </param>
    public void WriteTunnelled(ReadOnlySpan<byte> frame, int start, int length, Span<byte> headers)
    {
        int offset = TunnelPayloadOffset;
        headers = headers[..(HeadersLength - offset)];
        frame[offset..HeadersLength].CopyTo(headers);
        WritePacket(headers, offset, start, frame.Slice(HeadersLength + start, length), partial: false);
    }

    private static void WriteIp(Span<byte> ip, IpFamily family, int length, ushort index)
    {
        if (family == IpFamily.V6)
        {
            MemoryMarshal.AsRef<Ipv6Header>(ip).PayloadLength = (ushort)(ip.Length - Ipv6Header.Length + length);
            return;
        }

        ref Ipv4Header header = ref MemoryMarshal.AsRef<Ipv4Header>(ip);
        header.TotalLength = (ushort)(ip.Length + length);
        header.Identification = (ushort)(header.Identification + index);
        header.Checksum = 0;
        header.Checksum = Checksum.Compute(ip[..header.HeaderLength]);
    }

    private ushort Index(int start) => (ushort)(start / SegmentSize);

    /// <summary>Writes what is a piece's own in the headers of the innermost packet.</summary>
    /// <param name="headers">The headers, from <paramref name="offset"/> on.</param>
    /// <param name="offset">Where they begin in the frame.</param>
    /// <param name="start">Where the piece's payload begins in the super-frame's.</param>
    /// <param name="payload">The piece's payload.</param>
    /// <param name="partial">Whether the checksum remains the sum of the pseudo-header.</param>
    private void WritePacket(Span<byte> headers, int offset, int start, ReadOnlySpan<byte> payload, bool partial)
    {
        WriteIp(headers[(_packet.L3Offset - offset)..], _packet.Family, payload.Length, Index(start));
        Span<byte> transport = headers[(_packet.L4Offset - offset)..];
        int length = transport.Length + payload.Length;
        if (IsTcp)
        {
            ref UInt32BE sequence = ref MemoryMarshal.AsRef<UInt32BE>(transport[TcpSequenceOffset..]);
            sequence = sequence + (uint)start;
            bool isLast = start + payload.Length == PayloadLength;
            byte cleared = (byte)((isLast ? 0 : FinOrPush) | (start > 0 ? CongestionWindowReduced : 0));
            transport[TcpFlagsOffset] &= (byte)~cleared;
        }
        else
        {
            MemoryMarshal.AsRef<UdpHeader>(transport).DatagramLength = (ushort)length;
        }

        ref UInt16BE checksum = ref MemoryMarshal.AsRef<UInt16BE>(transport[ChecksumOffset..]);
        uint pseudo = _pseudoHeader + (uint)length;
        if (partial)
        {
            checksum = (ushort)~Checksum.Finish(pseudo);
            return;
        }

        checksum = 0;
        uint sum = Checksum.Sum(payload, Checksum.Sum(transport, pseudo));
        checksum = IsTcp ? Checksum.Finish(sum) : Checksum.FinishUdp(sum);
    }
}
