using System.Text.Json.Nodes;
using VxlanEngine.Policy;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>The policies that a soak goes round: rules with other names, and endpoints behind another VTEP.</summary>
internal static class SoakPolicies
{
    /// <summary>The peer's second address on the underlay.</summary>
    public const string OtherVtep = "172.31.0.3";

    private const int NamedAlike = 4;

    /// <summary>Makes them, in the order in which they are put in force.</summary>
    /// <param name="file">The policy to begin with.</param>
    public static IReadOnlyList<SwitchPolicy> Make(string file)
    {
        string text = File.ReadAllText(file);
        return
        [
            .. Enumerable.Range(0, 2 * NamedAlike).Select(i => PolicyJson.Parse(Variant(text, i, i >= NamedAlike))),
        ];
    }

    private static string Variant(string text, int number, bool isMoved)
    {
        JsonNode policy = JsonNode.Parse(text)!;
        foreach (JsonNode? group in policy["layers"]![0]!["groups"]!.AsArray())
        {
            JsonNode rule = group!["rules"]![0]!;
            rule["id"] = $"{rule["id"]}-{number}";
        }

        // Somebody is behind each VTEP at any time: what is still on its way from the old one is let in.
        (string first, string second) =
            isMoved ? (OtherVtep, IoRig.UnderlayAddress) : (IoRig.UnderlayAddress, OtherVtep);
        policy["networks"]![0]!["endpoints"] = new JsonArray(
            Endpoint(IoRig.PeerAddress, IoRig.PeerMac, first), Endpoint("10.0.1.7", "02:42:0a:00:01:07", second));
        policy["neighbors"] = new JsonArray(Neighbor(IoRig.UnderlayAddress), Neighbor(OtherVtep));
        return policy.ToJsonString();
    }

    private static JsonObject Endpoint(string address, string mac, string vtep) =>
        new() { ["addresses"] = new JsonArray(address), ["mac"] = mac, ["vtep"] = vtep };

    private static JsonObject Neighbor(string address) =>
        new() { ["port"] = "uplink", ["address"] = address, ["mac"] = IoRig.UnderlayMac };
}
