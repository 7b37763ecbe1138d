using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>A server behind a load balancer.</summary>
public sealed record Backend
{
    /// <summary>The server's address.</summary>
    public required IpAddress Address { get; init; }

    /// <summary>The server's port; null keeps the destination port.</summary>
    public ushort? Port { get; init; }

    /// <summary>Share of new flows against the other backends; 0 takes no new flows (draining).</summary>
    public int Weight { get; init; } = 1;
}
