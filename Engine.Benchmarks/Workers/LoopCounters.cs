using System.Runtime.InteropServices;

namespace VxlanEngine.Benchmarks.Workers;

/// <summary>What a queue writes for every burst, kept away from what other threads write.</summary>
[StructLayout(LayoutKind.Explicit, Size = 272)]
internal struct LoopCounters
{
    /// <summary>The frame that comes next.</summary>
    [FieldOffset(128)]
    public int Next;

    /// <summary>Frames that have left.</summary>
    [FieldOffset(136)]
    public long Sent;
}
