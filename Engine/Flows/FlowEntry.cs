using System.Runtime.InteropServices;

namespace VxlanEngine.Flows;

/// <summary>One direction of a flow pair: a cache line that holds all a packet of a known flow needs.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct FlowEntry
{
    /// <summary>What the direction is found by.</summary>
    public PackedFlowKey Key;

    /// <summary>When the last packet of this direction came, in nanoseconds since 1970-01-01 UTC.</summary>
    public long LastUsedNs;

    /// <summary>Packets of this direction.</summary>
    public long Packets;

    /// <summary>How long the pair may be idle in its present state, in nanoseconds.</summary>
    public long TimeoutNs;

    /// <summary>
    /// True while a packet of this direction without SYN, FIN and RST changes nothing but time and count.
    /// </summary>
    public bool IsSteady;
}
