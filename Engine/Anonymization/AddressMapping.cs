using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <summary>Maps addresses so that two of them share exactly as many leading bits after as before.</summary>
/// <remarks>
/// <para>
/// Kept as they are: unspecified, loopback, limited broadcast, well-known groups. Kept is also what an address is:
/// private, link-local, unique local, global, multicast, IPv4-mapped. The first and the last address of an IPv4 subnet
/// that the mapping was told of stay the first and the last.
/// </para>
/// <para>
/// The last 24 bits of IPv6 addresses are mapped without regard to those in front, because solicited-node groups hold
/// nothing else of an address; so are the 23 and 32 bits of groups that MAC addresses hold.
/// </para>
/// Thread: one at a time; results are remembered.
/// </remarks>
public sealed class AddressMapping
{
    private const int SolicitedBits = 24;
    private const uint SolicitedMask = 0xFF_FFFF;
    private const uint Ipv4GroupMask = 0x7F_FFFF;
    private const int MaxRemembered = 1 << 20;

    private static readonly KeptPath[] Ipv4Kept =
    [
        Path("0.0.0.0/32"), Path("127.0.0.1/32"), Path("255.255.255.255/32"), Path("224.0.0.0/4"),
        Path("10.0.0.0/8"), Path("100.64.0.0/10"), Path("169.254.0.0/16"), Path("172.16.0.0/12"),
        Path("192.168.0.0/16"),
    ];

    private static readonly KeptPath[] Ipv6Kept =
    [
        Path("::/104"), Path("::ffff:0:0/96"), Path("64:ff9b::/96"), Path("2000::/3"), Path("fd00::/8"),
        Path("fe80::/64"), Path("ff00::/8"),
    ];

    private readonly PrefixPermutation _ipv4;
    private readonly PrefixPermutation _ipv4Group;
    private readonly PrefixPermutation _ipv6;
    private readonly PrefixPermutation _solicited;
    private readonly PrefixPermutation _ipv6Group;
    private readonly PrefixPermutation _ipv6GroupId;
    private readonly Dictionary<IpAddress, IpAddress> _remembered = [];

    /// <summary>Makes the mapping of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="subnets">Subnets whose IPv4 network and broadcast addresses stay such; others are ignored.</param>
    public AddressMapping(AnonymizationKey key, IEnumerable<IpPrefix> subnets)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(subnets);
        _ipv4 = new PrefixPermutation(key.Derive("ipv4"), 32, [.. Ipv4Kept, .. subnets.SelectMany(Edges)]);
        _ipv6 = new PrefixPermutation(key.Derive("ipv6"), 128 - SolicitedBits, Ipv6Kept);
        _solicited = new PrefixPermutation(key.Derive("ipv6 last 24 bits"), SolicitedBits, []);

        // 224.0.0.0/23 and the groups that share its MAC addresses; SSDP.
        _ipv4Group = new PrefixPermutation(
            key.Derive("ipv4 group"), 23, [new KeptPath(0, 14, KeepsRest: true), new KeptPath(0x7F_FFFA, 23)]);

        // ff0x:: with an id of 32 bits, and ff0x::1:xxxx:xxxx as solicited-node groups are.
        _ipv6Group = new PrefixPermutation(key.Derive("ipv6 group"), 80, [new KeptPath(1, 80)]);

        // ff0x::1 to ff0x::1ff, ff0x::1:0 to ff0x::1:ff, ff0x::1:ff00:0/104.
        _ipv6GroupId = new PrefixPermutation(
            key.Derive("ipv6 group id"),
            32,
            [
                new KeptPath(0, 23, KeepsRest: true), new KeptPath(0x1_0000, 24, KeepsRest: true),
                new KeptPath(0xFF00_0000, 8, KeepsRest: true),
            ]);
    }

    /// <summary>Maps an address; no address stays none.</summary>
    public IpAddress Map(IpAddress address)
    {
        if (_remembered.TryGetValue(address, out IpAddress mapped))
        {
            return mapped;
        }

        mapped = address.Family switch
        {
            IpFamily.V4 => MapV4(address.V4),
            IpFamily.V6 => MapV6(address.V6),
            _ => address,
        };
        if (_remembered.Count == MaxRemembered)
        {
            _remembered.Clear();
        }

        _remembered[address] = mapped;
        return mapped;
    }

    /// <summary>Maps a block to the block of the mapped addresses.</summary>
    public IpPrefix Map(IpPrefix prefix)
    {
        IpAddress address = prefix.Address;
        if (!address.HasValue)
        {
            return prefix;
        }

        IpAddress mapped = Map(address);
        int host = address.BitLength - prefix.PrefixLength;
        UInt128 bits = host == 128 ? 0 : (BitsOf(mapped) >> host) << host;
        return new IpPrefix(AddressOf(bits, address.Family), prefix.PrefixLength);
    }

    /// <summary>Maps the 23 bits of an IPv4 group that its MAC address holds (RFC 1112 §6.4).</summary>
    internal uint MapIpv4Group(uint low) => (uint)_ipv4Group.Map(low & Ipv4GroupMask);

    /// <summary>Maps the 32 bits of an IPv6 group that its MAC address holds (RFC 2464 §7).</summary>
    internal uint MapIpv6Group(uint low)
    {
        const uint Solicited = 0xFF00_0000;
        return (low & Solicited) == Solicited
            ? Solicited | (uint)_solicited.Map(low & SolicitedMask)
            : (uint)_ipv6GroupId.Map(low);
    }

    internal static UInt128 BitsOf(IpAddress address) => new(address.High, address.Low);

    internal static IpAddress AddressOf(UInt128 bits, IpFamily family) => family == IpFamily.V4
        ? new Ipv4Address((uint)bits)
        : new Ipv6Address((ulong)(bits >> 64), (ulong)bits);

    private Ipv4Address MapV4(Ipv4Address address) => new(address.IsMulticast
        ? (address.Value & ~Ipv4GroupMask) | MapIpv4Group(address.Value)
        : (uint)_ipv4.Map(address.Value));

    private IpAddress MapV6(Ipv6Address address)
    {
        UInt128 bits = BitsOf(address);
        if (address.IsMulticast)
        {
            UInt128 middle = (bits << 16) >> 48;
            UInt128 scope = (bits >> 112) << 112;
            return AddressOf(
                scope | (_ipv6Group.Map(middle) << 32) | MapIpv6Group((uint)address.Low), IpFamily.V6);
        }

        UInt128 front = bits >> SolicitedBits;
        uint last = (uint)address.Low & SolicitedMask;
        return front == 0
            ? address
            : AddressOf((_ipv6.Map(front) << SolicitedBits) | _solicited.Map(last), IpFamily.V6);
    }

    private static KeptPath Path(string text)
    {
        IpPrefix prefix = IpPrefix.Parse(text);
        UInt128 bits = BitsOf(prefix.Address);
        return new KeptPath(prefix.Address.Family == IpFamily.V4 ? bits : bits >> SolicitedBits, prefix.PrefixLength);
    }

    private static IEnumerable<KeptPath> Edges(IpPrefix subnet)
    {
        if (subnet.Address.Family == IpFamily.V4 && subnet.PrefixLength < 31)
        {
            yield return new KeptPath(subnet.Address.Low, 32, subnet.PrefixLength);
            yield return new KeptPath(subnet.Last.Low, 32, subnet.PrefixLength);
        }
    }
}
