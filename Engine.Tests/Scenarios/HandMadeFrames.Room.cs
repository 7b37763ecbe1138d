using VxlanEngine.Tests.Frames;

namespace VxlanEngine.Tests.Scenarios;

/// <content>A switch that runs out of room: <c>replay.json</c> says what there is less of.</content>
internal static partial class HandMadeFrames
{
    private static IEnumerable<HandMadeFrame> LongerThanABuffer()
    {
        // A buffer holds 600 bytes of a frame, and outer headers beside them.
        FrameBuilder Of(int frame) => ToPeer().Udp(40001, 53).Payload(frame - 42);
        FrameBuilder Answer(int frame) => ToWeb(Tunnel()).Udp(53, 40001).Payload(frame - 92);

        yield return FromWeb("uplink", Of(600), Pushed().Payload(Of(600).Build()));
        yield return FromWeb("drop frame-too-long", Of(601));
        yield return FromWeb("drop frame-too-long", Of(1464));
        yield return FromTunnel("web", Answer(600), FromPeer().Udp(53, 40001).Payload(508));
        yield return FromTunnel("drop frame-too-long", Answer(601));

        // Cut off, it is not even looked at: this one would be nobody's to send.
        yield return FromWeb(
            "drop frame-too-long", FrameBuilder.Ethernet(DbMac, PeerMac).Ipv4(Web, Peer).Udp(1, 2).Payload(600));
        yield return FromWeb("uplink", Of(60), Pushed().Payload(Of(60).Build()));
    }

    private static IEnumerable<HandMadeFrame> NoHeadroomForTheTunnel()
    {
        // There are 66 bytes: enough for the 50 of a tunnel over IPv4, too few for the 70 of one over IPv6.
        const string FarMac = "02:42:0a:00:01:07";
        FrameBuilder Pushed6() => FrameBuilder.Ethernet(UplinkMac, RemoteMac).Ipv6("fd31::1", "fd31::2").Vxlan(4097);
        FrameBuilder Near() => ToPeer().Udp(40001, 53).Payload("near");
        FrameBuilder Far(FrameBuilder ethernet) => ethernet.Ipv4(Web, "10.0.1.7", id: 1).Udp(40001, 53).Payload("far");
        FrameBuilder Bare() => FrameBuilder.Ethernet(WebMac, FarMac);

        yield return FromWeb("uplink", Near(), Pushed().Payload(Near().Build()));
        yield return FromWeb("drop headroom-exhausted", Far(Bare()));

        // A tag that is stripped leaves four more.
        yield return FromWeb("uplink", Far(Bare().Vlan(7)), Pushed6().Payload(Far(Bare()).Build()));
        yield return FromWeb("drop headroom-exhausted", Far(Bare()));

        // What is opened gives room.
        yield return FromTunnel(
            "web", ToWeb(Tunnel()).Udp(53, 40001).Payload("this"), FromPeer().Udp(53, 40001).Payload("this"));
        yield return FromWeb("uplink", Near(), Pushed().Payload(Near().Build()));
    }

    private static IEnumerable<HandMadeFrame> NoBufferForCopies()
    {
        FrameBuilder Broadcast() =>
            FrameBuilder.Ethernet(WebMac, BroadcastMac).Ipv4(Web, "10.0.1.255", id: 1).Udp(40001, 9);
        FrameBuilder Question() => ToPeer().Udp(40002, 9);

        // The only buffer is the frame's own.
        yield return FromWeb("uplink", Question(), Pushed().Payload(Question().Build()));
        yield return FromWeb("drop pool-exhausted, drop pool-exhausted, drop pool-exhausted", Broadcast());
        yield return FromTunnel(
            "drop pool-exhausted, drop pool-exhausted",
            Tunnel().InnerEthernet(PeerMac, BroadcastMac).Ipv4(Peer, "10.0.1.255", id: 1).Udp(40001, 9));
        yield return FromTunnel("web", ToWeb(Tunnel()).Udp(9, 40002), FromPeer().Udp(9, 40002));
        yield return FromWeb("uplink", Question(), Pushed().Payload(Question().Build()));
    }

    private static IEnumerable<HandMadeFrame> EgressPortFull()
    {
        FrameBuilder Question(int port) => ToPeer().Udp(port, 9).Payload("question");
        FrameBuilder ToDb(int port) =>
            FrameBuilder.Ethernet(WebMac, DbMac).Ipv4(Web, "10.0.1.8", id: 1).Udp(port, 9);
        FrameBuilder Broadcast() =>
            FrameBuilder.Ethernet(WebMac, BroadcastMac).Ipv4(Web, "10.0.1.255", id: 1).Udp(40001, 9);

        // The uplink takes three frames, db one.
        yield return FromWeb("uplink", Question(40001), Pushed().Payload(Question(40001).Build()));
        yield return FromWeb("db", ToDb(40001), ToDb(40001));
        yield return FromWeb("drop egress-full", ToDb(40001));
        yield return FromWeb("uplink", Question(40001), Pushed().Payload(Question(40001).Build()));

        // Of two copies one finds room.
        yield return FromWeb("uplink, drop egress-full", Broadcast(), Pushed().Payload(Broadcast().Build()));
        yield return FromWeb("drop egress-full", Question(40001));
        yield return FromWeb("drop egress-full", Question(40002));

        // Flows go on: answers to them leave by another port.
        yield return FromTunnel("web", ToWeb(Tunnel()).Udp(9, 40001), FromPeer().Udp(9, 40001));
        yield return FromTunnel("web", ToWeb(Tunnel()).Udp(9, 40002), FromPeer().Udp(9, 40002));
    }

    private static IEnumerable<HandMadeFrame> HandoverLaneFull()
    {
        FrameBuilder Question(int port) => ToPeer().Udp(port, 9).Payload("question");
        HandMadeFrame Leaves(int port) =>
            FromWeb("uplink", Question(port), Pushed().Payload(Question(port).Build()));

        HandMadeFrame IsAnswered(int port, string payload) => FromTunnel(
            "web", ToWeb(Tunnel()).Udp(9, port).Payload(payload), FromPeer().Udp(9, port).Payload(payload));

        // Eight come at once. The hash gives 40001, 40002 and 40008 to the second worker.
        yield return Leaves(40001);
        yield return Leaves(40002);
        yield return Leaves(40003);
        yield return Leaves(40004);
        yield return Leaves(40005);
        yield return Leaves(40006);
        yield return Leaves(40007);
        yield return FromWeb("drop handover-full", Question(40008));

        // Then the rest, by when the lane is empty.
        yield return IsAnswered(40001, "of the second worker");
        yield return IsAnswered(40003, "of the first");
        yield return Leaves(40008);
    }
}
