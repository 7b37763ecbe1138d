using VxlanEngine.Tests.Frames;

namespace VxlanEngine.Tests.Scenarios;

/// <content>Next hops that the engine asks for.</content>
internal static partial class HandMadeFrames
{
    private static IEnumerable<HandMadeFrame> UnderlayNeighboursResolved()
    {
        const string NewMac = "02:aa:00:00:00:22";
        const string SilentMac = "02:42:0a:00:01:09";
        FrameBuilder To(string mac, string address, int number) =>
            FrameBuilder.Ethernet(WebMac, mac).Ipv4(Web, address, id: number).Udp(40001, 53).Payload("which address?");
        FrameBuilder ToPeerFirst(int number) => To(PeerMac, Peer, number);
        FrameBuilder PushedTo(string mac, FrameBuilder inner) => FrameBuilder.Ethernet(UplinkMac, mac)
            .Ipv4("172.31.0.1", Vtep, dontFragment: true).Vxlan(4097).Payload(inner.Build());
        FrameBuilder Request(string vtep) =>
            FrameBuilder.Ethernet(UplinkMac, BroadcastMac).ArpRequest(UplinkMac, "172.31.0.1", vtep);
        FrameBuilder Reply(string mac, string to = "172.31.0.1") =>
            FrameBuilder.Ethernet(mac, UplinkMac).ArpReply(mac, Vtep, UplinkMac, to);

        // Nobody asked yet; then one question, two packets that wait, and the answer.
        yield return FromTunnel("drop not-vxlan", Reply(NewMac)) with { AtMs = 0 };
        yield return FromWeb(
            "uplink question, uplink", ToPeerFirst(1), Request(Vtep), PushedTo(RemoteMac, ToPeerFirst(1)))
            with
        { AtMs = 1 };
        yield return FromWeb("uplink", ToPeerFirst(2), PushedTo(RemoteMac, ToPeerFirst(2))) with { AtMs = 2 };
        yield return FromTunnel("drop not-vxlan", Reply(NewMac, to: "172.31.0.77")) with { AtMs = 3 };
        yield return FromTunnel("", Reply(RemoteMac)) with { AtMs = 4 };
        yield return FromWeb("uplink", ToPeerFirst(3), PushedTo(RemoteMac, ToPeerFirst(3))) with { AtMs = 5 };

        // The neighbour moves: it says so when it asks for this switch.
        yield return FromTunnel(
            "uplink answer",
            FrameBuilder.Ethernet(NewMac, BroadcastMac).ArpRequest(NewMac, Vtep, "172.31.0.1"),
            FrameBuilder.Ethernet(UplinkMac, NewMac).ArpReply(UplinkMac, "172.31.0.1", NewMac, Vtep)) with
        { AtMs = 6 };
        yield return FromWeb("uplink", ToPeerFirst(4), PushedTo(NewMac, ToPeerFirst(4))) with { AtMs = 7 };

        // The same over IPv6.
        FrameBuilder Over6() => To("02:42:0a:00:01:0a", "10.0.1.10", 5);
        yield return FromWeb(
            "uplink question, uplink",
            Over6(),
            FrameBuilder.Ethernet(UplinkMac, "33:33:ff:00:00:02").Ipv6("fd31::1", "ff02::1:ff00:2", hopLimit: 255)
                .NeighborSolicitation("fd31::2", UplinkMac),
            FrameBuilder.Ethernet(UplinkMac, RemoteMac).Ipv6("fd31::1", "fd31::2").Vxlan(4097)
                .Payload(Over6().Build())) with
        { AtMs = 8 };
        yield return FromTunnel(
            "",
            FrameBuilder.Ethernet(RemoteMac, UplinkMac).Ipv6("fd31::2", "fd31::1", hopLimit: 255)
                .NeighborAdvertisement("fd31::2", RemoteMac)) with
        { AtMs = 9 };

        // One that does not answer: three questions, then the packets go, and the next ones at once.
        yield return FromWeb(
            "uplink question, drop neighbor-unresolved", To(SilentMac, "10.0.1.9", 6), Request("172.31.0.9"))
            with
        { AtMs = 100 };
        yield return FromWeb(
            "uplink question, drop neighbor-unresolved", To(SilentMac, "10.0.1.9", 7), Request("172.31.0.9"))
            with
        { AtMs = 1100 };
        yield return FromWeb(
            "uplink question, drop neighbor-unresolved", To(SilentMac, "10.0.1.9", 8), Request("172.31.0.9"))
            with
        { AtMs = 2100 };
        yield return FromWeb("uplink", ToPeerFirst(9), PushedTo(NewMac, ToPeerFirst(9))) with { AtMs = 3100 };
        yield return FromWeb("drop neighbor-unresolved", To(SilentMac, "10.0.1.9", 10)) with { AtMs = 3101 };
        yield return FromWeb("uplink question", To(SilentMac, "10.0.1.9", 11), Request("172.31.0.9"))
            with
        { AtMs = 4100 };

        // A minute later the peer has to confirm, and is asked alone; meanwhile packets go where they went.
        yield return FromWeb(
            "uplink, uplink question",
            ToPeerFirst(12),
            PushedTo(NewMac, ToPeerFirst(12)),
            Request("172.31.0.9")) with
        { AtMs = 61_000 };
        yield return FromWeb(
            "uplink, uplink question",
            ToPeerFirst(13),
            PushedTo(NewMac, ToPeerFirst(13)),
            FrameBuilder.Ethernet(UplinkMac, NewMac).ArpRequest(UplinkMac, "172.31.0.1", Vtep))
            with
        { AtMs = 61_001 };
        yield return FromTunnel("", Reply(NewMac)) with { AtMs = 61_002 };
        yield return FromWeb(
            "uplink, uplink question",
            ToPeerFirst(14),
            PushedTo(NewMac, ToPeerFirst(14)),
            Request("172.31.0.9")) with
        { AtMs = 63_000 };
    }
}
