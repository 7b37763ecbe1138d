using VxlanEngine.Packets;

namespace VxlanEngine.Cli;

/// <summary>The folders of <c>pcaps/</c> that show drop reasons; a test holds the two together.</summary>
internal static class DropScenarios
{
    /// <summary>Name of the scenario that shows a reason.</summary>
    public static string Of(DropReason reason) => reason switch
    {
        DropReason.FrameCut or DropReason.LinkTypeUnsupported => "captures-cut-or-not-ethernet",
        DropReason.FrameTruncated or DropReason.VlanTruncated or DropReason.VlanTooDeep or DropReason.ArpMalformed
            or DropReason.Ipv4Truncated or DropReason.Ipv4Malformed or DropReason.TcpMalformed
            or DropReason.UdpMalformed or DropReason.SctpMalformed
            or DropReason.IcmpMalformed => "damaged-frames-from-a-tenant",
        DropReason.Ipv6Truncated or DropReason.Ipv6Malformed
            or DropReason.NeighborDiscoveryMalformed => "damaged-ipv6-from-a-tenant",
        DropReason.FragmentMalformed or DropReason.FragmentWithoutFirst => "overlapping-and-stray-fragments",
        DropReason.FragmentTableFull => "fragment-table-full",
        DropReason.FlowCollision => "flow-collision",
        DropReason.FlowTableFull => "flow-table-full",
        DropReason.Ipv4BadChecksum or DropReason.UdpBadChecksum => "outer-checksums-verified",
        DropReason.OuterFragment or DropReason.NotForUs or DropReason.NotVxlan => "underlay-traffic-of-others",
        DropReason.OuterVlan => "underlay-vlan",
        DropReason.GroupNotJoined => "flooded-to-a-multicast-group",
        DropReason.RouteUnknown => "underlay-routes",
        DropReason.VxlanTruncated or DropReason.InnerFrameTruncated
            or DropReason.InnerSourceMacInvalid => "damaged-tunnel-packets",
        DropReason.GeneveTruncated or DropReason.GeneveInvalidHeader or DropReason.GeneveCriticalOption
            or DropReason.TunnelControlPacket => "geneve-both-ways",
        DropReason.TunnelPayloadUnsupported => "vxlan-gpe-both-ways",
        DropReason.VxlanInvalidHeader => "missing-i-flag-dropped",
        DropReason.VxlanVniNotFound => "foreign-vni-dropped",
        DropReason.InnerVlan => "inner-vlan-dropped-or-stripped",
        DropReason.EcnInvalid => "ecn-combinations",
        DropReason.RuleBlock or DropReason.LayerDefaultBlock => "block-telnet",
        DropReason.DecapNotAllowed => "decap-not-authorised",
        DropReason.RateLimit => "rate-limited",
        DropReason.FloodRate or DropReason.IcmpRate or DropReason.NeighborRate
            or DropReason.NewFlowRate => "rates-of-a-port",
        DropReason.SourceMacSpoofed or DropReason.SourceAddressSpoofed or DropReason.NeighborSpoofed
            or DropReason.VtepUnknown => "spoofed-source-dropped",
        DropReason.BfdInvalid or DropReason.BfdAuthenticated
            or DropReason.BfdSessionUnknown => "vteps-watched-by-bfd",
        DropReason.BfdNotAuthenticated or DropReason.BfdAuthenticationFailed
            or DropReason.BfdSequenceInvalid => "bfd-authenticated",
        DropReason.RoleSpoofed => "dhcp-and-router-discovery",
        DropReason.FloodNotAllowed => "flooded-to-everybody",
        DropReason.DestinationUnknown or DropReason.EgressUnknown or DropReason.EgressIsIngress
            or DropReason.UplinkUnknown or DropReason.NeighborUnresolved or DropReason.PortNotReady => "no-way-out",
        DropReason.RedirectLoop => "redirect-and-hairpin",
        DropReason.EncapTooDeep => "two-tunnels-by-policy",
        DropReason.TtlExpired => "routed-through-the-gateway",
        DropReason.MtuExceeded => "too-big-for-the-tunnel",
        DropReason.NatUnsupported => "nat-static-both-ways",
        DropReason.NatExhausted => "nat-pool",
        DropReason.BackendUnavailable => "load-balancer",
        DropReason.FrameTooLong => "longer-than-a-buffer",
        DropReason.HeadroomExhausted => "no-headroom-for-the-tunnel",
        DropReason.PoolExhausted => "no-buffer-for-copies",
        DropReason.EgressFull => "egress-port-full",
        DropReason.HandoverFull => "handover-lane-full",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "No scenario shows it."),
    };
}
