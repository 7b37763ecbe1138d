namespace VxlanEngine.Pipeline;

/// <summary>What the fast path has read of one frame of a burst.</summary>
internal struct FrameKey
{
    /// <summary>Innermost IPv4 source and destination, host order.</summary>
    public ulong Addresses;

    /// <summary>Innermost ports, protocol, the don't-fragment bit, and the traffic class in the lowest byte.</summary>
    public ulong Ports;

    /// <summary>Number of the context; 0 when the frame is not one for the fast path.</summary>
    public uint Context;

    /// <summary>Hash of the above.</summary>
    public uint Hash;

    /// <summary>The unified flow table's slot where the burst's first look has found it; −1 for none.</summary>
    public int Slot;

    /// <summary>Where the innermost frame starts, from the first byte of the whole.</summary>
    public int InnerOffset;

    /// <summary>Bytes of the innermost frame.</summary>
    public int InnerLength;

    /// <summary>Bytes of the innermost IP packet.</summary>
    public ushort PacketLength;

    /// <summary>Its time to live.</summary>
    public byte Ttl;
}
