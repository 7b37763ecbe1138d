using System.Runtime.InteropServices;

namespace VxlanEngine.Queues;

/// <summary>Where both ends of a ring are; each end writes cache lines of its own.</summary>
/// <remarks>Two lines lie between: processors fetch lines in pairs.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 384)]
internal struct RingIndices
{
    /// <summary>Items put in since the start; the producer's.</summary>
    [FieldOffset(128)]
    public long Tail;

    /// <summary>What the producer last saw of <see cref="Head"/>.</summary>
    [FieldOffset(136)]
    public long KnownHead;

    /// <summary>Items taken out since the start; the consumer's.</summary>
    [FieldOffset(256)]
    public long Head;

    /// <summary>What the consumer last saw of <see cref="Tail"/>.</summary>
    [FieldOffset(264)]
    public long KnownTail;
}
