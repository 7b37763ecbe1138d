using VxlanEngine.Tests.Frames;

namespace VxlanEngine.Tests.Scenarios;

/// <content>Flooding over multicast groups of the underlay.</content>
internal static partial class HandMadeFrames
{
    private static IEnumerable<HandMadeFrame> FloodedToAMulticastGroup()
    {
        const string Group = "239.1.1.1";
        const string Next = "239.1.1.2";
        const string Group6 = "ff05::4098";
        const string Own = "172.31.0.1";
        const string LinkLocal = "fe80::aa:ff:fe00:1";
        const string Router = "172.31.0.254";
        const string RouterMac6 = "02:aa:00:00:00:fe";
        const string Db = "10.0.2.8";
        const string Far = "10.0.2.9";
        const string FarMac = "02:42:0a:00:02:09";
        FrameBuilder Asked(string target) =>
            FrameBuilder.Ethernet(WebMac, BroadcastMac).ArpRequest(WebMac, Web, target);
        FrameBuilder AskedInGreen() => FrameBuilder.Ethernet(DbMac, BroadcastMac).ArpRequest(DbMac, Db, Far);
        FrameBuilder ToGroup(string group = Group) => FrameBuilder.Ethernet(UplinkMac, GroupFrames.MacOf(group))
            .Ipv4(Own, group, ttl: 1, dontFragment: true).Vxlan(4097);
        FrameBuilder ToGroup6() => FrameBuilder.Ethernet(UplinkMac, GroupFrames.MacOf(Group6))
            .Ipv6("fd31::1", Group6, hopLimit: 4).Vxlan(4098);
        FrameBuilder FromGroup(string group = Group, string vtep = Vtep, uint vni = 4097) =>
            FrameBuilder.Ethernet(RemoteMac, GroupFrames.MacOf(group)).Ipv4(vtep, group, ttl: 1).Vxlan(vni);
        FrameBuilder FromGroup6(uint vni = 4098) => FrameBuilder.Ethernet(RemoteMac, GroupFrames.MacOf(Group6))
            .Ipv6("fd31::2", Group6, hopLimit: 4).Vxlan(vni);
        FrameBuilder Said(byte record, string group = Group) =>
            GroupFrames.Igmpv3Report(UplinkMac, Own, record, group);
        FrameBuilder Said6(byte record) => GroupFrames.Mldv2Report(UplinkMac, LinkLocal, record, Group6);
        FrameBuilder SaidOlder(byte type, string group = Group) =>
            GroupFrames.IgmpMessage(UplinkMac, Own, type, group);
        FrameBuilder InBlue(FrameBuilder outer) => outer.InnerEthernet(PeerMac, BroadcastMac)
            .ArpRequest(PeerMac, Peer, Web);
        FrameBuilder Plain() => ToPeer().Udp(1, 9).Payload("to the peer");
        HandMadeFrame PlainAt(int seconds, string fate, params FrameBuilder[] said) => FromWeb(
            fate, Plain(), [.. said, PushedToPeer().Ipv4(Web, Peer, id: 1).Udp(1, 9).Payload("to the peer")]) with
        { AtMs = seconds * 1000 };

        yield return FromWeb(
            "uplink membership, uplink membership, uplink, uplink copy",
            Asked("10.0.1.77"),
            Said(GroupFrames.ChangeToExclude),
            Said6(GroupFrames.ChangeToExclude),
            ToGroup().InnerEthernet(WebMac, BroadcastMac).ArpRequest(WebMac, Web, "10.0.1.77"),
            Pushed(vtep: "172.31.0.3").InnerEthernet(WebMac, BroadcastMac).ArpRequest(WebMac, Web, "10.0.1.77"));
        yield return From(
            "db",
            "uplink membership, uplink membership, uplink",
            AskedInGreen(),
            Said(GroupFrames.ChangeToExclude),
            Said6(GroupFrames.ChangeToExclude),
            ToGroup6().InnerEthernet(DbMac, BroadcastMac).ArpRequest(DbMac, Db, Far)) with
        { AtMs = 1001 };

        // What others send to the groups.
        yield return FromTunnel("web", InBlue(FromGroup())) with { AtMs = 1010 };
        yield return FromTunnel("drop vtep-unknown", InBlue(FromGroup(vtep: "172.31.0.9"))) with { AtMs = 1011 };
        yield return FromTunnel("drop group-not-joined", InBlue(FromGroup(Next))) with { AtMs = 1012 };
        yield return FromTunnel("drop group-not-joined", InBlue(FromGroup("224.0.0.1"))) with { AtMs = 1013 };
        yield return FromTunnel("drop group-not-joined", InBlue(FromGroup6(4097))) with { AtMs = 1014 };
        yield return FromTunnel(
            "db", FromGroup6().InnerEthernet(FarMac, BroadcastMac).ArpRequest(FarMac, Far, Db)) with
        { AtMs = 1015 };
        yield return FromTunnel("web", FromGroup().InnerEthernet(PeerMac, WebMac).Ipv4(Peer, Web, id: 1)
            .Udp(9, 1).Payload("unknown there")) with
        { AtMs = 1016 };
        yield return FromTunnel("drop destination-unknown", FromGroup().InnerEthernet(PeerMac, DbMac)
            .Ipv4(Peer, "10.0.1.8").Udp(9, 1).Payload("for others")) with
        { AtMs = 1017 };

        // A router asks, and is answered within the second that it allows.
        yield return FromTunnel("", GroupFrames.Igmpv3Query(RouterMac6, Router)) with { AtMs = 2000 };
        yield return PlainAt(3, "uplink membership, uplink", Said(GroupFrames.ModeIsExclude));
        yield return FromTunnel("", GroupFrames.MldQuery(RouterMac6, "fe80::fe", Group6)) with { AtMs = 4000 };
        yield return PlainAt(5, "uplink membership, uplink", Said6(GroupFrames.ModeIsExclude));
        yield return FromTunnel("", GroupFrames.Igmpv3Query(RouterMac6, Router, Next)) with { AtMs = 6000 };
        yield return PlainAt(7, "uplink");

        // An older router does; another host's answer is enough for it.
        yield return FromTunnel("", GroupFrames.IgmpQuery(RouterMac6, Router)) with { AtMs = 8000 };
        yield return PlainAt(9, "uplink membership, uplink", SaidOlder(GroupFrames.ReportV2));
        yield return FromTunnel("", GroupFrames.IgmpQuery(RouterMac6, Router)) with { AtMs = 10_000 };
        yield return FromTunnel("", GroupFrames.IgmpMessage(RemoteMac, Vtep, GroupFrames.ReportV2, Group)) with
        { AtMs = 10_000 };
        yield return PlainAt(11, "uplink");

        // Another policy.
        yield return PlainAt(
            41,
            "uplink membership, uplink membership, uplink membership, uplink",
            SaidOlder(GroupFrames.Leave),
            Said6(GroupFrames.ChangeToInclude),
            SaidOlder(GroupFrames.ReportV2, Next));
        yield return FromTunnel("drop group-not-joined", InBlue(FromGroup())) with { AtMs = 41_000 };
        yield return FromTunnel("web", InBlue(FromGroup(Next))) with { AtMs = 41_000 };
        yield return PlainAt(
            60,
            "uplink membership, uplink membership, uplink",
            Said6(GroupFrames.ChangeToInclude),
            SaidOlder(GroupFrames.ReportV2, Next));
    }
}
