using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>How frames of a tunnel leave: through which uplink, and to whom on its link.</summary>
/// <param name="Uplink">Index of the uplink.</param>
/// <param name="Own">The uplink's MAC address.</param>
/// <param name="Tci">Tag control information of the outer VLAN tag; 0 for no tag.</param>
/// <param name="Address">Address of the next hop: the remote VTEP, or a router that leads to it.</param>
/// <param name="Mac">MAC address of the next hop; zero while it is being asked for.</param>
/// <param name="IsLearnt">
/// Whether the way, or the MAC address, may change without the policy: it is looked up again for every packet that is
/// decided anew.
/// </param>
internal readonly record struct NextHop(
    int Uplink, MacAddress Own, ushort Tci, IpAddress Address, MacAddress Mac, bool IsLearnt)
{
    /// <summary>A next hop on an uplink's link.</summary>
    public static NextHop On(int index, Port uplink, IpAddress address, MacAddress mac, bool isLearnt) =>
        new(index, uplink.Mac, uplink.VlanTci, address, mac, isLearnt);
}
