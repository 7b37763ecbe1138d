namespace VxlanEngine.Policy;

/// <summary>What a network does with frames that are for more than one station, or for nobody it knows.</summary>
public enum Flooding : byte
{
    /// <summary>Drops them.</summary>
    Drop,

    /// <summary>
    /// Sends a copy to every remote VTEP (head-end replication), or one to the network's
    /// <see cref="Network.MulticastGroup"/>, and one to every local endpoint.
    /// </summary>
    Replicate,

    /// <summary>Hands them to the control plane.</summary>
    Punt,
}
