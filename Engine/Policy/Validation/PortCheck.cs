using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>Checks the ports.</summary>
internal sealed class PortCheck(PolicyIndex index, Findings findings)
{
    // RFC 791: every internet module forwards 68 bytes without further fragmentation.
    private const int MinMtu = 68;

    private readonly BfdCheck _bfd = new(index, findings);

    public void Run()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var uplinkAddresses = new HashSet<IpAddress>();
        var layered = new HashSet<string>(
            index.Policy.Layers.SelectMany(layer => layer.Ports), StringComparer.Ordinal);
        for (int i = 0; i < index.Policy.Ports.Count; i++)
        {
            Port port = index.Policy.Ports[i];
            string path = $"$.ports[{i}]";
            findings.Name($"{path}.name", port.Name, "port", names);
            Any(path, port);
            switch (port.Kind)
            {
                case PortKind.Endpoint:
                    Endpoint(path, port, layered);
                    break;
                case PortKind.Uplink:
                    Uplink(path, port, uplinkAddresses);
                    break;
                case PortKind.Host:
                    break;
                default:
                    findings.Add($"{path}.kind", $"Expected an endpoint, an uplink or a host port, found {port.Kind}.");
                    break;
            }
        }
    }

    private void Any(string path, Port port)
    {
        if (port.Mtu is < 0 or (> 0 and < MinMtu))
        {
            findings.Add($"{path}.mtu", $"Expected 0 for no limit or at least {MinMtu} bytes, found {port.Mtu}.");
        }

        if (port.IcmpErrorsPerSecond < 0)
        {
            findings.Add(
                $"{path}.icmpErrorsPerSecond", $"Expected a rate of 0 or more, found {port.IcmpErrorsPerSecond}.");
        }

        Rates($"{path}.rates", port.Rates);
        var own = new HashSet<IpAddress>();
        for (int i = 0; i < port.Addresses.Count; i++)
        {
            IpAddress address = port.Addresses[i];
            if (findings.StationAddress($"{path}.addresses[{i}]", address) && !own.Add(address))
            {
                findings.Add($"{path}.addresses[{i}]", $"The port has {address} already.");
            }
        }

        if (port.Kind != PortKind.Host || !port.Mac.IsZero)
        {
            findings.StationMac($"{path}.mac", port.Mac);
        }

        if (port.Kind != PortKind.Endpoint && port.Network is not null)
        {
            findings.Add($"{path}.network", "Only an endpoint belongs to a network.");
        }

        if (port.Kind != PortKind.Uplink)
        {
            UplinkSettings(path, port);
        }
    }

    private void Rates(string path, PortRates rates)
    {
        NotNegative(rates.FloodsPerSecond, "floodsPerSecond");
        NotNegative(rates.IcmpPerSecond, "icmpPerSecond");
        NotNegative(rates.NeighborsPerSecond, "neighborsPerSecond");
        NotNegative(rates.NewFlowsPerSecond, "newFlowsPerSecond");

        void NotNegative(int? rate, string key)
        {
            if (rate < 0)
            {
                findings.Add($"{path}.{key}", $"Expected a rate of 0 or more, found {rate}.");
            }
        }
    }

    private void UplinkSettings(string path, Port port)
    {
        Only(port.Promiscuous, "promiscuous");
        Only(!port.VxlanPorts.IsEmpty, "vxlanPorts");
        Only(!port.VxlanGpePorts.IsEmpty, "vxlanGpePorts");
        Only(!port.GenevePorts.IsEmpty, "genevePorts");
        Only(port.GroupPolicy, "groupPolicy");
        Only(port.ReservedBits != ReservedBits.Ignore, "reservedBits");
        Only(port.ReservedBitsMask != VxlanHeader.ReservedMask, "reservedBitsMask");
        Only(port.AllowZeroChecksumIpv6, "allowZeroChecksumIpv6");
        Only(port.ResolveNeighbors, "resolveNeighbors");
        Only(port.HostTables, "hostTables");
        Only(port.Vlan != 0, "vlan");
        Only(port.VlanPriority != 0, "vlanPriority");
        Only(!port.Routes.IsEmpty, "routes");
        Only(port.Bfd is not null, "bfd");

        void Only(bool isGiven, string key)
        {
            if (isGiven)
            {
                findings.Add($"{path}.{key}", $"Only an uplink has \"{key}\".");
            }
        }
    }

    private void Endpoint(string path, Port port, HashSet<string> layered)
    {
        if (port.Addresses.IsEmpty && port.SourceGuard)
        {
            findings.Add($"{path}.addresses", "An endpoint with source guard needs the addresses it may send from.");
        }

        if (!layered.Contains(port.Name))
        {
            findings.Add(path, $"No layer is bound to endpoint \"{port.Name}\", so it would forward nothing.");
        }

        if (string.IsNullOrEmpty(port.Network))
        {
            findings.Add($"{path}.network", "An endpoint needs a network.");
        }
        else if (!index.Networks.TryGetValue(port.Network, out Network? network))
        {
            findings.Dangling($"{path}.network", "network", port.Network, index.Networks.Keys);
        }
        else
        {
            NetworkCheck.InSubnets(findings, $"{path}.addresses", port.Addresses, network);
        }
    }

    private void Uplink(string path, Port port, HashSet<IpAddress> uplinkAddresses)
    {
        if (port.Addresses.IsEmpty && !port.Promiscuous)
        {
            findings.Add($"{path}.addresses", "An uplink needs a VTEP address unless it is promiscuous.");
        }

        for (int i = 0; i < port.Addresses.Count; i++)
        {
            // A second time on one port is told by the port's own check.
            bool repeats = port.Addresses.AsSpan()[..i].Contains(port.Addresses[i]);
            if (!uplinkAddresses.Add(port.Addresses[i]) && !repeats)
            {
                findings.Add($"{path}.addresses[{i}]", $"Another uplink has {port.Addresses[i]} already.");
            }
        }

        HeaderMask($"{path}.reservedBitsMask", port);
        new UplinkCheck(findings).Run(path, port);
        if (port.Bfd is { } bfd)
        {
            _bfd.Check($"{path}.bfd", port, bfd);
        }

        UdpPorts(path, port);
    }

    private void HeaderMask(string path, Port port)
    {
        ulong others = port.ReservedBitsMask & ~VxlanHeader.ReservedMask;
        if (others != 0)
        {
            findings.Add(path, $"The bits 0x{others:x16} are not reserved, but the I flag's or the VNI's.");
        }
        else if (port.ReservedBits != ReservedBits.Reject && port.ReservedBitsMask != VxlanHeader.ReservedMask)
        {
            findings.Add(path, "A mask counts only where \"reservedBits\" is \"reject\".");
        }
    }

    /// <summary>Checks that each UDP port of an uplink stands for one kind of tunnel, and is named once.</summary>
    private void UdpPorts(string path, Port port)
    {
        var kinds = new Dictionary<ushort, TunnelKind>();
        foreach (Network network in index.Policy.Networks)
        {
            kinds.TryAdd(network.Tunnel.UdpPort, network.Tunnel.Kind);
        }

        if (port.VxlanPorts.IsEmpty)
        {
            kinds.TryAdd(VxlanHeader.UdpPort, TunnelKind.Vxlan);
        }

        if (port.Bfd is { } bfd)
        {
            kinds.TryAdd(bfd.Tunnel.UdpPort, TunnelKind.Vxlan);
        }

        UdpPorts($"{path}.vxlanPorts", port.VxlanPorts, TunnelKind.Vxlan, kinds);
        UdpPorts($"{path}.vxlanGpePorts", port.VxlanGpePorts, TunnelKind.VxlanGpe, kinds);
        UdpPorts($"{path}.genevePorts", port.GenevePorts, TunnelKind.Geneve, kinds);
    }

    private void UdpPorts(
        string path, ValueArray<ushort> ports, TunnelKind kind, Dictionary<ushort, TunnelKind> kinds)
    {
        var seen = new HashSet<ushort>();
        for (int i = 0; i < ports.Count; i++)
        {
            ushort number = ports[i];
            if (number == 0 || !seen.Add(number))
            {
                string found = number == 0 ? "0" : $"{number} twice";
                findings.Add($"{path}[{i}]", $"Expected different UDP ports from 1 to 65535, found {found}.");
            }
            else if (!kinds.TryAdd(number, kind) && kinds[number] != kind)
            {
                string other = TunnelCheck.NameOf(kinds[number]);
                findings.Add($"{path}[{i}]", $"UDP port {number} is that of {other} tunnels already.");
            }
        }
    }
}
