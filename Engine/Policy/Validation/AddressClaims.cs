using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>Who has which address and MAC address in a network; nobody shares one.</summary>
internal sealed class AddressClaims(Findings findings)
{
    private readonly Dictionary<IpAddress, string> _addresses = [];
    private readonly Dictionary<MacAddress, string> _macs = [];

    /// <summary>Notes the addresses of a station, and a mistake for each that another one has.</summary>
    /// <param name="path">Path of the station; its keys are <c>mac</c> and <c>addresses</c>.</param>
    /// <param name="owner">The station in an error's words.</param>
    /// <param name="mac">Its MAC address.</param>
    /// <param name="addresses">Its addresses.</param>
    public void Add(string path, string owner, MacAddress mac, ValueArray<IpAddress> addresses)
    {
        if (!mac.IsZero && !_macs.TryAdd(mac, owner))
        {
            findings.Add($"{path}.mac", $"{mac} belongs to {_macs[mac]} of the same network.");
        }

        for (int i = 0; i < addresses.Count; i++)
        {
            if (addresses[i].HasValue
                && !_addresses.TryAdd(addresses[i], owner)
                && !addresses.AsSpan()[..i].Contains(addresses[i]))
            {
                string other = _addresses[addresses[i]];
                findings.Add($"{path}.addresses[{i}]", $"{addresses[i]} belongs to {other} of the same network.");
            }
        }
    }
}
