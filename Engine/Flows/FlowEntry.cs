using System.Runtime.InteropServices;

namespace VxlanEngine.Flows;

/// <summary>One direction of a flow pair: what it is found by, and how much it was used.</summary>
/// <remarks>Its packet kinds in the unified flow table may know of later packets than the entry was told of.</remarks>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct FlowEntry
{
    /// <summary>What the direction is found by.</summary>
    public PackedFlowKey Key;

    /// <summary>When the last packet of this direction came, in nanoseconds since 1970-01-01 UTC.</summary>
    public long LastUsedNs;

    /// <summary>Packets of this direction.</summary>
    public long Packets;

    /// <summary>The first of its packet kinds in the unified flow table, as a slot plus one; 0 for none.</summary>
    public int FirstKind;

    /// <summary>
    /// True while a packet of this direction without SYN, FIN and RST changes nothing but time and count.
    /// </summary>
    public bool IsSteady;
}
