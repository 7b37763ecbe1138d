namespace VxlanEngine.Tests.Policy;

/// <summary>Policies as text that several tests read.</summary>
internal static class PolicySamples
{
    /// <summary>An overlay of two networks that uses every kind of object.</summary>
    public const string Overlay = """
        {
          // What an endpoint of a container overlay gets.
          "version": 1,
          "ports": [
            { "name": "db", "kind": "endpoint", "network": "green", "mac": "02:42:0a:00:02:05",
              "addresses": "10.0.2.5,fd02::5" },
            { "name": "up", "kind": "uplink", "mac": "02:aa:00:00:00:11", "addresses": ["172.31.9.1", "fd39::1"] },
          ],
          "networks": [
            {
              "name": "green", "vni": 5001, "subnets": ["10.0.2.0/24", "fd02::/64"],
              "gateway": { "addresses": ["10.0.2.1", "fd02::1"], "mac": "02:42:0a:00:02:01" },
              "endpoints": [
                { "addresses": ["10.0.2.6", "fd02::6"], "mac": "02:42:0a:00:02:06", "vtep": "172.31.9.2" },
                { "addresses": "10.0.2.7", "mac": "02:42:0a:00:02:07", "vtep": "fd39::3" }
              ],
              "routes": [
                { "prefix": "10.8.0.0/16", "vtep": "172.31.9.9", "vni": 6001, "routerMac": "02:42:00:00:00:09" }
              ],
              "unknownUnicast": "punt", "broadcast": "replicate",
              "tunnel": { "ttl": 32, "sourcePorts": "50000-50999", "dontFragment": "copy" }
            }
          ],
          "neighbors": [ { "port": "up", "address": "172.31.9.2", "mac": "02:aa:00:00:00:12" } ],
          "addressSets": { "offices": ["192.0.2.0/24", "2001:db8::/32"], "all": "@offices,10.0.0.0/8" },
          "layers": [
            {
              "name": "acl", "ports": ["db"], "priority": 100, "stateful": true, "default": "block",
              "groups": [
                { "name": "out", "direction": "out", "rules": [
                  { "id": "no-telnet", "priority": 100, "match": { "protocol": "tcp", "destinationPorts": "23" },
                    "action": "block" },
                  { "id": "rest", "match": {}, "action": "allow" } ] },
                { "name": "in", "direction": "in", "condition": { "family": "ipv4", "protocol": "tcp,udp" }, "rules": [
                  { "id": "sql",
                    "match": { "protocol": "tcp", "destinationPorts": "5432,8000-8099", "source": "@all,!10.0.2.9" },
                    "action": "allow", "idleTimeout": "30m" } ] }
              ]
            },
            {
              "name": "nat", "ports": ["db"], "priority": 200, "stateful": true, "default": "allow",
              "groups": [ { "name": "vip", "direction": "out", "rules": [
                { "id": "dns", "match": { "protocol": "udp", "destination": "10.0.2.250", "destinationPorts": 53 },
                  "action": { "nat": { "destination": "10.0.2.6", "destinationPort": 5353 } } },
                { "id": "web", "match": { "protocol": "tcp", "destination": "10.0.2.251" },
                  "action": { "loadBalance": { "backends": [
                    { "address": "10.0.2.6", "port": 8080 }, { "address": "10.0.2.7", "weight": 0 } ] } } } ] } ]
            },
            {
              "name": "vnet", "ports": ["db"], "priority": 300, "default": "block",
              "groups": [
                { "name": "encap", "direction": "out", "rules": [
                  { "id": "peer", "priority": 10, "match": { "destination": "10.99.0.0/16" },
                    "action": {
                      "encap": { "tunnel": { "vni": 7, "destination": "172.31.9.7,172.31.9.8", "ttl": 9 } } } },
                  { "id": "to-green", "match": { "destination": ["10.0.2.0/24", "fd02::/64"] },
                    "action": { "encap": { "network": "green" } } } ] },
                { "name": "decap", "direction": "in", "rules": [
                  { "id": "from-green", "match": { "vni": 5001 }, "action": "decap" } ] }
              ]
            }
          ]
        }
        """;
}
