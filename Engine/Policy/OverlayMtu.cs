using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>The largest packet that fits every tunnel of a network: what its endpoints should be told.</summary>
public static class OverlayMtu
{
    /// <summary>Bytes of the underlay's MTU that a tunnel over IPv4 takes: 20 + 8 + 8 + 14.</summary>
    public const int OverheadV4 = 50;

    /// <summary>Bytes of the underlay's MTU that a tunnel over IPv6 takes: 40 + 8 + 8 + 14.</summary>
    public const int OverheadV6 = 70;

    private const int TagLength = 4;

    /// <summary>Bytes of the underlay's MTU that a tunnel takes from an untagged frame.</summary>
    public static int Overhead(IpFamily family) => family == IpFamily.V6 ? OverheadV6 : OverheadV4;

    /// <summary>
    /// The smallest MTU of a network's tunnels: that of the uplinks, less the headers of the family that its VTEPs
    /// have, less the tag that a network which keeps tags may carry.
    /// </summary>
    /// <param name="policy">The policy, whose uplinks count.</param>
    /// <param name="network">The network.</param>
    /// <returns>Bytes of the largest inner packet; null where no uplink has a limit.</returns>
    public static int? Of(SwitchPolicy policy, Network network)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(network);
        IEnumerable<IpAddress> vteps = network.Endpoints.Select(endpoint => endpoint.Vtep)
            .Concat(network.Routes.SelectMany(route => route.Vteps))
            .Concat(network.Vteps)
            .Concat(network.MulticastGroup is { } group ? [group.Address, .. group.ReplicateTo] : []);
        var families = new HashSet<IpFamily>(vteps.Select(vtep => vtep.Family));
        int? smallest = null;
        foreach (Port uplink in policy.Ports.Where(p => p is { Kind: PortKind.Uplink, Mtu: > 0 }))
        {
            // A network that names no VTEP yet is judged by the families that its uplink speaks.
            bool usesV6 = families.Count > 0
                ? families.Contains(IpFamily.V6)
                : uplink.Addresses.All(address => address.Family == IpFamily.V6);
            int tag = network.InnerVlan == InnerVlan.Keep ? TagLength : 0;
            int mtu = uplink.Mtu - Overhead(usesV6 ? IpFamily.V6 : IpFamily.V4) - tag;
            smallest = Math.Min(smallest ?? mtu, mtu);
        }

        return smallest;
    }
}
