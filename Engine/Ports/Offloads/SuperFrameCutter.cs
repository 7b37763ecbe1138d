using VxlanEngine.Packets;

namespace VxlanEngine.Ports.Offloads;

/// <summary>Cuts a super-frame into pieces, each in a buffer of its own.</summary>
/// <remarks>Thread: the port's.</remarks>
internal sealed class SuperFrameCutter
{
    private FrameDescriptor _whole;
    private SegmentPlan _plan;
    private int _pieceLength;
    private int _next;

    /// <summary>True while pieces are left.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Begins to cut; the last piece returns the super-frame's buffer.</summary>
    /// <param name="whole">The super-frame, whose buffer is the cutter's from now on.</param>
    /// <param name="plan">Where its headers lie.</param>
    /// <param name="pieceLength">Payload bytes of each piece, a multiple of the segment size.</param>
    public void Start(in FrameDescriptor whole, in SegmentPlan plan, int pieceLength)
    {
        _whole = whole;
        _plan = plan;
        _pieceLength = pieceLength;
        _next = 0;
        IsBusy = true;
    }

    /// <summary>Makes the next piece.</summary>
    /// <returns>False when no buffer is free.</returns>
    public bool TryNext(PacketPool pool, out FrameDescriptor piece)
    {
        int length = Math.Min(_pieceLength, _plan.PayloadLength - _next);
        if (!pool.TryRent(_plan.HeadersLength + length, out piece))
        {
            return false;
        }

        WritePiece(pool, _whole, _plan, _next, length, ref piece);
        _next += length;
        if (_next >= _plan.PayloadLength)
        {
            Abandon(pool);
        }

        return true;
    }

    /// <summary>True for a super-frame that is what it says, so that segments can be made of it.</summary>
    public static bool CanCut(PacketPool pool, in FrameDescriptor frame) =>
        SegmentPlan.TryCreate(pool.Frame(frame), frame.Segment, frame.SegmentSize, -1, out _);

    /// <summary>Sends a super-frame in segments to a port that takes no super-frames.</summary>
    /// <returns>
    /// False when the port did not take even the first segment, or the frame is not what it says; it then stays the
    /// caller's.
    /// </returns>
    public static bool TransmitCut(PacketPool pool, in FrameDescriptor frame, IPacketPort port)
    {
        if (!SegmentPlan.TryCreate(pool.Frame(frame), frame.Segment, frame.SegmentSize, -1, out SegmentPlan plan))
        {
            return false;
        }

        bool any = false;
        for (int start = 0; start < plan.PayloadLength; start += plan.SegmentSize)
        {
            int length = Math.Min(plan.SegmentSize, plan.PayloadLength - start);
            if (!pool.TryRent(plan.HeadersLength + length, out FrameDescriptor piece))
            {
                break;
            }

            WritePiece(pool, frame, plan, start, length, ref piece);
            if (port.Transmit(pool, new ReadOnlySpan<FrameDescriptor>(in piece)) != 1)
            {
                pool.Return(piece);
                break;
            }

            any = true;
        }

        if (any)
        {
            pool.Return(frame);
        }

        return any;
    }

    /// <summary>Gives up the pieces that are left.</summary>
    public void Abandon(PacketPool pool)
    {
        if (IsBusy)
        {
            pool.Return(_whole);
            IsBusy = false;
        }
    }

    private static void WritePiece(
        PacketPool pool,
        in FrameDescriptor whole,
        in SegmentPlan plan,
        int start,
        int length,
        ref FrameDescriptor piece)
    {
        (int buffer, int offset, int size) = (piece.Buffer, piece.Offset, piece.Length);
        piece = whole with { Buffer = buffer, Offset = offset, Length = size };
        bool isSuper = length > plan.SegmentSize;
        if (!isSuper)
        {
            piece.Checksum = ChecksumStatus.Good;
            piece.SegmentSize = 0;
            piece.Segment = SegmentKind.None;
        }

        Span<byte> bytes = pool.Frame(piece);
        ReadOnlySpan<byte> source = pool.Frame(whole);
        plan.WriteHeaders(source, start, length, bytes, partial: isSuper);
        source.Slice(plan.HeadersLength + start, length).CopyTo(bytes[plan.HeadersLength..]);
    }
}
