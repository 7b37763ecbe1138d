using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>Checks the groups of the underlay that networks flood to.</summary>
internal sealed class MulticastGroupCheck(PolicyIndex index, Findings findings)
{
    private static readonly IpPrefix LocalControl = IpPrefix.Parse("224.0.0.0/24");
    private static readonly IpPrefix LinkControl = IpPrefix.Parse("ff02::/112");
    private static readonly IpPrefix SolicitedNodes = IpPrefix.Parse("ff02::1:ff00:0/104");

    private readonly TunnelCheck _tunnels = new(index, findings);

    public void Check(string path, Network network)
    {
        if (network.MulticastGroup is not { } group)
        {
            return;
        }

        if (Address($"{path}.address", group.Address))
        {
            Uplink($"{path}.uplink", group);
        }

        if (group.Ttl == 0)
        {
            findings.Add($"{path}.ttl", "Expected a TTL from 1 to 255, found 0.");
        }

        _tunnels.EachVtep($"{path}.replicateTo", group.ReplicateTo);
    }

    private bool Address(string path, IpAddress address)
    {
        string? mistake = address switch
        {
            { HasValue: false } => "found none",
            { IsMulticast: false } => $"found {address}, which is none",
            _ when IsOfTheLink(address) => $"but {address} is one that hosts and routers themselves listen to",
            { Family: IpFamily.V6 } when ScopeOf(address) < 2 => $"but {address} does not leave the machine",
            _ => null,
        };
        if (mistake is not null)
        {
            findings.Add(path, $"Expected a multicast group, {mistake}.");
        }

        return mistake is null;
    }

    // RFC 5771 §4, RFC 4291 §2.7.1.
    private static bool IsOfTheLink(IpAddress address) =>
        LocalControl.Contains(address) || LinkControl.Contains(address) || SolicitedNodes.Contains(address);

    private static int ScopeOf(IpAddress address) => (int)(address.High >> 48) & 0xF;

    private void Uplink(string path, MulticastGroup group)
    {
        if (group.UplinkIn(index.Policy) is not null)
        {
            return;
        }

        if (group.Uplink is not { } name)
        {
            findings.Add(path, $"No uplink has an address of the family of {group.Address}.");
        }
        else if (!index.Ports.TryGetValue(name, out Port? port))
        {
            findings.Dangling(path, "port", name, index.Ports.Keys);
        }
        else
        {
            findings.Add(path, port.Kind == PortKind.Uplink
                ? $"Uplink \"{name}\" has no address of the family of {group.Address}."
                : $"Port \"{name}\" is no uplink; only uplinks join groups.");
        }
    }
}
