using System.Runtime.InteropServices;

namespace VxlanEngine.Packets;

/// <summary>A frame in a buffer of a <see cref="PacketPool"/>: where it lies and what its port knows of it.</summary>
/// <remarks>
/// 32 bytes, so that two share a cache line. It owns the buffer it names; copying it does not copy the frame.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public struct FrameDescriptor
{
    /// <summary>Index of the buffer in its pool.</summary>
    public int Buffer;

    /// <summary>Offset of the frame's first byte in the buffer; what lies before is headroom.</summary>
    public int Offset;

    /// <summary>Bytes of the frame.</summary>
    public int Length;

    /// <summary>Index of the port that the frame entered at.</summary>
    public ushort Port;

    /// <summary>What the port knows of the frame.</summary>
    public FrameFlags Flags;

    /// <summary>What the port knows of the checksums.</summary>
    public ChecksumStatus Checksum;

    /// <summary>Payload bytes of each segment of a super-frame; 0 for other frames.</summary>
    public ushort SegmentSize;

    /// <summary>How a super-frame is to be cut.</summary>
    public SegmentKind Segment;

    /// <summary>Number of the frame at its source, counted from 0 and wrapping; copies keep it.</summary>
    public uint PacketId;

    /// <summary>When the frame was received, in nanoseconds since 1970-01-01 UTC.</summary>
    public long TimeNs;
}
