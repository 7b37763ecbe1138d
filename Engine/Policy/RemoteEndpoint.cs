using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>A mapping of the network's space: who has these customer addresses, and behind which VTEP.</summary>
public sealed record RemoteEndpoint
{
    /// <summary>Customer addresses of the endpoint.</summary>
    public ValueArray<IpAddress> Addresses { get; init; }

    /// <summary>Customer MAC address of the endpoint.</summary>
    public required MacAddress Mac { get; init; }

    /// <summary>Provider address: the VTEP in front of the endpoint.</summary>
    public required IpAddress Vtep { get; init; }
}
