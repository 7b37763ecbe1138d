namespace VxlanEngine.Overlay;

/// <summary>How much is known of a neighbour on the underlay (RFC 4861 §7.3.2; the same for ARP).</summary>
internal enum NeighborState : byte
{
    /// <summary>It is being asked for, and nothing is known yet.</summary>
    Incomplete,

    /// <summary>Its MAC address was confirmed not long ago.</summary>
    Reachable,

    /// <summary>Its MAC address is used, but has to be confirmed when it is used again.</summary>
    Stale,

    /// <summary>Its MAC address is used while it is being confirmed.</summary>
    Probe,

    /// <summary>It did not answer, and is not asked for a while.</summary>
    Failed,
}
