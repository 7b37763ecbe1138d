using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Policy.PolicyMistakes;

namespace VxlanEngine.Tests.Policy.Validation;

/// <summary>Mistakes of meaning in ports.</summary>
public sealed class PortCheckTests
{
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
            { "$.ports[2].reservedBitsMask", "Only an uplink", Host("h") with { ReservedBitsMask = 0 } },
            {
                "$.ports[2].reservedBitsMask",
                "0x0800000000000000 are not reserved",
                Routed([]) with { ReservedBits = ReservedBits.Reject, ReservedBitsMask = ulong.MaxValue ^ 0xFFFFFF00 }
            },
            {
                "$.ports[2].reservedBitsMask",
                "only where \"reservedBits\" is \"reject\"",
                Routed([]) with { ReservedBitsMask = 1 }
            },
            { "$.ports[2].resolveNeighbors", "Only an uplink", Host("h") with { ResolveNeighbors = true } },
            { "$.ports[2].hostTables", "Only an uplink", Host("h") with { HostTables = true } },
            { "$.ports[2].hostTables", "VLAN's own interface", Routed([]) with { HostTables = true, Vlan = 5 } },
            { "$.ports[2].bfd", "Only an uplink", Host("h") with { Bfd = new BfdOptions() } },
            { "$.ports[2].vlan", "Only an uplink", Host("h") with { Vlan = 5 } },
            { "$.ports[2].vlanPriority", "Only an uplink", Host("h") with { VlanPriority = 1 } },
            { "$.ports[2].routes", "Only an uplink", Host("h") with { Routes = [Via("0.0.0.0/0", "10.0.0.1")] } },
            { "$.ports[2].vlan", "up to 4094, found 4095", Routed([]) with { Vlan = 4095 } },
            { "$.ports[2].vlanPriority", "from 0 to 7, found 8", Routed([]) with { Vlan = 5, VlanPriority = 8 } },
            { "$.ports[2].vlanPriority", "needs \"vlan\"", Routed([]) with { VlanPriority = 3 } },
            {
                "$.ports[2].routes[0].prefix",
                "found none",
                Routed([OnLink("0.0.0.0/0") with { Prefix = default }])
            },
            {
                "$.ports[2].routes[1].prefix",
                "has a route to 10.0.0.0/8 already",
                Routed([Via("10.0.0.0/8", "172.31.9.9"), OnLink("10.0.0.0/8")])
            },
            { "$.ports[2].routes[0].prefix", "no address of the family of ::/0", Routed([OnLink("::/0")]) },
            {
                "$.ports[2].routes[0]",
                "one of the two",
                Routed([OnLink("10.0.0.0/8") with { Via = [Ip("172.31.9.9")] }])
            },
            { "$.ports[2].routes[0]", "one of the two", Routed([OnLink("10.0.0.0/8") with { OnLink = false }]) },
            {
                "$.ports[2].routes[0].via",
                "the multicast address 224.0.0.1",
                Routed([Via("10.0.0.0/8", "224.0.0.1")])
            },
            { "$.ports[2].routes[0].via", "of different families", Routed([Via("10.0.0.0/8", "fe80::1")]) },
            { "$.ports[2].routes[0].via", "the uplink's own address", Routed([Via("10.0.0.0/8", "172.31.9.5")]) },
            {
                "$.ports[2].routes[0].via[1]",
                "of different families",
                Routed([Via("10.0.0.0/8", "172.31.9.9") with { Via = [Ip("172.31.9.9"), Ip("fe80::1")] }])
            },
            {
                "$.ports[2].routes[0].via[1]",
                "Router 172.31.9.9 is given twice",
                Routed([Via("10.0.0.0/8", "172.31.9.9") with { Via = [Ip("172.31.9.9"), Ip("172.31.9.9")] }])
            },
            {
                "$.ports[2].routes[0].source",
                "172.31.9.6 is no address of the uplink",
                Routed([OnLink("10.0.0.0/8") with { Source = Ip("172.31.9.6") }])
            },
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

    private static Port Routed(ValueArray<UplinkRoute> routes) =>
        Right.Ports[1] with { Name = "u", Addresses = [Ip("172.31.9.5")], Routes = routes };

    private static UplinkRoute Via(string prefix, string via) => new() { Prefix = Net(prefix), Via = [Ip(via)] };

    private static UplinkRoute OnLink(string prefix) => new() { Prefix = Net(prefix), OnLink = true };

    private static Port Host(string name) => new() { Name = name, Kind = PortKind.Host };

    private static Port Second(Port db) => db with
    {
        Name = "db2",
        Mac = Mac("02:00:00:00:00:77"),
        Addresses = [Ip("10.0.2.77")],
    };
}
