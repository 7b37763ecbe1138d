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
            WritePorts(json, counters);
            WriteMeters(json, counters);
            WriteStations(json, counters);
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
        foreach ((string network, StationCounters s) in counters.Stations)
        {
            io.Output.WriteLine(
                $"stations of {network}: {Text(s.Known)} known, {Text(s.Learnt)} learnt, {Text(s.Moved)} moved, "
                + $"{Text(s.Aged)} aged, {Text(s.Evicted)} evicted, {Text(s.Forgotten)} forgotten, "
                + $"{Text(s.Refused)} refused");
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

    private static void WritePorts(Utf8JsonWriter json, SwitchCounters counters)
    {
        json.WriteStartObject("ports");
        foreach ((string name, PortCounters port) in counters.Ports)
        {
            json.WriteStartObject(name);
            json.WriteNumber("received", port.Received);
            json.WriteNumber("sent", port.Sent);
            if (port.ErrorsSuppressed > 0)
            {
                json.WriteNumber("errorsSuppressed", port.ErrorsSuppressed);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteMeters(Utf8JsonWriter json, SwitchCounters counters)
    {
        if (counters.Meters.Count == 0)
        {
            return;
        }

        json.WriteStartObject("meters");
        foreach ((string name, Meter meter) in counters.Meters)
        {
            json.WriteStartObject(name);
            json.WriteNumber("packets", meter.Packets);
            json.WriteNumber("bytes", meter.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteStations(Utf8JsonWriter json, SwitchCounters counters)
    {
        if (counters.Stations.Count == 0)
        {
            return;
        }

        json.WriteStartObject("stations");
        foreach ((string network, StationCounters stations) in counters.Stations)
        {
            json.WriteStartObject(network);
            json.WriteNumber("known", stations.Known);
            json.WriteNumber("learnt", stations.Learnt);
            json.WriteNumber("moved", stations.Moved);
            json.WriteNumber("aged", stations.Aged);
            json.WriteNumber("evicted", stations.Evicted);
            json.WriteNumber("forgotten", stations.Forgotten);
            json.WriteNumber("refused", stations.Refused);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
