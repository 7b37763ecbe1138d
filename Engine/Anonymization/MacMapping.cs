using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <summary>Maps MAC addresses so that two of them share exactly as many leading bits after as before.</summary>
/// <remarks>
/// Whether an address is a group's and whether it is locally administered stays. Kept as they are: zero, broadcast,
/// VRRP's, and the groups of IEEE 802.1, 802.1AS and Cisco. The addresses of IP groups follow the groups, so that they
/// still fit. Thread: one at a time; results are remembered.
/// </remarks>
public sealed class MacMapping
{
    private const int Bits = 48;
    private const int MaxRemembered = 1 << 20;
    private const ulong Ipv4GroupPrefix = 0x0100_5E00_0000;
    private const ulong Ipv4GroupMask = 0xFFFF_FF80_0000;
    private const ulong Ipv6GroupPrefix = 0x3333_0000_0000;
    private const ulong Ipv6GroupMask = 0xFFFF_0000_0000;

    private static readonly KeptPath[] Kept =
    [
        new(0, Bits),
        new(0xFFFF_FFFF_FFFF, Bits),
        new(0x0000_5E00_0000, 32, KeepsRest: true),
        new(0x0100_0C00_0000, 24, KeepsRest: true),
        new(0x011B_1900_0000, 24, KeepsRest: true),
        new(0x0180_C200_0000, 24, KeepsRest: true),
        new(Ipv4GroupPrefix, 24, KeepsRest: true),
        new(Ipv6GroupPrefix, 16, KeepsRest: true),
    ];

    private readonly PrefixPermutation _stations;
    private readonly AddressMapping _addresses;
    private readonly Dictionary<MacAddress, MacAddress> _remembered = [];

    /// <summary>Makes the mapping of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="addresses">The mapping that the addresses of IP groups follow.</param>
    public MacMapping(AnonymizationKey key, AddressMapping addresses)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(addresses);
        _addresses = addresses;
        _stations = new PrefixPermutation(key.Derive("mac"), Bits, Kept);
    }

    /// <summary>Maps an address.</summary>
    public MacAddress Map(MacAddress mac)
    {
        if (_remembered.TryGetValue(mac, out MacAddress mapped))
        {
            return mapped;
        }

        ulong value = mac.Value;
        mapped = new MacAddress(
            (value & Ipv4GroupMask) == Ipv4GroupPrefix ? Ipv4GroupPrefix | _addresses.MapIpv4Group((uint)value)
            : (value & Ipv6GroupMask) == Ipv6GroupPrefix ? Ipv6GroupPrefix | _addresses.MapIpv6Group((uint)value)
            : MapStation(value));
        if (_remembered.Count == MaxRemembered)
        {
            _remembered.Clear();
        }

        _remembered[mac] = mapped;
        return mapped;
    }

    // The two bits that say what an address is are not flipped.
    private ulong MapStation(ulong value)
    {
        const ulong KindBits = 0x0300_0000_0000;
        ulong mapped = (ulong)_stations.Map(value);
        return (mapped & ~KindBits) | (value & KindBits);
    }
}
