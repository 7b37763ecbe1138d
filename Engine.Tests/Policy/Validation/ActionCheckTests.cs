using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Policy.PolicyMistakes;

namespace VxlanEngine.Tests.Policy.Validation;

/// <summary>Mistakes of meaning in actions of rules.</summary>
public sealed class ActionCheckTests
{
    public static TheoryData<string, string, RuleAction> ActionMistakes()
    {
        var tunnel = new ExplicitTunnel { Vni = new Vni(9), Destinations = [Ip("172.31.9.7")] };
        var backend = new Backend { Address = Ip("10.0.2.6") };
        return new()
        {
            { ".nat", "Translates nothing", new RuleAction.Nat() },
            {
                ".nat.destination",
                "different families",
                new RuleAction.Nat { Source = Ip("10.0.0.1"), Destination = Ip("fd00::1") }
            },
            { ".nat.destinationPort", "found 0", new RuleAction.Nat { DestinationPort = 0 } },
            { ".nat.source", "unspecified", new RuleAction.Nat { Source = Ip("0.0.0.0") } },
            { ".dynamicNat.addresses", "at least one address", new RuleAction.DynamicNat { Addresses = default } },
            {
                ".dynamicNat.addresses",
                "A pool is made of",
                new RuleAction.DynamicNat { Addresses = "10.0.0.0/24,!10.0.0.1" }
            },
            { ".dynamicNat.addresses", "A pool is made of", new RuleAction.DynamicNat { Addresses = "@v4" } },
            {
                ".dynamicNat.addresses",
                "all IPv4 or all IPv6",
                new RuleAction.DynamicNat { Addresses = "10.0.0.1,fd00::1" }
            },
            {
                ".dynamicNat.ports",
                "from 1 to 65535",
                new RuleAction.DynamicNat { Addresses = "10.0.0.1", Ports = new(0, 5) }
            },
            { ".loadBalance.backends", "at least one backend", new RuleAction.LoadBalance { Backends = [] } },
            {
                ".loadBalance.backends[1].address",
                "all IPv4 or all IPv6",
                new RuleAction.LoadBalance { Backends = [backend, backend with { Address = Ip("fd02::6") }] }
            },
            {
                ".loadBalance.backends[0].weight",
                "found -1",
                new RuleAction.LoadBalance { Backends = [backend with { Weight = -1 }] }
            },
            {
                ".loadBalance.backends[0].port",
                "found 0",
                new RuleAction.LoadBalance { Backends = [backend with { Port = 0 }] }
            },
            { ".encap", "found neither", new RuleAction.Encap() },
            { ".encap", "found both", new RuleAction.Encap { Network = "green", Tunnel = tunnel } },
            { ".encap.network", "No network is called", new RuleAction.Encap { Network = "red" } },
            {
                ".encap.tunnel.destination",
                "at least one VTEP",
                new RuleAction.Encap { Tunnel = tunnel with { Destinations = [] } }
            },
            {
                ".encap.tunnel.destination",
                "all IPv4 or all IPv6",
                new RuleAction.Encap { Tunnel = tunnel with { Destinations = [Ip("172.31.9.7"), Ip("fd39::7")] } }
            },
            {
                ".encap.tunnel.destination[0]",
                "local uplink",
                new RuleAction.Encap { Tunnel = tunnel with { Destinations = [Ip("172.31.9.1")] } }
            },
            {
                ".encap.tunnel.source",
                "no address of an uplink",
                new RuleAction.Encap { Tunnel = tunnel with { Source = Ip("172.31.9.8") } }
            },
            {
                ".encap.tunnel.source",
                "different families",
                new RuleAction.Encap { Tunnel = tunnel with { Source = Ip("fd39::1") } }
            },
            {
                ".encap.tunnel.routerMac",
                "found none",
                new RuleAction.Encap { Tunnel = tunnel with { RouterMac = default(MacAddress) } }
            },
            {
                ".encap.tunnel.ttl",
                "found 0",
                new RuleAction.Encap { Tunnel = tunnel with { Options = new() { Ttl = 0 } } }
            },
            { "", "use a group of direction in", new RuleAction.Decap() },
            { ".modify", "Modifies nothing", new RuleAction.Modify() },
            { ".modify.sourceMac", "group address", new RuleAction.Modify { SourceMac = MacAddress.Broadcast } },
            {
                ".modify.destinationMac",
                "00:00:00:00:00:00",
                new RuleAction.Modify { DestinationMac = default(MacAddress) }
            },
            { ".modify.dscp", "found 64", new RuleAction.Modify { Dscp = 64 } },
            { ".modify.pushVlan", "found 4096", new RuleAction.Modify { PushVlan = 4096 } },
            { ".redirect.port", "No port is called \"eth9\"", new RuleAction.Redirect { Port = "eth9" } },
            { ".mirror.port", "No port is called \"eth9\"", new RuleAction.Mirror { Port = "eth9" } },
            { ".meter.name", "needs a name", new RuleAction.Meter { Name = "" } },
            { ".rateLimit", "Limits nothing", new RuleAction.RateLimit() },
            { ".rateLimit.packetsPerSecond", "above 0", new RuleAction.RateLimit { PacketsPerSecond = 0 } },
            { ".rateLimit.bitsPerSecond", "above 0", new RuleAction.RateLimit { BitsPerSecond = -1 } },
            { ".rateLimit.burst", "above 0", new RuleAction.RateLimit { BitsPerSecond = 1, Burst = TimeSpan.Zero } },
        };
    }

    [Theory]
    [MemberData(nameof(ActionMistakes))]
    public void A_mistaken_action_is_told(string path, string message, RuleAction action) =>
        Expect(WithRule(Match.Any, action, Direction.Out), $"$.layers[0].groups[0].rules[0].action{path}", message);

    [Fact]
    public void Encap_on_the_way_in_to_an_endpoint_is_told()
    {
        var encap = new RuleAction.Encap { Network = "green" };
        Expect(
            WithRule(Match.Any, encap, Direction.In),
            "$.layers[0].groups[0].rules[0].action.encap",
            "use a group of direction out");
        Assert.Empty(PolicyValidator.Validate(WithRule(Match.Any, encap, Direction.In, "up")));
    }

    [Fact]
    public void Only_a_rule_on_uplinks_names_the_port_to_deliver_to()
    {
        var decap = new RuleAction.Decap { Port = "db" };
        Expect(
            WithRule(Match.Any, decap, Direction.In),
            "$.layers[0].groups[0].rules[0].action.decap.port",
            "Only rules on uplinks");
        Expect(
            WithRule(Match.Any, decap with { Port = "nobody" }, Direction.In, "up"),
            "$.layers[0].groups[0].rules[0].action.decap.port",
            "No port is called \"nobody\"");
        Assert.Empty(PolicyValidator.Validate(WithRule(Match.Any, decap, Direction.In, "up")));
    }

    [Fact]
    public void A_translation_to_the_other_family_is_told()
    {
        var nat = new RuleAction.Nat { Destination = Ip("fd00::1") };
        Expect(
            WithRule(new() { Destination = "10.0.0.1" }, nat, Direction.Out),
            "$.layers[0].groups[0].rules[0].action.nat.destination",
            "another family");
    }

    [Fact]
    public void Backends_that_all_drain_are_no_mistake()
    {
        var balance = new RuleAction.LoadBalance { Backends = [new() { Address = Ip("10.0.2.6"), Weight = 0 }] };
        Assert.Empty(PolicyValidator.Validate(WithRule(Match.Any, balance, Direction.Out)));
    }
}
