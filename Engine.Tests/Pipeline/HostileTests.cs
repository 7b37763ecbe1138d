using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>
/// Whatever the bytes are: one fate, nothing thrown, nothing written beside the frame, nothing uncounted.
/// </summary>
public sealed class HostileTests
{
    private const int FramesPerPolicy = 85_000;

    private static readonly byte[][] Seeds = [.. Corpus()];

    public static TheoryData<string> Policies => [.. All().Keys];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Mutated_frames_have_one_fate_and_touch_only_their_own_buffers(string policy)
    {
        using var bench = new HostileBench(All()[policy]);
        var mutator = new FrameMutator(seed: 20260101, Seeds);
        for (int i = 0; i < FramesPerPolicy; i++)
        {
            byte[] frame = mutator.Next();
            int port = mutator.Below(2) == 0 ? mutator.Below(bench.Ports) : LikelyPort(frame);
            bench.Send(port, frame, (ChecksumStatus)mutator.Below(3));
        }

        // Frames that got nowhere prove little.
        bench.AssertCounted();
        Assert.True(bench.Forwarded > FramesPerPolicy / 20, $"Only {bench.Forwarded} frames left.");
        Assert.True(bench.Drops.Count >= 20, $"Only {string.Join(", ", bench.Drops.Keys)}.");
    }

    [Fact]
    public void Random_bytes_have_one_fate_and_touch_only_their_own_buffers()
    {
        foreach (SwitchPolicy policy in All().Values)
        {
            using var bench = new HostileBench(policy);
            Prop.ForAll(
                    ArbMap.Default.ArbFor<byte[]>(),
                    ArbMap.Default.ArbFor<byte>(),
                    (bytes, port) => bench.Send(port % bench.Ports, bytes, ChecksumStatus.Unknown))
                .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
            bench.AssertCounted();
        }
    }

    [Fact]
    public void Random_bytes_inside_a_tunnel_have_one_fate_and_touch_only_their_own_buffers()
    {
        foreach (SwitchPolicy policy in All().Values)
        {
            using var bench = new HostileBench(policy);
            Prop.ForAll(
                    ArbMap.Default.ArbFor<byte[]>(),
                    bytes => bench.Send(2, Tunnelled(bytes), ChecksumStatus.Unknown))
                .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
            bench.AssertCounted();
        }
    }

    [Fact]
    [Trait("Scenario", "MF01"), Trait("Scenario", "MF02")]
    public void Every_truncation_of_every_frame_has_one_fate_at_every_port()
    {
        foreach (SwitchPolicy policy in All().Values)
        {
            using var bench = new HostileBench(policy);
            foreach (byte[] frame in Seeds)
            {
                for (int length = 0; length <= frame.Length; length++)
                {
                    bench.Send(length % bench.Ports, frame.AsSpan(0, length), ChecksumStatus.Good);
                    bench.Send(LikelyPort(frame), frame.AsSpan(0, length), ChecksumStatus.Good);
                }
            }

            bench.AssertCounted();
        }
    }

    /// <summary>The port whose guard lets the frame pass: a's, b's, or the uplink's.</summary>
    private static int LikelyPort(byte[] frame) => frame.Length < 12 ? 2 : frame[11] switch { 5 => 0, 6 => 1, _ => 2 };

    private static Dictionary<string, SwitchPolicy> All()
    {
        SwitchPolicy flooding = Green.Policy.With(n => n with
        {
            Broadcast = Flooding.Replicate,
            Multicast = Flooding.Replicate,
            UnknownUnicast = Flooding.Replicate,
            InnerVlan = InnerVlan.Keep,
            SourceVtep = SourceVtepCheck.Off,
        });
        return new Dictionary<string, SwitchPolicy>(StringComparer.Ordinal)
        {
            ["stateful, floods, trusts"] = flooding.WithPort("up", p => p with { Checksum = ChecksumMode.Trust })
                .WithLayers(Vnet with { Stateful = true }),
            ["translates, modifies, mirrors, without guards"] = Translating(flooding),
            ["strict, with a host"] = Green.Policy
                .WithPort("up", p => p with { ReservedBits = ReservedBits.Reject, Mtu = 1350 })
                .With(n => n with { SourceVtep = SourceVtepCheck.Strict, Broadcast = Flooding.Punt })
                .Plus(new Port { Name = "host", Kind = PortKind.Host }),
            ["rules on the uplink"] = UplinkRules(flooding),
        };
    }

    private static SwitchPolicy Translating(SwitchPolicy flooding)
    {
        Port monitor = new() { Name = "monitor", Kind = PortKind.Host };
        Layer nat = new()
        {
            Name = "nat",
            Ports = ["a", "b"],
            Priority = 100,
            Stateful = true,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf(
                    "balance",
                    Direction.Out,
                    new RuleAction.LoadBalance { Backends = [new Backend { Address = Ip(IpB), Port = 80 }] },
                    new Match { Family = IpFamily.V4, Protocols = [IpProtocol.Tcp] }),
                GroupOf(
                    "pool",
                    Direction.Out,
                    new RuleAction.DynamicNat
                    {
                        Addresses = "10.0.2.50-10.0.2.51", Ports = new NumberRange(1024, 1151),
                    },
                    new Match { Family = IpFamily.V4, Protocols = [IpProtocol.Udp, IpProtocol.Icmp] }),
                GroupOf(
                    "static",
                    Direction.In,
                    new RuleAction.Nat { Destination = Ip(Ip6B), DestinationPort = 5353 },
                    new Match { Family = IpFamily.V6 }),
            ],
        };
        Layer change = new()
        {
            Name = "change",
            Ports = ["a", "b"],
            Priority = 50,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf(
                    "tag",
                    Direction.Out,
                    new RuleAction.Modify { PopVlan = true, PushVlan = 7, DecrementTtl = true, Dscp = 46 }),
                GroupOf("pop", Direction.In, new RuleAction.Modify { PopVlan = true, SourceMac = Mac(MacRouter) }),
            ],
        };
        Layer watch = new()
        {
            Name = "watch",
            Ports = ["a", "b"],
            Priority = 70,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf("mirror-out", Direction.Out, new RuleAction.Mirror { Port = "monitor" }),
                GroupOf("mirror-in", Direction.In, new RuleAction.Mirror { Port = "monitor" }),
            ],
        };
        Layer limit = new()
        {
            Name = "limit",
            Ports = ["a"],
            Priority = 60,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf("rate", Direction.Out, new RuleAction.RateLimit { PacketsPerSecond = 900 }),
                GroupOf("count", Direction.In, new RuleAction.Meter { Name = "in" }),
            ],
        };
        return flooding.Plus(monitor)
            .WithPort("a", p => p with { SourceGuard = false })
            .WithPort("b", p => p with { SourceGuard = false })
            .WithLayers(Vnet with { Stateful = true }, nat, change, watch, limit);
    }

    private static SwitchPolicy UplinkRules(SwitchPolicy flooding)
    {
        Port tap = new() { Name = "tap", Kind = PortKind.Host, Mac = Mac("02:00:00:00:00:77") };
        var tunnel = new ExplicitTunnel { Vni = new Vni(77), Destinations = [Ip(VtepE), Ip(VtepC)] };
        Layer decap = UplinkLayer(
            new RuleAction.Decap { Port = "tap" },
            new Match { Protocols = [IpProtocol.Udp, IpProtocol.Icmp, IpProtocol.Icmpv6] },
            stateful: true);
        var onlyTcp = new Match { Protocols = [IpProtocol.Tcp] };
        Layer onward = UplinkLayer(new RuleAction.Encap { Tunnel = tunnel }, onlyTcp) with
        {
            Name = "onward",
            Priority = 5,
        };
        return flooding.Plus(tap).Plus(decap, onward).WithPort("up", p => p with { Promiscuous = true });
    }

    private static IEnumerable<byte[]> Corpus()
    {
        List<byte[]> fromA =
        [
            FromA().Ipv4(IpA, IpC).Udp(1000, 53).Payload("query").Build(),
            FromA(MacB).Ipv4(IpA, IpB).Tcp(1000, 80, TcpFlags.Syn, options: [2, 4, 5, 180]).Build(),
            FromA(MacRouter).Ipv4(IpA, "10.8.0.1", options: [7, 7, 4, 0, 0, 0, 0, 0]).Sctp(1, 2).Payload(16).Build(),
            FromA(MacRouter).Ipv6(Ip6A, Ip6B).Extension(IpProtocol.HopByHop, [5, 2, 0, 0]).Tcp(1000, 80).Build(),
            FromA(MacD).Vlan(5).Vlan(6).Ipv4(IpA, IpD).IcmpEchoRequest(1, 1).Payload(20).Build(),
            FromA(Broadcast).ArpRequest(MacA, IpA, IpC).Padding(18).Build(),
            FromA(Broadcast).Ipv4("0.0.0.0", "255.255.255.255").Udp(68, 67).Payload(100).Build(),
            FromA("33:33:ff:00:00:06").Ipv6(Ip6A, "ff02::1:ff00:6", hopLimit: 255)
                .NeighborSolicitation(Ip6B, MacA).Build(),
            FromA(AllNodes).Ipv6("fe80::5", "ff02::1", hopLimit: 255).NeighborAdvertisement(Ip6A, MacA).Build(),
            FromA().Ipv4(IpA, IpC, id: 1, moreFragments: true).Udp(1000, 53, length: 100).Payload(16).Build(),
            FromA().Ipv4(IpA, IpC, id: 1, fragmentOffset: 24, protocol: 17).Payload(76).Build(),
            FromA().Ipv6(Ip6A, Ip6C).Fragment(1, 0, more: true).Udp(1000, 53, length: 100).Payload(16).Build(),
            FromA().Ipv6(Ip6A, Ip6C).Fragment(1, 24, more: false, nextHeader: 17).Payload(76).Build(),
            FromA().Ipv4(IpA, IpC).Icmp(3, 4, 1450).Ipv4(IpC, IpA).Udp(53, 1000).Payload(8).Build(),
            FromA().Ipv6(Ip6A, Ip6C).Icmpv6(2, 0, 1400).Ipv6(Ip6C, Ip6A).Tcp(80, 1000).Build(),
            FromA(MacUnknown).Payload(46).Build(),
        ];
        List<byte[]> inner =
        [
            FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Udp(53, 1000).Payload("answer").Build(),
            FrameBuilder.Ethernet(MacC, MacRouter).Ipv4("10.8.0.1", IpB, ttl: 2).Tcp(80, 1000).Build(),
            FrameBuilder.Ethernet(MacC, MacA).Ipv6(Ip6C, Ip6A, trafficClass: 2).Tcp(80, 1000).Build(),
            FrameBuilder.Ethernet(MacC, Broadcast).ArpRequest(MacC, IpC, IpA).Build(),
            FrameBuilder.Ethernet(MacC, MacA).Vlan(5).Ipv4(IpC, IpA).Icmp(11).Ipv4(IpA, IpC).Udp(1000, 53).Build(),
            FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Vxlan(9).InnerEthernet().Ipv4(IpC, IpA).Udp(1, 2).Build(),
            FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA, id: 3, moreFragments: true)
                .Udp(53, 1000, length: 100).Payload(16).Build(),
        ];
        return
        [
            .. fromA,
            .. inner.Select(i => Tunnelled(i)),
            .. inner.Select(i => Tunnelled(i, source: VtepD)),
            .. inner.Select(i => Outer(tos: 3).Udp(50000, 4789).Vxlan(VniValue).Payload(i).Padding(6).Build()),
            Outer().Vxlan(VniValue, flags: 0xFFFF_FFFF, reserved: 0xFF).Payload(inner[0]).Build(),
            Outer().Vxlan(6000).Payload(inner[0]).Build(),
            Outer().IcmpEchoRequest(1, 1).Payload(32).Build(),
            Outer(source: VtepD).Icmpv6EchoRequest(1, 1).Payload(32).Build(),
            FrameBuilder.Ethernet(MacVtepC, Broadcast).ArpRequest(MacVtepC, VtepC, Vtep).Build(),
            FrameBuilder.Ethernet(MacVtepD, "33:33:ff:00:00:01").Ipv6(VtepD, "ff02::1:ff00:1", hopLimit: 255)
                .NeighborSolicitation(Vtep6, MacVtepD).Build(),
            .. FrameSamples.All.Values,
        ];
    }
}
