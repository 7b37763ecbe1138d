namespace VxlanEngine.Policy;

/// <summary>What a network does with frames that are for more than one station, or for nobody it knows.</summary>
public enum Flooding : byte
{
    /// <summary>Drops them.</summary>
    Drop,

    /// <summary>Sends a copy to every remote VTEP and local endpoint of the network (head-end replication).</summary>
    Replicate,

    /// <summary>Hands them to the control plane.</summary>
    Punt,
}
