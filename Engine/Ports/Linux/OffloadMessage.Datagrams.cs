using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Ports.Linux;

// Super-frames of UDP that are made of several datagrams.
internal static partial class OffloadMessage
{
    /// <summary>Most datagrams of a super-frame: fewer than any kernel takes.</summary>
    public const int MaxDatagrams = 64;

    /// <summary><see cref="Vectors"/> where datagrams are gathered.</summary>
    public const int GatheringVectors = 1 + (2 * MaxDatagrams);

    /// <summary><see cref="Scratch"/> where datagrams are gathered.</summary>
    public const int GatheringScratch = OffloadHeader.TunnelLength + DatagramHeaders.MaxLength
        + (MaxDatagrams * SegmentHeaders);

    /// <summary>Most bytes of headers from the tunnel's on: each segment has its own.</summary>
    public const int SegmentHeaders = 160;

    /// <summary>Most bytes of all datagrams: the longest headers have room before them in an IP packet.</summary>
    public const int MaxPayload = 65_000;

    private const ushort ChecksumOffset = 6;

    /// <summary>Adds segments of a super-frame in a tunnel, from the tunnel header on, to the last message.</summary>
    /// <param name="pool">Where the frame is.</param>
    /// <param name="frame">The super-frame.</param>
    /// <param name="plan">How it is cut.</param>
    /// <param name="start">Where the first segment begins in the payload.</param>
    /// <param name="most">Most segments.</param>
    /// <param name="batch">The batch.</param>
    /// <returns>Where the last one ends in the payload.</returns>
    public static int AddSegments(
        PacketPool pool, in FrameDescriptor frame, in SegmentPlan plan, int start, int most, MessageBatch batch)
    {
        ReadOnlySpan<byte> bytes = pool.Frame(frame);
        int tunnelled = plan.HeadersLength - plan.TunnelPayloadOffset;
        for (int i = 0; i < most && start < plan.PayloadLength; i++)
        {
            int length = Math.Min(plan.SegmentSize, plan.PayloadLength - start);
            plan.WriteTunnelled(bytes, start, length, batch.Add(tunnelled));
            batch.Add(pool, frame, plan.HeadersLength + start, length);
            start += length;
        }

        return start;
    }

    /// <summary>Makes one message of a datagram and those behind it that can go with it.</summary>
    /// <returns>Number of datagrams; 0 when none can.</returns>
    private static int FillRun(
        PacketPool pool, TransmitQueue queue, int first, MessageBatch batch, in OffloadAbilities device)
    {
        ref readonly FrameDescriptor frame = ref queue[first];
        ReadOnlySpan<byte> bytes = pool.Frame(frame);
        if (frame.Length > device.LongestFrame || !DatagramHeaders.TryRead(bytes, out DatagramHeaders headers))
        {
            return 0;
        }

        int end = first + 1;
        int total = headers.PayloadLength;
        bool isLast = false;
        while (!isLast && end < queue.Count && end - first < MaxDatagrams)
        {
            // The last may be shorter.
            ReadOnlySpan<byte> other = pool.Frame(queue[end]);
            bool goesWith = queue[end].SegmentSize == 0
                && other.Length <= bytes.Length
                && total + other.Length - headers.Length <= MaxPayload
                && DatagramHeaders.TryRead(other, out DatagramHeaders others)
                && others.Length == headers.Length
                && headers.AreLikeThose(bytes, other);
            if (!goesWith)
            {
                break;
            }

            total += other.Length - headers.Length;
            isLast = other.Length < bytes.Length;
            end++;
        }

        if (end - first == 1)
        {
            return 0;
        }

        Begin(bytes, headers, total, headers.PayloadLength, batch, device);
        for (int i = first; i < end; i++)
        {
            batch.Add(pool, queue[i], headers.Length, queue[i].Length - headers.Length);
        }

        return end - first;
    }

    /// <summary>Makes one message of as many segments in a tunnel as it takes, each a datagram.</summary>
    /// <returns>Payload bytes of the segments; 0 when it is not to be done.</returns>
    private static int FillSegments(
        PacketPool pool,
        in FrameDescriptor frame,
        in SegmentPlan plan,
        int start,
        MessageBatch batch,
        in OffloadAbilities device)
    {
        ReadOnlySpan<byte> bytes = pool.Frame(frame);
        int tunnelled = plan.HeadersLength - plan.TunnelPayloadOffset;
        int each = tunnelled + plan.SegmentSize;
        int left = plan.PayloadLength - start;
        int most = Math.Min(MaxDatagrams, MaxPayload / each);
        if (tunnelled > SegmentHeaders
            || left <= plan.SegmentSize
            || most < 2
            || !DatagramHeaders.TryFind(bytes, out DatagramHeaders headers)
            || headers.Length != plan.TunnelPayloadOffset
            || !headers.HasNoNumber(bytes)
            || headers.Length + each > device.LongestFrame)
        {
            return 0;
        }

        int length = Math.Min(left, most * plan.SegmentSize);
        int count = (length + plan.SegmentSize - 1) / plan.SegmentSize;
        Begin(bytes, headers, length + (count * tunnelled), each, batch, device);
        return AddSegments(pool, frame, plan, start, most, batch) - start;
    }

    private static void Begin(
        ReadOnlySpan<byte> bytes,
        in DatagramHeaders headers,
        int total,
        int each,
        MessageBatch batch,
        in OffloadAbilities device)
    {
        batch.Begin();
        Span<byte> made = batch.Add(device.HeaderLength + headers.Length);
        made.Clear();
        MemoryMarshal.Write(made, new OffloadHeader
        {
            Flags = OffloadHeader.NeedsChecksum,
            Kind = OffloadHeader.Udp,
            HeadersLength = (ushort)headers.Length,
            SegmentSize = (ushort)each,
            ChecksumStart = (ushort)headers.TransportOffset,
            ChecksumOffset = ChecksumOffset,
        });
        headers.Write(bytes, total, made[device.HeaderLength..]);
    }
}
