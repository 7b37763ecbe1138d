namespace VxlanEngine.Ports;

/// <summary>How much the machine knows of a neighbour, as far as it matters to who sends to it.</summary>
internal enum HostNeighborState : byte
{
    /// <summary>It has no MAC address that may be used: it is asked for, did not answer, or is gone.</summary>
    Unknown,

    /// <summary>Its MAC address may be used, and the machine wants to be told so to confirm it.</summary>
    Stale,

    /// <summary>Its MAC address is confirmed, permanent, or just being confirmed.</summary>
    Known,
}
