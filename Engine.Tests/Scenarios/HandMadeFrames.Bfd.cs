using VxlanEngine.Overlay;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Scenarios;

/// <content>VTEPs that are watched by BFD.</content>
internal static partial class HandMadeFrames
{
    private static IEnumerable<HandMadeFrame> VtepsWatchedByBfd()
    {
        const string Quiet = "172.31.0.2";
        const string Lively = "172.31.0.3";
        const string LivelyMac = "02:aa:00:00:00:03";
        const uint Theirs = 0x333;
        uint mine = LocalDiscriminators(Quiet, Lively)[1];
        uint minesOfQuiet = LocalDiscriminators(Quiet, Lively)[0];
        FrameBuilder Routed(int number) => FrameBuilder.Ethernet(WebMac, RouterMac)
            .Ipv4(Web, "10.8.0.1", id: number).Udp(40001, 53).Payload("which way?");
        FrameBuilder Sent(int number, string vtep) => Pushed(vtep: vtep).InnerEthernet(RouterMac, "02:42:00:00:00:fe")
            .Ipv4(Web, "10.8.0.1", ttl: 63, id: number).Udp(40001, 53).Payload("which way?");
        FrameBuilder Inside(string vtep, byte ttl = 255) => FrameBuilder.Ethernet(LivelyMac, UplinkMac)
            .Ipv4(vtep, "172.31.0.1", dontFragment: true).Vxlan(1)
            .InnerEthernet(LivelyMac, "00:00:5e:00:52:02").Ipv4(vtep, "127.0.0.1", ttl: ttl).Udp(49999, 3784);
        byte[] Control(
            BfdState state, uint your, bool isFinal = false, BfdDiagnostic why = BfdDiagnostic.None) =>
            Written(new BfdPacket(state, why, false, isFinal, 3, Theirs, your, 100_000, 100_000));
        FrameBuilder Own(BfdState state, uint your, bool isPoll = false, BfdDiagnostic why = BfdDiagnostic.None) =>
            FromSession(Lively, mine, new BfdPacket(
                state, why, isPoll, false, 3, mine, your, state == BfdState.Up ? 100_000u : 1_000_000, 100_000));
        HandMadeFrame FromLively(string fate, byte[] control, params FrameBuilder[] becomes) =>
            FromTunnel(fate, Inside(Lively).Payload(control), becomes);

        // The first frame begins both sessions; the flow goes to the VTEP that will be lively.
        yield return FromWeb(
            "uplink bfd, uplink bfd, uplink",
            Routed(1),
            FromSession(Quiet, minesOfQuiet, new BfdPacket(
                BfdState.Down, BfdDiagnostic.None, false, false, 3, minesOfQuiet, 0, 1_000_000, 100_000)),
            Own(BfdState.Down, 0),
            Sent(1, Lively)) with
        { AtMs = 0 };
        yield return FromLively("uplink bfd", Control(BfdState.Down, 0), Own(BfdState.Init, Theirs)) with { AtMs = 10 };
        yield return FromLively(
            "uplink bfd", Control(BfdState.Up, mine), Own(BfdState.Up, Theirs, isPoll: true)) with
        { AtMs = 20 };
        yield return FromLively("", Control(BfdState.Up, mine, isFinal: true)) with { AtMs = 30 };

        // What belongs to no session.
        yield return FromTunnel("drop bfd-invalid", Inside(Lively, ttl: 254).Payload(Control(BfdState.Down, mine)))
            with
        { AtMs = 31 };
        yield return FromTunnel("drop bfd-invalid", Tunnel(vni: 1).InnerEthernet(PeerMac, WebMac)
            .Ipv4(Peer, Web, id: 1).Udp(53, 40001).Payload("to a tenant"))
            with
        { AtMs = 32 };
        byte[] password = [.. Control(BfdState.Down, mine), 1, 4, 1, (byte)'x'];
        (password[1], password[3]) = ((byte)(password[1] | 0x04), 28);
        yield return FromLively("drop bfd-authenticated", password) with { AtMs = 33 };
        yield return FromTunnel(
            "drop bfd-session-unknown", Inside("172.31.0.77").Payload(Control(BfdState.Down, 0))) with
        { AtMs = 34 };
        yield return FromLively("drop bfd-session-unknown", Control(BfdState.Up, mine + 1)) with { AtMs = 35 };

        // Nothing more comes for the detection time, 3 × 100 ms from the packet at 30 ms on.
        yield return FromWeb(
            "uplink bfd, uplink", Routed(2), Own(BfdState.Up, Theirs), Sent(2, Lively)) with
        { AtMs = 329 };
        yield return FromWeb(
            "uplink bfd, uplink",
            Routed(3),
            Own(BfdState.Down, 0, isPoll: true, why: BfdDiagnostic.DetectionTimeExpired),
            Sent(3, Quiet)) with
        { AtMs = 330 };

        // It comes back, and goes again by its own will.
        yield return FromLively(
            "uplink bfd",
            Control(BfdState.Down, 0),
            Own(BfdState.Init, Theirs, isPoll: true, why: BfdDiagnostic.DetectionTimeExpired)) with
        { AtMs = 400 };
        yield return FromWeb("uplink", Routed(4), Sent(4, Quiet)) with { AtMs = 401 };
        yield return FromLively(
            "uplink bfd", Control(BfdState.Init, mine), Own(BfdState.Up, Theirs, isPoll: true)) with
        { AtMs = 410 };
        yield return FromWeb("uplink", Routed(5), Sent(5, Lively)) with { AtMs = 411 };
        yield return FromLively(
            "uplink bfd",
            Control(BfdState.AdminDown, mine, why: BfdDiagnostic.AdministrativelyDown),
            Own(BfdState.Down, Theirs, isPoll: true, why: BfdDiagnostic.NeighborSignaledDown)) with
        { AtMs = 420 };
        yield return FromWeb("uplink", Routed(6), Sent(6, Quiet)) with { AtMs = 421 };
    }

    private static IEnumerable<HandMadeFrame> BfdSessionEndedByAPolicy()
    {
        const string Lively = "172.31.0.3";
        const string LivelyMac = "02:aa:00:00:00:03";
        const uint Theirs = 0x333;
        uint mine = LocalDiscriminators(Lively)[0];
        FrameBuilder Routed(int number) => FrameBuilder.Ethernet(WebMac, RouterMac)
            .Ipv4(Web, "10.8.0.1", id: number).Udp(40001, 53).Payload("which way?");
        FrameBuilder Sent(int number) => Pushed(vtep: Lively).InnerEthernet(RouterMac, "02:42:00:00:00:fe")
            .Ipv4(Web, "10.8.0.1", ttl: 63, id: number).Udp(40001, 53).Payload("which way?");
        FrameBuilder Own(BfdState state, uint your, bool isPoll = false) => FromSession(Lively, mine, new BfdPacket(
            state,
            state == BfdState.AdminDown ? BfdDiagnostic.AdministrativelyDown : BfdDiagnostic.None,
            isPoll,
            false,
            3,
            mine,
            your,
            state == BfdState.Up ? 100_000u : 1_000_000,
            100_000));
        HandMadeFrame FromLively(string fate, BfdState state, uint your, params FrameBuilder[] becomes) => FromTunnel(
            fate,
            FrameBuilder.Ethernet(LivelyMac, UplinkMac).Ipv4(Lively, "172.31.0.1", dontFragment: true).Vxlan(1)
                .InnerEthernet(LivelyMac, "00:00:5e:00:52:02").Ipv4(Lively, "127.0.0.1", ttl: 255).Udp(49999, 3784)
                .Payload(Written(new BfdPacket(
                    state, BfdDiagnostic.None, false, false, 3, Theirs, your, 100_000, 100_000))),
            becomes);

        yield return FromWeb("uplink bfd, uplink", Routed(1), Own(BfdState.Down, 0), Sent(1)) with { AtMs = 0 };
        yield return FromLively("uplink bfd", BfdState.Down, 0, Own(BfdState.Init, Theirs)) with { AtMs = 10 };

        // The policy comes behind this one, and the goodbye with it; a poll, because the interval is another one.
        yield return FromLively(
            "uplink bfd, uplink bfd",
            BfdState.Up,
            mine,
            Own(BfdState.Up, Theirs, isPoll: true),
            Own(BfdState.AdminDown, Theirs, isPoll: true)) with
        { AtMs = 20 };
        yield return FromWeb("uplink", Routed(2), Sent(2)) with { AtMs = 60 };

        // By now nothing was heard for a detection time.
        yield return FromWeb(
            "uplink bfd, uplink", Routed(3), Own(BfdState.AdminDown, 0, isPoll: true), Sent(3)) with
        { AtMs = 1060 };
        yield return FromWeb(
            "uplink bfd, uplink", Routed(4), Own(BfdState.AdminDown, 0, isPoll: true), Sent(4)) with
        { AtMs = 2100 };
        yield return FromWeb("uplink", Routed(5), Sent(5)) with { AtMs = 3100 };
    }

    /// <summary>The numbers that a switch gives its sessions without a key of its own, in the policy's order.</summary>
    private static uint[] LocalDiscriminators(params string[] vteps)
    {
        var table = new BfdTable(new SwitchLimits().HashKey);
        foreach (string vtep in vteps)
        {
            table.Watch(1, IpAddress.Parse("172.31.0.1"), IpAddress.Parse(vtep), new BfdOptions());
        }

        return [.. vteps.Select(vtep => IpAddress.Parse(vtep))
            .Select(vtep => table.Peers.Single(p => p.Remote == vtep).Session.LocalDiscriminator)];
    }

    private static FrameBuilder FromSession(string vtep, uint discriminator, BfdPacket packet) =>
        FromSession(vtep, discriminator, Written(packet));

    private static FrameBuilder FromSession(string vtep, uint discriminator, byte[] packet) =>
        Pushed(vni: 1, vtep: vtep).InnerEthernet(UplinkMac, "00:00:5e:00:52:02")
            .Ipv4("172.31.0.1", "127.0.0.1", ttl: 255, tos: 0xC0, dontFragment: true)
            .Udp(49152 + (int)(discriminator % 16384), 3784).Payload(packet);

    private static byte[] Written(BfdPacket packet)
    {
        byte[] bytes = new byte[BfdPacket.Length];
        new PacketWriter(bytes).TryWrite(packet);
        return bytes;
    }
}
