using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Policy;

public sealed class RuleTextTests
{
    public static TheoryData<string, Match> Matches => new()
    {
        { "anything", Match.Any },
        {
            "tcp to 10.0.1.0/24 ports 80,8000-8099",
            new() { Protocols = [IpProtocol.Tcp], Destination = "10.0.1.0/24", DestinationPorts = "80,8000-8099" }
        },
        {
            "udp from port 53 to @all,!10.0.0.1",
            new() { Protocols = [IpProtocol.Udp], SourcePorts = 53, Destination = "@all,!10.0.0.1" }
        },
        { "icmp type 8 code 0", new() { Protocols = [IpProtocol.Icmp], IcmpType = 8, IcmpCode = 0 } },
        {
            "ipv6 tcp opening a connection",
            new() { Family = IpFamily.V6, Protocols = [IpProtocol.Tcp], TcpSyn = true }
        },
        { "tcp within a connection", new() { Protocols = [IpProtocol.Tcp], TcpSyn = false } },
        { "arp,0x88cc", new() { EtherTypes = [EtherType.Arp, (EtherType)0x88CC] } },
        {
            "ah,200 fragment first,later dscp 46",
            new()
            {
                Protocols = [IpProtocol.AuthenticationHeader, (IpProtocol)200],
                Fragments = [FragmentKind.First, FragmentKind.Later],
                Dscp = 46,
            }
        },
        {
            "from mac 02:00:00:00:00:01 to mac ff:ff:ff:ff:ff:ff vlan !5",
            new()
            {
                SourceMac = [MacAddress.Parse("02:00:00:00:00:01")],
                DestinationMac = [MacAddress.Broadcast],
                Vlan = "!5",
            }
        },
        {
            "group policy 7,!9 group policy not applied",
            new() { GroupPolicyId = "7,!9", GroupPolicyApplied = false }
        },
        { "group policy applied", new() { GroupPolicyApplied = true } },
        {
            "vni 4097 outer from 10.0.0.1 outer to fd00::/8",
            new() { Vni = 4097, OuterSource = "10.0.0.1", OuterDestination = "fd00::/8" }
        },
    };

    [Theory]
    [MemberData(nameof(Matches))]
    public void A_match_reads_as_words(string text, Match match) => Assert.Equal(text, match.ToString());

    public static TheoryData<string, RuleAction> Actions => new()
    {
        { "allow", new RuleAction.Allow() },
        { "block", new RuleAction.Block() },
        {
            "nat destination 10.0.1.6:5353",
            new RuleAction.Nat { Destination = Ip("10.0.1.6"), DestinationPort = 5353 }
        },
        {
            "nat source [fd00::1]:7 destination port 80",
            new RuleAction.Nat { Source = Ip("fd00::1"), SourcePort = 7, DestinationPort = 80 }
        },
        {
            "dynamic nat to 192.0.2.1,192.0.2.4-192.0.2.9 ports 1024-65535",
            new RuleAction.DynamicNat { Addresses = "192.0.2.1,192.0.2.4-192.0.2.9" }
        },
        {
            "load balance to 10.0.0.1:80, 10.0.0.2 weight 0 by source address",
            new RuleAction.LoadBalance
            {
                Backends =
                [
                    new() { Address = Ip("10.0.0.1"), Port = 80 },
                    new() { Address = Ip("10.0.0.2"), Weight = 0 },
                ],
                Hash = LoadBalanceHash.SourceAddress,
            }
        },
        { "encap by network blue", new RuleAction.Encap { Network = "blue" } },
        {
            "encap vni 7 to 10.0.0.1,10.0.0.2 from 10.0.0.9 router 02:00:00:00:00:01",
            new RuleAction.Encap
            {
                Tunnel = new()
                {
                    Vni = new Vni(7),
                    Destinations = [Ip("10.0.0.1"), Ip("10.0.0.2")],
                    Source = Ip("10.0.0.9"),
                    RouterMac = MacAddress.Parse("02:00:00:00:00:01"),
                },
            }
        },
        {
            "encap geneve vni 7 to 10.0.0.1",
            new RuleAction.Encap
            {
                Tunnel = new()
                {
                    Vni = new Vni(7),
                    Destinations = [Ip("10.0.0.1")],
                    Options = TunnelOptions.Of(TunnelKind.Geneve),
                },
            }
        },
        {
            "encap vni 7 to 10.0.0.1 group policy 17 applied",
            new RuleAction.Encap
            {
                Tunnel = new()
                {
                    Vni = new Vni(7),
                    Destinations = [Ip("10.0.0.1")],
                    Options = new() { GroupPolicyId = 17, GroupPolicyApplied = true },
                },
            }
        },
        { "decap", new RuleAction.Decap() },
        { "decap to port web", new RuleAction.Decap { Port = "web" } },
        { "hairpin", new RuleAction.Redirect() },
        { "redirect to port up", new RuleAction.Redirect { Port = "up" } },
        { "mirror to port up", new RuleAction.Mirror { Port = "up" } },
        { "meter web", new RuleAction.Meter { Name = "web" } },
        {
            "modify decrement ttl dscp 46 pop vlan push vlan 5",
            new RuleAction.Modify { DecrementTtl = true, Dscp = 46, PopVlan = true, PushVlan = 5 }
        },
        {
            "rate limit 10 packets/s 8000 bits/s burst 100ms",
            new RuleAction.RateLimit { PacketsPerSecond = 10, BitsPerSecond = 8000 }
        },
    };

    [Theory]
    [MemberData(nameof(Actions))]
    public void An_action_reads_as_words(string text, RuleAction action) => Assert.Equal(text, action.ToString());

    private static IpAddress Ip(string text) => IpAddress.Parse(text);
}
