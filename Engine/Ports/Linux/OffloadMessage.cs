using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>Makes messages of frames for devices that take an <see cref="OffloadHeader"/> in front of each.</summary>
/// <remarks>
/// A super-frame goes whole; one in a tunnel is cut where the header has no words for tunnels, or where each segment
/// needs an outer checksum of its own, and one of UDP where the kernel has none for it. What was cut, and other
/// datagrams of one flow that follow each other, go as super-frames of UDP where that is wanted.
/// </remarks>
internal static partial class OffloadMessage
{
    /// <summary>Parts of a message: offload header, headers made here, bytes of the frame.</summary>
    public const int Vectors = 3;

    /// <summary>Most bytes of a message that are made here.</summary>
    public const int Scratch = OffloadHeader.TunnelLength + SegmentPlan.MaxHeadersLength;

    /// <inheritdoc cref="IFrameDevice.Fill"/>
    /// <param name="pool">Where the frames are.</param>
    /// <param name="queue">What waits.</param>
    /// <param name="at">The frame, and how much of it was sent.</param>
    /// <param name="batch">Receives the message.</param>
    /// <param name="device">What the device takes.</param>
    public static QueuePosition Fill(
        PacketPool pool, TransmitQueue queue, QueuePosition at, MessageBatch batch, in OffloadAbilities device)
    {
        ref readonly FrameDescriptor frame = ref queue[at.Frame];
        var next = new QueuePosition(at.Frame + 1, 0);
        if (frame.SegmentSize == 0)
        {
            if (device.GathersUdp && FillRun(pool, queue, at.Frame, batch, device) is int count and > 0)
            {
                return new QueuePosition(at.Frame + count, 0);
            }

            batch.Begin();
            batch.Add(device.HeaderLength).Clear();
            batch.Add(pool, frame, 0, frame.Length);
            return next;
        }

        ReadOnlySpan<byte> bytes = pool.Frame(frame);
        if (!SegmentPlan.TryCreate(bytes, frame.Segment, frame.SegmentSize, -1, out SegmentPlan plan))
        {
            return next;
        }

        int left = plan.PayloadLength - at.Start;
        bool isTunnelCut = plan.IsTunnelled
            && (device.HeaderLength < OffloadHeader.TunnelLength || HasOuterChecksum(bytes, plan));
        bool isCut = isTunnelCut || !(plan.IsTcp || device.TakesUdp);
        if (isTunnelCut
            && device.GathersUdp
            && FillSegments(pool, frame, plan, at.Start, batch, device) is int sent and > 0)
        {
            return sent < left ? at with { Start = at.Start + sent } : next;
        }

        int length = isCut ? Math.Min(plan.SegmentSize, left) : left;
        bool isSuper = length > plan.SegmentSize;
        batch.Begin();
        Span<byte> header = batch.Add(device.HeaderLength);
        header.Clear();
        if (isSuper)
        {
            WriteHeader(header, plan);
        }

        plan.WriteHeaders(bytes, at.Start, length, batch.Add(plan.HeadersLength), partial: isSuper);
        batch.Add(pool, frame, plan.HeadersLength + at.Start, length);
        return length < left ? at with { Start = at.Start + length } : next;
    }

    private static bool HasOuterChecksum(ReadOnlySpan<byte> frame, in SegmentPlan plan) =>
        MemoryMarshal.Read<UdpHeader>(frame[(plan.TunnelPayloadOffset - UdpHeader.Length)..]).Checksum != 0;

    private static void WriteHeader(Span<byte> bytes, in SegmentPlan plan)
    {
        var header = new OffloadHeader
        {
            Flags = OffloadHeader.NeedsChecksum,
            Kind = !plan.IsTcp ? OffloadHeader.Udp
                : plan.Family == IpFamily.V4 ? OffloadHeader.TcpIpv4
                : OffloadHeader.TcpIpv6,
            HeadersLength = (ushort)plan.HeadersLength,
            SegmentSize = plan.SegmentSize,
            ChecksumStart = (ushort)plan.TransportOffset,
            ChecksumOffset = (ushort)plan.ChecksumOffset,
        };
        if (plan.IsTunnelled)
        {
            header.Kind |= plan.OuterFamily == IpFamily.V4 ? OffloadHeader.TunnelIpv4 : OffloadHeader.TunnelIpv6;
            ushort outer = (ushort)(plan.TunnelPayloadOffset - UdpHeader.Length);
            MemoryMarshal.Write(bytes[OffloadHeader.OuterTransportOffset..], outer);
            MemoryMarshal.Write(bytes[OffloadHeader.InnerNetworkOffset..], (ushort)plan.NetworkOffset);
        }

        MemoryMarshal.Write(bytes, header);
    }
}
