using VxlanEngine.Classification;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Classification;

/// <summary>Every condition: where it holds, where it does not, and where the packet lacks the field.</summary>
public sealed class LinearClassifierMatchTests
{
    private static readonly Sample Tcp4 = Sample.Tcp();
    private static readonly Sample Tcp6 = Sample.Tcp().Over6();
    private static readonly Sample Link = Sample.Link(0x88B5);
    private static readonly Sample First = Sample.Tcp() with { Fragment = FragmentKind.First };
    private static readonly Sample Later = Sample.Tcp() with { Fragment = FragmentKind.Later };
    private static readonly Sample Tunnelled =
        Sample.Tcp() with { Vni = 5001, OuterSource = "172.16.0.1", OuterDestination = "172.16.0.2" };

    [Fact]
    public void An_empty_match_holds_for_everything() =>
        Holds(new Match(), Tcp4, Tcp6, Link, Later, First, Tunnelled, Sample.Link(0x8847));

    [Fact]
    public void Family()
    {
        var v4 = new Match { Family = IpFamily.V4 };
        var v6 = new Match { Family = IpFamily.V6 };
        Holds(v4, Tcp4, Later);
        Holds(v6, Tcp6);
        Fails("family", v4, Tcp6, Link);
        Fails("family", v6, Tcp4, Link);
    }

    [Fact]
    public void Protocol()
    {
        var some = new Match { Protocols = [IpProtocol.Tcp, IpProtocol.Gre] };
        Holds(some, Tcp4, Tcp6, Later, First, Sample.Ip(IpProtocol.Gre));
        Fails("protocol", some, Sample.Udp(), Sample.Icmp(8), Link);
        Fails("protocol", new Match { Protocols = [(IpProtocol)0] }, Link); // No protocol is not protocol 0.
    }

    [Fact]
    public void Ether_type_behind_tags()
    {
        var match = new Match { EtherTypes = [EtherType.Ipv6, (EtherType)0x88B5] };
        Holds(match, Tcp6, Link, Link with { Vlan = 7 });
        Fails("etherType", match, Tcp4, Sample.Link(0x8847));
    }

    [Theory]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.0.0.1", true)]
    [InlineData("10.0.0.0-10.0.0.1", true)]
    [InlineData("10.0.0.2-10.0.0.9", false)]
    [InlineData("11.0.0.0/8,10.0.0.0/24", true)]
    [InlineData("!10.0.0.0/8", false)]
    [InlineData("!11.0.0.0/8", true)]
    [InlineData("10.0.0.0/8,!10.0.0.0/30", false)]
    [InlineData("!10.0.0.0/30,10.0.0.0/8", false)]
    [InlineData("10.0.0.0/8,!10.0.0.4/30", true)]
    [InlineData("!10.0.0.4/30,!10.0.1.0/24", true)]
    [InlineData("0.0.0.0/0", true)]
    [InlineData("::/0", false)]
    [InlineData("!::/0", true)]
    [InlineData("::a00:1", false)] // The same number in the other family.
    public void An_address_lies_in_an_included_term_and_in_no_excluded_one(string text, bool holds)
    {
        Sample reversed = Tcp4 with { Source = Tcp4.Destination, Destination = Tcp4.Source };
        if (holds)
        {
            Holds(new Match { Source = text }, Tcp4, Later, Sample.Ip(IpProtocol.Gre));
            Holds(new Match { Destination = text }, reversed);
        }
        else
        {
            Fails("source", new Match { Source = text }, Tcp4, Later);
            Fails("destination", new Match { Destination = text }, reversed);
        }
    }

    [Fact]
    public void A_packet_without_addresses_meets_no_address_condition_negated_or_not()
    {
        Fails("source", new Match { Source = "0.0.0.0/0" }, Link);
        Fails("source", new Match { Source = "!10.0.0.0/8" }, Link);
        Fails("destination", new Match { Destination = "!fd00::/8" }, Link);
    }

    [Theory]
    [InlineData("@near", true)]
    [InlineData("!@near", false)]
    [InlineData("@far", false)]
    [InlineData("!@far", true)]
    [InlineData("@all", true)] // Nested.
    [InlineData("!@all", false)]
    [InlineData("@not-near", false)] // A set of all but another set.
    [InlineData("!@not-near", true)]
    [InlineData("@near,!@not-far", false)]
    [InlineData("@all,!@far", true)]
    [InlineData("@far,10.0.0.0/8", true)]
    public void A_named_set_stands_for_its_addresses(string text, bool holds) =>
        Assert.Equal(holds, MatchesSets(text));

    [Theory]
    [InlineData("@nobody", false)]
    [InlineData("!@nobody", true)]
    [InlineData("@nested-nobody", false)]
    [InlineData("@nobody,@near", true)]
    public void A_set_without_terms_holds_nobody_while_a_condition_without_terms_asks_for_nothing(
        string text, bool holds) =>
        Assert.Equal(holds, MatchesSets(text));

    [Fact]
    public void Ports()
    {
        Holds(new Match { SourcePorts = "1000" }, Tcp4, Tcp6, First, Sample.Udp());
        Holds(new Match { SourcePorts = "900-1000", DestinationPorts = "22,80,443" }, Tcp4);
        Holds(new Match { DestinationPorts = "!22,!90-99" }, Tcp4);
        Holds(
            new Match { DestinationPorts = 3868 },
            Sample.Ip(IpProtocol.Sctp) with { SourcePort = 1, DestinationPort = 3868 });
        Fails("sourcePorts", new Match { SourcePorts = "1001-2000" }, Tcp4);
        Fails("destinationPorts", new Match { DestinationPorts = "!80" }, Tcp4);
        Fails("destinationPorts", new Match { DestinationPorts = "70-90,!80" }, Tcp4);
    }

    [Fact]
    public void A_packet_without_ports_meets_no_port_condition_negated_or_not()
    {
        // An echo's identifier stands where ports stand, but is none.
        Sample[] portless = [Later, Link, Sample.Ip(IpProtocol.Gre), Sample.Icmp(8), Sample.Icmp(0)];
        Fails("destinationPorts", new Match { DestinationPorts = "0-65535" }, portless);
        Fails("destinationPorts", new Match { DestinationPorts = "!80" }, portless);
        Fails("sourcePorts", new Match { SourcePorts = "!80" }, portless);
    }

    [Fact]
    public void Icmp_type_and_code()
    {
        Sample unreachable = Sample.Icmp(3, 4);
        Sample v6 = (Sample.Icmp(128) with { Protocol = IpProtocol.Icmpv6 }).Over6();
        Holds(new Match { IcmpType = 3, IcmpCode = "1-4" }, unreachable);
        Holds(new Match { IcmpType = "!8" }, unreachable, v6);
        Holds(new Match { IcmpType = 128 }, v6);
        Fails("icmpType", new Match { IcmpType = 8 }, unreachable, v6);
        Fails("icmpCode", new Match { IcmpCode = "!4" }, unreachable);
        Fails("icmpType", new Match { IcmpType = 0 }, Tcp4, Later, Link);
        Fails("icmpCode", new Match { IcmpCode = "!4" }, Tcp4, Sample.Udp());
        Fails("icmpType", new Match { IcmpType = "!9" }, unreachable with { Fragment = FragmentKind.Later });
    }

    [Fact]
    public void Opening_segments_and_others()
    {
        Sample syn = Sample.Tcp(flags: TcpFlags.Syn);
        Sample synAck = Sample.Tcp(flags: TcpFlags.Syn | TcpFlags.Ack);
        Holds(new Match { TcpSyn = true }, syn, Sample.Tcp(flags: TcpFlags.Syn | TcpFlags.Psh));
        Fails("tcpSyn", new Match { TcpSyn = true }, synAck, Tcp4, Sample.Udp(), Link, Later);
        Holds(new Match { TcpSyn = false }, synAck, Tcp4, Sample.Tcp(flags: TcpFlags.Rst));
        Fails("tcpSyn", new Match { TcpSyn = false }, syn, Sample.Udp(), Link, Later);
    }

    [Fact]
    public void Fragments()
    {
        var parts = new Match { Fragments = [FragmentKind.First, FragmentKind.Later] };
        Holds(new Match { Fragments = [FragmentKind.None] }, Tcp4, Tcp6);
        Fails("fragment", new Match { Fragments = [FragmentKind.None] }, First, Later, Link);
        Holds(parts, First, Later, Later.Over6(), First.Over6());
        Fails("fragment", new Match { Fragments = [FragmentKind.Later] }, Tcp4, First, Link);
    }

    [Fact]
    public void Dscp()
    {
        Holds(new Match { Dscp = "46" }, Tcp4 with { Dscp = 46 }, Tcp6 with { Dscp = 46 });
        Holds(new Match { Dscp = "!46" }, Tcp4);
        Holds(new Match { Dscp = "0" }, Tcp4);
        Fails("dscp", new Match { Dscp = "46" }, Tcp4, Link);
        Fails("dscp", new Match { Dscp = "0" }, Link);
        Fails("dscp", new Match { Dscp = "!46" }, Link);
    }

    [Fact]
    public void Mac_addresses()
    {
        ValueArray<MacAddress> known =
            [MacAddress.Parse("02:00:00:00:00:0a"), MacAddress.Parse("02:00:00:00:00:33")];
        Holds(new Match { SourceMac = known }, Tcp4, Link, Link with { SourceMac = "02:00:00:00:00:33" });
        Fails("sourceMac", new Match { SourceMac = known }, Tcp4 with { SourceMac = "02:00:00:00:00:0b" });
        Holds(new Match { DestinationMac = known }, Tcp4 with { DestinationMac = "02:00:00:00:00:0a" });
        Fails("destinationMac", new Match { DestinationMac = known }, Tcp4, Link);
    }

    [Fact]
    public void Vlan_is_zero_for_an_untagged_frame()
    {
        Holds(new Match { Vlan = 7 }, Tcp4 with { Vlan = 7 }, Link with { Vlan = 7 });
        Holds(new Match { Vlan = 0 }, Tcp4, Link, Tcp4 with { Vlan = 0 });
        Holds(new Match { Vlan = "!7" }, Tcp4, Tcp4 with { Vlan = 8 });
        Fails("vlan", new Match { Vlan = 7 }, Tcp4, Tcp4 with { Vlan = 8 });
        Fails("vlan", new Match { Vlan = "!0" }, Tcp4);
    }

    [Fact]
    public void The_tunnel_that_a_packet_came_through()
    {
        Holds(new Match { Vni = "5000-5002" }, Tunnelled);
        Fails("vni", new Match { Vni = "!5001" }, Tunnelled, Tcp4);
        Fails("vni", new Match { Vni = 0 }, Tcp4, Link);
        Holds(new Match { Vni = 0 }, Tcp4 with { Vni = 0 });
        Holds(new Match { OuterSource = "172.16.0.1", OuterDestination = "!172.16.0.1" }, Tunnelled);
        Fails("outerSource", new Match { OuterSource = "172.16.0.2" }, Tunnelled, Tcp4);
        Fails("outerSource", new Match { OuterSource = "!172.16.0.2" }, Tcp4);
        Fails("outerDestination", new Match { OuterDestination = "!172.16.0.2" }, Tunnelled, Tcp4, Link);
    }

    [Fact]
    [Trait("Scenario", "VD24")]
    public void A_group_is_looked_at_unless_the_groups_policy_has_been_applied()
    {
        Sample inGroup7 = Tunnelled with { Group = 7 };
        Sample applied = inGroup7 with { IsPolicyApplied = true };
        Holds(new Match { GroupPolicyId = "0-7" }, inGroup7);
        Holds(new Match { GroupPolicyId = "!8" }, inGroup7);
        Holds(new Match { GroupPolicyId = 0 }, Tunnelled with { Group = 0 });
        Fails("groupPolicyId", new Match { GroupPolicyId = 8 }, inGroup7);
        Fails("groupPolicyId", new Match { GroupPolicyId = "0-65535" }, applied, Tunnelled, Tcp4, Link);
        Holds(new Match { GroupPolicyApplied = true }, applied);
        Fails("groupPolicyApplied", new Match { GroupPolicyApplied = true }, inGroup7, Tunnelled, Tcp4);
        Holds(new Match { GroupPolicyApplied = false, GroupPolicyId = 7 }, inGroup7);
        Fails("groupPolicyApplied", new Match { GroupPolicyApplied = false }, applied, Tunnelled, Link);
    }

    [Fact]
    public void All_conditions_must_hold()
    {
        var match = new Match { Source = "10.0.0.1", DestinationPorts = 80, Dscp = 0 };
        Holds(match, Tcp4);
        Fails("source", match, Tcp4 with { Source = "10.0.0.3" });
        Fails("destinationPorts", match, Sample.Tcp(to: 81));
        Fails("dscp", match, Tcp4 with { Dscp = 1 });
    }

    private static void Holds(Match match, params Sample[] samples) =>
        Assert.All(samples, s => Assert.Null(FirstUnmet(match, s)));

    private static void Fails(string condition, Match match, params Sample[] samples) =>
        Assert.All(samples, s => Assert.Equal(condition, FirstUnmet(match, s)));

    private static string? FirstUnmet(Match match, Sample sample)
    {
        var classifier = new LinearClassifier(On("a", "l", 1), []);
        PacketFacts facts = sample.Facts();
        string? unmet = classifier.FirstUnmet(match, facts);
        Assert.Equal(unmet is null, classifier.Matches(match, facts));
        return unmet;
    }

    private static bool MatchesSets(string text)
    {
        ValueArray<AddressSet> sets =
        [
            new AddressSet { Name = "near", Addresses = "10.0.0.0/24,fd00::/64" },
            new AddressSet { Name = "far", Addresses = "192.0.2.0/24" },
            new AddressSet { Name = "all", Addresses = "@near,@far" },
            new AddressSet { Name = "not-near", Addresses = "!@near" },
            new AddressSet { Name = "not-far", Addresses = "!@far" },
            new AddressSet { Name = "nobody", Addresses = default },
            new AddressSet { Name = "nested-nobody", Addresses = "@nobody" },
        ];
        return new LinearClassifier(On("a", "l", 1), sets).Matches(new Match { Source = text }, Tcp4.Facts());
    }
}
