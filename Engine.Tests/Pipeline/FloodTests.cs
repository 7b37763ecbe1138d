using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Broadcast, multicast and unknown unicast: who gets a copy, and what each copy is.</summary>
public sealed class FloodTests
{
    private const string Group = "01:00:5e:01:02:03";

    private static readonly SwitchPolicy Replicate = With(Flooding.Replicate);

    [Theory]
    [InlineData(Broadcast, DropReason.FloodNotAllowed, PuntReason.Broadcast)]
    [InlineData(Group, DropReason.FloodNotAllowed, PuntReason.Multicast)]
    [InlineData(MacUnknown, DropReason.DestinationUnknown, PuntReason.UnknownUnicast)]
    [Trait("Scenario", "FD01"), Trait("Scenario", "FD15")]
    public void Frame_for_everybody_is_dropped_replicated_or_punted(
        string destination, DropReason drop, PuntReason punt)
    {
        byte[] frame = FromA(destination).Payload(46).Build();
        OverlayBench.Run(With(Flooding.Drop), "a", frame).DroppedFor(drop);
        OverlayBench.Run(With(Flooding.Punt), "a", frame).PuntedFor(punt);
        Outcome outcome = OverlayBench.Run(Replicate, "a", frame);
        outcome.LeftAsCopies("up", "up", "up", "b");
        Assert.Equal(Hex.Text(frame), Hex.Text(outcome.Frames.Single(f => f.Port == "b").Bytes));
        string[] copies = outcome.Frames.Where(f => f.Port == "up").Select(f => Hex.Text(f.Bytes)).ToArray();
        Assert.Equal(
            new[]
            {
                Hex.Text(ToC(frame)),
                Hex.Text(FrameBuilder.Ethernet(MacUplink, MacVtepE).Ipv4(Vtep, VtepE, dontFragment: true)
                    .Vxlan(VniValue).Payload(frame).Build()),
                Hex.Text(FrameBuilder.Ethernet(MacUplink, MacVtepD).Ipv6(Vtep6, VtepD)
                    .Vxlan(VniValue).Payload(frame).Build()),
            }.Order(StringComparer.Ordinal),
            copies.Order(StringComparer.Ordinal));
    }

    [Fact]
    [Trait("Scenario", "FD15")]
    public void Each_kind_of_frame_follows_its_own_setting()
    {
        using var bench = new OverlayBench(Green.Policy.With(n => n with
        {
            Broadcast = Flooding.Replicate,
            Multicast = Flooding.Punt,
            UnknownUnicast = Flooding.Drop,
        }));
        bench.Send("a", FromA(Broadcast).Payload(46).Build()).LeftAsCopies("up", "up", "up", "b");
        bench.Send("a", FromA(Group).Payload(46).Build()).PuntedFor(PuntReason.Multicast);
        bench.Send("a", FromA(MacUnknown).Payload(46).Build()).DroppedFor(DropReason.DestinationUnknown);
    }

    [Fact]
    [Trait("Scenario", "FD02")]
    public void Vtep_that_several_mappings_and_the_flood_list_name_gets_one_copy()
    {
        SwitchPolicy policy = Replicate.With(n => n with
        {
            Endpoints =
            [
                .. n.Endpoints.AsSpan(),
                new RemoteEndpoint { Mac = Mac("02:42:0a:00:02:71"), Vtep = Ip(VtepC) },
            ],
            Vteps = [Ip(VtepC), Ip(VtepFar)],
        });
        OverlayBench.Run(policy, "a", FromA(Broadcast).Payload(46).Build()).LeftAsCopies("up", "up", "up", "up", "b");
    }

    [Fact]
    [Trait("Scenario", "FD13"), Trait("Scenario", "VE13")]
    public void What_came_from_a_tunnel_goes_to_local_endpoints_only()
    {
        byte[] inner = FrameBuilder.Ethernet(MacC, Broadcast).Ipv4(IpC, "255.255.255.255").Udp(1, 2).Build();
        Outcome outcome = OverlayBench.Run(Replicate, "up", Tunnelled(inner));
        outcome.LeftAsCopies("a", "b");
        Assert.All(outcome.Frames, f => Assert.Equal(Hex.Text(inner), Hex.Text(f.Bytes)));
        OverlayBench.Run(With(Flooding.Drop), "up", Tunnelled(inner)).DroppedFor(DropReason.FloodNotAllowed);
        OverlayBench.Run(With(Flooding.Punt), "up", Tunnelled(inner)).PuntedFor(PuntReason.Broadcast);
    }

    [Fact]
    public void What_has_nobody_to_go_to_is_dropped()
    {
        SwitchPolicy alone = Replicate.With(n => n with { Endpoints = [] }) with
        {
            Ports = [Endpoint("a", MacA, IpA), Uplink],
            Layers = [Vnet with { Ports = ["a"] }],
        };
        OverlayBench.Run(alone, "a", FromA(Broadcast).Payload(46).Build()).DroppedFor(DropReason.FloodNotAllowed);
    }

    [Fact]
    public void Copies_do_not_share_what_layers_change()
    {
        // b's layer translates the destination and rewrites the source MAC; the copy for d must know nothing of it.
        Port third = Endpoint("z", "02:42:0a:00:02:11", "10.0.2.11");
        Layer changing = new()
        {
            Name = "changing",
            Ports = ["b"],
            Priority = 100,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf(
                    "rewrite",
                    Direction.In,
                    new RuleAction.Modify
                    {
                        SourceMac = Mac(MacRouter), DecrementTtl = true, Dscp = 10, PopVlan = true,
                    }),
            ],
        };
        Layer translating = new()
        {
            Name = "translating",
            Ports = ["b"],
            Priority = 110,
            Default = DefaultAction.Allow,
            Groups = [GroupOf("nat", Direction.In, new RuleAction.Nat { Destination = Ip("10.0.2.66") })],
        };
        SwitchPolicy policy = Replicate.Plus(third)
            .WithLayers(Vnet with { Ports = ["a", "b", "z"] }, changing, translating)
            .With(n => n with { InnerVlan = InnerVlan.Keep });
        byte[] frame = FromA(Broadcast).Vlan(5).Ipv4(IpA, "10.0.2.255").Udp(1, 2).Payload("x").Build();
        byte[] changed = FrameBuilder.Ethernet(MacRouter, Broadcast).Ipv4(IpA, "10.0.2.66", ttl: 63, tos: 40)
            .Udp(1, 2).Payload("x").Build();
        Outcome outcome = OverlayBench.Run(policy, "a", frame);
        outcome.LeftAsCopies("up", "up", "up", "b", "z");
        Assert.Equal(Hex.Text(changed), Hex.Text(outcome.Frames.Single(f => f.Port == "b").Bytes));
        Assert.Equal(Hex.Text(frame), Hex.Text(outcome.Frames.Single(f => f.Port == "z").Bytes));
    }

    [Fact]
    public void Copies_do_not_share_the_translation_of_a_quoted_packet()
    {
        // b is known to others as 10.0.2.66; an error about what b sent as that is translated back for b alone.
        Layer translating = new()
        {
            Name = "translating",
            Ports = ["b"],
            Priority = 110,
            Stateful = true,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf(
                    "nat",
                    Direction.In,
                    new RuleAction.Nat { Destination = Ip(IpB) },
                    new Match { Destination = "10.0.2.66" }),
            ],
        };
        SwitchPolicy policy = Replicate.Plus(Endpoint("z", "02:42:0a:00:02:11", "10.0.2.11"))
            .WithLayers(Vnet with { Ports = ["a", "b", "z"] }, translating);
        using var bench = new OverlayBench(policy);
        byte[] query = FromA(MacB).Ipv4(IpA, "10.0.2.66").Udp(1000, 53).Build();
        bench.Send("a", query).Left("b", FromA(MacB).Ipv4(IpA, IpB).Udp(1000, 53).Build());

        byte[] error = Error("10.0.2.66");
        Outcome outcome = bench.Send("a", error);
        outcome.LeftAsCopies("up", "up", "up", "b", "z");
        Assert.Equal(Hex.Text(Error(IpB)), Hex.Text(outcome.Frames.Single(f => f.Port == "b").Bytes));
        Assert.Equal(Hex.Text(error), Hex.Text(outcome.Frames.Single(f => f.Port == "z").Bytes));

        static byte[] Error(string b) => FromA(MacUnknown).Ipv4(IpA, b)
            .Icmp(3, 3).Ipv4(b, IpA).Udp(53, 1000, checksum: 0).Build();
    }

    [Fact]
    [Trait("Scenario", "FD01")]
    public void Many_local_endpoints_get_a_copy_each()
    {
        Port[] ports = Enumerable.Range(20, 12)
            .Select(i => Endpoint($"p{i}", $"02:42:0a:00:02:{i}", $"10.0.2.{i}")).ToArray();
        SwitchPolicy policy = Replicate.Plus(ports)
            .WithLayers(Vnet with { Ports = [.. new[] { "a", "b" }, .. ports.Select(p => p.Name)] });
        byte[] frame = FromA(Broadcast).Ipv4(IpA, "10.0.2.255").Udp(1, 2).Build();
        string[] everybody = ["up", "up", "up", "b", .. ports.Select(p => p.Name)];
        OverlayBench.Run(policy, "a", frame).LeftAsCopies(everybody);
        byte[] inner = FrameBuilder.Ethernet(MacC, Broadcast).Ipv4(IpC, "10.0.2.255").Udp(1, 2).Build();
        OverlayBench.Run(policy, "up", Tunnelled(inner)).LeftAsCopies(["a", "b", .. ports.Select(p => p.Name)]);
    }

    [Fact]
    public void Copies_that_are_flooded_again_and_again_come_to_an_end()
    {
        // Every endpoint sends what it gets to the tap, whose layer floods it anew: 30 × 30 × 30 copies of one frame.
        Port[] ports = Enumerable.Range(20, 30)
            .Select(i => Endpoint($"p{i}", $"02:42:0a:00:02:{i}", $"10.0.2.{i}")).ToArray();
        ValueArray<string> names = ports.Select(p => p.Name).ToValueArray();
        Layer steer = Vnet with
        {
            Name = "steer",
            Ports = names,
            Default = DefaultAction.Allow,
            Groups = [GroupOf("tap", Direction.In, new RuleAction.Redirect { Port = "tap" })],
        };
        Layer again = Vnet with
        {
            Name = "again",
            Ports = ["tap"],
            Default = DefaultAction.Allow,
            Groups = [GroupOf("encap", Direction.In, new RuleAction.Encap { Network = "green" })],
        };
        SwitchPolicy policy = Replicate.Plus([.. ports, new Port { Name = "tap", Kind = PortKind.Host }])
            .Plus(steer, again);
        Outcome outcome = OverlayBench.Run(policy, "a", FromA(Broadcast).Ipv4(IpA, "10.0.2.255").Udp(1, 2).Build());
        Assert.InRange(outcome.Change.Forwarded + outcome.Change.Drops.Values.Sum(), 3900, 4200);
        Assert.True(outcome.Change.Drops[DropReason.RedirectLoop] > 0);
        Assert.Equal(1, outcome.Frames.Count(f => f.Origin == FrameOrigin.Received));
    }

    [Fact]
    public void Unknown_unicast_of_a_stateful_flow_is_replicated_again_and_again()
    {
        SwitchPolicy policy = Replicate.WithLayers(Vnet with { Stateful = true });
        using var bench = new OverlayBench(policy);
        for (int i = 0; i < 3; i++)
        {
            bench.Send("a", FromA(MacUnknown).Ipv4(IpA, "10.0.2.99").Udp(1, 2).Build(), timeNs: i)
                .LeftAsCopies("up", "up", "up", "b");
        }
    }

    [Fact]
    public void Copies_that_find_no_buffer_or_no_room_are_counted_drops()
    {
        byte[] frame = FromA(Broadcast).Payload(46).Build();
        using var small = new OverlayBench(Replicate, buffers: 1);
        Outcome outcome = small.Send("a", frame);
        Assert.Empty(outcome.Frames);
        Assert.Equal(4, outcome.Change.Drops[DropReason.PoolExhausted]);
        Assert.Equal(3, outcome.Change.Generated);
        Assert.Equal(4, outcome.Retired.Count);

        using var full = new OverlayBench(Replicate);
        full.Full.Add("up");
        outcome = full.Send("a", frame);
        Assert.Equal("b", Assert.Single(outcome.Frames).Port);
        Assert.Equal(3, outcome.Change.Drops[DropReason.EgressFull]);
        Assert.Equal(3, outcome.Change.Generated);
    }

    [Fact]
    public void Copy_that_one_endpoint_blocks_does_not_keep_the_others_from_theirs()
    {
        SwitchPolicy policy = Replicate.WithLayers(Vnet with { Ports = ["a"] }, Vnet with
        {
            Name = "closed",
            Ports = ["b"],
            Groups = [],
        });
        Outcome outcome = OverlayBench.Run(policy, "a", FromA(Broadcast).Ipv4(IpA, "10.0.2.255").Udp(1, 2).Build());
        Assert.Equal(["up", "up", "up"], outcome.Frames.Select(f => f.Port));
        Assert.Equal(1, outcome.Change.Drops[DropReason.LayerDefaultBlock]);
    }

    [Fact]
    public void Frame_without_an_encap_rule_is_replicated_to_local_endpoints_only()
    {
        SwitchPolicy local = Replicate.WithLayers(Vnet with { Default = DefaultAction.Allow, Groups = [] });
        OverlayBench.Run(local, "a", FromA(Broadcast).Ipv4(IpA, "10.0.2.255").Udp(1, 2).Build()).Left("b");
    }

    [Fact]
    public void Mirror_copy_is_the_frame_as_it_is_at_its_layer()
    {
        Port monitor = new() { Name = "monitor", Kind = PortKind.Host };
        SwitchPolicy policy = Replicate.Plus(monitor).Plus(new Layer
        {
            Name = "tap",
            Ports = ["a"],
            Priority = 10,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf("out", Direction.Out, new RuleAction.Mirror { Port = "monitor" }),
                GroupOf("in", Direction.In, new RuleAction.Mirror { Port = "monitor" }),
            ],
        });
        using var bench = new OverlayBench(policy);
        byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Build();
        Outcome outcome = bench.Send("a", frame);
        Assert.Equal([("monitor", FrameOrigin.Mirror), ("up", FrameOrigin.Received)], Origins(outcome));
        Assert.Equal(Hex.Text(frame), Hex.Text(outcome.Frames[0].Bytes));
        Assert.Equal(Hex.Text(ToC(frame)), Hex.Text(outcome.Frames[1].Bytes));
        Assert.Equal((1, 2), (outcome.Change.Generated, outcome.Change.Forwarded));

        // The last layer inbound sees the inner frame only.
        byte[] inner = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Udp(53, 1000).Build();
        outcome = bench.Send("up", Tunnelled(inner));
        Assert.Equal([("monitor", FrameOrigin.Mirror), ("a", FrameOrigin.Received)], Origins(outcome));
        Assert.All(outcome.Frames, f => Assert.Equal(Hex.Text(inner), Hex.Text(f.Bytes)));

        bench.Full.Add("monitor");
        outcome = bench.Send("a", frame);
        Assert.Equal("up", Assert.Single(outcome.Frames).Port);
        Assert.Equal(1, outcome.Change.Drops[DropReason.EgressFull]);
    }

    private static IEnumerable<(string Port, FrameOrigin Origin)> Origins(Outcome outcome) =>
        outcome.Frames.Select(f => (f.Port, f.Origin));

    private static SwitchPolicy With(Flooding mode) => Green.Policy.With(n => n with
    {
        Broadcast = mode,
        Multicast = mode,
        UnknownUnicast = mode,
    });
}
