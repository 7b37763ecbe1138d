using VxlanEngine.Overlay;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Scenarios;

/// <content>A VTEP whose BFD packets are authenticated.</content>
internal static partial class HandMadeFrames
{
    private static IEnumerable<HandMadeFrame> BfdAuthenticated()
    {
        const string Lively = "172.31.0.3";
        const string LivelyMac = "02:aa:00:00:00:03";
        const string Secret = "open sesame";
        const uint Theirs = 0x333;
        const BfdAuthenticationType Type = BfdAuthenticationType.MeticulousKeyedSha1;
        (uint mine, uint sequence) = AuthenticatedSession(Lively);
        FrameBuilder Routed(int number) => FrameBuilder.Ethernet(WebMac, RouterMac)
            .Ipv4(Web, "10.8.0.1", id: number).Udp(40001, 53).Payload("which way?");
        FrameBuilder Sent(int number, string vtep) => Pushed(vtep: vtep).InnerEthernet(RouterMac, "02:42:00:00:00:fe")
            .Ipv4(Web, "10.8.0.1", ttl: 63, id: number).Udp(40001, 53).Payload("which way?");
        FrameBuilder Own(BfdState state, uint your, bool isPoll = false, BfdDiagnostic why = BfdDiagnostic.None) =>
            FromSession(Lively, mine, BfdProof.Signed(
                Written(new BfdPacket(
                    state, why, isPoll, false, 3, mine, your, state == BfdState.Up ? 100_000u : 1_000_000, 100_000)),
                Type,
                7,
                Secret,
                sequence++));
        byte[] Told(BfdState state, uint your, bool isFinal = false) => Written(new BfdPacket(
            state, BfdDiagnostic.None, false, isFinal, 3, Theirs, your, 100_000, 100_000));
        HandMadeFrame FromLively(int atMs, string fate, byte[] control, params FrameBuilder[] becomes) => FromTunnel(
            fate,
            FrameBuilder.Ethernet(LivelyMac, UplinkMac).Ipv4(Lively, "172.31.0.1", dontFragment: true).Vxlan(1)
                .InnerEthernet(LivelyMac, "00:00:5e:00:52:02").Ipv4(Lively, "127.0.0.1", ttl: 255).Udp(49999, 3784)
                .Payload(control),
            becomes) with
        { AtMs = atMs };

        yield return FromWeb("uplink bfd, uplink", Routed(1), Own(BfdState.Down, 0), Sent(1, Lively)) with { AtMs = 0 };
        byte[] down = Told(BfdState.Down, 0);
        yield return FromLively(1, "drop bfd-not-authenticated", down);
        yield return FromLively(2, "drop bfd-authentication-failed", BfdProof.Signed(down, Type, 9, Secret, 90));
        yield return FromLively(3, "drop bfd-authentication-failed", BfdProof.Signed(down, Type, 7, "sesame", 90));
        yield return FromLively(4, "drop bfd-authentication-failed", BfdProof.Signed(
            down, BfdAuthenticationType.SimplePassword, 7, Secret));
        yield return FromLively(
            10, "uplink bfd", BfdProof.Signed(down, Type, 7, Secret, 100), Own(BfdState.Init, Theirs));
        yield return FromLively(
            20,
            "uplink bfd",
            BfdProof.Signed(Told(BfdState.Up, mine), Type, 7, Secret, 101),
            Own(BfdState.Up, Theirs, isPoll: true));
        byte[] last = BfdProof.Signed(
            Told(BfdState.Up, mine, isFinal: true),
            Type,
            8,
            Convert.FromHexString("00112233445566778899aabbccddeeff00112233"),
            110);
        yield return FromLively(30, "", last);
        yield return FromLively(31, "drop bfd-sequence-invalid", last);
        yield return FromLively(
            32,
            "drop bfd-sequence-invalid",
            BfdProof.Signed(Told(BfdState.Up, mine), Type, 7, Secret, 120));
        yield return FromWeb(
            "uplink bfd, uplink", Routed(2), Own(BfdState.Up, Theirs), Sent(2, Lively)) with
        { AtMs = 329 };
        yield return FromWeb(
            "uplink bfd, uplink",
            Routed(3),
            Own(BfdState.Down, 0, isPoll: true, why: BfdDiagnostic.DetectionTimeExpired),
            Sent(3, "172.31.0.2")) with
        { AtMs = 330 };
    }

    /// <summary>The number that a switch gives its only session, and its first sequence number.</summary>
    private static (uint Discriminator, uint Sequence) AuthenticatedSession(string vtep)
    {
        var table = new BfdTable(new SwitchLimits().HashKey);
        var options = new BfdOptions
        {
            Authentication = new BfdAuthentication
            {
                Type = BfdAuthenticationType.MeticulousKeyedSha1,
                Keys = [new BfdKey { Id = 7, Secret = "any" }],
            },
        };
        table.Watch(1, IpAddress.Parse("172.31.0.1"), IpAddress.Parse(vtep), options);
        BfdPeer peer = table.Peers.Single();
        byte[] bytes = new byte[BfdAuthenticator.MaxLength];
        peer.Authenticator.Write(default, bytes);
        new PacketReader(bytes, BfdPacket.Length).TryRead(out BfdDigestHeader header);
        return (peer.Session.LocalDiscriminator, header.Sequence);
    }
}
