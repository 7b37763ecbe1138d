using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Policy;

/// <summary>Mistakes of meaning: each case spoils a right policy in one place.</summary>
public sealed class PolicyValidatorTests
{
    private static readonly SwitchPolicy Right = PolicyJson.Parse(PolicySamples.Overlay);

    [Fact]
    public void A_right_policy_and_the_empty_one_have_no_mistakes()
    {
        Assert.Empty(PolicyValidator.Validate(Right));
        Assert.Empty(PolicyValidator.Validate(new SwitchPolicy()));
    }

    public static TheoryData<string, string, Port> PortMistakes()
    {
        Port db = Right.Ports[0];
        Port up = Right.Ports[1];
        return new()
        {
            { "$.ports[2].name", "needs a name", Host("") },
            { "$.ports[2].name", "found '/'", Host("a/b") },
            { "$.ports[2].name", "found ' '", Host("a b") },
            { "$.ports[2].name", "found '='", Host("a=b") },
            { "$.ports[2].name", "found '#'", Host("a#b") },
            { "$.ports[2].name", "found U+0007", Host("a\u0007") },
            { "$.ports[2].name", "Another port is called \"db\"", Host("db") },
            { "$.ports[2].mtu", "found 67", Host("h") with { Mtu = 67 } },
            { "$.ports[2].mtu", "found -1", Host("h") with { Mtu = -1 } },
            { "$.ports[2].icmpErrorsPerSecond", "found -1", Host("h") with { IcmpErrorsPerSecond = -1 } },
            {
                "$.ports[2].rates.floodsPerSecond",
                "found -1",
                Host("h") with { Rates = new PortRates { FloodsPerSecond = -1 } }
            },
            {
                "$.ports[2].rates.icmpPerSecond",
                "found -2",
                Host("h") with { Rates = new PortRates { IcmpPerSecond = -2 } }
            },
            {
                "$.ports[2].rates.neighborsPerSecond",
                "found -3",
                Host("h") with { Rates = new PortRates { NeighborsPerSecond = -3 } }
            },
            {
                "$.ports[2].rates.newFlowsPerSecond",
                "found -4",
                Host("h") with { Rates = new PortRates { NewFlowsPerSecond = -4 } }
            },
            { "$.ports[2].network", "Only an endpoint", Host("h") with { Network = "green" } },
            { "$.ports[2].promiscuous", "Only an uplink", Host("h") with { Promiscuous = true } },
            { "$.ports[2].resolveNeighbors", "Only an uplink", Host("h") with { ResolveNeighbors = true } },
            { "$.ports[2].bfd", "Only an uplink", Host("h") with { Bfd = new BfdOptions() } },
            { "$.ports[2].mac", "group address", Host("h") with { Mac = MacAddress.Broadcast } },
            {
                "$.ports[2].addresses[0]",
                "the multicast address 224.0.0.1",
                Host("h") with { Addresses = [Ip("224.0.0.1")] }
            },
            { "$.ports[2].addresses[0]", "the unspecified address ::", Host("h") with { Addresses = [Ip("::")] } },
            {
                "$.ports[2].addresses[1]",
                "has 10.1.1.1 already",
                Host("h") with { Addresses = [Ip("10.1.1.1"), Ip("10.1.1.1")] }
            },
            {
                "$.ports[2].mac",
                "found none or 00",
                up with { Name = "u", Mac = default, Addresses = [Ip("172.31.9.5")] }
            },
            { "$.ports[2].addresses", "needs a VTEP address", up with { Name = "u", Addresses = [] } },
            {
                "$.ports[2].addresses[0]",
                "Another uplink has 172.31.9.1",
                up with { Name = "u", Addresses = [Ip("172.31.9.1")] }
            },
            {
                "$.ports[2].vxlanPorts[0]",
                "found 0",
                up with { Name = "u", Addresses = [Ip("172.31.9.5")], VxlanPorts = [0] }
            },
            {
                "$.ports[2].genevePorts[1]",
                "found 6081 twice",
                up with { Name = "u", Addresses = [Ip("172.31.9.5")], GenevePorts = [6081, 6081] }
            },
            {
                "$.ports[2].genevePorts[0]",
                "UDP port 4789 is that of vxlan tunnels already",
                up with { Name = "u", Addresses = [Ip("172.31.9.5")], GenevePorts = [4789] }
            },
            {
                "$.ports[2].genevePorts[0]",
                "UDP port 4790 is that of vxlan-gpe tunnels already",
                up with
                {
                    Name = "u",
                    Addresses = [Ip("172.31.9.5")],
                    VxlanPorts = [8472],
                    VxlanGpePorts = [4790],
                    GenevePorts = [4790],
                }
            },
            { "$.ports[0].vxlanGpePorts", "Only an uplink has", db with { VxlanGpePorts = [4790] } },
            { "$.ports[0].genevePorts", "Only an uplink has", db with { GenevePorts = [6081] } },
            { "$.ports[0].groupPolicy", "Only an uplink has", db with { GroupPolicy = true } },
            { "$.ports[2]", "No layer is bound", Second(db) },
            {
                "$.ports[0].network",
                "No network is called \"gren\". Did you mean \"green\"?",
                db with { Network = "gren" }
            },
            { "$.ports[0].network", "needs a network", db with { Network = null } },
            { "$.ports[0].mac", "found none", db with { Mac = default } },
            { "$.ports[0].addresses", "source guard", db with { Addresses = [] } },
            {
                "$.ports[0].addresses[0]",
                "lies in no subnet of network \"green\"",
                db with { Addresses = [Ip("10.0.3.5")] }
            },
        };
    }

    [Theory]
    [MemberData(nameof(PortMistakes))]
    public void A_mistaken_port_is_told(string path, string message, Port port)
    {
        bool replaces = path.StartsWith("$.ports[0]", StringComparison.Ordinal);
        ValueArray<Port> ports = replaces ? [port, Right.Ports[1]] : [Right.Ports[0], Right.Ports[1], port];
        Expect(Right with { Ports = ports }, path, message);
    }

    [Fact]
    public void An_endpoint_may_do_without_addresses_when_its_source_is_not_guarded()
    {
        Port open = Right.Ports[0] with { Addresses = [], SourceGuard = false };
        Assert.Empty(PolicyValidator.Validate(Right with { Ports = [open, Right.Ports[1]] }));
    }

    [Fact]
    public void An_endpoint_may_have_a_link_local_address_besides_those_of_its_subnets()
    {
        Port port = Right.Ports[0] with { Addresses = [Ip("10.0.2.5"), Ip("fe80::5")] };
        Assert.Empty(PolicyValidator.Validate(Right with { Ports = [port, Right.Ports[1]] }));
    }

    public static TheoryData<string, string, Network> NetworkMistakes()
    {
        Network green = Right.Networks[0];
        RemoteEndpoint remote = green.Endpoints[0];
        RemoteSubnet route = green.Routes[0];
        return new()
        {
            { ".name", "needs a name", green with { Name = "" } },
            {
                ".subnets[1]",
                "overlaps 10.0.2.0/24",
                green with { Subnets = [Net("10.0.2.0/24"), Net("10.0.0.0/16"), Net("fd02::/64")] }
            },
            { ".learning.limit", "found 0", green with { Learning = new Learning { Limit = 0 } } },
            { ".learning.limit", "found 1048577", green with { Learning = new Learning { Limit = 1048577 } } },
            { ".learning.age", "found 9s", green with { Learning = new Learning { Age = TimeSpan.FromSeconds(9) } } },
            { ".learning.age", "found 31d", green with { Learning = new Learning { Age = TimeSpan.FromDays(31) } } },
            {
                ".learning",
                "only mapped stations are heard",
                green with { Learning = new Learning(), SourceVtep = SourceVtepCheck.Strict }
            },
            { ".gateway.mac", "found none", green with { Gateway = green.Gateway! with { Mac = default } } },
            {
                ".gateway.addresses[0]",
                "lies in no subnet",
                green with { Gateway = green.Gateway! with { Addresses = [Ip("10.9.9.1")] } }
            },
            {
                ".gateway.addresses[1]",
                "one address in a subnet",
                green with { Gateway = green.Gateway! with { Addresses = [Ip("10.0.2.1"), Ip("10.0.2.2")] } }
            },
            {
                ".gateway.addresses[0]",
                "belongs to port \"db\"",
                green with { Gateway = green.Gateway! with { Addresses = [Ip("10.0.2.5")] } }
            },
            {
                ".gateway.mac",
                "belongs to port \"db\"",
                green with { Gateway = green.Gateway! with { Mac = Right.Ports[0].Mac } }
            },
            {
                ".endpoints[0].mac",
                "group address",
                green with { Endpoints = [remote with { Mac = Mac("01:00:5e:00:00:01") }] }
            },
            {
                ".endpoints[0].mac",
                "belongs to the gateway",
                green with { Endpoints = [remote with { Mac = green.Gateway!.Mac }] }
            },
            {
                ".endpoints[1].mac",
                "belongs to endpoint 0",
                green with { Endpoints = [remote, remote with { Addresses = [] }] }
            },
            {
                ".endpoints[1].addresses[0]",
                "belongs to endpoint 0",
                green with { Endpoints = [remote, green.Endpoints[1] with { Addresses = [Ip("10.0.2.6")] }] }
            },
            {
                ".endpoints[0].addresses[0]",
                "belongs to port \"db\"",
                green with { Endpoints = [remote with { Addresses = [Ip("10.0.2.5")] }] }
            },
            {
                ".endpoints[0].addresses[1]",
                "has 10.0.2.6 already",
                green with { Endpoints = [remote with { Addresses = [Ip("10.0.2.6"), Ip("10.0.2.6")] }] }
            },
            {
                ".endpoints[0].addresses[0]",
                "lies in no subnet",
                green with { Endpoints = [remote with { Addresses = [Ip("10.7.7.7")] }] }
            },
            {
                ".endpoints[0].vtep",
                "address of a local uplink",
                green with { Endpoints = [remote with { Vtep = Ip("172.31.9.1") }] }
            },
            { ".endpoints[0].vtep", "multicast", green with { Endpoints = [remote with { Vtep = Ip("239.1.1.1") }] } },
            { ".endpoints[0].vtep", "unspecified", green with { Endpoints = [remote with { Vtep = Ip("0.0.0.0") }] } },
            {
                ".routes[0].vteps",
                "all IPv4 or all IPv6",
                green with { Routes = [route with { Vteps = [Ip("172.31.9.9"), Ip("fd39::9")] }] }
            },
            { ".routes[0].vteps", "at least one VTEP", green with { Routes = [route with { Vteps = [] }] } },
            {
                ".routes[0].vteps[1]",
                "given twice",
                green with { Routes = [route with { Vteps = [Ip("172.31.9.9"), Ip("172.31.9.9")] }] }
            },
            { ".routes[0].routerMac", "found none", green with { Routes = [route with { RouterMac = default }] } },
            { ".routes[1].prefix", "has a route to 10.8.0.0/16 already", green with { Routes = [route, route] } },
            { ".vteps[0]", "local uplink", green with { Vteps = [Ip("fd39::1")] } },
            { ".tunnel.ttl", "found 0", green with { Tunnel = new() { Ttl = 0 } } },
            { ".tunnel.udpPort", "found 0", green with { Tunnel = new() { UdpPort = 0 } } },
            {
                ".tunnel.sourcePorts",
                "tunnel port 4789",
                green with { Tunnel = new() { SourcePorts = new(4000, 5000) } }
            },
            { ".tunnel.sourcePorts", "tunnel port 50000", green with { Tunnel = new() { UdpPort = 50000 } } },
            { ".tunnel.sourcePorts", "from 1 to 65535", green with { Tunnel = new() { SourcePorts = new(0, 100) } } },
            { ".tunnel.kind", "found Nvgre", green with { Tunnel = new() { Kind = TunnelKind.Nvgre } } },
            {
                ".tunnel.groupPolicyId",
                "not those of geneve",
                green with { Tunnel = TunnelOptions.Of(TunnelKind.Geneve) with { GroupPolicyId = 1 } }
            },
            {
                ".tunnel.groupPolicyApplied",
                "Needs a \"groupPolicyId\"",
                green with { Tunnel = new() { GroupPolicyApplied = true } }
            },
            { ".tunnel.sourcePorts", "from 1 to 65535", green with { Tunnel = new() { SourcePorts = new(5, 70000) } } },
            { ".tunnel.sourcePorts", "from 1 to 65535", green with { Tunnel = new() { SourcePorts = new(9, 8) } } },
        };
    }

    [Theory]
    [MemberData(nameof(NetworkMistakes))]
    public void A_mistaken_network_is_told(string path, string message, Network network) =>
        Expect(
            Right with
            {
                Networks = [network],
                Ports = [Right.Ports[0] with { Network = network.Name.Length > 0 ? "green" : "" }, Right.Ports[1]],
            },
            $"$.networks[0]{path}",
            message,
            others: network.Name.Length == 0);

    [Fact]
    [Trait("Scenario", "FD11")]
    public void Two_networks_share_neither_name_nor_vni()
    {
        Network other = new() { Name = "green", Vni = new Vni(5001) };
        IReadOnlyList<PolicyError> errors = PolicyValidator.Validate(
            Right with { Networks = [Right.Networks[0], other] });
        Assert.Contains(
            errors,
            e => e.Path == "$.networks[1].name" && e.Message.Contains("Another network", StringComparison.Ordinal));
        Assert.Contains(
            errors,
            e => e.Path == "$.networks[1].vni" && e.Message.Contains(
                "belongs to network \"green\"",
                StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1350, InnerVlan.Drop, true)]
    [InlineData(1349, InnerVlan.Drop, false)]
    [InlineData(1353, InnerVlan.Keep, false)]
    [InlineData(1354, InnerVlan.Keep, true)]
    [InlineData(0, InnerVlan.Drop, true)]
    public void An_ipv6_subnet_needs_1280_bytes_behind_70_of_an_ipv6_tunnel(int mtu, InnerVlan vlan, bool isRight)
    {
        SwitchPolicy policy = Right with
        {
            Ports = [Right.Ports[0], Right.Ports[1] with { Mtu = mtu }],
            Networks = [Right.Networks[0] with { InnerVlan = vlan }],
        };
        ExpectMtu(policy, isRight);
    }

    [Theory]
    [InlineData(1330, true)]
    [InlineData(1329, false)]
    public void An_ipv6_subnet_needs_1280_bytes_behind_50_of_an_ipv4_tunnel(int mtu, bool isRight)
    {
        Network green = Right.Networks[0];
        SwitchPolicy policy = Right with
        {
            Ports = [Right.Ports[0], Right.Ports[1] with { Mtu = mtu }],
            Networks = [green with { Endpoints = [green.Endpoints[0]] }],
        };
        ExpectMtu(policy, isRight);
    }

    public static TheoryData<string, string, Neighbor> NeighborMistakes()
    {
        Neighbor right = Right.Neighbors[0];
        return new()
        {
            { "$.neighbors[1].port", "No port is called \"eth9\"", right with { Port = "eth9" } },
            { "$.neighbors[1].port", "is no uplink", right with { Port = "db" } },
            { "$.neighbors[1].address", "has a neighbor 172.31.9.2 already", right },
            { "$.neighbors[1].address", "found no address", right with { Address = default } },
            { "$.neighbors[1].mac", "found none", right with { Address = Ip("172.31.9.3"), Mac = default } },
        };
    }

    [Theory]
    [MemberData(nameof(NeighborMistakes))]
    public void A_mistaken_neighbor_is_told(string path, string message, Neighbor neighbor) =>
        Expect(Right with { Neighbors = [Right.Neighbors[0], neighbor] }, path, message);

    public static TheoryData<string, string, AddressSet[]> SetMistakes() => new()
    {
        { "$.addressSets.a", "contains itself: a → a", [Set("a", "@a")] },
        { "$.addressSets.a", "contains itself: a → b → a", [Set("a", "@b"), Set("b", "10.0.0.0/8,@a")] },
        { "$.addressSets.b", "contains itself: b → a → b", [Set("a", "@b"), Set("b", "10.0.0.0/8,@a")] },
        {
            "$.addressSets.a[1]",
            "No address set is called \"offfices\". Did you mean \"offices\"?",
            [Set("a", "10.0.0.0/8,@offfices")]
        },
        { "$.addressSets.offices", "Another address set", [Set("offices", "10.0.0.0/8")] },
        { "$.addressSets['a/b']", "found '/'", [Set("a/b", "10.0.0.0/8")] },
    };

    [Theory]
    [MemberData(nameof(SetMistakes))]
    public void A_mistaken_address_set_is_told(string path, string message, AddressSet[] sets) =>
        Expect(
            Right with { AddressSets = [.. Right.AddressSets, .. sets] }, path, message, others: sets.Length > 1);

    [Fact]
    public void Sets_that_are_nested_without_end_are_told_and_shared_ones_are_not_walked_again()
    {
        AddressSet[] chain =
        [
            .. Enumerable.Range(0, 50_000).Select(i => Set($"s{i}", $"@s{i + 1}")),
            Set("s50000", "10.0.0.1"),
        ];
        IReadOnlyList<PolicyError> errors = PolicyValidator.Validate(
            new SwitchPolicy { AddressSets = chain.ToValueArray() });
        Assert.Equal(50_001 - 32, errors.Count);
        Assert.All(errors, error => Assert.Contains("more than 32 deep", error.Message, StringComparison.Ordinal));

        // Each of these holds the next one twice: walked naively, that is 2³⁰ visits.
        AddressSet[] diamonds =
        [
            .. Enumerable.Range(0, 30).Select(i => Set($"s{i}", $"@s{i + 1},@s{i + 1}")),
            Set("s30", "10.0.0.1"),
        ];
        SwitchPolicy policy = WithRule(
            new() { Source = "@s0", Destination = "fd00::1" },
            new RuleAction.Allow(),
            Direction.In);
        policy = policy with { AddressSets = [.. policy.AddressSets, .. diamonds] };
        Expect(policy, "$.layers[0].groups[0].rules[0].match.destination", "another family");
    }

    public static TheoryData<string, string, Layer> LayerMistakes()
    {
        Layer acl = Right.Layers[0];
        Group group = acl.Groups[0];
        return new()
        {
            { ".name", "found ','", acl with { Name = "a,b" } },
            { ".name", "Another layer is called \"nat\"", acl with { Name = "nat" } },
            { ".priority", "has priority 200 on port \"db\" already", acl with { Priority = 200 } },
            { ".priority", "found -1", acl with { Priority = -1 } },
            { ".ports[1]", "No port is called \"web\"", acl with { Ports = ["db", "web"] } },
            { ".ports[1]", "bound to port \"db\" already", acl with { Ports = ["db", "db"] } },
            { ".groups[1].name", "Another group", acl with { Groups = [group, group] } },
            { ".groups[0].priority", "found -5", acl with { Groups = [group with { Priority = -5 }] } },
            {
                ".groups[0].rules[1].id",
                "Another rule",
                acl with { Groups = [group with { Rules = [group.Rules[1], group.Rules[1]] }] }
            },
            {
                ".groups[0].rules[0].idleTimeout",
                "above 0",
                acl with { Groups = [group with { Rules = [group.Rules[0] with { IdleTimeout = TimeSpan.Zero }] }] }
            },
            {
                ".groups[0].rules[0].priority",
                "found -1",
                acl with { Groups = [group with { Rules = [group.Rules[0] with { Priority = -1 }] }] }
            },
            {
                ".groups[0].condition.destination",
                "another family",
                acl with
                {
                    Groups =
                    [
                        new Group
                        {
                            Name = "g",
                            Direction = Direction.Out,
                            Source = "10.0.0.0/8",
                            Destination = "fd00::/8",
                        },
                    ],
                }
            },
            {
                ".groups[0].rules[0].match.family",
                "the group lets no IPv6",
                acl with
                {
                    Groups =
                    [
                        new Group
                        {
                            Name = "g",
                            Direction = Direction.Out,
                            Family = IpFamily.V4,
                            Rules =
                            [
                                new Rule
                                {
                                    Id = "r",
                                    Match = new() { Family = IpFamily.V6 },
                                    Action = new RuleAction.Allow(),
                                },
                            ],
                        },
                    ],
                }
            },
        };
    }

    [Theory]
    [MemberData(nameof(LayerMistakes))]
    public void A_mistaken_layer_is_told(string path, string message, Layer layer)
    {
        // The layer stands last, so that what it repeats is its own mistake.
        SwitchPolicy policy = Right with { Layers = [Right.Layers[1], Right.Layers[2], layer] };
        Expect(policy, $"$.layers[2]{path}", message);
    }

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

    [Fact]
    public void Networks_of_different_kinds_share_no_udp_port()
    {
        Network green = Right.Networks[0];
        Network red = green with { Name = "red", Vni = new Vni(77), Tunnel = new() { Kind = TunnelKind.Geneve } };
        SwitchPolicy policy = Right with { Networks = [.. Right.Networks, red] };
        Expect(
            policy,
            $"$.networks[{Right.Networks.Count}].tunnel.udpPort",
            $"UDP port 4789 is that of vxlan tunnels, by network \"{green.Name}\"");
        Assert.Empty(PolicyValidator.Validate(policy with
        {
            Networks = [.. Right.Networks, red with { Tunnel = TunnelOptions.Of(TunnelKind.Geneve) }],
        }));
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

    [Fact]
    public void Errors_of_a_policy_made_in_code_have_no_line()
    {
        SwitchPolicy policy = Right with { Neighbors = [Right.Neighbors[0] with { Port = "nobody" }] };
        Assert.Equal(0, Assert.Single(PolicyValidator.Validate(policy)).Line);
    }

    private static SwitchPolicy WithRule(Match match, RuleAction action, Direction direction, string port = "db")
    {
        var layer = new Layer
        {
            Name = "l",
            Ports = port == "db" ? ["db"] : [port],
            Priority = 1,
            Default = DefaultAction.Allow,
            Groups =
            [
                new Group
                {
                    Name = "g",
                    Direction = direction,
                    Rules = [new Rule { Id = "r", Match = match, Action = action }],
                },
            ],
        };
        return Right with
        {
            Layers = [layer, Right.Layers[2]],
            AddressSets = [.. Right.AddressSets, Set("v4", "10.0.0.0/8"), Set("mixed", "@v4,fd00::/8")],
        };
    }

    private static void Expect(SwitchPolicy policy, string path, string message, bool others = false)
    {
        IReadOnlyList<PolicyError> errors = PolicyValidator.Validate(policy);
        Assert.Contains(errors, e => e.Path == path && e.Message.Contains(message, StringComparison.Ordinal));
        if (!others)
        {
            Assert.Single(errors);
        }
    }

    private static void ExpectMtu(SwitchPolicy policy, bool isRight)
    {
        IReadOnlyList<PolicyError> errors = PolicyValidator.Validate(policy);
        if (isRight)
        {
            Assert.Empty(errors);
        }
        else
        {
            Assert.Equal("$.networks[0].subnets[1]", Assert.Single(errors).Path);
            Assert.Contains("IPv6 needs 1280", errors[0].Message, StringComparison.Ordinal);
        }
    }

    private static Port Host(string name) => new() { Name = name, Kind = PortKind.Host };

    private static Port Second(Port db) => db with
    {
        Name = "db2",
        Mac = Mac("02:00:00:00:00:77"),
        Addresses = [Ip("10.0.2.77")],
    };

    private static AddressSet Set(string name, string addresses) => new() { Name = name, Addresses = addresses };

    private static IpAddress Ip(string text) => IpAddress.Parse(text);

    private static IpPrefix Net(string text) => IpPrefix.Parse(text);

    private static MacAddress Mac(string text) => MacAddress.Parse(text);
}
