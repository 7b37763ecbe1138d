using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Offloads;

/// <summary>Makes frames that a kernel left unfinished such as the switch takes them.</summary>
/// <remarks>
/// Partial checksums are finished. Super-frames of TCP stay whole, if headers of a tunnel fit in front of them, and so
/// do those of UDP where they are wanted; others are cut. Datagrams of a tunnel that came together are always parted:
/// each has a tunnel header of its own. Thread: the port's.
/// </remarks>
/// <param name="takesUdp">
/// Whether super-frames of UDP stay whole. Those to a tunnel's assigned port are parted all the same, but the caller
/// knows that no others hold tunnel packets.
/// </param>
internal sealed class OffloadIntake(bool takesUdp = false)
{
    /// <summary>
    /// Bytes of the longest super-frame that is handed on whole: an IP packet around it still has a length.
    /// </summary>
    public const int LongestSuperFrame = 65_000;

    private readonly SuperFrameCutter _cutter = new();

    /// <summary>Super-frames so far.</summary>
    public long SuperFrames { get; private set; }

    /// <summary>Frames that made no sense, or that no buffer was free for.</summary>
    public long Unusable { get; private set; }

    /// <summary>Takes pieces of a super-frame that did not fit the last burst.</summary>
    /// <returns>How many.</returns>
    public int Resume(PacketPool pool, Span<FrameDescriptor> burst)
    {
        int count = 0;
        while (_cutter.IsBusy && count < burst.Length)
        {
            if (_cutter.TryNext(pool, out burst[count]))
            {
                count++;
            }
            else
            {
                Unusable++;
                _cutter.Abandon(pool);
            }
        }

        return count;
    }

    /// <summary>Takes a frame with what the kernel says of it.</summary>
    /// <param name="pool">The pool that holds it.</param>
    /// <param name="frame">The frame, whose buffer is handed on or returned.</param>
    /// <param name="header">What the kernel says.</param>
    /// <param name="burst">Receives the frame, or the first pieces of it.</param>
    /// <returns>The number of frames in <paramref name="burst"/>.</returns>
    public int Take(
        PacketPool pool, ref FrameDescriptor frame, in OffloadHeader header, Span<FrameDescriptor> burst)
    {
        const int Flags = OffloadHeader.EcnFlag | OffloadHeader.TunnelIpv4 | OffloadHeader.TunnelIpv6;
        int kind = header.Kind & ~Flags;
        if (kind == OffloadHeader.None)
        {
            return TakeFrame(pool, ref frame, header, burst);
        }

        frame.Segment = kind switch
        {
            OffloadHeader.TcpIpv4 => SegmentKind.TcpIpv4,
            OffloadHeader.TcpIpv6 => SegmentKind.TcpIpv6,
            OffloadHeader.Udp => SegmentKind.Udp,
            _ => SegmentKind.None,
        };
        int transport = (header.Flags & OffloadHeader.NeedsChecksum) != 0 ? header.ChecksumStart : -1;
        if (frame.Segment == SegmentKind.None
            || !SegmentPlan.TryCreate(
                pool.Frame(frame), frame.Segment, header.SegmentSize, transport, out SegmentPlan plan))
        {
            return Refuse(pool, frame);
        }

        SuperFrames++;
        bool isUdpWhole = takesUdp && (plan.IsTunnelled || !plan.IsToTunnelPort);
        frame.Segment = !plan.IsTcp && plan.IsTunnelled ? SegmentKind.UdpInTunnel : frame.Segment;
        frame.SegmentSize = header.SegmentSize;
        frame.Checksum = ChecksumStatus.Partial;
        bool mayBeWhole = plan.IsTcp || isUdpWhole;
        bool isWhole = mayBeWhole && plan.PayloadLength > plan.SegmentSize && frame.Length <= LongestSuperFrame;
        if (isWhole)
        {
            burst[0] = frame;
            return 1;
        }

        int segments = mayBeWhole ? Math.Max(1, (LongestSuperFrame / 2) / plan.SegmentSize) : 1;
        _cutter.Start(frame, plan, segments * plan.SegmentSize);
        return Resume(pool, burst);
    }

    /// <summary>
    /// Finishes the partial checksums that nothing announces, in a frame and in the packet that it carries in VXLAN.
    /// </summary>
    public static void FinishUnannounced(Span<byte> bytes)
    {
        if (!PartialChecksum.IsSurelyAbsent(bytes))
        {
            LookForUnannounced(bytes);
        }
    }

    /// <inheritdoc cref="FinishUnannounced(Span{byte})"/>
    /// <remarks>The long way, for any frame.</remarks>
    internal static void LookForUnannounced(Span<byte> bytes)
    {
        if (PacketParser.ParseFrame(bytes, 0, out ParsedFrame outer) != DropReason.None || !outer.IsIp)
        {
            return;
        }

        // Inside first: an outer checksum covers the inner one.
        if (TryParseTunnelled(bytes, outer, out ParsedFrame inner))
        {
            FinishUnannounced(bytes, inner);
        }

        FinishUnannounced(bytes, outer);
    }

    /// <summary>Finds the packet that a frame carries in a tunnel to an assigned port.</summary>
    /// <returns>False when it carries none.</returns>
    public static bool TryParseTunnelled(ReadOnlySpan<byte> bytes, in ParsedFrame outer, out ParsedFrame inner)
    {
        inner = default;
        return outer is { Protocol: IpProtocol.Udp, HasTransport: true }
            && TunnelProtocols.At(outer.DestinationPort) is ITunnelProtocol protocol
            && PacketParser.ParseTunnel(bytes, outer, protocol, out _, out inner) == DropReason.None;
    }

    /// <summary>Finishes a partial checksum that nothing announces, in the innermost packet.</summary>
    /// <remarks>
    /// Frames that crossed a virtual wire carry them, and a socket of UDP is not told. Such a checksum is the sum of
    /// the pseudo-header, and does not add up; that of SCTP is 0.
    /// </remarks>
    /// <returns>True when there was one.</returns>
    public static bool FinishUnannounced(Span<byte> bytes, in ParsedFrame packet)
    {
        if (packet.Protocol == IpProtocol.Sctp)
        {
            return FinishSctp(bytes, packet);
        }

        int offset = packet.Protocol switch
        {
            IpProtocol.Tcp => 16,
            IpProtocol.Udp => 6,
            _ => -1,
        };
        int length = packet.L3End - packet.L4Offset;
        if (offset < 0 || !packet.HasTransport || packet.Fragment != FragmentKind.None || length < offset + 2)
        {
            return false;
        }

        Span<byte> segment = bytes.Slice(packet.L4Offset, length);
        ref UInt16BE checksum = ref MemoryMarshal.AsRef<UInt16BE>(segment[offset..]);
        uint pseudo = Checksum.PseudoHeader(packet.Source, packet.Destination, packet.Protocol, length);
        bool isPartial = checksum == (ushort)pseudo
            && checksum != 0
            && !Checksum.IsValid(segment, pseudo);
        return isPartial && TryFinish(segment, 0, offset);
    }

    /// <summary>Computes a partial checksum: from <paramref name="start"/> to the frame's end.</summary>
    /// <returns>False when the frame has no such place.</returns>
    internal static bool TryFinish(Span<byte> frame, int start, int offset)
    {
        if ((uint)start > (uint)frame.Length || (uint)offset + UInt16BE.Length > (uint)(frame.Length - start))
        {
            return false;
        }

        // The field holds the sum of the pseudo-header, so it is part of the sum. Like the kernel, 0 is sent as 0xFFFF.
        Span<byte> covered = frame[start..];
        ushort checksum = Checksum.FinishUdp(Checksum.Sum(covered));
        MemoryMarshal.Write<UInt16BE>(covered[offset..], checksum);
        return true;
    }

    private int TakeFrame(
        PacketPool pool, ref FrameDescriptor frame, in OffloadHeader header, Span<FrameDescriptor> burst)
    {
        if ((header.Flags & OffloadHeader.NeedsChecksum) != 0)
        {
            // No other checksum stands there than that of SCTP.
            Span<byte> bytes = pool.Frame(frame);
            bool isFinished = header.ChecksumOffset == SctpHeader.ChecksumOffset
                ? header.ChecksumStart <= bytes.Length && Crc32c.TryWrite(bytes[header.ChecksumStart..])
                : TryFinish(bytes, header.ChecksumStart, header.ChecksumOffset);
            if (!isFinished)
            {
                return Refuse(pool, frame);
            }

            frame.Checksum = ChecksumStatus.Good;
        }
        else if ((header.Flags & OffloadHeader.DataValid) != 0)
        {
            frame.Checksum = ChecksumStatus.Good;
        }

        burst[0] = frame;
        return 1;
    }

    private static bool FinishSctp(Span<byte> bytes, in ParsedFrame packet)
    {
        int length = packet.L3End - packet.L4Offset;
        bool isPartial = packet.HasTransport
            && packet.Fragment == FragmentKind.None
            && length >= SctpHeader.Length
            && MemoryMarshal.Read<uint>(bytes[(packet.L4Offset + SctpHeader.ChecksumOffset)..]) == 0;
        return isPartial && Crc32c.TryWrite(bytes.Slice(packet.L4Offset, length));
    }

    private int Refuse(PacketPool pool, in FrameDescriptor frame)
    {
        Unusable++;
        pool.Return(frame);
        return 0;
    }
}
