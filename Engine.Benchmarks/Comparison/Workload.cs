namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>What both sides of a comparison do to each frame.</summary>
internal enum Workload
{
    /// <summary>Into VXLAN.</summary>
    Encap,

    /// <summary>Out of VXLAN.</summary>
    Decap,

    /// <summary>Past a thousand rules that do not match, then into VXLAN.</summary>
    AccessList,

    /// <summary>Source address translated to a fixed one, then into VXLAN.</summary>
    StaticNat,

    /// <summary>Source address and port translated to free ones of a pool, then into VXLAN.</summary>
    DynamicNat,

    /// <summary>Allowed by connection state, then into VXLAN.</summary>
    Tracked,
}
