using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>The engine's policies for the work that is compared; Open vSwitch's rules for it are alike.</summary>
internal static class ComparisonPolicy
{
    /// <summary>The port at which plain frames enter and leave.</summary>
    public const string Tenant = "tenant";

    /// <summary>The port at which tunnel packets enter and leave.</summary>
    public const string Underlay = "underlay";

    /// <summary>Rules of the access list that match nothing.</summary>
    public const int AccessListLength = 1000;

    private const string Network = "n";

    private static readonly Layer Overlay = LayerOf(
        "vnet",
        priority: 300,
        new Group
        {
            Name = "encap",
            Direction = Direction.Out,
            Rules =
            [
                new Rule { Id = "tunnel", Match = Match.Any, Action = new RuleAction.Encap { Network = Network } },
            ],
        },
        new Group
        {
            Name = "decap",
            Direction = Direction.In,
            Rules = [new Rule { Id = "tunnel", Match = Match.Any, Action = new RuleAction.Decap() }],
        });

    /// <summary>The policy for a kind of work.</summary>
    public static SwitchPolicy For(Workload work) => work switch
    {
        Workload.Encap => With(isEndpointRemote: true, Overlay),
        Workload.Decap => With(isEndpointRemote: false, Overlay),
        Workload.AccessList => With(isEndpointRemote: true, AccessList(AccessListLength), Overlay),
        Workload.StaticNat => With(isEndpointRemote: true, StaticNat(), Overlay),
        Workload.DynamicNat => With(isEndpointRemote: true, DynamicNat(), Overlay),
        Workload.Tracked => With(isEndpointRemote: true, Tracked(), Overlay),
        _ => throw new ArgumentOutOfRangeException(nameof(work), work, "Not a kind of work."),
    };

    /// <summary>The policy of one tenant, with layers of one's own in front of the tunnel.</summary>
    public static SwitchPolicy Outbound(params Layer[] layers) => With(isEndpointRemote: true, [.. layers, Overlay]);

    /// <summary>A layer that denies by rules which no frame matches.</summary>
    public static Layer AccessList(int rules) =>
        OutLayer("acl", priority: 100, [.. DenyRule.Make(rules).Select((rule, i) => rule.ToRule(i))]);

    /// <summary>A layer for what the tenant sends, with one rule for everything.</summary>
    public static Layer Rules(string name, RuleAction action) =>
        OutLayer(name, priority: 100, [new Rule { Id = "all", Match = Match.Any, Action = action }]);

    /// <summary>A stateful rule that allows everything.</summary>
    public static Layer Tracked() =>
        Rules("acl", new RuleAction.Allow()) with { Stateful = true, Default = DefaultAction.Block };

    /// <summary>A pool of twelve addresses.</summary>
    public static Layer DynamicNat() =>
        Rules("nat", new RuleAction.DynamicNat { Addresses = "192.168.9.9-192.168.9.20" });

    // Two addresses, so that no two of the flows become one: ports repeat after 50 000 flows.
    private static Layer StaticNat() => OutLayer("nat", priority: 200,
    [
        StaticRule("lower", "10.1.0.0/17", "192.168.9.9"),
        StaticRule("upper", "10.1.128.0/17", "192.168.9.10"),
    ]);

    private static Rule StaticRule(string id, string source, string translated) => new()
    {
        Id = id,
        Match = new Match { Source = source },
        Action = new RuleAction.Nat { Source = IpAddress.Parse(translated) },
    };

    private static Layer OutLayer(string name, int priority, Rule[] rules) =>
        LayerOf(name, priority, new Group { Name = "out", Direction = Direction.Out, Rules = rules.ToValueArray() });

    private static Layer LayerOf(string name, int priority, params Group[] groups) => new()
    {
        Name = name,
        Ports = [Tenant],
        Priority = priority,
        Default = DefaultAction.Allow,
        Groups = groups.ToValueArray(),
    };

    // The station behind the tunnel is the one that does not send.
    private static SwitchPolicy With(bool isEndpointRemote, params Layer[] layers)
    {
        var sender = MacAddress.Parse("02:00:00:00:00:01");
        var receiver = MacAddress.Parse("02:00:00:00:00:02");
        return new SwitchPolicy
        {
            Ports =
            [
                new Port
                {
                    Name = Tenant,
                    Kind = PortKind.Endpoint,
                    Network = Network,
                    Mac = isEndpointRemote ? sender : receiver,
                    SourceGuard = false,
                },
                new Port
                {
                    Name = Underlay,
                    Kind = PortKind.Uplink,
                    Mac = MacAddress.Parse("02:aa:00:00:00:01"),
                    Addresses = [IpAddress.Parse("172.31.0.1")],
                    Mtu = 1600,
                },
            ],
            Networks =
            [
                new Network
                {
                    Name = Network,
                    Vni = new Vni(42),
                    Endpoints =
                    [
                        new RemoteEndpoint
                        {
                            Addresses = [IpAddress.Parse(isEndpointRemote ? "10.2.0.1" : "10.1.0.1")],
                            Mac = isEndpointRemote ? receiver : sender,
                            Vtep = IpAddress.Parse("172.31.0.2"),
                        },
                    ],
                },
            ],
            Neighbors =
            [
                new Neighbor
                {
                    Port = Underlay,
                    Address = IpAddress.Parse("172.31.0.2"),
                    Mac = MacAddress.Parse("02:aa:00:00:00:02"),
                },
            ],
            Layers = layers.ToValueArray(),
        };
    }
}
