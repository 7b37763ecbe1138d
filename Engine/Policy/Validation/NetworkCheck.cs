using VxlanEngine.Policy.Json;
using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>Checks the networks and the neighbours on the underlay.</summary>
internal sealed class NetworkCheck(PolicyIndex index, Findings findings)
{
    private const int MinIpv6Mtu = 1280;

    private readonly TunnelCheck _tunnels = new(index, findings);
    private readonly MulticastGroupCheck _groups = new(index, findings);

    /// <summary>Checks that addresses lie in a network's subnets, if it has any.</summary>
    public static void InSubnets(Findings findings, string path, ValueArray<IpAddress> addresses, Network network)
    {
        // A subnet that is a mistake itself may be the one that is meant.
        if (network.Subnets.IsEmpty || network.Subnets.Any(subnet => !subnet.Address.HasValue))
        {
            return;
        }

        for (int i = 0; i < addresses.Count; i++)
        {
            IpAddress address = addresses[i];

            // Every IPv6 interface has a link-local address, which lies in no subnet.
            bool isExempt = !address.HasValue || (address.Family == IpFamily.V6 && address.IsLinkLocal);
            if (!isExempt && !network.Subnets.Any(subnet => subnet.Contains(address)))
            {
                findings.Add(
                    $"{path}[{i}]",
                    $"{address} lies in no subnet of network \"{network.Name}\" ({network.Subnets}).");
            }
        }
    }

    public void Run()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var owners = new Dictionary<Vni, string>();
        ILookup<string?, (Port Port, int Index)> endpoints = index.Policy.Ports
            .Select((port, i) => (Port: port, Index: i))
            .Where(pair => pair.Port.Kind == PortKind.Endpoint)
            .ToLookup(pair => pair.Port.Network, StringComparer.Ordinal);
        for (int i = 0; i < index.Policy.Networks.Count; i++)
        {
            Network network = index.Policy.Networks[i];
            string path = $"$.networks[{i}]";
            findings.Name($"{path}.name", network.Name, "network", names);
            if (!owners.TryAdd(network.Vni, network.Name))
            {
                findings.Add($"{path}.vni", $"VNI {network.Vni} belongs to network \"{owners[network.Vni]}\" already.");
            }

            var claims = new AddressClaims(findings);
            foreach ((Port port, int portIndex) in endpoints[network.Name])
            {
                claims.Add($"$.ports[{portIndex}]", $"port \"{port.Name}\"", port.Mac, port.Addresses);
            }

            Subnets(path, network);
            Gateway(path, network, claims);
            Endpoints(path, network, claims);
            Routes(path, network);
            Learning($"{path}.learning", network);
            _tunnels.EachVtep($"{path}.vteps", network.Vteps);
            _groups.Check($"{path}.multicastGroup", network);
            _tunnels.Options($"{path}.tunnel", network.Tunnel);
            UdpPort($"{path}.tunnel.udpPort", i);
        }

        Neighbors();
    }

    /// <summary>Checks that a network's UDP port is no other kind's: an uplink could not tell them apart.</summary>
    private void UdpPort(string path, int number)
    {
        TunnelOptions own = index.Policy.Networks[number].Tunnel;
        foreach (Network other in index.Policy.Networks.AsSpan()[..number])
        {
            if (other.Tunnel.UdpPort == own.UdpPort && other.Tunnel.Kind != own.Kind)
            {
                string kind = TunnelCheck.NameOf(other.Tunnel.Kind);
                findings.Add(
                    path, $"UDP port {own.UdpPort} is that of {kind} tunnels, by network \"{other.Name}\".");
                return;
            }
        }
    }

    private void Subnets(string path, Network network)
    {
        int? mtu = OverlayMtu.Of(index.Policy, network);
        for (int i = 0; i < network.Subnets.Count; i++)
        {
            IpPrefix subnet = network.Subnets[i];
            string subnetPath = $"{path}.subnets[{i}]";
            if (!subnet.Address.HasValue)
            {
                findings.Add(subnetPath, "Expected a subnet, found no prefix.");
                continue;
            }

            foreach (IpPrefix other in network.Subnets.AsSpan()[..i])
            {
                if (other.Address.HasValue && subnet.Overlaps(other))
                {
                    findings.Add(subnetPath, $"Subnet {subnet} overlaps {other} of the same network.");
                }
            }

            if (subnet.Address.Family == IpFamily.V6 && mtu < MinIpv6Mtu)
            {
                findings.Add(
                    subnetPath,
                    $"The uplink leaves {mtu} bytes for a packet inside the tunnel; IPv6 needs {MinIpv6Mtu}.");
            }
        }
    }

    private void Gateway(string path, Network network, AddressClaims claims)
    {
        if (network.Gateway is not { } gateway)
        {
            return;
        }

        path += ".gateway";
        findings.StationMac($"{path}.mac", gateway.Mac);
        for (int i = 0; i < gateway.Addresses.Count; i++)
        {
            findings.StationAddress($"{path}.addresses[{i}]", gateway.Addresses[i]);
            foreach (IpAddress other in gateway.Addresses.AsSpan()[..i])
            {
                IpPrefix subnet = network.Subnets.FirstOrDefault(s => s.Contains(gateway.Addresses[i]));
                if (other == gateway.Addresses[i] || subnet.Contains(other))
                {
                    findings.Add(
                        $"{path}.addresses[{i}]",
                        $"The gateway has one address in a subnet, and {other} is it already.");
                }
            }
        }

        InSubnets(findings, $"{path}.addresses", gateway.Addresses, network);
        claims.Add(path, "the gateway", gateway.Mac, gateway.Addresses);
    }

    private void Endpoints(string networkPath, Network network, AddressClaims claims)
    {
        for (int i = 0; i < network.Endpoints.Count; i++)
        {
            RemoteEndpoint endpoint = network.Endpoints[i];
            string path = $"{networkPath}.endpoints[{i}]";
            findings.StationMac($"{path}.mac", endpoint.Mac);
            for (int j = 0; j < endpoint.Addresses.Count; j++)
            {
                IpAddress address = endpoint.Addresses[j];
                if (findings.StationAddress($"{path}.addresses[{j}]", address)
                    && endpoint.Addresses.AsSpan()[..j].Contains(address))
                {
                    findings.Add($"{path}.addresses[{j}]", $"The endpoint has {address} already.");
                }
            }

            InSubnets(findings, $"{path}.addresses", endpoint.Addresses, network);
            _tunnels.RemoteVtep($"{path}.vtep", endpoint.Vtep);
            claims.Add(path, $"endpoint {i}", endpoint.Mac, endpoint.Addresses);
        }
    }

    private void Routes(string networkPath, Network network)
    {
        var prefixes = new HashSet<IpPrefix>();
        for (int i = 0; i < network.Routes.Count; i++)
        {
            RemoteSubnet route = network.Routes[i];
            string path = $"{networkPath}.routes[{i}]";
            if (!route.Prefix.Address.HasValue)
            {
                findings.Add($"{path}.prefix", "Expected a prefix, found none.");
            }
            else if (!prefixes.Add(route.Prefix))
            {
                findings.Add($"{path}.prefix", $"The network has a route to {route.Prefix} already.");
            }

            _tunnels.RemoteVteps($"{path}.vteps", route.Vteps);
            findings.StationMac($"{path}.routerMac", route.RouterMac);
        }
    }

    private void Learning(string path, Network network)
    {
        if (network.Learning is not { } learning)
        {
            return;
        }

        if (learning.Limit is < 1 or > Policy.Learning.MaxLimit)
        {
            findings.Add(
                $"{path}.limit", $"Expected 1 to {Policy.Learning.MaxLimit} stations, found {learning.Limit}.");
        }

        if (learning.Age < Policy.Learning.MinAge || learning.Age > Policy.Learning.MaxAge)
        {
            findings.Add(
                $"{path}.age",
                $"Expected {Durations.Format(Policy.Learning.MinAge)} to {Durations.Format(Policy.Learning.MaxAge)}, "
                + $"found {Durations.Format(learning.Age)}.");
        }

        // Who must have a mapping to be heard has nothing that could be learnt.
        if (network.SourceVtep == SourceVtepCheck.Strict)
        {
            findings.Add(path, "With \"sourceVtep\": \"strict\" only mapped stations are heard; none can be learnt.");
        }
    }

    private void Neighbors()
    {
        var seen = new HashSet<(string Port, IpAddress Address)>();
        for (int i = 0; i < index.Policy.Neighbors.Count; i++)
        {
            Neighbor neighbor = index.Policy.Neighbors[i];
            string path = $"$.neighbors[{i}]";
            if (!index.Ports.TryGetValue(neighbor.Port, out Port? port))
            {
                findings.Dangling($"{path}.port", "port", neighbor.Port, index.Ports.Keys);
            }
            else if (port.Kind is PortKind.Endpoint or PortKind.Host)
            {
                findings.Add($"{path}.port", $"Port \"{port.Name}\" is no uplink; only uplinks have neighbors.");
            }

            findings.StationAddress($"{path}.address", neighbor.Address);
            findings.StationMac($"{path}.mac", neighbor.Mac);
            if (!seen.Add((neighbor.Port, neighbor.Address)))
            {
                findings.Add(
                    $"{path}.address", $"Port \"{neighbor.Port}\" has a neighbor {neighbor.Address} already.");
            }
        }
    }
}
