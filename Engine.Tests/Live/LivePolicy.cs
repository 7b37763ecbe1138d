using System.Text.Json;

namespace VxlanEngine.Tests.Live;

/// <summary>Policies of several tenants and VTEPs on one underlay, 172.31.0.0/24; the engine is 172.31.0.1.</summary>
internal static class LivePolicy
{
    public const int InnerMtu = 1450;

    /// <summary>MAC address of a VTEP's interface.</summary>
    public static string UnderlayMac(int vtep) => $"02:aa:00:00:00:{vtep:x2}";

    /// <summary>Writes the policy of tenants: those of a network talk to each other and to nobody else.</summary>
    public static void Write(string file, params IReadOnlyList<LiveTenant> tenants)
    {
        LiveTenant[] local = [.. tenants.Where(tenant => tenant.Vtep == 0)];
        LiveTenant[] remote = [.. tenants.Where(tenant => tenant.Vtep > 0)];
        int[] vnis = [.. tenants.Select(tenant => tenant.Vni).Distinct()];
        object[] uplink =
        [
            new { name = "uplink", kind = "uplink", mac = UnderlayMac(1), addresses = List("172.31.0.1"), mtu = 1500 },
        ];
        var policy = new
        {
            version = 1,
            ports = local.Select(object (t) => new
            {
                name = t.Name,
                kind = "endpoint",
                network = $"net{t.Vni}",
                mac = t.Mac,
                addresses = List(t.Address),
                mtu = InnerMtu,
            }).Concat(uplink),
            networks = vnis.Select(vni => new
            {
                name = $"net{vni}",
                vni,
                subnets = List("10.0.1.0/24"),
                broadcast = "replicate",
                multicast = "replicate",
                endpoints = remote.Where(t => t.Vni == vni).Select(t => new
                {
                    addresses = List(t.Address),
                    mac = t.Mac,
                    vtep = $"172.31.0.{t.Vtep}",
                }),
            }),
            neighbors = remote.Select(t => t.Vtep).Distinct().Select(vtep => new
            {
                port = "uplink",
                address = $"172.31.0.{vtep}",
                mac = UnderlayMac(vtep),
            }),
            layers = vnis.Select(vni => new
            {
                name = $"vnet{vni}",
                ports = local.Where(t => t.Vni == vni).Select(t => t.Name),
                priority = 100,
                stateful = true,
                @default = "block",
                groups = Groups(vni),
            }),
        };
        File.WriteAllText(file, JsonSerializer.Serialize(policy));
    }

    private static object[] Groups(int vni) =>
    [
        new
        {
            name = "encap", direction = "out",
            rules = new[]
            {
                new { id = "to", match = new { }, action = new { encap = new { network = $"net{vni}" } } },
            },
        },
        new
        {
            name = "decap", direction = "in",
            rules = new object[]
            {
                new
                {
                    id = "from", priority = 100, match = new { vni, outerSource = "172.31.0.0/24" }, action = "decap",
                },
                new { id = "local", priority = 200, match = new { }, action = "allow" },
            },
        },
    ];

    private static string[] List(string item) => [item];
}
