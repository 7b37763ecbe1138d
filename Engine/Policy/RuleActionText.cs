using VxlanEngine.Packets;
using VxlanEngine.Policy.Json;
using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>Actions in words, for people.</summary>
internal static class RuleActionText
{
    /// <summary>An action on one line.</summary>
    public static string Describe(RuleAction action) => action switch
    {
        RuleAction.Allow => "allow",
        RuleAction.Block => "block",
        RuleAction.Nat nat => Join(
            "nat",
            Socket("source", nat.Source, nat.SourcePort),
            Socket("destination", nat.Destination, nat.DestinationPort)),
        RuleAction.DynamicNat nat => $"dynamic nat to {nat.Addresses} ports {nat.Ports}",
        RuleAction.LoadBalance balance => Join(
            "load balance to", string.Join(", ", balance.Backends.Select(BackendText)), HashText(balance.Hash)),
        RuleAction.Encap { Network: { } network } => $"encap by network {network}",
        RuleAction.Encap { Tunnel: { } tunnel } => Join(
            $"encap {KindText(tunnel.Options)}vni {tunnel.Vni} to {tunnel.Destinations}",
            tunnel.Source is { } source ? $"from {source}" : "",
            tunnel.RouterMac is { } mac ? $"router {mac}" : "",
            tunnel.Options.GroupPolicyId is { } group ? $"group policy {group}" : "",
            tunnel.Options.GroupPolicyApplied ? "applied" : ""),
        RuleAction.Encap => "encap",
        RuleAction.Decap { Port: { } port } => $"decap to port {port}",
        RuleAction.Decap => "decap",
        RuleAction.Modify modify => ModifyText(modify),
        RuleAction.Redirect { Port: { } port } => $"redirect to port {port}",
        RuleAction.Redirect => "hairpin",
        RuleAction.Mirror mirror => $"mirror to port {mirror.Port}",
        RuleAction.Meter meter => $"meter {meter.Name}",
        RuleAction.RateLimit limit => Join(
            "rate limit",
            limit.PacketsPerSecond is { } packets ? $"{packets} packets/s" : "",
            limit.BitsPerSecond is { } bits ? $"{bits} bits/s" : "",
            $"burst {Durations.Format(limit.Burst)}"),
        _ => throw new ArgumentException($"{action.GetType().Name} is no known action.", nameof(action)),
    };

    private static string KindText(TunnelOptions options) => options.Kind == TunnelKind.Vxlan
        ? ""
        : $"{TunnelProtocols.Of(options.Kind)?.Name ?? options.Kind.ToString()} ";

    private static string ModifyText(RuleAction.Modify modify) => Join(
        "modify",
        modify.SourceMac is { } source ? $"source mac {source}" : "",
        modify.DestinationMac is { } destination ? $"destination mac {destination}" : "",
        modify.DecrementTtl ? "decrement ttl" : "",
        modify.Dscp is { } dscp ? $"dscp {dscp}" : "",
        modify.PopVlan ? "pop vlan" : "",
        modify.PushVlan is { } vlan ? $"push vlan {vlan}" : "");

    private static string Socket(string side, IpAddress? address, ushort? port) => (address, port) switch
    {
        (null, null) => "",
        ({ } a, null) => $"{side} {a}",
        (null, { } p) => $"{side} port {p}",
        ({ } a, { } p) => $"{side} {SocketText(a, p)}",
    };

    private static string SocketText(IpAddress address, ushort port) =>
        address.Family == IpFamily.V6 ? $"[{address}]:{port}" : $"{address}:{port}";

    private static string BackendText(Backend backend)
    {
        string socket = backend.Port is { } port ? SocketText(backend.Address, port) : backend.Address.ToString();
        return backend.Weight == 1 ? socket : $"{socket} weight {backend.Weight}";
    }

    private static string HashText(LoadBalanceHash hash) => hash switch
    {
        LoadBalanceHash.SourceAddress => "by source address",
        LoadBalanceHash.SourceAddressProtocol => "by source address and protocol",
        _ => "",
    };

    private static string Join(params string[] words) => string.Join(' ', words.Where(word => word.Length > 0));
}
