using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Ports.Linux;

/// <summary>Makes messages of frames for devices that take an <see cref="OffloadHeader"/> in front of each.</summary>
/// <remarks>A super-frame goes whole; one in a tunnel is cut, because the header has no words for tunnels.</remarks>
internal static class OffloadMessage
{
    /// <summary>Parts of a message: offload header, headers made here, bytes of the frame.</summary>
    public const int Vectors = 3;

    /// <summary>Most bytes of a message that are made here.</summary>
    public const int Scratch = OffloadHeader.Length + SegmentPlan.MaxHeadersLength;

    /// <inheritdoc cref="IFrameDevice.Fill"/>
    public static QueuePosition Fill(PacketPool pool, TransmitQueue queue, QueuePosition at, MessageBatch batch)
    {
        ref readonly FrameDescriptor frame = ref queue[at.Frame];
        var next = new QueuePosition(at.Frame + 1, 0);
        if (frame.SegmentSize == 0)
        {
            batch.Begin();
            batch.Add(OffloadHeader.Length).Clear();
            batch.Add(pool, frame, 0, frame.Length);
            return next;
        }

        ReadOnlySpan<byte> bytes = pool.Frame(frame);
        if (!SegmentPlan.TryCreate(bytes, frame.Segment, frame.SegmentSize, -1, out SegmentPlan plan))
        {
            return next;
        }

        int left = plan.PayloadLength - at.Start;
        int length = plan.IsTunnelled ? Math.Min(plan.SegmentSize, left) : left;
        bool isSuper = length > plan.SegmentSize;
        batch.Begin();
        MemoryMarshal.Write(batch.Add(OffloadHeader.Length), isSuper ? HeaderOf(frame, plan) : default);
        plan.WriteHeaders(bytes, at.Start, length, batch.Add(plan.HeadersLength), partial: isSuper);
        batch.Add(pool, frame, plan.HeadersLength + at.Start, length);
        return length < left ? at with { Start = at.Start + length } : next;
    }

    private static OffloadHeader HeaderOf(in FrameDescriptor frame, in SegmentPlan plan) => new()
    {
        Flags = OffloadHeader.NeedsChecksum,
        Kind = frame.Segment == SegmentKind.TcpIpv4 ? OffloadHeader.TcpIpv4 : OffloadHeader.TcpIpv6,
        HeadersLength = (ushort)plan.HeadersLength,
        SegmentSize = plan.SegmentSize,
        ChecksumStart = (ushort)plan.TransportOffset,
        ChecksumOffset = (ushort)plan.ChecksumOffset,
    };
}
