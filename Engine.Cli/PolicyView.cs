using System.Globalization;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Policy.Json;
using VxlanEngine.Wire;

namespace VxlanEngine.Cli;

/// <summary>A policy as tables: ports, networks with their mappings, and layers as packets cross them.</summary>
internal static class PolicyView
{
    /// <summary>Writes the tables.</summary>
    public static void Write(SwitchPolicy policy, CommandIo io)
    {
        Ports(policy, io);
        foreach (Network network in policy.Networks)
        {
            WriteNetwork(policy, network, io);
        }

        UplinkRoutes(policy, io);
        Neighbors(policy, io);
        AddressSets(policy, io);
        foreach (Layer layer in policy.Layers.OrderBy(layer => layer.Priority))
        {
            WriteLayer(layer, io);
        }
    }

    private static void Ports(SwitchPolicy policy, CommandIo io)
    {
        io.Output.WriteLine("Ports");
        var table = new TextTable("port", "kind", "network", "mac", "addresses", "mtu", "settings");
        foreach (Port port in policy.Ports)
        {
            string[] settings =
            [
                port.SourceGuard || port.Kind != PortKind.Endpoint ? "" : "no source guard",
                port.Promiscuous ? "promiscuous" : "",
                port.VxlanPorts.IsEmpty ? "" : $"vxlan ports {port.VxlanPorts}",
                port.VxlanGpePorts.IsEmpty ? "" : $"vxlan-gpe ports {port.VxlanGpePorts}",
                port.GenevePorts.IsEmpty ? "" : $"geneve ports {port.GenevePorts}",
                port.GroupPolicy ? "group policy" : "",
                port.ReservedBits == ReservedBits.Reject ? ReservedBitsText(port.ReservedBitsMask) : "",
                port.Checksum == ChecksumMode.Trust ? "trust checksums" : "",
                port.AllowZeroChecksumIpv6 ? "allow zero checksum over ipv6" : "",
                port.ResolveNeighbors ? "resolve neighbours" : "",
                port.HostTables ? "host tables" : "",
                port.Vlan == 0 ? "" : $"vlan {port.Vlan}",
                port.VlanPriority == 0 ? "" : $"vlan priority {port.VlanPriority}",
                port.Bfd is { } bfd ? BfdText(bfd) : "",
                Rate(port.Rates.FloodsPerSecond, "floods"),
                Rate(port.Rates.IcmpPerSecond, "icmp"),
                Rate(port.Rates.NeighborsPerSecond, "arp and nd"),
                Rate(port.Rates.NewFlowsPerSecond, "new flows"),
            ];
            table.Add(
                port.Name,
                Word(port.Kind),
                port.Network ?? "",
                port.Mac.IsZero ? "" : port.Mac.ToString(),
                port.Addresses.ToString(),
                port.Mtu == 0 ? "" : port.Mtu.ToString(),
                Join(settings));
        }

        table.Write(io);
    }

    private static void WriteNetwork(SwitchPolicy policy, Network network, CommandIo io)
    {
        io.Output.WriteLine();
        io.Output.WriteLine($"Network {network.Name}, VNI {network.Vni}");
        var facts = new TextTable("setting", "value");
        Fact("subnets", network.Subnets.ToString());
        Fact("unknown unicast", Word(network.UnknownUnicast));
        Fact("broadcast", Word(network.Broadcast));
        Fact("multicast", Word(network.Multicast));
        Fact(network.MulticastGroup is null ? "flooded also to" : "more vteps", network.Vteps.ToString());
        Fact("multicast group", network.MulticastGroup is null ? "" : GroupText(network.MulticastGroup));
        Fact("source vtep check", Word(network.SourceVtep));
        Fact("inner vlan", Word(network.InnerVlan));
        Fact("neighbor proxy", network.NeighborProxy ? "on" : "off");
        Fact("learning", network.Learning is null ? "" : LearningText(network.Learning));
        Fact("mtu inside", OverlayMtu.Of(policy, network)?.ToString() ?? "");
        Fact("tunnel", TunnelText(network.Tunnel));
        facts.Write(io);

        io.Output.WriteLine();
        var mappings = new TextTable("mapping", "mac", "behind", "vni");
        foreach (Port port in policy.Ports.Where(port => port.Network == network.Name))
        {
            mappings.Add(port.Addresses.ToString(), port.Mac.ToString(), $"port {port.Name}", "");
        }

        if (network.Gateway is { } gateway)
        {
            mappings.Add(gateway.Addresses.ToString(), gateway.Mac.ToString(), "gateway", "");
        }

        foreach (RemoteEndpoint endpoint in network.Endpoints)
        {
            mappings.Add(endpoint.Addresses.ToString(), endpoint.Mac.ToString(), $"vtep {endpoint.Vtep}", "");
        }

        foreach (RemoteSubnet route in network.Routes)
        {
            mappings.Add(
                route.Prefix.ToString(),
                route.RouterMac.ToString(),
                $"vtep {route.Vteps}",
                route.Vni?.ToString() ?? "");
        }

        mappings.Write(io);

        void Fact(string name, string value)
        {
            if (value.Length > 0)
            {
                facts.Add(name, value);
            }
        }
    }

    private static void UplinkRoutes(SwitchPolicy policy, CommandIo io)
    {
        if (policy.Ports.All(port => port.Routes.IsEmpty))
        {
            return;
        }

        io.Output.WriteLine();
        io.Output.WriteLine("Routes");
        var table = new TextTable("port", "prefix", "via", "source");
        foreach (Port port in policy.Ports)
        {
            foreach (UplinkRoute route in port.Routes)
            {
                table.Add(
                    port.Name,
                    route.Prefix.ToString(),
                    route.Via.IsEmpty ? "on link" : route.Via.ToString(),
                    route.Source?.ToString() ?? "");
            }
        }

        table.Write(io);
    }

    private static string Rate(int? perSecond, string what) =>
        perSecond is null ? "" : $"at most {perSecond} {what}/s";

    private static string GroupText(MulticastGroup group) => Join(
        group.Address.ToString(),
        group.Uplink is null ? "" : $"uplink {group.Uplink}",
        $"ttl {group.Ttl}",
        group.ReplicateTo.IsEmpty ? "" : $"replicated to {group.ReplicateTo} besides");

    private static string LearningText(Learning learning) =>
        $"at most {learning.Limit} stations, {Durations.Format(learning.Age)}";

    private static void Neighbors(SwitchPolicy policy, CommandIo io)
    {
        if (policy.Neighbors.IsEmpty)
        {
            return;
        }

        io.Output.WriteLine();
        io.Output.WriteLine("Neighbors");
        var table = new TextTable("port", "address", "mac");
        foreach (Neighbor neighbor in policy.Neighbors)
        {
            table.Add(neighbor.Port, neighbor.Address.ToString(), neighbor.Mac.ToString());
        }

        table.Write(io);
    }

    private static void AddressSets(SwitchPolicy policy, CommandIo io)
    {
        if (policy.AddressSets.IsEmpty)
        {
            return;
        }

        io.Output.WriteLine();
        io.Output.WriteLine("Address sets");
        var table = new TextTable("set", "addresses");
        foreach (AddressSet set in policy.AddressSets)
        {
            table.Add($"@{set.Name}", set.Addresses.ToString());
        }

        table.Write(io);
    }

    private static void WriteLayer(Layer layer, CommandIo io)
    {
        io.Output.WriteLine();
        string ports = layer.Ports.IsEmpty ? "no port" : layer.Ports.ToString();
        string state = layer.Stateful ? "stateful" : "stateless";
        io.Output.WriteLine(
            $"Layer {layer.Name}, priority {layer.Priority}, {state}, default {Word(layer.Default)}, on {ports}");
        foreach (Direction direction in (Direction[])[Direction.Out, Direction.In])
        {
            foreach (Group group in layer.Groups.Where(g => g.Direction == direction).OrderBy(g => g.Priority))
            {
                WriteGroup(layer, group, io);
            }
        }
    }

    private static void WriteGroup(Layer layer, Group group, CommandIo io)
    {
        string condition = group.Condition == Match.Any ? "" : $", only {group.Condition}";
        io.Output.WriteLine(
            $"  {layer.Name}/{group.Name}, {Word(group.Direction)}, priority {group.Priority}{condition}");
        var table = new TextTable("rule", "priority", "match", "action", "flags");
        foreach (Rule rule in group.Rules.OrderBy(rule => rule.Priority))
        {
            string[] flags =
            [
                rule.Terminating ? "terminating" : "",
                rule.Stateful switch { true => "stateful", false => "stateless", null => "" },
                rule.IdleTimeout is { } timeout ? $"idle {timeout}" : "",
            ];
            table.Add(
                rule.Id, rule.Priority.ToString(), rule.Match.ToString(), rule.Action.ToString(), Join(flags));
        }

        table.Write(io, indent: 4);
    }

    private static string BfdText(BfdOptions bfd)
    {
        string text = $"bfd with {bfd.Vteps} in vni {bfd.Vni}: tx {Durations.Format(bfd.MinTx)}, "
            + $"rx {Durations.Format(bfd.MinRx)}, multiplier {bfd.Multiplier}";
        if (bfd.Authentication is { } authentication)
        {
            text += $", {AuthenticationText(authentication.Type)} with {string.Join(" or ", authentication.Keys)}";
        }

        return bfd.Tunnel == TunnelOptions.Default ? text : $"{text}, {TunnelText(bfd.Tunnel)}";
    }

    private static string ReservedBitsText(ulong mask) => mask == VxlanHeader.ReservedMask
        ? "reject reserved bits"
        : string.Create(CultureInfo.InvariantCulture, $"reject reserved bits 0x{mask:x16}");

    private static string AuthenticationText(BfdAuthenticationType type) => type switch
    {
        BfdAuthenticationType.SimplePassword => "simple password",
        BfdAuthenticationType.KeyedMd5 => "keyed md5",
        BfdAuthenticationType.MeticulousKeyedMd5 => "meticulous keyed md5",
        BfdAuthenticationType.KeyedSha1 => "keyed sha1",
        _ => "meticulous keyed sha1",
    };

    private static string TunnelText(TunnelOptions tunnel)
    {
        TunnelOptions usual = TunnelOptions.Of(tunnel.Kind);
        return Join(
            tunnel.Kind == TunnelKind.Vxlan ? "" : TunnelProtocols.Of(tunnel.Kind)!.Name,
            tunnel.UdpPort == usual.UdpPort ? "" : $"udp port {tunnel.UdpPort}",
            tunnel.SourcePorts == usual.SourcePorts ? "" : $"source ports {tunnel.SourcePorts}",
            tunnel.SymmetricSourcePort ? "symmetric source port" : "",
            tunnel.Ttl == usual.Ttl ? "" : $"ttl {tunnel.Ttl}",
            tunnel.Dscp == usual.Dscp ? "" : $"dscp {Word(tunnel.Dscp)}",
            tunnel.DontFragment == usual.DontFragment ? "" : $"don't fragment {Word(tunnel.DontFragment)}",
            tunnel.UdpChecksum == usual.UdpChecksum ? "" : $"udp checksum {Word(tunnel.UdpChecksum)}",
            tunnel.ClampMss ? "" : "mss not clamped",
            tunnel.GroupPolicyId is { } group
                ? $"group policy {group}{(tunnel.GroupPolicyApplied ? " applied" : "")}"
                : "",
            tunnel.Oversize == usual.Oversize ? "" : $"oversize {Word(tunnel.Oversize)}");
    }

    private static string Join(params string[] parts) => string.Join(", ", parts.Where(part => part.Length > 0));

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
