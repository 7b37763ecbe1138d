namespace VxlanEngine.Pipeline;

/// <summary>The parts of a <see cref="UnifiedAction"/>.</summary>
[Flags]
internal enum UnifiedSteps : byte
{
    /// <summary>The frame leaves as it came.</summary>
    None = 0,

    /// <summary>The outer headers are removed.</summary>
    PopOuter = 1,

    /// <summary>MAC addresses are written.</summary>
    WriteMacs = 2,

    /// <summary>The traffic class is written.</summary>
    WriteTrafficClass = 4,

    /// <summary>Addresses and ports become those of the flow's other direction, turned around.</summary>
    Translate = 8,

    /// <summary>The outer UDP checksum is computed.</summary>
    ComputeUdpChecksum = 16,

    /// <summary>The outer IPv4 identification counts up, because fragmentation is allowed.</summary>
    Identify = 32,

    /// <summary>The outer header is IPv6, and longer than the action's short room.</summary>
    LongHeader = 64,

    /// <summary>Hops are taken from the TTL.</summary>
    TakeHops = 128,

    /// <summary>All that writes to the innermost frame, but for <see cref="Translate"/>.</summary>
    Modify = WriteMacs | WriteTrafficClass | TakeHops,
}
