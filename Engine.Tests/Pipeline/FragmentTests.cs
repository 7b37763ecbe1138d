using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>
/// Fragments of inner datagrams: later ones follow their first, and what cannot be a datagram is dropped.
/// </summary>
public sealed class FragmentTests
{
    private const long Second = 1_000_000_000;

    private static readonly SwitchPolicy Only53 = Green.Policy.WithLayers(Vnet with
    {
        Groups =
        [
            GroupOf(
                "out",
                Direction.Out,
                new RuleAction.Encap { Network = "green" },
                new Match { Protocols = [IpProtocol.Udp], DestinationPorts = 53 }),
            GroupOf(
                "in",
                Direction.In,
                new RuleAction.Decap(),
                new Match { Protocols = [IpProtocol.Udp], SourcePorts = 53 }),
        ],
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Later_fragments_follow_the_ports_of_their_first(bool v6)
    {
        using var bench = new OverlayBench(Only53);
        Forwards(bench, First(v6, 1, 53));
        Forwards(bench, Later(v6, 1, 24, 16, more: true));
        Forwards(bench, Later(v6, 1, 40, 1, more: false));

        bench.Send("a", First(v6, 2, 54)).DroppedFor(DropReason.LayerDefaultBlock);
        bench.Send("a", Later(v6, 2, 24, 16, more: false)).DroppedFor(DropReason.LayerDefaultBlock);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Later_fragment_without_its_first_is_dropped_and_follows_once_the_first_has_come(bool v6)
    {
        using var bench = new OverlayBench(Only53);
        bench.Send("a", Later(v6, 1, 24, 16, more: false)).DroppedFor(DropReason.FragmentWithoutFirst);
        Forwards(bench, First(v6, 1, 53));
        Forwards(bench, Later(v6, 1, 24, 16, more: false));
        bench.Send("a", Later(v6, 2, 24, 16, more: false)).DroppedFor(DropReason.FragmentWithoutFirst);
    }

    [Theory]
    [InlineData(false, 16)]
    [InlineData(false, 24)]
    [InlineData(true, 16)]
    [InlineData(true, 24)]
    public void Fragments_that_overlap_end_their_datagram(bool v6, int offset)
    {
        // 24 bytes came first; 16 overlaps them, and so does 24 with another fragment at 32.
        using var bench = new OverlayBench(Only53);
        Forwards(bench, First(v6, 1, 53));
        if (offset == 24)
        {
            Forwards(bench, Later(v6, 1, 32, 8, more: true));
        }

        bench.Send("a", Later(v6, 1, offset, 16, more: true)).DroppedFor(DropReason.FragmentMalformed);
        bench.Send("a", Later(v6, 1, 80, 8, more: false)).DroppedFor(DropReason.FragmentMalformed);
        Forwards(bench, First(v6, 2, 53));
        Forwards(bench, Later(v6, 2, 80, 8, more: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Exact_duplicates_fare_like_the_fragments_they_repeat(bool v6)
    {
        using var bench = new OverlayBench(Only53);
        for (int i = 0; i < 100; i++)
        {
            Forwards(bench, First(v6, 1, 53));
            Forwards(bench, Later(v6, 1, 40, 8, more: false));
        }

        Forwards(bench, Later(v6, 1, 24, 16, more: true));
        bench.Send("a", Later(v6, 1, 24, 8, more: true)).DroppedFor(DropReason.FragmentMalformed);
        bench.Send("a", First(v6, 1, 53)).DroppedFor(DropReason.FragmentMalformed);
        bench.Send("a", Later(v6, 1, 40, 8, more: false)).DroppedFor(DropReason.FragmentMalformed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void First_fragment_with_other_ports_than_the_one_before_it_is_no_duplicate(bool v6)
    {
        using var bench = new OverlayBench();
        Forwards(bench, First(v6, 1, 53));
        bench.Send("a", First(v6, 1, 54)).DroppedFor(DropReason.FragmentMalformed);
        bench.Send("a", Later(v6, 1, 24, 16, more: false)).DroppedFor(DropReason.FragmentMalformed);
    }

    [Fact]
    public void Fragments_that_are_replicated_cross_the_uplinks_layers_once_for_every_copy()
    {
        Layer underlay = UplinkLayer(new RuleAction.Allow()) with
        {
            Groups = [GroupOf("out", Direction.Out, new RuleAction.Allow())],
        };
        using var bench = new OverlayBench(Green.Policy.Plus(underlay).With(n => n with
        {
            Multicast = Flooding.Replicate,
        }));
        byte[] first = FrameBuilder.Ethernet(MacA, "01:00:5e:01:01:01")
            .Ipv4(IpA, "239.1.1.1", id: 1, moreFragments: true).Udp(1000, 53, length: 100).Payload(16).Build();
        byte[] later = FrameBuilder.Ethernet(MacA, "01:00:5e:01:01:01")
            .Ipv4(IpA, "239.1.1.1", id: 1, fragmentOffset: 24, protocol: 17).Payload(76).Build();
        bench.Send("a", first).LeftAsCopies("up", "up", "up", "b");
        bench.Send("a", later).LeftAsCopies("up", "up", "up", "b");
    }

    [Fact]
    public void First_fragment_without_its_transport_header_is_dropped()
    {
        using var bench = new OverlayBench();
        byte[] tiny = FromA().Ipv4(IpA, IpC, id: 1, moreFragments: true, protocol: 6).Payload(8).Build();
        bench.Send("a", tiny).DroppedFor(DropReason.FragmentMalformed);
        byte[] atOne = FromA().Ipv4(IpA, IpC, id: 1, fragmentOffset: 8, protocol: 6).Payload(16).Build();
        bench.Send("a", atOne).DroppedFor(DropReason.FragmentMalformed);
        byte[] tiny6 = FromA().Ipv6(Ip6A, Ip6C).Fragment(1, 0, more: true, nextHeader: 6).Payload(16).Build();
        bench.Send("a", tiny6).DroppedFor(DropReason.FragmentMalformed);
        byte[] cutExtension = FromA().Ipv6(Ip6A, Ip6C).Fragment(1, 0, more: true, nextHeader: 60)
            .Payload([6, 9, 0, 0, 0, 0, 0, 0]).Build();
        bench.Send("a", cutExtension).DroppedFor(DropReason.FragmentMalformed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fragment_that_ends_behind_65535_bytes_or_is_ragged_is_dropped(bool v6)
    {
        using var bench = new OverlayBench(Only53);
        Forwards(bench, First(v6, 1, 53));
        bench.Send("a", Later(v6, 1, 8189 * 8, 24, more: false)).DroppedFor(DropReason.FragmentMalformed);
        bench.Send("a", Later(v6, 1, 24, 9, more: true)).DroppedFor(DropReason.FragmentMalformed);
        Forwards(bench, Later(v6, 1, 8189 * 8, 23, more: false));
    }

    [Fact]
    public void Atomic_fragment_is_a_whole_datagram()
    {
        using var bench = new OverlayBench(Only53);
        byte[] atomic = FromA().Ipv6(Ip6A, Ip6C).Fragment(1, 0, more: false).Udp(1000, 53).Payload(16).Build();
        Forwards(bench, First(true, 1, 53));
        Forwards(bench, atomic);
        Forwards(bench, atomic);
        Forwards(bench, Later(true, 1, 24, 8, more: false));
    }

    [Fact]
    public void Second_fragment_header_is_dropped() =>
        OverlayBench.Run(
                "a",
                FromA().Ipv6(Ip6A, Ip6C).Fragment(1, 0, more: true).Fragment(1, 0, more: true).Udp(1, 53)
                    .Payload(16).Build())
            .DroppedFor(DropReason.FragmentMalformed);

    [Fact]
    public void One_identification_in_two_networks_at_two_ports_or_between_two_stations_never_mixes()
    {
        Network green = Green.Policy.Networks[0];
        Port twin = Endpoint("twin", MacA, IpA, Ip6A) with { Network = "blue" };
        SwitchPolicy policy = Only53.Plus(twin) with
        {
            Networks = [green, green with { Name = "blue", Vni = new Vni(5002) }],
            Layers = [Only53.Layers[0] with { Ports = ["a", "b", "twin"] }],
        };
        using var bench = new OverlayBench(policy);
        byte[] first = FromC(53, first: true);
        byte[] later = FromC(53, first: false);
        bench.Send("up", Tunnelled(first)).Left("a", first);
        bench.Send("up", Tunnelled(later, vni: 5002)).DroppedFor(DropReason.FragmentWithoutFirst);
        byte[] other = FromC(54, first: true);
        bench.Send("up", Tunnelled(other, vni: 5002)).DroppedFor(DropReason.LayerDefaultBlock);
        bench.Send("up", Tunnelled(later)).Left("a", later);
        bench.Send("up", Tunnelled(later, vni: 5002)).DroppedFor(DropReason.LayerDefaultBlock);

        static byte[] FromC(int port, bool first) => first
            ? FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA, id: 7, moreFragments: true)
                .Udp(port, 1000, length: 100).Payload(16).Build()
            : FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA, id: 7, fragmentOffset: 24, protocol: 17)
                .Payload(76).Build();
    }

    [Fact]
    public void Translation_of_the_first_fragment_is_that_of_the_later_ones()
    {
        Layer nat = new()
        {
            Name = "nat",
            Ports = ["a"],
            Priority = 100,
            Stateful = true,
            Default = DefaultAction.Allow,
            Groups =
            [
                GroupOf(
                    "out",
                    Direction.Out,
                    new RuleAction.Nat { Source = Ip("10.0.2.77"), SourcePort = 7000 },
                    new Match { Protocols = [IpProtocol.Udp], DestinationPorts = 53 }),
            ],
        };
        using var bench = new OverlayBench(Green.Policy.Plus(nat));
        int sum = FrameBuilder.InternetChecksum([1, 2]); // Any checksum will do: its change is what counts.
        byte[] first = FromA().Ipv4(IpA, IpC, id: 1, moreFragments: true)
            .Udp(1000, 53, length: 100, checksum: sum).Payload(16).Build();
        byte[] sent = bench.Send("a", first).Left("up");
        Assert.Equal("0a00024d", Hex.Text(sent.AsSpan(50 + 26, 4)));
        Assert.Equal("1b580035", Hex.Text(sent.AsSpan(50 + 34, 4)));
        byte[] later = Later(false, 1, 24, 76, more: false);
        byte[] expected = FromA().Ipv4("10.0.2.77", IpC, id: 1, fragmentOffset: 24, protocol: 17).Payload(76).Build();
        bench.Send("a", later).Left("up", ToC(expected));
    }

    [Fact]
    public void Datagram_is_forgotten_after_its_time()
    {
        var limits = new SwitchLimits { DatagramTimeout = TimeSpan.FromSeconds(5) };
        using var bench = new OverlayBench(Only53, limits: limits);
        bench.Send("a", First(false, 1, 53)).Left("up");
        bench.Send("a", Later(false, 1, 24, 8, more: true), timeNs: (5 * Second) - 1).Left("up");
        bench.Send("a", Later(false, 1, 32, 8, more: true), timeNs: 5 * Second)
            .DroppedFor(DropReason.FragmentWithoutFirst);
    }

    [Fact]
    public void Table_that_is_full_drops_further_datagrams_until_one_is_forgotten()
    {
        var limits = new SwitchLimits { Datagrams = 2, DatagramTimeout = TimeSpan.FromSeconds(5) };
        using var bench = new OverlayBench(Only53, limits: limits);
        Forwards(bench, First(false, 1, 53));
        Forwards(bench, First(false, 2, 53));
        bench.Send("a", First(false, 3, 53)).DroppedFor(DropReason.FragmentTableFull);
        Forwards(bench, Later(false, 2, 24, 8, more: false));
        bench.Send("a", First(false, 3, 53), timeNs: 5 * Second).Left("up");
    }

    private static void Forwards(OverlayBench bench, byte[] frame) => bench.Send("a", frame).Left("up", ToC(frame));

    /// <summary>The first 24 bytes of a datagram.</summary>
    private static byte[] First(bool v6, int id, int port) => v6
        ? FromA().Ipv6(Ip6A, Ip6C).Fragment((uint)id, 0, more: true).Udp(1000, port, length: 100).Payload(16).Build()
        : FromA().Ipv4(IpA, IpC, id: id, moreFragments: true).Udp(1000, port, length: 100).Payload(16).Build();

    private static byte[] Later(bool v6, int id, int offset, int length, bool more) => v6
        ? FromA().Ipv6(Ip6A, Ip6C).Fragment((uint)id, offset, more, nextHeader: 17).Payload(length).Build()
        : FromA().Ipv4(IpA, IpC, id: id, moreFragments: more, fragmentOffset: offset, protocol: 17)
            .Payload(length).Build();
}
