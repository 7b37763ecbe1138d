using System.Globalization;
using System.Text.Json;
using VxlanEngine.Cli;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>Every counter of a replay by name, zeros included, so that what did not happen is asserted too.</summary>
internal static class CounterList
{
    /// <summary>The summary that <c>vxe replay --json</c> prints.</summary>
    public static string Json(SwitchCounters counters)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        ReplaySummary.WriteJson(counters, text);
        return text.ToString();
    }

    /// <summary>A summary's values by path, with the zeros that it leaves out.</summary>
    public static SortedDictionary<string, string> Expand(string json, IEnumerable<SwitchPolicy> policies)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string path in Known(policies))
        {
            values.Add(path, "0");
        }

        using JsonDocument document = JsonDocument.Parse(json);
        Flatten(document.RootElement, string.Empty, values);
        return values;
    }

    /// <summary>The same list, read from the counters themselves instead of the summary.</summary>
    public static SortedDictionary<string, string> Of(SwitchCounters counters)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["received"] = Text(counters.Received),
            ["generated"] = Text(counters.Generated),
            ["forwarded"] = Text(counters.Forwarded),
            ["punted"] = Text(counters.Punted),
            ["consumed"] = Text(counters.Consumed),
            ["held"] = Text(counters.Held),
            ["addsUp"] = counters.AddsUp ? "True" : "False",
            ["flows.created"] = Text(counters.FlowsCreated),
            ["flows.active"] = Text(counters.FlowsActive),
        };
        foreach (DropReason reason in Reasons())
        {
            values.Add($"dropped.{reason.Name()}", Text(counters.Ports.Sum(p => p.Value.DroppedFor(reason))));
        }

        foreach ((string port, PortCounters p) in counters.Ports)
        {
            values.Add($"ports.{port}.received", Text(p.Received));
            values.Add($"ports.{port}.sent", Text(p.Sent));
            values.Add($"ports.{port}.errorsSuppressed", Text(p.ErrorsSuppressed));
        }

        foreach ((string rule, long packets) in counters.Rules)
        {
            values.Add($"rules.{rule}", Text(packets));
        }

        foreach ((string name, Meter meter) in counters.Meters)
        {
            values.Add($"meters.{name}.packets", Text(meter.Packets));
            values.Add($"meters.{name}.bytes", Text(meter.Bytes));
        }

        foreach ((string network, StationCounters s) in counters.Stations)
        {
            values.Add($"stations.{network}.known", Text(s.Known));
            values.Add($"stations.{network}.learnt", Text(s.Learnt));
            values.Add($"stations.{network}.moved", Text(s.Moved));
            values.Add($"stations.{network}.aged", Text(s.Aged));
            values.Add($"stations.{network}.evicted", Text(s.Evicted));
            values.Add($"stations.{network}.forgotten", Text(s.Forgotten));
            values.Add($"stations.{network}.refused", Text(s.Refused));
        }

        return values;
    }

    /// <summary>The counters that differ, a line each; empty when none does.</summary>
    public static string Difference(
        SortedDictionary<string, string> expected, SortedDictionary<string, string> actual)
    {
        IEnumerable<string> lines =
            from path in expected.Keys.Union(actual.Keys, StringComparer.Ordinal)
            let wanted = expected.GetValueOrDefault(path, "no such counter")
            let found = actual.GetValueOrDefault(path, "no such counter")
            where wanted != found
            select $"  {path}: expected {wanted}, found {found}";
        return string.Join('\n', lines);
    }

    private static IEnumerable<DropReason> Reasons() => Enum.GetValues<DropReason>().Where(r => r != DropReason.None);

    private static IEnumerable<string> Known(IEnumerable<SwitchPolicy> policies)
    {
        SwitchPolicy[] all = [.. policies];
        IEnumerable<string> rules =
            from policy in all
            from layer in policy.Layers
            from @group in layer.Groups
            from rule in @group.Rules
            select $"rules.{layer.Name}/{@group.Name}/{rule.Id}";
        IEnumerable<string> ports =
            from policy in all
            from port in policy.Ports
            from counter in new[] { "received", "sent", "errorsSuppressed" }
            select $"ports.{port.Name}.{counter}";
        IEnumerable<string> reasons = Reasons().Select(r => $"dropped.{r.Name()}");
        return reasons.Concat(rules).Concat(ports).Distinct(StringComparer.Ordinal);
    }

    private static void Flatten(JsonElement element, string path, SortedDictionary<string, string> values)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            values[path] = element.ToString();
            return;
        }

        foreach (JsonProperty member in element.EnumerateObject())
        {
            Flatten(member.Value, path.Length == 0 ? member.Name : $"{path}.{member.Name}", values);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
