namespace VxlanEngine.Policy.Json;

/// <summary>The objects that layers, groups and rules are in JSON.</summary>
internal static class RuleShapes
{
    private static readonly Codec<NumberMatch> PortNumbers = Scalars.Numbers(ushort.MaxValue);
    private static readonly Codec<NumberMatch> OctetNumbers = Scalars.Numbers(byte.MaxValue);

    public static ObjectShape<Match> Match { get; } = new ObjectShape<Match>("match", Policy.Match.Any)
        .Nullable("family", Scalars.Family, m => m.Family, (m, v) => m with { Family = v })
        .Optional("etherType", Scalars.EtherTypes, m => m.EtherTypes, (m, v) => m with { EtherTypes = v })
        .Optional("protocol", Scalars.Protocols, m => m.Protocols, (m, v) => m with { Protocols = v })
        .Optional("source", Scalars.Addresses, m => m.Source, (m, v) => m with { Source = v })
        .Optional("sourcePorts", PortNumbers, m => m.SourcePorts, (m, v) => m with { SourcePorts = v })
        .Optional("destination", Scalars.Addresses, m => m.Destination, (m, v) => m with { Destination = v })
        .Optional(
            "destinationPorts", PortNumbers, m => m.DestinationPorts, (m, v) => m with { DestinationPorts = v })
        .Optional("icmpType", OctetNumbers, m => m.IcmpType, (m, v) => m with { IcmpType = v })
        .Optional("icmpCode", OctetNumbers, m => m.IcmpCode, (m, v) => m with { IcmpCode = v })
        .Nullable("tcpSyn", Scalars.Boolean, m => m.TcpSyn, (m, v) => m with { TcpSyn = v })
        .Optional("fragment", Scalars.Fragments, m => m.Fragments, (m, v) => m with { Fragments = v })
        .Optional("dscp", Scalars.Numbers(63), m => m.Dscp, (m, v) => m with { Dscp = v })
        .Optional("sourceMac", Scalars.MacList, m => m.SourceMac, (m, v) => m with { SourceMac = v })
        .Optional("destinationMac", Scalars.MacList, m => m.DestinationMac, (m, v) => m with { DestinationMac = v })
        .Optional("vlan", Scalars.Numbers(4095), m => m.Vlan, (m, v) => m with { Vlan = v })
        .Optional("vni", Scalars.Numbers(Wire.Vni.MaxValue), m => m.Vni, (m, v) => m with { Vni = v })
        .Optional(
            "groupPolicyId",
            Scalars.Numbers(ushort.MaxValue),
            m => m.GroupPolicyId,
            (m, v) => m with { GroupPolicyId = v })
        .Nullable(
            "groupPolicyApplied",
            Scalars.Boolean,
            m => m.GroupPolicyApplied,
            (m, v) => m with { GroupPolicyApplied = v })
        .Optional("outerSource", Scalars.Addresses, m => m.OuterSource, (m, v) => m with { OuterSource = v })
        .Optional(
            "outerDestination",
            Scalars.Addresses,
            m => m.OuterDestination,
            (m, v) => m with { OuterDestination = v });

    public static ObjectShape<Rule> Rule { get; } =
        new ObjectShape<Rule>("rule", new Rule { Id = "", Action = new RuleAction.Allow() })
            .Required("id", Scalars.Name, r => r.Id, (r, v) => r with { Id = v })
            .Optional("priority", Scalars.Priority, r => r.Priority, (r, v) => r with { Priority = v })
            .Optional("match", Match, r => r.Match, (r, v) => r with { Match = v })
            .Required("action", new ActionCodec(), r => r.Action, (r, v) => r with { Action = v })
            .Optional("terminating", Scalars.Boolean, r => r.Terminating, (r, v) => r with { Terminating = v })
            .Nullable("stateful", Scalars.Boolean, r => r.Stateful, (r, v) => r with { Stateful = v })
            .Nullable("idleTimeout", Scalars.Duration, r => r.IdleTimeout, (r, v) => r with { IdleTimeout = v });

    public static ObjectShape<Group> Condition { get; } = new ObjectShape<Group>("condition", BlankGroup())
        .Nullable("family", Scalars.Family, g => g.Family, (g, v) => g with { Family = v })
        .Optional("protocol", Scalars.Protocols, g => g.Protocols, (g, v) => g with { Protocols = v })
        .Optional("source", Scalars.Addresses, g => g.Source, (g, v) => g with { Source = v })
        .Optional("destination", Scalars.Addresses, g => g.Destination, (g, v) => g with { Destination = v });

    public static ObjectShape<Group> Group { get; } = new ObjectShape<Group>("group", BlankGroup())
        .Required("name", Scalars.Name, g => g.Name, (g, v) => g with { Name = v })
        .Required(
            "direction",
            new WordCodec<Direction>(("out", Direction.Out), ("in", Direction.In)),
            g => g.Direction,
            (g, v) => g with { Direction = v })
        .Optional("priority", Scalars.Priority, g => g.Priority, (g, v) => g with { Priority = v })
        .Part("condition", Condition)
        .Optional(
            "rules", new ListCodec<Rule>(Rule, ListForm.Array), g => g.Rules, (g, v) => g with { Rules = v });

    public static ObjectShape<Layer> Layer { get; } =
        new ObjectShape<Layer>("layer", new Layer { Name = "", Priority = 0, Default = DefaultAction.Block })
            .Required("name", Scalars.Name, l => l.Name, (l, v) => l with { Name = v })
            .Optional("ports", Scalars.Names, l => l.Ports, (l, v) => l with { Ports = v })
            .Required("priority", Scalars.Priority, l => l.Priority, (l, v) => l with { Priority = v })
            .Optional("stateful", Scalars.Boolean, l => l.Stateful, (l, v) => l with { Stateful = v })
            .Required(
                "default",
                new WordCodec<DefaultAction>(("block", DefaultAction.Block), ("allow", DefaultAction.Allow)),
                l => l.Default,
                (l, v) => l with { Default = v })
            .Optional(
                "groups", new ListCodec<Group>(Group, ListForm.Array), l => l.Groups, (l, v) => l with { Groups = v });

    private static Group BlankGroup() => new() { Name = "", Direction = Direction.Out };
}
