using System.Runtime.InteropServices;

namespace VxlanEngine.Pipeline;

/// <summary>What the fast path has read of one frame of a burst.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct FrameKey
{
    /// <summary>Address of the innermost frame's first byte.</summary>
    public nint Frame;

    /// <summary>Innermost IPv4 source and destination, as they stand in the frame.</summary>
    public ulong Addresses;

    /// <summary>
    /// Innermost ports, as they stand in the frame, in the lower half; above, from the lowest byte: the don't-fragment
    /// bit, the traffic class, and in the highest byte the protocol.
    /// </summary>
    public ulong Ports;

    /// <summary>Number of the context; 0 when the frame is not one for the fast path.</summary>
    public uint Context;

    /// <summary>Hash of the above.</summary>
    public uint Hash;

    /// <summary>The unified flow table's slot where it was found; −1 for none.</summary>
    public int Slot;

    /// <summary>Bytes of the innermost frame.</summary>
    public int InnerLength;

    /// <summary>Where the innermost frame starts, from the first byte of the whole.</summary>
    public int InnerOffset;

    /// <summary>Bytes of the whole frame as it was received.</summary>
    public int Length;

    /// <summary>The innermost packet's time to live.</summary>
    public byte Ttl;
}
