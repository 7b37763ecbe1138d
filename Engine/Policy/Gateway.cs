using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>The distributed router of a network: every switch answers for its addresses with one MAC address.</summary>
public sealed record Gateway
{
    /// <summary>The gateway's addresses, at most one per subnet.</summary>
    public ValueArray<IpAddress> Addresses { get; init; }

    /// <summary>The router's MAC address; frames to it are forwarded by address.</summary>
    public required MacAddress Mac { get; init; }
}
