using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Short names for the parts of a policy, so that a test shows what matters to it.</summary>
internal static class PolicyParts
{
    public static RuleAction Allow { get; } = new RuleAction.Allow();

    public static RuleAction Block { get; } = new RuleAction.Block();

    /// <summary>A stateless layer of one port that allows what no rule matches.</summary>
    public static Layer On(string port, string name, int priority, params Group[] groups) => new()
    {
        Name = name,
        Ports = [port],
        Priority = priority,
        Default = DefaultAction.Allow,
        Groups = groups.ToValueArray(),
    };

    public static Layer Stateful(this Layer layer) => layer with { Stateful = true };

    public static Layer BlockingByDefault(this Layer layer) => layer with { Default = DefaultAction.Block };

    public static Group Out(params Rule[] rules) => Out("out", rules);

    public static Group Out(string name, params Rule[] rules) =>
        new() { Name = name, Direction = Direction.Out, Rules = rules.ToValueArray() };

    public static Group In(params Rule[] rules) => In("in", rules);

    public static Group In(string name, params Rule[] rules) =>
        new() { Name = name, Direction = Direction.In, Rules = rules.ToValueArray() };

    public static Rule Rule(string id, RuleAction action, Match? match = null) =>
        new() { Id = id, Action = action, Match = match ?? Match.Any };

    public static Match Tcp(NumberMatch destinationPorts) =>
        new() { Protocols = [IpProtocol.Tcp], DestinationPorts = destinationPorts };

    public static Match Udp(NumberMatch destinationPorts) =>
        new() { Protocols = [IpProtocol.Udp], DestinationPorts = destinationPorts };

    public static Match To(AddressMatch destination) => new() { Destination = destination };

    public static IpAddress Ip(string text) => IpAddress.Parse(text);

    public static RuleAction.Nat Nat(
        string? source = null, ushort? sourcePort = null, string? destination = null, ushort? destinationPort = null) =>
        new()
        {
            Source = source is null ? null : Ip(source),
            SourcePort = sourcePort,
            Destination = destination is null ? null : Ip(destination),
            DestinationPort = destinationPort,
        };

    public static RuleAction.DynamicNat Pool(AddressMatch addresses, uint firstPort, uint lastPort) =>
        new() { Addresses = addresses, Ports = new NumberRange(firstPort, lastPort) };

    public static RuleAction.LoadBalance Balance(params Backend[] backends) =>
        new() { Backends = backends.ToValueArray() };

    public static Backend Backend(string address, ushort? port = null, int weight = 1) =>
        new() { Address = Ip(address), Port = port, Weight = weight };
}
