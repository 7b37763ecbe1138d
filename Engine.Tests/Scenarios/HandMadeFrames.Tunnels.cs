using VxlanEngine.Tests.Frames;

namespace VxlanEngine.Tests.Scenarios;

/// <content>Tunnels of other kinds than VXLAN, and VXLAN with groups.</content>
internal static partial class HandMadeFrames
{
    private const int GenevePort = 6081;
    private const int GpePort = 4790;
    private const uint GpeOfEthernet = 0x0C00_0003;

    private static IEnumerable<HandMadeFrame> GroupPolicies()
    {
        const uint Group7 = 0x8800_0007;
        const uint Applied = 0x0008_0000;
        const uint DontLearn = 0x0040_0000;
        yield return FromTunnel("web", Ping(Tunnel(flags: Group7), 1), FromPeer().IcmpEchoRequest(1, 1).Payload(16));
        yield return FromTunnel("web", Ping(Tunnel(flags: Group7 | DontLearn), 2));
        yield return FromTunnel("drop rule-block", Ping(Tunnel(flags: 0x8800_0009), 3));
        yield return FromTunnel("drop layer-default-block", Ping(Tunnel(flags: 0x8800_0008), 4));
        yield return FromTunnel("drop layer-default-block", Ping(Tunnel(), 5));

        // Without the G flag the number is no group, and the A bit none of the extension's.
        yield return FromTunnel("drop layer-default-block", Ping(Tunnel(flags: 0x0800_0007 | Applied), 6));

        // Who has applied the policy already has not to be second-guessed, whatever the group.
        yield return FromTunnel("web", Ping(Tunnel(flags: 0x8800_0009 | Applied), 7));
        yield return FromTunnel("drop vxlan-invalid-header", Ping(Tunnel(flags: Group7 | 0x4000_0000), 8));
        yield return FromTunnel("drop vxlan-invalid-header", Ping(Tunnel(flags: Group7, reserved: 1), 9));
        yield return FromWeb(
            "uplink",
            ToPeer().Udp(40001, 53).Payload("of group 17"),
            Outer().Vxlan(4097, flags: 0x8808_0011).Payload(ToPeer().Udp(40001, 53).Payload("of group 17").Build()));
    }

    private static IEnumerable<HandMadeFrame> GeneveBothWays()
    {
        FrameBuilder Geneve(
            byte[]? options = null, int version = 0, int flags = 0, int protocol = 0x6558, int? words = null) =>
            FromRemote().Udp(50000, GenevePort, checksum: 0).Geneve(4097, options, version, flags, protocol, words);

        byte[] options = [0x01, 0x02, 0x03, 0x01, 0xDE, 0xAD, 0xBE, 0xEF];
        yield return FromWeb(
            "uplink",
            ToPeer().Udp(40001, 53).Payload("which?"),
            Outer().Udp(50000, GenevePort, checksum: 0).Geneve(4097)
                .Payload(ToPeer().Udp(40001, 53).Payload("which?").Build()));
        yield return FromTunnel(
            "web",
            ToWeb(Geneve()).Udp(53, 40001).Payload("this one"),
            FromPeer().Udp(53, 40001).Payload("this one"));
        yield return FromTunnel("web", Ping(Geneve(options), 1), FromPeer().IcmpEchoRequest(1, 1).Payload(16));
        yield return FromTunnel("web", Ping(Geneve(new byte[252]), 2));
        yield return FromTunnel("drop geneve-critical-option", Ping(Geneve(options, flags: 0x40), 3));
        yield return FromTunnel("drop tunnel-control-packet", Ping(Geneve(flags: 0x80), 4));
        yield return FromTunnel("drop geneve-invalid-header", Ping(Geneve(version: 1), 5));
        yield return FromTunnel("drop tunnel-payload-unsupported", Ping(Geneve(protocol: 0x0800), 6));
        yield return FromTunnel("drop geneve-truncated", Ping(Geneve(words: 63), 7));
        yield return FromTunnel(
            "drop geneve-truncated", FromRemote().Udp(50000, GenevePort, checksum: 0).Payload(new byte[7]));
        yield return FromTunnel("web", Ping(Tunnel(), 8));
    }

    private static IEnumerable<HandMadeFrame> VxlanGpeBothWays()
    {
        FrameBuilder Gpe(uint flags = GpeOfEthernet) =>
            FromRemote().Udp(50000, GpePort, checksum: 0).Vxlan(4097, flags: flags);

        yield return FromWeb(
            "uplink",
            ToPeer().Udp(40001, 53).Payload("which?"),
            Outer().Udp(50000, GpePort, checksum: 0).Vxlan(4097, flags: GpeOfEthernet)
                .Payload(ToPeer().Udp(40001, 53).Payload("which?").Build()));
        yield return FromTunnel(
            "web", ToWeb(Gpe()).Udp(53, 40001).Payload("this one"), FromPeer().Udp(53, 40001).Payload("this one"));
        yield return FromTunnel("web", Ping(Gpe(0x0E00_0003), 1));
        yield return FromTunnel("web", Ping(Gpe(0x0800_0000), 2));
        yield return FromTunnel("drop tunnel-control-packet", Ping(Gpe(0x0D00_0003), 3));
        yield return FromTunnel(
            "drop tunnel-payload-unsupported", Gpe(0x0C00_0001).Ipv4(Peer, Web).IcmpEchoRequest(1, 4));
        yield return FromTunnel("drop tunnel-payload-unsupported", Ping(Gpe(0x0C00_0004), 5));
        yield return FromTunnel("drop vxlan-invalid-header", Ping(Gpe(0x1C00_0003), 6));
        yield return FromTunnel("drop vxlan-invalid-header", Ping(Gpe(0x0400_0003), 7));
        yield return FromTunnel("web", Ping(Tunnel(), 8));
    }

    private static FrameBuilder Outer() =>
        FrameBuilder.Ethernet(UplinkMac, RemoteMac).Ipv4("172.31.0.1", Vtep, dontFragment: true);

    private static FrameBuilder FromRemote() =>
        FrameBuilder.Ethernet(RemoteMac, UplinkMac).Ipv4(Vtep, "172.31.0.1", dontFragment: true);
}
