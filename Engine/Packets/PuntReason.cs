namespace VxlanEngine.Packets;

/// <summary>Why a packet was handed to the control plane.</summary>
public enum PuntReason : byte
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>Nobody is known to have its unicast destination.</summary>
    UnknownUnicast,

    /// <summary>It is a broadcast that the network does not replicate itself.</summary>
    Broadcast,

    /// <summary>It is a multicast that the network does not replicate itself.</summary>
    Multicast,
}
