using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Flooding over a multicast group of the underlay: what is sent to it, and what is taken from it.</summary>
public sealed class MulticastGroupTests
{
    private const long Second = 1_000_000_000;
    private const string Group = "239.129.1.7";
    private const string Group6 = "ff05::9:7";
    private const string LinkLocal = "fe80::aa:ff:fe00:1";
    private const string Router = "172.31.9.254";
    private const string RouterMac = "02:aa:00:00:00:fe";

    private static readonly byte[] ToAll = FromA(Broadcast).Payload(46).Build();
    private static readonly byte[] FromCToAll =
        FrameBuilder.Ethernet(MacC, Broadcast).Ipv4(IpC, "255.255.255.255").Udp(1, 2).Build();

    [Theory]
    [InlineData(Group, 1)]
    [InlineData(Group, 9)]
    [InlineData(Group6, 1)]
    [InlineData(Group6, 255)]
    [Trait("Scenario", "FD12")]
    public void A_flooded_frame_is_sent_once_to_the_group_with_its_mac_address_and_ttl(string group, byte ttl)
    {
        using OverlayBench bench = Joined(With(group, g => g with { Ttl = ttl }));
        Outcome outcome = bench.Send("a", ToAll, 2 * Second);
        outcome.LeftAsCopies("up", "b");
        byte[] sent = outcome.Frames.Single(f => f.Port == "up").Bytes;
        Assert.Equal(Hex.Text(Tunnel(group, MacUplink, group == Group ? Vtep : Vtep6, ttl).Payload(ToAll).Build()),
            Hex.Text(sent));
    }

    [Fact]
    public void Unicast_still_goes_to_its_vtep_by_the_tunnels_own_ttl()
    {
        byte[] frame = FromA(MacC).Ipv4(IpA, IpC).Udp(1, 2).Build();
        using OverlayBench bench = Joined(With(Group));
        bench.Send("a", frame, 2 * Second).Left("up", ToC(frame));
    }

    [Fact]
    public void Unknown_unicast_and_multicast_go_to_the_group_where_the_network_floods_them()
    {
        using OverlayBench bench = Joined(With(Group).With(n => n with { UnknownUnicast = Flooding.Drop }));
        bench.Send("a", FromA("01:00:5e:01:02:03").Payload(46).Build(), 2 * Second).LeftAsCopies("up", "b");
        bench.Send("a", FromA(MacUnknown).Payload(46).Build(), 2 * Second).DroppedFor(DropReason.DestinationUnknown);
    }

    [Fact]
    public void Vteps_that_do_not_hear_the_group_get_copies_of_their_own()
    {
        using OverlayBench bench = Joined(With(Group, g => g with { ReplicateTo = [Ip(VtepC), Ip(VtepD)] }));
        Outcome outcome = bench.Send("a", ToAll, 2 * Second);
        outcome.LeftAsCopies("up", "up", "up", "b");
        Assert.Equal(
            new[]
            {
                Hex.Text(Tunnel(Group, MacUplink, Vtep, 1).Payload(ToAll).Build()),
                Hex.Text(ToC(ToAll)),
                Hex.Text(FrameBuilder.Ethernet(MacUplink, MacVtepD).Ipv6(Vtep6, VtepD)
                    .Vxlan(VniValue).Payload(ToAll).Build()),
            },
            outcome.Frames.Where(f => f.Port == "up").Select(f => Hex.Text(f.Bytes)));
    }

    [Theory]
    [InlineData(Group, VtepC)]
    [InlineData(Group6, VtepD)]
    [Trait("Scenario", "VD20"), Trait("Scenario", "FD13")]
    public void What_is_sent_to_the_group_goes_to_the_endpoints_and_into_no_tunnel(string group, string vtep)
    {
        using OverlayBench bench = Joined(With(group));
        Outcome outcome = bench.Send("up", FromGroup(group, vtep, FromCToAll), 2 * Second);
        outcome.LeftAsCopies("a", "b");
        Assert.All(outcome.Frames, f => Assert.Equal(Hex.Text(FromCToAll), Hex.Text(f.Bytes)));

        // A unicast address that the sender did not know.
        bench.Send("up", FromGroup(group, vtep, Inner), 2 * Second).Left("a", Inner);
    }

    [Fact]
    [Trait("Scenario", "VD20")]
    public void Of_twenty_senders_to_the_group_the_ten_that_the_network_names_are_heard()
    {
        string[] senders = [.. Enumerable.Range(20, 20).Select(i => $"172.31.9.{i}")];
        using OverlayBench bench = Joined(
            With(Group).With(n => n with { Vteps = senders.Take(10).Select(Ip).ToValueArray() }));
        foreach (string sender in senders.Take(10))
        {
            bench.Send("up", FromGroup(Group, sender, FromCToAll), 2 * Second).LeftAsCopies("a", "b");
        }

        foreach (string sender in senders.Skip(10))
        {
            bench.Send("up", FromGroup(Group, sender, FromCToAll), 2 * Second).DroppedFor(DropReason.VtepUnknown);
        }

        using OverlayBench open = Joined(With(Group).With(n => n with { SourceVtep = SourceVtepCheck.Off }));
        open.Send("up", FromGroup(Group, senders[19], FromCToAll), 2 * Second).LeftAsCopies("a", "b");
        open.Send("up", FromGroup(Group, Vtep, FromCToAll), 2 * Second).DroppedFor(DropReason.VtepUnknown);
    }

    [Theory]
    [InlineData("239.129.1.8", VniValue)]
    [InlineData("239.1.1.7", VniValue)] // The same MAC address.
    [InlineData("224.0.0.1", VniValue)]
    [InlineData(Group6, VniValue)]
    [InlineData("ff02::1", VniValue)]
    [InlineData(Group, 5002)]
    [InlineData("239.2.2.2", VniValue)]
    [Trait("Scenario", "VD20")]
    public void Packets_to_groups_that_were_not_joined_or_are_another_networks_are_dropped(string group, uint vni)
    {
        Network second = Green.Policy.Networks[0] with
        {
            Name = "other",
            Vni = new Vni(5002),
            MulticastGroup = new MulticastGroup { Address = Ip("239.2.2.2") },
        };
        SwitchPolicy policy = With(Group);
        using OverlayBench bench = Joined(policy with { Networks = [policy.Networks[0], second] }, reports: 2);
        string vtep = group.Contains(':', StringComparison.Ordinal) ? VtepD : VtepC;
        bench.Send("up", FromGroup(group, vtep, FromCToAll, vni), 2 * Second).DroppedFor(DropReason.GroupNotJoined);
    }

    [Fact]
    [Trait("Scenario", "VD20")]
    public void Other_packets_to_groups_and_groups_where_no_network_has_any_are_not_the_switchs()
    {
        using OverlayBench bench = Joined(With(Group));
        byte[] other = FrameBuilder.Ethernet(MacVtepC, GroupFrames.MacOf(Group)).Ipv4(VtepC, Group)
            .Udp(1, 5353).Payload(8).Build();
        bench.Send("up", other, 2 * Second).DroppedFor(DropReason.NotVxlan);
        byte[] later = FrameBuilder.Ethernet(MacVtepC, GroupFrames.MacOf(Group))
            .Ipv4(VtepC, Group, fragmentOffset: 8, protocol: 17).Payload(64).Build();
        bench.Send("up", later, 2 * Second).DroppedFor(DropReason.OuterFragment);
        OverlayBench.Run("up", FromGroup(Group, VtepC, Inner)).DroppedFor(DropReason.GroupNotJoined);
        OverlayBench.Run("up", GroupFrames.IgmpQuery(RouterMac, Router).Build()).DroppedFor(DropReason.NotVxlan);
    }

    [Fact]
    public void An_uplink_in_a_vlan_says_and_sends_everything_with_its_tag()
    {
        SwitchPolicy policy = With(Group).WithPort("up", p => p with { Vlan = 100 });
        using var bench = new OverlayBench(policy);
        Outcome first = bench.Send("a", ToAll);
        Assert.Equal(3, first.Frames.Count);
        Assert.All(
            first.Frames.Where(f => f.Port == "up"), f => Assert.Equal("81000064", Hex.Text(f.Bytes.AsSpan(12, 4))));
        bench.Send("a", FromA(MacB).Payload(46).Build(), Second);
        byte[] query = GroupFrames.IgmpQuery(RouterMac, Router).Build();
        bench.Send("up", query, 2 * Second).DroppedFor(DropReason.OuterVlan);
        byte[] tagged = [.. query[..12], 0x81, 0, 0, 100, .. query[12..]];
        bench.Send("up", tagged, 2 * Second).UsedUp();
    }

    [Fact]
    [Trait("Scenario", "FD12")]
    public void Twenty_networks_share_a_group_which_is_joined_once_and_left_with_the_last()
    {
        Network[] networks =
        [
            With(Group).Networks[0],
            .. Enumerable.Range(1, 19).Select(i => new Network
            {
                Name = $"n{i}",
                Vni = new Vni(6000 + (uint)i),
                MulticastGroup = new MulticastGroup { Address = Ip(Group) },
            }),
        ];
        SwitchPolicy policy = Green.Policy with { Networks = networks.ToValueArray() };
        using OverlayBench bench = Joined(policy);
        byte[] frame = FromA(MacB).Payload(46).Build();
        for (int left = 19; left > 0; left--)
        {
            bench.Apply(policy with { Networks = networks.Take(left).ToValueArray() });
            bench.Send("a", frame, 3 * Second).Left("b");
        }

        bench.Apply(Green.Policy);
        byte[] report = Assert.Single(bench.Send("a", frame, 4 * Second).Frames, f => f.Port == "up").Bytes;
        Assert.Equal(
            Hex.Text(GroupFrames.Igmpv3Report(MacUplink, Vtep, GroupFrames.ChangeToInclude, Group).Build()),
            Hex.Text(report));
        Assert.Single(bench.Send("a", frame, 5 * Second).Frames, f => f.Port == "up");
        bench.Send("up", FromGroup(Group, VtepC, Inner), 6 * Second).DroppedFor(DropReason.GroupNotJoined);
    }

    [Theory]
    [InlineData(Group)]
    [InlineData(Group6)]
    public void The_first_frame_joins_queries_are_used_up_and_answered_and_another_policy_leaves(string group)
    {
        bool isV4 = group == Group;
        using var bench = new OverlayBench(With(group));
        byte[] frame = FromA(MacB).Payload(46).Build();
        AssertReport(bench.Send("a", frame), GroupFrames.ChangeToExclude);
        AssertReport(bench.Send("a", frame, 1 * Second), GroupFrames.ChangeToExclude);
        bench.Send("a", frame, 9 * Second).Left("b");
        byte[] query = (isV4 ? GroupFrames.Igmpv3Query(RouterMac, Router) : GroupFrames.MldQuery(RouterMac, "fe80::1"))
            .Build();
        bench.Send("up", query, 10 * Second).UsedUp();
        AssertReport(bench.Send("a", frame, 11 * Second), GroupFrames.ModeIsExclude);
        bench.Send("a", frame, 30 * Second).Left("b");

        bench.Apply(With(isV4 ? "239.9.9.9" : "ff05::9:9"));
        Outcome change = bench.Send("a", frame, 31 * Second);
        Assert.Equal(["up", "up", "b"], change.Frames.Select(f => f.Port));
        Assert.Equal(Report(GroupFrames.ChangeToInclude), Hex.Text(change.Frames[0].Bytes));

        void AssertReport(Outcome outcome, byte record)
        {
            Assert.Equal(
                [("up", FrameOrigin.Membership), ("b", FrameOrigin.Received)],
                outcome.Frames.Select(f => (f.Port, f.Origin)));
            Assert.Equal(Report(record), Hex.Text(outcome.Frames[0].Bytes));
            Assert.Equal(1, outcome.Change.Generated);
        }

        string Report(byte record) => Hex.Text((isV4
            ? GroupFrames.Igmpv3Report(MacUplink, Vtep, record, group)
            : GroupFrames.Mldv2Report(MacUplink, LinkLocal, record, group)).Build());
    }

    [Fact]
    public void A_link_local_address_of_the_uplinks_own_says_what_it_is_a_member_of()
    {
        SwitchPolicy policy = With(Group6).WithPort("up", p => p with { Addresses = [Ip(Vtep6), Ip("fe80::77")] });
        using var bench = new OverlayBench(policy.With(n => n with { Endpoints = [] }));
        byte[] report = bench.Send("a", FromA(MacB).Payload(46).Build()).Frames[0].Bytes;
        Assert.Equal(
            Hex.Text(GroupFrames.Mldv2Report(MacUplink, "fe80::77", GroupFrames.ChangeToExclude, Group6).Build()),
            Hex.Text(report));
    }

    [Fact]
    public void Beside_the_machines_own_stack_queries_are_passed_on_to_it_too()
    {
        SwitchPolicy policy = With(Group).Plus(new Port { Name = "host", Kind = PortKind.Host });
        using OverlayBench bench = Joined(policy);
        byte[] query = GroupFrames.Igmpv3Query(RouterMac, Router).Build();
        bench.Send("up", query, 2 * Second).Left("host", query);
        Assert.Equal(2, bench.Send("a", FromA(MacB).Payload(46).Build(), 4 * Second).Frames.Count);
    }

    [Fact]
    public void A_report_that_finds_no_buffer_is_counted_and_said_again()
    {
        using var bench = new OverlayBench(With(Group), buffers: 1);
        byte[] frame = FromA(MacB).Payload(46).Build();
        Outcome outcome = bench.Send("a", frame);
        Assert.Equal(1, outcome.Change.Drops[DropReason.PoolExhausted]);
        Assert.Equal(["b"], outcome.Frames.Select(f => f.Port));
    }

    private static SwitchPolicy With(string group, Func<MulticastGroup, MulticastGroup>? change = null)
    {
        var made = new MulticastGroup { Address = Ip(group) };
        return FloodingPolicy.With(n => n with { MulticastGroup = change?.Invoke(made) ?? made });
    }

    /// <summary>A switch that has said twice what groups it has joined, and is at 1 s.</summary>
    private static OverlayBench Joined(SwitchPolicy policy, int reports = 1)
    {
        var bench = new OverlayBench(policy);
        byte[] frame = FromA(MacB).Payload(46).Build();
        Assert.Equal(1 + reports, bench.Send("a", frame).Frames.Count);
        Assert.Equal(1 + reports, bench.Send("a", frame, Second).Frames.Count);
        return bench;
    }

    private static FrameBuilder Tunnel(string group, string mac, string source, byte ttl = 64, uint vni = VniValue)
    {
        FrameBuilder frame = FrameBuilder.Ethernet(mac, GroupFrames.MacOf(group));
        return (source.Contains(':', StringComparison.Ordinal)
            ? frame.Ipv6(source, group, ttl)
            : frame.Ipv4(source, group, ttl, dontFragment: true)).Vxlan(vni);
    }

    private static byte[] FromGroup(string group, string vtep, byte[] inner, uint vni = VniValue) =>
        Tunnel(group, MacVtepC, vtep, vni: vni).Payload(inner).Build();
}
