using VxlanEngine.Policy;
using static VxlanEngine.Tests.Pipeline.WorkerPolicies;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Policies of all that the fast path repeats: tunnels, and layers in front of them.</summary>
internal static class FastPathPolicies
{
    public const string Lan = "02:00:00:00:00:01";
    public const string Near = "02:00:00:00:00:02";
    public const string Far = "02:00:00:00:00:09";
    public const string Router = "02:00:00:00:00:fe";
    public const string Uplink = "02:aa:00:00:00:01";
    public const string Peer = "02:aa:00:00:00:02";

    public const string GroupAcl = """
        { "name": "groups", "ports": ["lan", "near"], "priority": 120, "stateful": true, "default": "allow", "groups": [
          { "name": "in", "direction": "in", "rules": [
            { "id": "not-5", "match": { "groupPolicyId": 5 }, "action": "block" },
            { "id": "applied", "match": { "groupPolicyApplied": true }, "action": "allow" },
            { "id": "tcp-of-6", "match": { "protocol": "tcp", "groupPolicyId": 6 }, "action": "allow" } ] } ] },
        """;

    public const string DynamicNat = """
        { "name": "pool", "ports": ["lan"], "priority": 150, "default": "allow", "groups": [
          { "name": "out", "direction": "out", "rules": [
            { "id": "pool", "match": { "protocol": "udp", "destination": "10.0.0.9" },
              "action": { "dynamicNat": { "addresses": "10.0.0.78", "ports": "5000-5007" } } } ] } ] },
        """;

    /// <summary>Members of a tunnel, layers, and the uplink's VLAN.</summary>
    public static (string Tunnel, string Layers, int Vlan)[] Cases { get; } =
    [
        ("", "", 0),
        ("\"udpChecksum\": \"compute\", \"dontFragment\": \"clear\", \"dscp\": \"uniform\"", "", 0),
        ("\"symmetricSourcePort\": true", StatefulAcl, 0),
        ("\"ttl\": 7", StatefulAcl + StaticNat, 0),
        ("\"dontFragment\": \"copy\"", StatefulAcl + DynamicNat, 0),
        ("", DynamicNat + Vip, 0),
        ("\"sourcePorts\": \"1000-1999\"", StatefulAcl + TcpMeter, 0),
        ("\"kind\": \"geneve\", \"udpChecksum\": \"compute\"", StatefulAcl + GroupAcl, 0),
        ("\"kind\": \"vxlanGpe\"", StaticNat, 0),
        ("\"groupPolicyId\": 7", GroupAcl, 0),
        ("\"udpChecksum\": \"compute\", \"dontFragment\": \"clear\"", StatefulAcl + StaticNat, 300),
        ("\"kind\": \"geneve\"", StatefulAcl, 300),
    ];

    /// <summary>A policy whose uplink takes tunnels of all kinds.</summary>
    public static SwitchPolicy OfAllKinds(SwitchPolicy policy) => policy.WithPort("uplink", p => p with
    {
        VxlanGpePorts = [4790],
        GenevePorts = [6081],
        GroupPolicy = true,
    });

    /// <summary>A policy of one network with a tunnel and layers.</summary>
    public static SwitchPolicy PolicyOf(string tunnel, string layers, int vlan = 0) => PolicyJson.Parse($$"""
        { "version": 1,
          "ports": [
            { "name": "lan", "kind": "endpoint", "network": "n", "mac": "{{Lan}}",
              "addresses": ["10.0.0.1", "fd00::1"] },
            { "name": "near", "kind": "endpoint", "network": "n", "mtu": 900,
              "mac": "{{Near}}", "addresses": ["10.0.0.2", "fd00::2"] },
            { "name": "uplink", "kind": "uplink", "mtu": 1500, "vlan": {{vlan}}, "vlanPriority": {{vlan % 7}},
              {{GroupPolicyFor(layers)}}
              "mac": "{{Uplink}}", "addresses": ["172.31.0.1", "fd31::1"] } ],
          "networks": [ { "name": "n", "vni": 42, "subnets": ["10.0.0.0/24", "fd00::/64"], "tunnel": { {{tunnel}} },
            "gateway": { "addresses": ["10.0.0.254", "fd00::fe"], "mac": "{{Router}}" },
            "endpoints": [ { "mac": "{{Far}}", "addresses": ["10.0.0.9", "fd00::9"], "vtep": "172.31.0.2" } ],
            "routes": [
              { "prefix": "fd00:1::/64", "vtep": "fd31::2", "routerMac": "02:00:00:00:00:fd" },
              { "prefix": "10.0.1.0/24", "vtep": "fd31::2", "routerMac": "02:00:00:00:00:fd" } ] } ],
          "neighbors": [ { "port": "uplink", "address": "172.31.0.2", "mac": "{{Peer}}" },
            { "port": "uplink", "address": "fd31::2", "mac": "{{Peer}}" } ],
          "layers": [ {{layers}}
           { "name": "vnet", "ports": ["lan", "near"], "priority": 200, "default": "block", "groups": [
             { "name": "encap", "direction": "out", "rules": [
               { "id": "e", "action": { "encap": { "network": "n" } } } ] },
             { "name": "decap", "direction": "in", "rules": [ { "id": "d", "action": "decap" } ] } ] } ] }
        """);

    private static string GroupPolicyFor(string layers) =>
        layers.Contains("groupPolicy", StringComparison.Ordinal) ? "\"groupPolicy\": true," : "";
}
