using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>How a network's flooded frames go to its multicast group.</summary>
/// <param name="Uplink">Index of the uplink that is a member.</param>
/// <param name="Local">The uplink's address, which is the outer source.</param>
/// <param name="Address">The group.</param>
/// <param name="Options">How outer headers are written.</param>
internal sealed record GroupTunnel(int Uplink, IpAddress Local, IpAddress Address, TunnelOptions Options)
{
    /// <summary>Reads a network of a valid policy.</summary>
    /// <returns>Null for a network without a group.</returns>
    public static GroupTunnel? Of(Network network, SwitchPolicy policy, NameDirectory portNames)
    {
        if (network.MulticastGroup is not { } group)
        {
            return null;
        }

        Port uplink = group.UplinkIn(policy)!;
        return new GroupTunnel(
            portNames.GetOrAdd(uplink.Name),
            group.LocalAt(uplink),
            group.Address,
            network.Tunnel with { Ttl = group.Ttl });
    }
}
