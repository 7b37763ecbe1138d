using System.Globalization;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Readme;

/// <summary>The example that README.md shows between the two marks, compiled and run.</summary>
internal static class EmbeddingExample
{
    public static string Run(byte[] frame)
    {
        // <example>
        var policy = new SwitchPolicy
        {
            Ports =
            [
                new Port
                {
                    Name = "web",
                    Kind = PortKind.Endpoint,
                    Network = "blue",
                    Mac = MacAddress.Parse("02:42:0a:00:01:05"),
                    Addresses = [IpAddress.Parse("10.0.1.5")],
                },
                new Port
                {
                    Name = "uplink",
                    Kind = PortKind.Uplink,
                    Mac = MacAddress.Parse("02:aa:00:00:00:01"),
                    Addresses = [IpAddress.Parse("172.31.0.1")],
                    Mtu = 1500,
                },
            ],
            Networks =
            [
                new Network
                {
                    Name = "blue",
                    Vni = new Vni(4097),
                    Subnets = [IpPrefix.Parse("10.0.1.0/24")],
                    Endpoints =
                    [
                        new RemoteEndpoint
                        {
                            Addresses = [IpAddress.Parse("10.0.1.6")],
                            Mac = MacAddress.Parse("02:42:0a:00:01:06"),
                            Vtep = IpAddress.Parse("172.31.0.2"),
                        },
                    ],
                },
            ],
            Neighbors =
            [
                new Neighbor
                {
                    Port = "uplink",
                    Address = IpAddress.Parse("172.31.0.2"),
                    Mac = MacAddress.Parse("02:aa:00:00:00:02"),
                },
            ],
            Layers =
            [
                new Layer
                {
                    Name = "vnet",
                    Ports = ["web"],
                    Priority = 100,
                    Stateful = true,
                    Default = DefaultAction.Block,
                    Groups =
                    [
                        new Group
                        {
                            Name = "encap",
                            Direction = Direction.Out,
                            Rules =
                            [
                                new Rule
                                {
                                    Id = "to-blue",
                                    Match = new Match { Destination = "10.0.1.0/24" },
                                    Action = new RuleAction.Encap { Network = "blue" },
                                },
                            ],
                        },
                    ],
                },
            ],
        };

        using var web = new MemoryPort();
        using var uplink = new MemoryPort();
        using var vswitch = new VirtualSwitch(policy);
        vswitch.Attach("web", web);
        vswitch.Attach("uplink", uplink);

        web.Send(frame);
        vswitch.Poll();

        bool left = uplink.TryTake(out ReadOnlyMemory<byte> tunnelled);
        string outcome = left
            ? string.Create(CultureInfo.InvariantCulture, $"{tunnelled.Length} bytes in VXLAN")
            : $"dropped: {vswitch.ReadCounters().DroppedByReason.First().Key}";
        // </example>
        return outcome;
    }
}
