using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Policy.PolicyMistakes;

namespace VxlanEngine.Tests.Policy.Validation;

/// <summary>Matches that can never hold, or are not of this world.</summary>
public sealed class MatchCheckTests
{
    public static TheoryData<string, string, Match> MatchMistakes() => new()
    {
        { "source", "can never hold beside family IPv4", new() { Family = IpFamily.V4, Source = "fd00::/8" } },
        { "source", "another family", new() { Family = IpFamily.V6, Source = "@v4" } },
        { "destination", "another family", new() { Source = "10.0.0.0/8", Destination = "fd00::1" } },
        { "outerDestination", "another family", new() { OuterSource = "10.0.0.1", OuterDestination = "fd00::1" } },
        { "family", "no family", new() { Family = IpFamily.None } },
        { "source", "No address set", new() { Source = "@nowhere" } },
        { "source[1]", "No address set", new() { Source = "10.0.0.0/8,!@nowhere" } },
        {
            "destinationPorts",
            "protocol icmp has no ports",
            new() { Protocols = [IpProtocol.Icmp], DestinationPorts = 80 }
        },
        {
            "sourcePorts",
            "protocol gre, 89 has no ports",
            new() { Protocols = [IpProtocol.Gre, (IpProtocol)89], SourcePorts = 80 }
        },
        { "icmpType", "Needs protocol icmp or icmpv6", new() { IcmpType = 8 } },
        { "icmpCode", "Needs protocol icmp or icmpv6", new() { Protocols = [IpProtocol.Tcp], IcmpCode = 0 } },
        {
            "icmpType",
            "beside \"destinationPorts\"",
            new() { Protocols = [IpProtocol.Icmp, IpProtocol.Udp], IcmpType = 8, DestinationPorts = 1 }
        },
        { "tcpSyn", "protocol udp is not tcp", new() { Protocols = [IpProtocol.Udp], TcpSyn = true } },
        { "etherType", "Can never hold", new() { EtherTypes = [EtherType.Arp], Protocols = [IpProtocol.Tcp] } },
        { "etherType", "Can never hold", new() { EtherTypes = [EtherType.Ipv6], Family = IpFamily.V4 } },
        { "fragment", "no such header", new() { Fragments = [FragmentKind.Later], DestinationPorts = 80 } },
        { "fragment", "no such header", new() { Fragments = [FragmentKind.Later], TcpSyn = false } },
        { "vni", "from 0 to 16777215", new() { Vni = new([new NumberTerm(new(0, 1 << 24))]) } },
        { "groupPolicyId", "no uplink has \"groupPolicy\": true", new() { GroupPolicyId = 7 } },
        { "groupPolicyApplied", "no uplink has \"groupPolicy\": true", new() { GroupPolicyApplied = true } },
        { "vlan", "from 0 to 4095, found 4096", new() { Vlan = 4096 } },
        { "dscp", "from 0 to 63, found 64", new() { Dscp = 64 } },
        { "icmpType", "from 0 to 255, found 256", new() { Protocols = [IpProtocol.Icmp], IcmpType = 256 } },
        { "destinationPorts", "from 0 to 65535, found 65536", new() { DestinationPorts = 65536 } },
        { "destinationPorts", "found 9-8", new() { DestinationPorts = new([new NumberTerm(new(9, 8))]) } },
    };

    [Theory]
    [MemberData(nameof(MatchMistakes))]
    public void A_match_that_can_never_hold_is_told(string key, string message, Match match) =>
        Expect(
            WithRule(match, new RuleAction.Allow(), Direction.In),
            $"$.layers[0].groups[0].rules[0].match.{key}",
            message);

    [Fact]
    public void A_packet_from_an_endpoint_has_no_tunnel_to_look_at()
    {
        const string Path = "$.layers[0].groups[0].rules[0].match.";
        var allow = new RuleAction.Allow();
        Expect(WithRule(new() { Vni = 5 }, allow, Direction.Out), Path + "vni", "come through no tunnel");
        Expect(WithRule(new() { OuterSource = "10.0.0.1" }, allow, Direction.Out), Path + "outerSource", "no tunnel");
        Expect(
            WithRule(new() { OuterDestination = "10.0.0.1" }, allow, Direction.Out),
            Path + "outerDestination",
            "no tunnel");
        Assert.Empty(PolicyValidator.Validate(WithRule(new() { Vni = 5 }, allow, Direction.Out, "up")));
    }

    [Fact]
    public void A_group_is_matched_where_an_uplink_reads_it_and_its_policy_is_not_applied()
    {
        const string Path = "$.layers[0].groups[0].rules[0].match.";
        var allow = new RuleAction.Allow();
        Assert.Empty(PolicyValidator.Validate(Reading(new() { GroupPolicyId = 7, GroupPolicyApplied = false })));
        Assert.Empty(PolicyValidator.Validate(Reading(new() { GroupPolicyApplied = true })));
        Expect(
            Reading(new() { GroupPolicyId = 7, GroupPolicyApplied = true }),
            Path + "groupPolicyId",
            "a policy that has been applied is not looked at");
        Expect(
            Reading(new() { GroupPolicyId = new([new NumberTerm(new(0, 1 << 16))]) }),
            Path + "groupPolicyId",
            "from 0 to 65535");
        Expect(WithRule(new() { GroupPolicyId = 7 }, allow, Direction.Out), Path + "groupPolicyId", "no tunnel");
        Expect(
            WithRule(new() { GroupPolicyApplied = true }, allow, Direction.Out),
            Path + "groupPolicyApplied",
            "no tunnel");

        SwitchPolicy Reading(Match match)
        {
            SwitchPolicy policy = WithRule(match, allow, Direction.In);
            return policy with
            {
                Ports = policy.Ports.Select(p => p.Kind == PortKind.Uplink ? p with { GroupPolicy = true } : p)
                    .ToValueArray(),
            };
        }
    }

    public static TheoryData<Match> RightMatches() => new()
    {
        new Match { DestinationPorts = "0-65535" },
        new Match { Protocols = [IpProtocol.Icmp, IpProtocol.Tcp], DestinationPorts = 80 },
        new Match { Family = IpFamily.V4, Source = "@mixed" },
        new Match { Source = "!fd00::/8", Destination = "10.0.0.0/8" },
        new Match { TcpSyn = true },
        new Match { Fragments = [FragmentKind.Later, FragmentKind.First], DestinationPorts = 80 },
        new Match { EtherTypes = [EtherType.Arp, EtherType.Ipv4], Protocols = [IpProtocol.Tcp] },
        new Match { Vni = (int)Vni.MaxValue, Vlan = 4095, Dscp = 63, OuterSource = "10.0.0.0/8" },
        new Match { Protocols = [IpProtocol.Icmpv6], IcmpType = "128-255", IcmpCode = 0 },
    };

    [Theory]
    [MemberData(nameof(RightMatches))]
    public void A_match_that_can_hold_is_no_mistake(Match match) =>
        Assert.Empty(PolicyValidator.Validate(WithRule(match, new RuleAction.Allow(), Direction.In)));
}
