using VxlanEngine.Policy.Json;
using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>The mistakes found so far, and the checks that every part of a policy shares.</summary>
internal sealed class Findings
{
    /// <summary>The mistakes.</summary>
    public List<PolicyError> Errors { get; } = [];

    /// <summary>Notes a mistake.</summary>
    public void Add(string path, string message) => Errors.Add(new PolicyError(path, message));

    /// <summary>Checks a name and that <paramref name="seen"/> does not hold it yet.</summary>
    /// <param name="path">Where the name stands.</param>
    /// <param name="name">The name.</param>
    /// <param name="what">What it names: <c>port</c>.</param>
    /// <param name="seen">The names of the same kind so far.</param>
    public void Name(string path, string name, string what, HashSet<string> seen)
    {
        Name(path, name, what);
        if (!seen.Add(name))
        {
            Add(path, $"Another {what} is called \"{name}\" already.");
        }
    }

    /// <summary>Checks that a name is one word that <c>layer/group/rule</c> and <c>PORT=FILE</c> can hold.</summary>
    public void Name(string path, string name, string what)
    {
        if (string.IsNullOrEmpty(name))
        {
            Add(path, $"A {what} needs a name.");
            return;
        }

        foreach (char c in name)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c) || c is '/' or '#' or '=' or ',')
            {
                string shown = char.IsControl(c) || char.IsSurrogate(c) ? $"U+{(int)c:X4}" : $"'{c}'";
                Add(path, $"A {what}'s name holds no spaces, control characters, / # = and comma: found {shown}.");
                return;
            }
        }
    }

    /// <summary>Checks the MAC address of a station.</summary>
    public void StationMac(string path, MacAddress mac)
    {
        if (mac.IsZero)
        {
            Add(path, "Expected the MAC address of a station, found none or 00:00:00:00:00:00.");
        }
        else if (mac.IsMulticast)
        {
            Add(path, $"Expected the MAC address of a station, found the group address {mac}.");
        }
    }

    /// <summary>Checks the address of a station, and returns whether it is one.</summary>
    public bool StationAddress(string path, IpAddress address)
    {
        string? fault = !address.HasValue ? "no address"
            : address.IsMulticast ? $"the multicast address {address}"
            : address.IsUnspecified ? $"the unspecified address {address}"
            : address == new Ipv4Address(uint.MaxValue) ? $"the broadcast address {address}"
            : null;
        if (fault is not null)
        {
            Add(path, $"Expected the address of a station, found {fault}.");
        }

        return fault is null;
    }

    /// <summary>Notes a name that nothing has, unless something has no name yet and may be what is meant.</summary>
    public void Dangling(string path, string what, string name, IReadOnlyCollection<string> known)
    {
        if (known.Contains(""))
        {
            return;
        }

        string? nearest = NearestWord.Find(name, known);
        string hint = nearest is null ? "" : $" Did you mean \"{nearest}\"?";
        Add(path, $"No {what} is called \"{name}\".{hint}");
    }
}
