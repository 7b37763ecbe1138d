using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VxlanEngine.Pipeline;

/// <summary>What the fast path has read of one frame of a burst.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct FrameKey
{
    /// <summary>The innermost packet's tuple, as <see cref="Flows.UnifiedKey"/> has it.</summary>
    public Vector128<byte> Tuple;

    /// <summary>Address of the innermost frame's first byte.</summary>
    public nint Frame;

    /// <summary>Number of the context; 0 when the frame is not one for the fast path.</summary>
    public uint Context;

    /// <summary>The hash of tuple and context.</summary>
    public uint Hash;

    /// <summary>
    /// Address of the <see cref="Flows.FlowEntry"/> that was found; before that, of the one to be compared.
    /// </summary>
    public nint Flow;

    /// <summary>Address of the <see cref="UnifiedAction"/> that was found.</summary>
    public nint Action;

    /// <summary>Bytes of the innermost frame.</summary>
    public int InnerLength;

    /// <summary>Where the innermost frame starts, from the first byte of the whole.</summary>
    public int InnerOffset;

    /// <summary>Bytes of the whole frame as it was received.</summary>
    public int Length;

    /// <summary>The innermost packet's time to live, or hop limit.</summary>
    public byte Ttl;

    /// <summary>True for IPv6, whose addresses the tuple does not hold.</summary>
    public bool IsWide;
}
