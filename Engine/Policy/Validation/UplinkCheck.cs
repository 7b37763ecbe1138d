using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>Checks how an uplink reaches its neighbours: VLAN and routes.</summary>
internal sealed class UplinkCheck(Findings findings)
{
    // IEEE 802.1Q §9.6: 0 is a priority tag's, and 4095 is reserved.
    private const ushort MaxVlan = 4094;
    private const byte MaxPriority = 7;

    public void Run(string path, Port port)
    {
        if (port.Vlan > MaxVlan)
        {
            findings.Add($"{path}.vlan", $"Expected 0 for none or a VLAN id up to {MaxVlan}, found {port.Vlan}.");
        }

        if (port.VlanPriority > MaxPriority)
        {
            findings.Add(
                $"{path}.vlanPriority", $"Expected a priority from 0 to {MaxPriority}, found {port.VlanPriority}.");
        }
        else if (port.VlanPriority != 0 && port.Vlan == 0)
        {
            findings.Add($"{path}.vlanPriority", "A priority stands in a VLAN tag: it needs \"vlan\".");
        }

        if (port.HostTables && port.Vlan != 0)
        {
            findings.Add(
                $"{path}.hostTables",
                "The machine has the routes and neighbours of a VLAN with the VLAN's own interface: let the uplink "
                    + "stand on that one, without \"vlan\".");
        }

        var prefixes = new HashSet<IpPrefix>();
        for (int i = 0; i < port.Routes.Count; i++)
        {
            Route($"{path}.routes[{i}]", port, port.Routes[i], prefixes);
        }
    }

    private void Route(string path, Port port, UplinkRoute route, HashSet<IpPrefix> prefixes)
    {
        if (!route.Prefix.Address.HasValue)
        {
            findings.Add($"{path}.prefix", "Expected a prefix, found none.");
            return;
        }

        IpFamily family = route.Prefix.Address.Family;
        if (!prefixes.Add(route.Prefix))
        {
            findings.Add($"{path}.prefix", $"The uplink has a route to {route.Prefix} already.");
        }

        if (!port.Addresses.Any(address => address.Family == family))
        {
            findings.Add($"{path}.prefix", $"The uplink has no address of the family of {route.Prefix}.");
        }

        if (route.OnLink != route.Via.IsEmpty)
        {
            findings.Add(path, "A route leads \"via\" a router or is \"onLink\", one of the two.");
        }

        for (int i = 0; i < route.Via.Count; i++)
        {
            string viaPath = route.Via.Count == 1 ? $"{path}.via" : $"{path}.via[{i}]";
            Via(viaPath, port, route.Prefix, route.Via[i]);
            if (route.Via.AsSpan()[..i].Contains(route.Via[i]))
            {
                findings.Add(viaPath, $"Router {route.Via[i]} is given twice.");
            }
        }

        if (route.Source is { } source && (source.Family != family || !port.Addresses.AsSpan().Contains(source)))
        {
            findings.Add(
                $"{path}.source", $"{source} is no address of the uplink in the family of {route.Prefix}.");
        }
    }

    private void Via(string path, Port port, IpPrefix prefix, IpAddress via)
    {
        if (!findings.StationAddress(path, via))
        {
            return;
        }

        if (via.Family != prefix.Address.Family)
        {
            findings.Add(path, $"Router {via} and {prefix} are of different families.");
        }
        else if (port.Addresses.AsSpan().Contains(via))
        {
            findings.Add(path, $"{via} is the uplink's own address; a router is another station.");
        }
    }
}
