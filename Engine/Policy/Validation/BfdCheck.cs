using VxlanEngine.Packets;
using VxlanEngine.Policy.Json;
using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>Checks the VTEPs that uplinks watch by BFD.</summary>
internal sealed class BfdCheck(PolicyIndex index, Findings findings)
{
    private readonly TunnelCheck _tunnels = new(index, findings);
    private readonly Dictionary<IpAddress, string> _watchers = [];

    /// <summary>Checks the sessions of one uplink.</summary>
    public void Check(string path, Port uplink, BfdOptions bfd)
    {
        if (bfd.Vteps.IsEmpty)
        {
            findings.Add($"{path}.vteps", "Expected at least one VTEP.");
        }

        _tunnels.EachVtep($"{path}.vteps", bfd.Vteps);
        for (int i = 0; i < bfd.Vteps.Count; i++)
        {
            Vtep($"{path}.vteps[{i}]", uplink, bfd.Vteps[i]);
        }

        ManagementVni($"{path}.vni", bfd.Vni);
        Interval($"{path}.minTx", bfd.MinTx);
        Interval($"{path}.minRx", bfd.MinRx);
        if (bfd.Multiplier == 0)
        {
            findings.Add($"{path}.multiplier", "Expected a multiplier from 1 to 255, found 0.");
        }

        if (bfd.Authentication is { } authentication)
        {
            Authentication($"{path}.authentication", authentication);
        }

        _tunnels.Options($"{path}.tunnel", bfd.Tunnel);
        if (bfd.Tunnel.Kind != TunnelKind.Vxlan)
        {
            findings.Add($"{path}.tunnel.kind", "BFD is carried in VXLAN only (RFC 8971).");
        }
    }

    private void Authentication(string path, BfdAuthentication authentication)
    {
        if (authentication.Type is < BfdAuthenticationType.SimplePassword
            or > BfdAuthenticationType.MeticulousKeyedSha1)
        {
            findings.Add($"{path}.type", $"Expected a type of authentication, found {(byte)authentication.Type}.");
        }

        if (authentication.Keys.IsEmpty)
        {
            findings.Add($"{path}.keys", "Expected at least one key.");
        }

        var seen = new HashSet<byte>();
        for (int i = 0; i < authentication.Keys.Count; i++)
        {
            BfdKey key = authentication.Keys[i];
            if (!seen.Add(key.Id))
            {
                findings.Add($"{path}.keys[{i}].id", $"Key {key.Id} is given twice.");
            }

            Secret($"{path}.keys[{i}].secret", key, authentication.MaxKeyLength);
        }
    }

    // Says nothing of what the secret is.
    private void Secret(string path, BfdKey key, int most)
    {
        if (!key.TryGetBytes(out byte[] bytes))
        {
            findings.Add(path, "Expected printable ASCII characters, or 0x and two hexadecimal digits a byte.");
        }
        else if (bytes.Length > most)
        {
            findings.Add(path, $"Expected at most {most} bytes, found {bytes.Length}.");
        }
    }

    private void Vtep(string path, Port uplink, IpAddress vtep)
    {
        if (vtep.HasValue && !uplink.Addresses.Any(a => a.Family == vtep.Family))
        {
            findings.Add(path, $"Uplink \"{uplink.Name}\" has no address of {vtep}'s family to watch it from.");
        }

        if (!_watchers.TryAdd(vtep, uplink.Name) && _watchers[vtep] != uplink.Name)
        {
            findings.Add(path, $"Uplink \"{_watchers[vtep]}\" watches {vtep} already.");
        }
    }

    // RFC 8971 §4: what comes on the management VNI never goes to a tenant.
    private void ManagementVni(string path, Vni vni)
    {
        string? user = index.Policy.Networks.FirstOrDefault(n => n.Vni == vni) is { } own
            ? $"network \"{own.Name}\" has it"
            : index.Policy.Networks.FirstOrDefault(n => n.Routes.Any(r => r.Vni == vni)) is { } routing
            ? $"a route of network \"{routing.Name}\" leads into it"
            : index.Policy.Layers.SelectMany(l => l.Groups.SelectMany(g => g.Rules)).FirstOrDefault(
                r => r.Action is RuleAction.Encap { Tunnel: { } tunnel } && tunnel.Vni == vni) is { } rule
            ? $"rule \"{rule.Id}\" encapsulates into it"
            : null;
        if (user is not null)
        {
            findings.Add(path, $"VNI {vni} is the management VNI, and no tenants', but {user}.");
        }
    }

    private void Interval(string path, TimeSpan interval)
    {
        if (interval < BfdOptions.MinInterval || interval > BfdOptions.MaxInterval)
        {
            findings.Add(
                path,
                $"Expected an interval from {Durations.Format(BfdOptions.MinInterval)} to "
                    + $"{Durations.Format(BfdOptions.MaxInterval)}, found {Durations.Format(interval)}.");
        }
    }
}
