using VxlanEngine.Packets;
using VxlanEngine.Policy.Json;
using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>Conditions in words, for people.</summary>
internal static class MatchText
{
    /// <summary>A rule's conditions on one line.</summary>
    public static string Describe(Match match)
    {
        var words = new List<string>();
        Add(words, "", match.Family is { } family ? FamilyText(family) : null);
        Add(words, "", string.Join(',', match.EtherTypes.Select(Scalars.EtherTypeText)));
        Add(words, "", string.Join(',', match.Protocols.Select(Scalars.ProtocolText)));
        Add(words, "", match.TcpSyn switch
        {
            true => "opening a connection",
            false => "within a connection",
            null => null,
        });
        Side(words, "from", match.Source, match.SourcePorts);
        Side(words, "to", match.Destination, match.DestinationPorts);
        Add(words, "type ", match.IcmpType.ToString());
        Add(words, "code ", match.IcmpCode.ToString());
        Add(words, "fragment ", string.Join(',', match.Fragments.Select(FragmentText)));
        Add(words, "dscp ", match.Dscp.ToString());
        Add(words, "from mac ", match.SourceMac.ToString());
        Add(words, "to mac ", match.DestinationMac.ToString());
        Add(words, "vlan ", match.Vlan.ToString());
        Add(words, "vni ", match.Vni.ToString());
        Add(words, "group policy ", match.GroupPolicyId.ToString());
        Add(words, "", match.GroupPolicyApplied switch
        {
            true => "group policy applied",
            false => "group policy not applied",
            null => null,
        });
        Add(words, "outer from ", match.OuterSource.ToString());
        Add(words, "outer to ", match.OuterDestination.ToString());
        return words.Count == 0 ? "anything" : string.Join(' ', words);
    }

    private static string FragmentText(FragmentKind kind) => kind switch
    {
        FragmentKind.First => "first",
        FragmentKind.Later => "later",
        _ => "none",
    };

    private static string FamilyText(IpFamily family) => family == IpFamily.V4 ? "ipv4" : "ipv6";

    private static void Side(List<string> words, string side, AddressMatch addresses, NumberMatch ports)
    {
        string noun = ports.Terms.Count == 1 && ports.Terms[0].Range.First == ports.Terms[0].Range.Last
            ? "port"
            : "ports";
        if (!addresses.IsEmpty)
        {
            words.Add($"{side} {addresses}");
            Add(words, $"{noun} ", ports.ToString());
        }
        else
        {
            Add(words, $"{side} {noun} ", ports.ToString());
        }
    }

    private static void Add(List<string> words, string prefix, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            words.Add(prefix + value);
        }
    }
}
