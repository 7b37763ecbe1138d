using System.Globalization;
using System.Text.Json;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;

namespace VxlanEngine.Cli;

/// <summary>What <c>vxe replay</c> says at the end: tables for people, one JSON object for programs.</summary>
internal static class ReplaySummary
{
    /// <summary>Writes one JSON object. Counts of 0 are left out of <c>dropped</c> and <c>rules</c>.</summary>
    public static void WriteJson(SwitchCounters counters, TextWriter output)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber("received", counters.Received);
            json.WriteNumber("generated", counters.Generated);
            json.WriteNumber("forwarded", counters.Forwarded);
            WriteCounts(json, "dropped", counters.DroppedByReason.Select(d => (d.Key.Name(), d.Value)));
            json.WriteNumber("punted", counters.Punted);
            json.WriteNumber("consumed", counters.Consumed);
            json.WriteNumber("held", counters.Held);
            json.WriteBoolean("addsUp", counters.AddsUp);
            WriteCounts(json, "rules", counters.Rules.Where(r => r.Value > 0).Select(r => (r.Key, r.Value)));
            WriteObjects(json, "ports", counters.Ports, CountsOf);
            if (counters.Meters.Count > 0)
            {
                WriteObjects(
                    json, "meters", counters.Meters, meter => [("packets", meter.Packets), ("bytes", meter.Bytes)]);
            }

            if (counters.Stations.Count > 0)
            {
                WriteObjects(json, "stations", counters.Stations, CountsOf);
            }

            json.WriteStartObject("flows");
            json.WriteNumber("created", counters.FlowsCreated);
            json.WriteNumber("active", counters.FlowsActive);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    /// <summary>Writes tables.</summary>
    public static void WriteTables(SwitchCounters counters, CommandIo io)
    {
        var ports = new TextTable(
            "port", "received", "generated", "forwarded", "dropped", "punted", "consumed", "held", "sent");
        foreach ((string name, PortCounters p) in counters.Ports)
        {
            ports.Add(
                name,
                Text(p.Received),
                Text(p.Generated),
                Text(p.Forwarded),
                Text(p.Dropped),
                Text(p.Punted),
                Text(p.Consumed),
                Text(p.Held),
                Text(p.Sent));
        }

        ports.Write(io, indent: 0);
        io.Output.WriteLine();
        WriteTwoColumns(io, "dropped", counters.DroppedByReason.Select(d => (d.Key.Name(), d.Value)));
        WriteTwoColumns(
            io,
            "icmp errors not sent to",
            counters.Ports.Where(p => p.Value.ErrorsSuppressed > 0).Select(p => (p.Key, p.Value.ErrorsSuppressed)));
        WriteTwoColumns(io, "rule", counters.Rules.Where(r => r.Value > 0).Select(r => (r.Key, r.Value)));
        WriteTwoColumns(io, "meter", counters.Meters.Select(m => (m.Key, m.Value.Packets)));
        foreach ((string network, StationCounters stations) in counters.Stations)
        {
            IEnumerable<string> counts = CountsOf(stations).Select(c => $"{Text(c.Count)} {c.Name}");
            io.Output.WriteLine($"stations of {network}: {string.Join(", ", counts)}");
        }

        io.Output.WriteLine(
            $"flows: {Text(counters.FlowsCreated)} created, {Text(counters.FlowsActive)} active at the end");
        io.Output.WriteLine(
            $"received {Text(counters.Received)} + generated {Text(counters.Generated)} "
            + $"{(counters.AddsUp ? "=" : "≠")} forwarded {Text(counters.Forwarded)} "
            + $"+ dropped {Text(counters.Dropped)} + punted {Text(counters.Punted)} "
            + $"+ consumed {Text(counters.Consumed)} + held {Text(counters.Held)}: "
            + (counters.AddsUp ? "it adds up" : "it does not add up"));
    }

    private static void WriteTwoColumns(CommandIo io, string title, IEnumerable<(string Name, long Count)> rows)
    {
        var table = new TextTable(title, "packets");
        bool any = false;
        foreach ((string name, long count) in rows)
        {
            table.Add(name, Text(count));
            any = true;
        }

        if (any)
        {
            table.Write(io, indent: 0);
            io.Output.WriteLine();
        }
    }

    private static void WriteCounts(Utf8JsonWriter json, string name, IEnumerable<(string Name, long Count)> counts)
    {
        json.WriteStartObject(name);
        foreach ((string key, long count) in counts)
        {
            json.WriteNumber(key, count);
        }

        json.WriteEndObject();
    }

    private static void WriteObjects<T>(
        Utf8JsonWriter json,
        string name,
        IEnumerable<KeyValuePair<string, T>> items,
        Func<T, IEnumerable<(string Name, long Count)>> counts)
    {
        json.WriteStartObject(name);
        foreach ((string key, T item) in items)
        {
            WriteCounts(json, key, counts(item));
        }

        json.WriteEndObject();
    }

    private static IEnumerable<(string Name, long Count)> CountsOf(PortCounters port)
    {
        yield return ("received", port.Received);
        yield return ("sent", port.Sent);
        if (port.ErrorsSuppressed > 0)
        {
            yield return ("errorsSuppressed", port.ErrorsSuppressed);
        }
    }

    private static IEnumerable<(string Name, long Count)> CountsOf(StationCounters stations) =>
    [
        ("known", stations.Known),
        ("learnt", stations.Learnt),
        ("moved", stations.Moved),
        ("aged", stations.Aged),
        ("evicted", stations.Evicted),
        ("forgotten", stations.Forgotten),
        ("refused", stations.Refused),
    ];

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
