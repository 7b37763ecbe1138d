using System.Globalization;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Json;

/// <summary>How single values and lists of them stand in JSON.</summary>
internal static class Scalars
{
    private static readonly (string Name, IpProtocol Value)[] ProtocolNames =
    [
        ("icmp", IpProtocol.Icmp),
        ("igmp", IpProtocol.Igmp),
        ("ipInIp", IpProtocol.IpInIp),
        ("tcp", IpProtocol.Tcp),
        ("udp", IpProtocol.Udp),
        ("ipv6", IpProtocol.Ipv6),
        ("gre", IpProtocol.Gre),
        ("esp", IpProtocol.Esp),
        ("ah", IpProtocol.AuthenticationHeader),
        ("icmpv6", IpProtocol.Icmpv6),
        ("sctp", IpProtocol.Sctp),
    ];

    private static readonly (string Name, EtherType Value)[] EtherTypeNames =
    [
        ("ipv4", EtherType.Ipv4),
        ("arp", EtherType.Arp),
        ("ipv6", EtherType.Ipv6),
        ("mpls", EtherType.Mpls),
        ("transparentEthernet", EtherType.TransparentEthernet),
    ];

    public static Codec<bool> Boolean { get; } = new BooleanCodec();

    public static Codec<string> Name { get; } = new TextCodec<string>("a name", TryName, text => text, placeholder: "");

    public static Codec<int> Priority { get; } = new IntegerCodec<int>(0, int.MaxValue);

    public static Codec<ulong> HeaderMask { get; } = new TextCodec<ulong>(
        "the bits of eight bytes, such as \"0xf7ffffff000000ff\"",
        TryHeaderMask,
        mask => string.Create(CultureInfo.InvariantCulture, $"0x{mask:x16}"));

    public static Codec<ushort> UdpPort { get; } = new IntegerCodec<ushort>(0, ushort.MaxValue);

    public static Codec<byte> Dscp { get; } = new IntegerCodec<byte>(0, 63);

    public static Codec<Vni> Vni { get; } = new MappedCodec<uint, Vni>(
        new IntegerCodec<uint>(0, Wire.Vni.MaxValue), value => new Vni(value), vni => vni.Value);

    public static Codec<MacAddress> Mac { get; } = new TextCodec<MacAddress>(
        "a MAC address such as \"02:42:0a:00:01:05\"", TryMac, mac => mac.ToString());

    public static Codec<IpAddress> Address { get; } = new TextCodec<IpAddress>(
        "an address such as \"10.0.1.5\" or \"fd01::5\"", TryAddress, address => address.ToString());

    public static Codec<IpPrefix> Prefix { get; } = new TextCodec<IpPrefix>(
        "a prefix such as \"10.0.1.0/24\", no bits set after it", TryPrefix, prefix => prefix.ToString());

    public static Codec<TimeSpan> Duration { get; } = new TextCodec<TimeSpan>(
        "a duration such as \"250ms\", \"30s\" or \"2h\"", Durations.TryParse, Durations.Format);

    public static Codec<IpFamily> Family { get; } =
        new WordCodec<IpFamily>(("ipv4", IpFamily.V4), ("ipv6", IpFamily.V6));

    public static Codec<ValueArray<IpProtocol>> Protocols { get; } = new ListCodec<IpProtocol>(
        new TextCodec<IpProtocol>(
            $"a protocol: a number up to 255, {ReadErrors.Words(ProtocolNames.Select(p => p.Name))}",
            TryProtocol,
            ProtocolText,
            numbers: true),
        ListForm.Joined);

    public static Codec<ValueArray<EtherType>> EtherTypes { get; } = new ListCodec<EtherType>(
        new TextCodec<EtherType>(
            $"an EtherType such as \"0x88cc\", {ReadErrors.Words(EtherTypeNames.Select(p => p.Name))}",
            TryEtherType,
            EtherTypeText),
        ListForm.Joined);

    public static Codec<ValueArray<FragmentKind>> Fragments { get; } = new ListCodec<FragmentKind>(
        new WordCodec<FragmentKind>(
            ("none", FragmentKind.None), ("first", FragmentKind.First), ("later", FragmentKind.Later)),
        ListForm.Joined);

    public static Codec<ValueArray<string>> Names { get; } = new ListCodec<string>(Name, ListForm.Array);

    public static Codec<ValueArray<IpAddress>> AddressList { get; } = new ListCodec<IpAddress>(Address, ListForm.Words);

    public static Codec<ValueArray<IpAddress>> Destinations { get; } =
        new ListCodec<IpAddress>(Address, ListForm.Alternatives);

    public static Codec<ValueArray<IpPrefix>> Prefixes { get; } = new ListCodec<IpPrefix>(Prefix, ListForm.Words);

    public static Codec<ValueArray<ushort>> UdpPorts { get; } = new ListCodec<ushort>(UdpPort, ListForm.Array);

    public static Codec<ValueArray<MacAddress>> MacList { get; } =
        new ListCodec<MacAddress>(Mac, ListForm.Alternatives);

    public static Codec<AddressMatch> Addresses { get; } = Match(ListForm.Alternatives);

    /// <summary>Like <see cref="Addresses"/>, but an empty list is a value: a set without addresses.</summary>
    public static Codec<AddressMatch> SetAddresses { get; } = Match(ListForm.Words);

    /// <summary>A condition on a number up to <paramref name="max"/>.</summary>
    public static Codec<NumberMatch> Numbers(uint max) => new MappedCodec<ValueArray<NumberTerm>, NumberMatch>(
        new ListCodec<NumberTerm>(
            new TextCodec<NumberTerm>(
                $"a number, a range such as \"8000-8099\" or one with ! in front, from 0 to {max}",
                (string text, out NumberTerm term) => TryNumberTerm(text, max, out term),
                term => term.ToString(),
                numbers: true),
            ListForm.Joined),
        terms => new NumberMatch(terms),
        match => match.Terms);

    /// <summary>A range of numbers up to <paramref name="max"/>.</summary>
    public static Codec<NumberRange> Range(uint max) => new TextCodec<NumberRange>(
        $"a number or a range such as \"49152-65535\", from 0 to {max}",
        (string text, out NumberRange range) =>
        {
            bool parsed = TryNumberTerm(text, max, out NumberTerm term) && !term.Negated;
            range = term.Range;
            return parsed;
        },
        range => range.ToString(),
        numbers: true);

    /// <summary>A protocol's name, or its number where it has none.</summary>
    public static string ProtocolText(IpProtocol protocol) =>
        Array.Find(ProtocolNames, pair => pair.Value == protocol).Name
        ?? ((byte)protocol).ToString(CultureInfo.InvariantCulture);

    /// <summary>An EtherType's name, or its number where it has none.</summary>
    public static string EtherTypeText(EtherType type) =>
        Array.Find(EtherTypeNames, pair => pair.Value == type).Name
        ?? string.Create(CultureInfo.InvariantCulture, $"0x{(ushort)type:x4}");

    private static MappedCodec<ValueArray<AddressTerm>, AddressMatch> Match(ListForm form) => new(
        new ListCodec<AddressTerm>(
            new TextCodec<AddressTerm>(
                "a prefix, an address, a range such as \"10.0.0.1-10.0.0.9\" or a \"@set\", with ! in front or not",
                AddressTerm.TryParse,
                term => term.ToString()),
            form),
        terms => new AddressMatch(terms),
        match => match.Terms);

    private static bool TryName(string text, out string name)
    {
        name = text;
        return true;
    }

    private static bool TryMac(string text, out MacAddress mac) => MacAddress.TryParse(text, null, out mac);

    private static bool TryAddress(string text, out IpAddress address) => IpAddress.TryParse(text, null, out address);

    private static bool TryPrefix(string text, out IpPrefix prefix) => IpPrefix.TryParse(text, null, out prefix);

    private static bool TryNumberTerm(string text, uint max, out NumberTerm term)
    {
        bool parsed = NumberMatch.TryParse(text, max, out NumberMatch match) && match.Terms.Count == 1;
        term = parsed ? match.Terms[0] : default;
        return parsed;
    }

    private static bool TryProtocol(string text, out IpProtocol protocol)
    {
        (string? name, protocol) = Array.Find(ProtocolNames, pair => pair.Name == text);
        if (name is not null)
        {
            return true;
        }

        bool parsed = byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out byte number);
        protocol = (IpProtocol)number;
        return parsed;
    }

    // All sixteen digits, so that none is missing by mistake.
    private static bool TryHeaderMask(string text, out ulong mask)
    {
        mask = 0;
        return text.Length == 18
            && text.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(
                text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out mask);
    }

    private static bool TryEtherType(string text, out EtherType type)
    {
        (string? name, type) = Array.Find(EtherTypeNames, pair => pair.Name == text);
        if (name is not null)
        {
            return true;
        }

        ushort number = 0;
        bool parsed = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && ushort.TryParse(
                text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        type = (EtherType)number;
        return parsed;
    }
}
