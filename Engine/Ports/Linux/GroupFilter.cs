using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>The multicast groups that an interface lets in for a packet socket, by their MAC addresses.</summary>
/// <remarks>Thread: one.</remarks>
internal sealed class GroupFilter
{
    // Queries come to these.
    private static readonly MacAddress AllHosts = MacAddress.ForMulticast(new Ipv4Address(0xE000_0001));
    private static readonly MacAddress AllNodes =
        MacAddress.ForMulticast(new Ipv6Address(0xFF02_0000_0000_0000, 1));

    private HashSet<MacAddress> _macs = [];

    /// <summary>Changes what an interface lets in.</summary>
    /// <param name="groups">The groups, and no others.</param>
    /// <param name="packetSocket">A packet socket.</param>
    /// <param name="index">Index of the interface.</param>
    public void Set(IReadOnlyCollection<IpAddress> groups, DescriptorHandle? packetSocket, int index)
    {
        HashSet<MacAddress> macs =
        [
            .. groups.Select(MacAddress.ForMulticast),
            .. groups.Any(g => g.Family == IpFamily.V4) ? [AllHosts] : Array.Empty<MacAddress>(),
            .. groups.Any(g => g.Family == IpFamily.V6) ? [AllNodes] : Array.Empty<MacAddress>(),
        ];
        if (packetSocket is not null)
        {
            Tell(macs.Except(_macs), packetSocket, index, isWanted: true);
            Tell(_macs.Except(macs), packetSocket, index, isWanted: false);
        }

        _macs = macs;
    }

    /// <summary>Has an interface that was opened anew let the groups in.</summary>
    public void Renew(DescriptorHandle packetSocket, int index) => Tell(_macs, packetSocket, index, isWanted: true);

    private static void Tell(
        IEnumerable<MacAddress> macs, DescriptorHandle packetSocket, int index, bool isWanted)
    {
        foreach (MacAddress mac in macs)
        {
            NetworkDevice.SetMulticast(packetSocket, index, mac, isWanted);
        }
    }
}
