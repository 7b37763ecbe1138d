using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Packets that do not fit: who is told, and what leaves in fragments.</summary>
public sealed class OversizeTests
{
    private static readonly SwitchPolicy Narrow = Green.Policy.WithPort("up", p => p with { Mtu = 1500 });

    [Theory]
    [InlineData(MacC, IpC, 1450)]
    [InlineData(MacD, IpD, 1430)]
    [Trait("Scenario", "MT01")]
    [Trait("Scenario", "MT02")]
    public void Sender_of_a_packet_not_to_be_fragmented_is_told_what_fits(string mac, string ip, int mtu)
    {
        FrameBuilder Of(int packet) =>
            FromA(mac).Ipv4(IpA, ip, dontFragment: true).Udp(1000, 53).Payload(packet - 28);
        using var bench = new OverlayBench(Narrow);
        Assert.Equal(1514, bench.Send("a", Of(mtu).Build()).Left("up").Length);
        byte[] exceeds = Of(mtu + 1).Build();
        byte[] error = FrameBuilder.Ethernet(MacRouter, MacA)
            .Ipv4(IpRouter, IpA, tos: 0xC0, dontFragment: true)
            .Icmp(3, 4, (uint)mtu).Payload(exceeds[14..562]).Build();
        bench.Send("a", exceeds).DroppedAndTold(DropReason.MtuExceeded, "a", error);
    }

    [Theory]
    [InlineData(1500, 1450)]
    [InlineData(1331, 1281)]
    [InlineData(1330, 1280)]
    [Trait("Scenario", "MT03")]
    public void Sender_of_an_ipv6_packet_is_told_what_fits(int underlay, int mtu)
    {
        SwitchPolicy policy = Narrow.WithPort("up", p => p with { Mtu = underlay })
            .With(n => n with { Endpoints = [n.Endpoints[0]] });
        FrameBuilder Of(int packet) => FromA().Ipv6(Ip6A, Ip6C).Udp(1000, 53).Payload(packet - 48);
        using var bench = new OverlayBench(policy);
        bench.Send("a", Of(mtu).Build()).Left("up");
        byte[] exceeds = Of(mtu + 1).Build();
        byte[] error = FrameBuilder.Ethernet(MacRouter, MacA).Ipv6(Ip6Router, Ip6A)
            .Icmpv6(2, 0, (uint)mtu).Payload(exceeds[14..1246]).Build();
        bench.Send("a", exceeds).DroppedAndTold(DropReason.MtuExceeded, "a", error);
    }

    [Fact]
    [Trait("Scenario", "MT02")]
    public void Without_a_gateway_the_destination_is_who_tells()
    {
        byte[] exceeds = FromA().Ipv4(IpA, IpC, dontFragment: true).Udp(1000, 53).Payload(1500).Build();
        byte[] error = FrameBuilder.Ethernet(MacC, MacA)
            .Ipv4(IpC, IpA, tos: 0xC0, dontFragment: true)
            .Icmp(3, 4, 1450).Payload(exceeds[14..562]).Build();
        OverlayBench.Run(Narrow.With(n => n with { Gateway = null }), "a", exceeds)
            .DroppedAndTold(DropReason.MtuExceeded, "a", error);
    }

    [Fact]
    [Trait("Scenario", "MT02")]
    public void A_tag_that_is_kept_takes_four_bytes_and_is_in_the_error_too()
    {
        SwitchPolicy policy = Narrow.With(n => n with { InnerVlan = InnerVlan.Keep });
        byte[] exceeds = FromA().Vlan(7).Ipv4(IpA, IpC, dontFragment: true).Udp(1, 2).Payload(1419).Build();
        byte[] error = FrameBuilder.Ethernet(MacRouter, MacA).Vlan(7)
            .Ipv4(IpRouter, IpA, tos: 0xC0, dontFragment: true)
            .Icmp(3, 4, 1446).Payload(exceeds[18..566]).Build();
        OverlayBench.Run(policy, "a", exceeds).DroppedAndTold(DropReason.MtuExceeded, "a", error);
    }

    [Fact]
    [Trait("Scenario", "MT02")]
    public void Who_sends_through_a_tunnel_is_told_through_it()
    {
        SwitchPolicy policy = Green.Policy.WithPort("a", p => p with { Mtu = 1400 });
        byte[] inner = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA, dontFragment: true)
            .Udp(53, 1000).Payload(1373).Build();
        byte[] error = FrameBuilder.Ethernet(MacRouter, MacC)
            .Ipv4(IpRouter, IpC, tos: 0xC0, dontFragment: true)
            .Icmp(3, 4, 1400).Payload(inner[14..562]).Build();
        OverlayBench.Run(policy, "up", Tunnelled(inner))
            .DroppedAndTold(DropReason.MtuExceeded, "up", ToC(error));
    }

    [Theory]
    [InlineData("10.0.2.255", MacC, 0)]
    [InlineData("239.1.1.1", "01:00:5e:01:01:01", 0)]
    [InlineData(IpC, MacC, 8)]
    [Trait("Scenario", "MT05")]
    public void Nobody_is_told_of_packets_for_many_and_later_fragments(string to, string mac, int offset)
    {
        SwitchPolicy policy = FloodingPolicy.WithPort("up", p => p with { Mtu = 1500 })
            .WithPort("a", p => p with { SourceGuard = false });
        using var bench = new OverlayBench(policy);
        if (offset > 0)
        {
            bench.Send("a", FromA(mac).Ipv4(IpA, to, id: 1, moreFragments: true).Udp(1, 2, length: 1600).Build());
        }

        byte[] frame = FromA(mac)
            .Ipv4(IpA, to, id: 1, dontFragment: true, fragmentOffset: offset, protocol: 17)
            .Payload(1500).Build();
        Assert.DoesNotContain(bench.Send("a", frame).Frames, f => f.Origin == FrameOrigin.Answer);
    }

    [Fact]
    [Trait("Scenario", "MT05")]
    public void Nobody_is_told_of_icmp_errors()
    {
        byte[] error = FromA().Ipv4(IpA, IpC, dontFragment: true).Icmp(3, 3)
            .Payload(FrameBuilder.Bare().Ipv4(IpC, IpA).Udp(1, 2).Payload(1500).Build()).Build();
        OverlayBench.Run(Narrow, "a", error).DroppedFor(DropReason.MtuExceeded);
    }

    [Fact]
    [Trait("Scenario", "MT02")]
    public void Errors_are_limited_by_port_and_what_is_kept_back_is_counted()
    {
        byte[] exceeds = FromA().Ipv4(IpA, IpC, dontFragment: true).Udp(1000, 53).Payload(1500).Build();
        byte[] fromB = FrameBuilder.Ethernet(MacB, MacC).Ipv4(IpB, IpC, dontFragment: true)
            .Udp(1000, 53).Payload(1500).Build();
        using var bench = new OverlayBench(Narrow.WithPort("a", p => p with { IcmpErrorsPerSecond = 20 }));
        bench.Send("a", exceeds).DroppedAndTold(DropReason.MtuExceeded, "a");
        bench.Send("a", exceeds).DroppedAndTold(DropReason.MtuExceeded, "a");
        bench.Send("a", exceeds).DroppedFor(DropReason.MtuExceeded);
        bench.Send("b", fromB).DroppedAndTold(DropReason.MtuExceeded, "b");
        bench.Send("a", exceeds, timeNs: 49_999_999).DroppedFor(DropReason.MtuExceeded);
        bench.Send("a", exceeds, timeNs: 50_000_000).DroppedAndTold(DropReason.MtuExceeded, "a");
        Assert.Equal(2, Suppressed("a"));
        Assert.Equal(0, Suppressed("b"));

        bench.Apply(Narrow.WithPort("a", p => p with { IcmpErrorsPerSecond = 0 }));
        bench.Send("a", exceeds, timeNs: 9_000_000_000).DroppedFor(DropReason.MtuExceeded);
        Assert.Equal(3, Suppressed("a"));

        long Suppressed(string port) => bench.Counters.Ports.Single(p => p.Key == port).Value.ErrorsSuppressed;
    }

    [Fact]
    [Trait("Scenario", "MT02")]
    public void A_translated_packet_is_quoted_as_its_sender_sent_it()
    {
        Layer nat = new()
        {
            Name = "nat",
            Ports = ["a"],
            Priority = 200,
            Default = DefaultAction.Allow,
            Groups = [GroupOf("snat", Direction.Out, PolicyParts.Nat(source: "10.0.2.77", destination: IpC))],
        };
        byte[] exceeds = FromA(MacRouter).Ipv4(IpA, "10.0.2.200", dontFragment: true).Udp(1, 2).Payload(1500).Build();
        byte[] error = FrameBuilder.Ethernet(MacRouter, MacA)
            .Ipv4(IpRouter, IpA, tos: 0xC0, dontFragment: true)
            .Icmp(3, 4, 1450).Payload(exceeds[14..562]).Build();
        using var bench = new OverlayBench(Narrow.Plus(nat));
        bench.Send("a", exceeds).DroppedAndTold(DropReason.MtuExceeded, "a", error);
        Assert.Equal(0, bench.Counters.FlowsCreated);
    }

    [Fact]
    public void An_error_that_nobody_takes_is_a_counted_drop()
    {
        byte[] exceeds = FromA().Ipv4(IpA, IpC, dontFragment: true).Udp(1000, 53).Payload(1500).Build();
        using var bench = new OverlayBench(Narrow);
        bench.Full.Add("a");
        Outcome outcome = bench.Send("a", exceeds);
        Assert.Empty(outcome.Frames);
        Assert.Equal(1, outcome.Change.Generated);
        Assert.Equal(
            new Dictionary<DropReason, long> { [DropReason.MtuExceeded] = 1, [DropReason.EgressFull] = 1 },
            outcome.Change.Drops);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [Trait("Scenario", "MT11")]
    public void Sender_of_a_packet_whose_hops_run_out_is_told(byte ttl)
    {
        byte[] frame = FromA(MacRouter).Ipv4(IpA, IpC, ttl: ttl).Udp(1, 2).Payload("x").Build();
        byte[] error = FrameBuilder.Ethernet(MacRouter, MacA)
            .Ipv4(IpRouter, IpA, tos: 0xC0, dontFragment: true).Icmp(11).Payload(frame[14..]).Build();
        OverlayBench.Run("a", frame).DroppedAndTold(DropReason.TtlExpired, "a", error);

        byte[] frame6 = FromA(MacRouter).Ipv6(Ip6A, Ip6C, hopLimit: ttl).Tcp(1, 2).Build();
        byte[] error6 = FrameBuilder.Ethernet(MacRouter, MacA)
            .Ipv6(Ip6Router, Ip6A).Icmpv6(3).Payload(frame6[14..]).Build();
        OverlayBench.Run("a", frame6).DroppedAndTold(DropReason.TtlExpired, "a", error6);
    }

    [Fact]
    [Trait("Scenario", "MT11")]
    public void Hops_that_run_out_behind_a_tunnel_are_told_through_it()
    {
        byte[] inner = FrameBuilder.Ethernet(MacC, MacRouter).Ipv4(IpC, IpB, ttl: 1).Udp(1, 2).Build();
        byte[] error = FrameBuilder.Ethernet(MacRouter, MacC)
            .Ipv4(IpRouter, IpC, tos: 0xC0, dontFragment: true).Icmp(11).Payload(inner[14..]).Build();
        OverlayBench.Run("up", Tunnelled(inner)).DroppedAndTold(DropReason.TtlExpired, "up", ToC(error));
    }

    [Fact]
    [Trait("Scenario", "MT04")]
    public void Packet_that_may_be_fragmented_leaves_in_fragments_each_in_the_tunnel()
    {
        byte[] payload = [.. Enumerable.Range(0, 3000).Select(i => (byte)(i * 7))];
        byte[] whole = FromA().Ipv4(IpA, IpC, id: 77, protocol: 17).Payload(Datagram(payload)).Build();
        byte[] Part(Range range, bool more) => ToC(FromA()
            .Ipv4(IpA, IpC, id: 77, moreFragments: more, fragmentOffset: range.Start.Value, protocol: 17)
            .Payload(Datagram(payload)[range]).Build());
        using var bench = new OverlayBench(Narrow, frameCapacity: 4096);
        byte[][] fragments = bench.Send("a", whole).LeftInFragments("up", 3);
        Assert.Equal(Hex.Text(Part(..1424, true)), Hex.Text(fragments[0]));
        Assert.Equal(Hex.Text(Part(1424..2848, true)), Hex.Text(fragments[1]));
        Assert.Equal(Hex.Text(Part(2848..3008, false)), Hex.Text(fragments[2]));
        Assert.Equal(1500 + 14 - 6, fragments[0].Length); // 1424 is the largest multiple of 8 that fits 1430.
    }

    [Fact]
    [Trait("Scenario", "MT04")]
    public void Fragments_are_of_the_packet_as_it_leaves()
    {
        SwitchPolicy policy = Narrow.WithLayers(
            Vnet,
            new Layer
            {
                Name = "nat",
                Ports = ["a"],
                Priority = 200,
                Default = DefaultAction.Allow,
                Groups = [GroupOf("dnat", Direction.Out, PolicyParts.Nat(destination: IpC, destinationPort: 5353))],
            });
        byte[] payload = new byte[1500];
        byte[] frame = FromA(MacRouter).Ipv4(IpA, "10.0.2.200", ttl: 9, id: 5).Udp(1000, 53).Payload(payload).Build();
        byte[] translated = FrameBuilder.Ethernet(MacRouter, MacC)
            .Ipv4(IpA, IpC, ttl: 8, id: 5).Udp(1000, 5353).Payload(payload).Build();
        byte[] Part(Range range, bool more) => ToC(FrameBuilder.Ethernet(MacRouter, MacC)
            .Ipv4(IpA, IpC, ttl: 8, id: 5, moreFragments: more, fragmentOffset: range.Start.Value, protocol: 17)
            .Payload(translated[34..][range]).Build());
        using var bench = new OverlayBench(policy);
        byte[][] fragments = bench.Send("a", frame).LeftInFragments("up", 2);
        Assert.Equal(Hex.Text(Part(..1424, true)), Hex.Text(fragments[0]));
        Assert.Equal(Hex.Text(Part(1424..1508, false)), Hex.Text(fragments[1]));
        Assert.Equal(1, bench.Counters.FlowsCreated);
    }

    [Fact]
    [Trait("Scenario", "MT04")]
    public void Fragments_of_a_sender_are_cut_again()
    {
        byte[] data = [.. Enumerable.Range(0, 2904).Select(i => (byte)i)];
        byte[] Part(Range range, bool more) => FromA()
            .Ipv4(IpA, IpC, id: 9, moreFragments: more, fragmentOffset: range.Start.Value, protocol: 17)
            .Payload(Datagram(data)[range]).Build();
        using var bench = new OverlayBench(Narrow);
        bench.Send("a", Part(..1480, true)).LeftInFragments("up", 2);
        byte[][] later = bench.Send("a", Part(1480..2912, false)).LeftInFragments("up", 2);
        Assert.Equal(Hex.Text(ToC(Part(1480..2904, true))), Hex.Text(later[0]));
        Assert.Equal(Hex.Text(ToC(Part(2904..2912, false))), Hex.Text(later[1]));
    }

    [Fact]
    [Trait("Scenario", "MT01")]
    public void Packet_that_fits_without_its_padding_leaves_whole()
    {
        FrameBuilder packet = FromA().Ipv4(IpA, IpC, id: 3).Udp(1, 2).Payload(1422);
        byte[] fits = packet.Build();
        OverlayBench.Run(Narrow, "a", packet.Padding(4).Build()).Left("up", ToC(fits));
    }

    [Fact]
    [Trait("Scenario", "MT04")]
    public void Fragments_leave_to_an_endpoint_that_takes_little()
    {
        SwitchPolicy policy = Green.Policy.WithPort("b", p => p with { Mtu = 100 });
        byte[] frame = FromA(MacB).Ipv4(IpA, IpB, id: 3).Udp(1, 2).Payload(73).Build();
        byte[][] fragments = OverlayBench.Run(policy, "a", frame).LeftInFragments("b", 2);
        Assert.Equal([14 + 20 + 80, 14 + 20 + 1], fragments.Select(f => f.Length));
    }

    [Fact]
    [Trait("Scenario", "MT04")]
    public void Each_copy_of_a_flooded_packet_is_fragmented()
    {
        SwitchPolicy policy = FloodingPolicy.WithPort("up", p => p with { Mtu = 1500 });
        byte[] frame = FromA(Broadcast).Ipv4(IpA, "10.0.2.255", id: 3).Udp(1, 2).Payload(1500).Build();
        Outcome outcome = OverlayBench.Run(policy, "a", frame);
        Assert.Empty(outcome.Retired);
        Assert.Equal(["b", "up", "up", "up", "up", "up", "up"], outcome.Frames.Select(f => f.Port).Order());
        Assert.Equal(6, outcome.Change.Generated);
        Assert.Equal(1, outcome.Frames.Count(f => f.Origin == FrameOrigin.Received));
    }

    [Fact]
    [Trait("Scenario", "MT04")]
    public void A_fragment_that_nobody_takes_is_a_counted_drop()
    {
        byte[] frame = FromA().Ipv4(IpA, IpC, id: 3).Udp(1, 2).Payload(1500).Build();
        using var bench = new OverlayBench(Narrow);
        bench.Full.Add("up");
        Outcome outcome = bench.Send("a", frame);
        Assert.Equal(new Dictionary<DropReason, long> { [DropReason.EgressFull] = 2 }, outcome.Change.Drops);
        Assert.Equal(1, outcome.Change.Generated);
        Assert.Equal(2, outcome.Retired.Count);
    }

    [Fact]
    [Trait("Scenario", "MT04")]
    public void Without_buffers_for_fragments_they_are_counted_drops()
    {
        byte[] frame = FromA().Ipv4(IpA, IpC, id: 3).Udp(1, 2).Payload(1500).Build();
        using var bench = new OverlayBench(Narrow, buffers: 2);
        Assert.Equal(
            new Dictionary<DropReason, long> { [DropReason.PoolExhausted] = 2 },
            bench.Send("a", frame).Change.Drops);
    }

    [Fact]
    [Trait("Scenario", "MT10")]
    public void Jumbo_frames_go_whole_where_the_underlay_takes_them()
    {
        SwitchPolicy policy = Green.Policy.WithPort("up", p => p with { Mtu = 9000 });
        byte[] Of(int packet) =>
            FromA().Ipv4(IpA, IpC, dontFragment: true).Udp(1000, 53).Payload(packet - 28).Build();
        using var bench = new OverlayBench(policy, frameCapacity: 9216);
        bench.Send("a", Of(8950)).Left("up", ToC(Of(8950)));
        byte[] told = bench.Send("a", Of(8951)).DroppedAndTold(DropReason.MtuExceeded, "a");
        Assert.Equal(8950, (told[40] << 8) | told[41]);
        byte[] inner = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Udp(53, 1000).Payload(8922).Build();
        bench.Send("up", Tunnelled(inner)).Left("a", inner);
    }

    private static byte[] Datagram(byte[] payload) =>
        FrameBuilder.Bare().Ipv4(IpA, IpC).Udp(1000, 53).Payload(payload).Build()[20..];
}
