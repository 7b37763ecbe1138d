using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>Multicast groups of the underlay: what the uplinks say of them, and what they are asked.</content>
internal sealed partial class PacketProcessor : IMembershipLink
{
    private readonly MembershipTable _memberships;
    private readonly HashSet<int> _joinedByPorts = [];

    /// <summary>
    /// Leaves it to who is behind an uplink to say which groups it is a member of: the machine's own stack.
    /// </summary>
    public void LeaveJoiningTo(int uplink)
    {
        if (_joinedByPorts.Add(uplink))
        {
            ReviseMemberships();
        }
    }

    /// <summary>Has uplinks be members of the groups that the policy in force names, and of no others.</summary>
    private void ReviseMemberships()
    {
        HashSet<(int, IpAddress)> wanted =
        [
            .. _snapshot.Uplinks.Where(u => !_isLeaving && !_joinedByPorts.Contains(u.Index))
                .SelectMany(uplink => uplink.Groups.Select(group => (uplink.Index, group))),
        ];
        _memberships.Revise(
            wanted, port => !_joinedByPorts.Contains(port) && _snapshot.Port(port) is not null, NowNs);
    }

    /// <summary>Says what is due of groups before a packet is looked at.</summary>
    private void TendMemberships(uint packetId)
    {
        if (NowNs >= _memberships.NextNs)
        {
            _c.Frame.PacketId = packetId;
            _memberships.Tend(NowNs, this);
        }
    }

    /// <summary>Heeds what a router asks of groups, or another host says.</summary>
    /// <returns>True when it was for a member of groups.</returns>
    private bool TryHearMembership(BoundPort port)
    {
        bool isHeard = _memberships.Count > 0
            && (_c.Outer.VlanCount > 0) == (port.Port.Vlan != 0)
            && (_c.Outer.Destination.IsMulticast || IsVtep(port, _c.Outer.Destination))
            && MembershipNews.TryRead(Bytes, _c.Outer, out MembershipNews news)
            && _memberships.TryHear(port.Index, news, _c.NowNs);
        return isHeard;
    }

    void IMembershipLink.Report(GroupMembership membership, MembershipKind kind, int version)
    {
        BoundPort? uplink = _snapshot.Port(membership.Port);
        if (uplink is null || !TryFindReporter(uplink, membership.Group.Family, out IpAddress local))
        {
            return;
        }

        PortCounters counters = Counters(membership.Port);
        counters.Generated++;
        if (!_pool.TryRent(MembershipMessage.MaxLength, out FrameDescriptor frame))
        {
            counters.Drop(DropReason.PoolExhausted);
            return;
        }

        frame.Length = MembershipMessage.Write(
            kind, version, membership.Group, local, uplink.Port.Mac, uplink.Port.VlanTci, _pool.Frame(frame));
        frame.Port = (ushort)membership.Port;
        frame.PacketId = _c.Frame.PacketId;
        Leave(frame, membership.Port, FrameOrigin.Membership, null);
    }

    /// <summary>
    /// The address that says what an uplink is a member of. RFC 3810 §5: a link-local one in IPv6, which every
    /// interface has; where the policy names none, that of the MAC address.
    /// </summary>
    private static bool TryFindReporter(BoundPort uplink, IpFamily family, out IpAddress local)
    {
        local = uplink.Port.Addresses.FirstOrDefault(
            a => a.Family == family && (family == IpFamily.V4 || a.IsLinkLocal));
        if (!local.HasValue && family == IpFamily.V6)
        {
            local = Ipv6Address.LinkLocalOf(uplink.Port.Mac);
        }

        return local.HasValue;
    }
}
