using VxlanEngine.Policy;
using static VxlanEngine.Tests.Pipeline.WorkerTraffic;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Policies for what <see cref="WorkerTraffic"/> makes.</summary>
internal static class WorkerPolicies
{
    public const string StatefulAcl = """
        { "name": "acl", "ports": ["lan", "near"], "priority": 100, "stateful": true, "default": "block", "groups": [
          { "name": "out", "direction": "out", "rules": [
            { "id": "no-7", "priority": 1, "match": { "protocol": "udp", "destinationPorts": "7" }, "action": "block" },
            { "id": "all", "priority": 2, "action": "allow" } ] },
          { "name": "in", "direction": "in", "rules": [
            { "id": "web", "match": { "protocol": "tcp", "destinationPorts": "80" }, "action": "allow" } ] } ] },
        """;

    public const string StaticNat = """
        { "name": "nat", "ports": ["lan"], "priority": 150, "default": "allow", "groups": [
          { "name": "out", "direction": "out", "rules": [
            { "id": "hide", "match": { "destination": "10.0.0.9" },
              "action": { "nat": { "source": "10.0.0.77" } } } ] } ] },
        """;

    public const string DynamicNat = """
        { "name": "pool", "ports": ["lan"], "priority": 150, "default": "allow", "groups": [
          { "name": "out", "direction": "out", "rules": [
            { "id": "pool", "match": { "protocol": "udp", "destination": "10.0.0.9" },
              "action": { "dynamicNat": { "addresses": "10.0.0.78", "ports": "1024-65535" } } } ] } ] },
        """;

    public const string Vip = """
        { "name": "vip", "ports": ["lan"], "priority": 140, "default": "allow", "groups": [
          { "name": "out", "direction": "out", "rules": [
            { "id": "vip", "match": { "protocol": "tcp", "destination": "10.0.0.100" },
              "action": { "loadBalance": { "backends": [
                { "address": "10.0.0.9", "port": 80 }, { "address": "10.0.0.2", "port": 80 } ] } } } ] } ] },
        """;

    public const string TcpMeter = """
        { "name": "meter", "ports": ["lan"], "priority": 160, "default": "allow", "groups": [
          { "name": "out", "direction": "out", "rules": [
            { "id": "m", "match": { "protocol": "tcp" }, "action": { "meter": { "name": "tcp" } } } ] } ] },
        """;

    public const string RateLimit = """
        { "name": "limit", "ports": ["lan"], "priority": 160, "default": "allow", "groups": [
          { "name": "out", "direction": "out", "rules": [
            { "id": "slow", "action": { "rateLimit": { "packetsPerSecond": 10, "burst": "1s" } } } ] } ] },
        """;

    public static SwitchPolicy With(string layers) => PolicyJson.Parse($$"""
        { "version": 1,
          "ports": [
            { "name": "lan", "kind": "endpoint", "network": "n", "mac": "{{Lan}}",
              "addresses": ["10.0.0.1", "fd00::1"] },
            { "name": "near", "kind": "endpoint", "network": "n", "mac": "{{Near}}", "addresses": ["10.0.0.2"] },
            { "name": "uplink", "kind": "uplink", "mtu": 1500,
              "mac": "{{Uplink}}", "addresses": ["172.31.0.1", "fd31::1"] } ],
          "networks": [ { "name": "n", "vni": 42, "subnets": ["10.0.0.0/24", "fd00::/64"],
            "gateway": { "addresses": ["10.0.0.254"], "mac": "{{Router}}" },
            "endpoints": [
              { "mac": "{{Far}}", "addresses": ["10.0.0.9", "fd00::9"], "vtep": "172.31.0.2" } ],
            "routes": [ { "prefix": "10.0.1.0/24", "vtep": "fd31::2", "routerMac": "02:00:00:00:00:fd" } ] } ],
          "neighbors": [ { "port": "uplink", "address": "172.31.0.2", "mac": "{{Peer}}" },
            { "port": "uplink", "address": "fd31::2", "mac": "{{Peer}}" } ],
          "layers": [ {{layers}}
           { "name": "vnet", "ports": ["lan", "near"], "priority": 200, "default": "block", "groups": [
             { "name": "encap", "direction": "out", "rules": [
               { "id": "e", "action": { "encap": { "network": "n" } } } ] },
             { "name": "decap", "direction": "in", "rules": [ { "id": "d", "action": "decap" } ] } ] } ] }
        """);
}
