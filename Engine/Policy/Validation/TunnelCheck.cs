using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>Checks VTEPs and how tunnels are written.</summary>
internal sealed class TunnelCheck(PolicyIndex index, Findings findings)
{
    /// <summary>What tunnels of a kind are called.</summary>
    public static string NameOf(TunnelKind kind) => TunnelProtocols.Of(kind)?.Name ?? kind.ToString();

    /// <summary>Checks the address of a remote VTEP.</summary>
    public void RemoteVtep(string path, IpAddress vtep)
    {
        if (findings.StationAddress(path, vtep) && index.UplinkAddresses.Contains(vtep))
        {
            findings.Add(
                path, $"{vtep} is an address of a local uplink; endpoints behind this switch are ports, not mappings.");
        }
    }

    /// <summary>Checks remote VTEPs that the hash chooses from.</summary>
    public void RemoteVteps(string path, ValueArray<IpAddress> vteps)
    {
        if (vteps.IsEmpty)
        {
            findings.Add(path, "Expected at least one VTEP.");
        }

        EachVtep(path, vteps);
        if (vteps.Any(vtep => vtep.Family != vteps[0].Family))
        {
            findings.Add(path, "VTEPs that the flow's hash chooses from are all IPv4 or all IPv6.");
        }
    }

    /// <summary>Checks remote VTEPs, no two of them equal.</summary>
    public void EachVtep(string path, ValueArray<IpAddress> vteps)
    {
        for (int i = 0; i < vteps.Count; i++)
        {
            RemoteVtep($"{path}[{i}]", vteps[i]);
            if (vteps.AsSpan()[..i].Contains(vteps[i]))
            {
                findings.Add($"{path}[{i}]", $"VTEP {vteps[i]} is given twice.");
            }
        }
    }

    /// <summary>Checks a tunnel that a rule names itself.</summary>
    public void Explicit(string path, ExplicitTunnel tunnel)
    {
        RemoteVteps($"{path}.destination", tunnel.Destinations);
        Options(path, tunnel.Options);
        if (tunnel.RouterMac is { } mac)
        {
            findings.StationMac($"{path}.routerMac", mac);
        }

        if (tunnel.Source is not { } source)
        {
            return;
        }

        if (!index.UplinkAddresses.Contains(source))
        {
            findings.Add($"{path}.source", $"{source} is no address of an uplink.");
        }
        else if (!tunnel.Destinations.IsEmpty && tunnel.Destinations[0].Family != source.Family)
        {
            findings.Add($"{path}.source", $"Source {source} and the destinations are of different families.");
        }
    }

    /// <summary>Checks how outer headers are written; the keys stand below <paramref name="path"/>.</summary>
    public void Options(string path, TunnelOptions options)
    {
        if (TunnelProtocols.Of(options.Kind) is null)
        {
            findings.Add($"{path}.kind", $"Expected vxlan, vxlanGpe or geneve, found {options.Kind}.");
        }

        GroupPolicy(path, options);
        if (options.Ttl == 0)
        {
            findings.Add($"{path}.ttl", "Expected a TTL from 1 to 255, found 0.");
        }

        if (options.UdpPort == 0)
        {
            findings.Add($"{path}.udpPort", "Expected a UDP port from 1 to 65535, found 0.");
        }

        NumberRange ports = options.SourcePorts;
        if (ports.First == 0 || ports.Last > ushort.MaxValue || ports.Last < ports.First)
        {
            findings.Add($"{path}.sourcePorts", $"Expected UDP ports from 1 to 65535, found {ports}.");
        }
        else if (ports.Contains(VxlanHeader.UdpPort) || ports.Contains(options.UdpPort))
        {
            // A reply or an ICMP error to such a source port would look like a tunnel packet.
            uint port = ports.Contains(VxlanHeader.UdpPort) ? VxlanHeader.UdpPort : options.UdpPort;
            findings.Add(
                $"{path}.sourcePorts", $"Source ports must not include the tunnel port {port}, found {ports}.");
        }
    }

    private void GroupPolicy(string path, TunnelOptions options)
    {
        if (options.GroupPolicyId is not null && options.Kind != TunnelKind.Vxlan)
        {
            findings.Add(
                $"{path}.groupPolicyId", $"Only vxlan headers name a group, not those of {NameOf(options.Kind)}.");
        }

        if (options.GroupPolicyApplied && options.GroupPolicyId is null)
        {
            findings.Add($"{path}.groupPolicyApplied", "Needs a \"groupPolicyId\" beside it.");
        }
    }
}
