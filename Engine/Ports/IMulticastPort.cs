using VxlanEngine.Wire;

namespace VxlanEngine.Ports;

/// <summary>A port whose device, or socket, takes packets to multicast groups only where it was told of them.</summary>
/// <remarks>
/// A group that cannot be joined is tried again; until then the port's notice says so. Thread: the one that polls.
/// </remarks>
public interface IMulticastPort
{
    /// <summary>
    /// True when whoever is behind the port, such as the machine's own stack, says to routers and switches which groups
    /// were joined (IGMP, MLD); the switch does it itself for all other ports.
    /// </summary>
    bool SaysMemberships { get; }

    /// <summary>Says which groups of the underlay are to be received from now on, and no others.</summary>
    /// <param name="groups">The groups, IPv4 and IPv6, each once.</param>
    void SetGroups(IReadOnlyCollection<IpAddress> groups);
}
