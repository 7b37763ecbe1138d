using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>A route of the network's space: a prefix that is reached through remote routers.</summary>
public sealed record RemoteSubnet
{
    /// <summary>The destination prefix; the longest that matches is taken.</summary>
    public required IpPrefix Prefix { get; init; }

    /// <summary>VTEPs of the remote routers; with several, the flow's hash chooses (ECMP).</summary>
    public required ValueArray<IpAddress> Vteps { get; init; }

    /// <summary>VNI to use on the way; null means the network's own.</summary>
    public Vni? Vni { get; init; }

    /// <summary>MAC address of the remote router, the inner destination of the routed frame.</summary>
    public required MacAddress RouterMac { get; init; }
}
