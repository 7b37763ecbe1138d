using System.Globalization;

namespace VxlanEngine.Cli.Control;

/// <summary>Tables of a running switch's status.</summary>
internal static class StatusView
{
    public static TextTable Ports(SwitchStatus status)
    {
        var table = new TextTable(
            "port", "on", "state", "mtu", "received", "dropped", "sent", "kernel dropped", "unusable", "super-frames",
            "unsent", "failures", "fault");
        foreach (PortStatus port in status.Ports)
        {
            table.Add(
                port.Name,
                port.Device,
                port.State,
                Text(port.Mtu),
                Text(port.Received),
                Text(port.Dropped),
                Text(port.Sent),
                Text(port.KernelDropped),
                Text(port.Unusable),
                Text(port.SuperFrames),
                Text(port.Unsent),
                Text(port.Failures),
                port.Fault ?? string.Empty);
        }

        return table;
    }

    public static TextTable Workers(SwitchStatus status)
    {
        var table = new TextTable("worker", "busy", "packets", "hit rate", "handed over", "longest stall");
        foreach (WorkerStatus worker in status.Workers)
        {
            table.Add(
                Text(worker.Number),
                Percent(worker.Busy),
                Text(worker.Packets),
                Percent(worker.HitRate),
                Text(worker.HandedOver),
                string.Create(CultureInfo.InvariantCulture, $"{worker.LongestStallMs:0.0} ms"));
        }

        return table;
    }

    public static TextTable Flows(IReadOnlyList<FlowStatus> flows)
    {
        var table = new TextTable("port", "vni", "flow", "packets", "answers", "state", "idle", "rules");
        foreach (FlowStatus flow in flows)
        {
            table.Add(
                $"{flow.Port} {flow.Direction}",
                flow.Vni?.ToString(CultureInfo.InvariantCulture) ?? string.Empty,
                flow.Forward,
                Text(flow.ForwardPackets),
                Text(flow.ReversePackets),
                flow.Established ? "established" : "open",
                string.Create(CultureInfo.InvariantCulture, $"{flow.IdleSeconds:0.0} s"),
                string.Join(", ", flow.Rules));
        }

        return table;
    }

    public static TextTable Bfd(SwitchStatus status)
    {
        var table = new TextTable(
            "vtep", "port", "state", "remote state", "diagnostic", "discriminator", "remote discriminator", "transmit",
            "detection", "flaps", "sent", "received", "since");
        foreach (BfdStatus session in status.Bfd)
        {
            table.Add(
                session.Vtep,
                session.Port,
                session.State,
                session.RemoteState,
                session.Diagnostic,
                Text(session.LocalDiscriminator),
                Text(session.RemoteDiscriminator),
                Milliseconds(session.TransmitMs),
                Milliseconds(session.DetectionMs),
                Text(session.Flaps),
                Text(session.Sent),
                Text(session.Received),
                session.SinceSeconds is double since
                    ? string.Create(CultureInfo.InvariantCulture, $"{since:0.0} s")
                    : string.Empty);
        }

        return table;

        static string Milliseconds(double time) => string.Create(CultureInfo.InvariantCulture, $"{time:0.###} ms");
    }

    public static TextTable HostTables(SwitchStatus status)
    {
        var table = new TextTable("port", "interface", "routes", "fault");
        foreach (HostTablesStatus tables in status.HostTables)
        {
            table.Add(
                tables.Port, tables.Interface ?? string.Empty, Text(tables.Routes), tables.Fault ?? string.Empty);
        }

        return table;
    }

    public static TextTable Stations(IReadOnlyList<StationStatus> stations)
    {
        var table = new TextTable("network", "station", "behind", "silent");
        foreach (StationStatus station in stations)
        {
            table.Add(
                station.Network,
                station.Mac,
                station.Port is null ? $"vtep {station.Vtep}" : $"port {station.Port}",
                string.Create(CultureInfo.InvariantCulture, $"{station.SilentSeconds:0.0} s"));
        }

        return table;
    }

    public static TextTable Learning(SwitchStatus status)
    {
        var table = new TextTable(
            "network", "known", "learnt", "moved", "aged", "evicted", "forgotten", "refused");
        foreach ((string network, LearningStatus learning) in status.Learning)
        {
            table.Add(
                network,
                Text(learning.Known),
                Text(learning.Learnt),
                Text(learning.Moved),
                Text(learning.Aged),
                Text(learning.Evicted),
                Text(learning.Forgotten),
                Text(learning.Refused));
        }

        return table;
    }

    public static TextTable Counts(string title, IReadOnlyDictionary<string, long> counts)
    {
        var table = new TextTable(title, "packets");
        foreach ((string name, long count) in counts)
        {
            table.Add(name, Text(count));
        }

        return table;
    }

    public static TextTable Totals(SwitchStatus status)
    {
        PacketTotals totals = status.Totals;
        var table = new TextTable("counter", "value");
        table.Add("received", Text(totals.Received));
        table.Add("generated", Text(totals.Generated));
        table.Add("forwarded", Text(totals.Forwarded));
        table.Add("dropped", Text(totals.Dropped));
        table.Add("punted", Text(totals.Punted));
        table.Add("consumed", Text(totals.Consumed));
        table.Add("held", Text(totals.Held));
        table.Add("adds up", totals.AddsUp ? "yes" : "no");
        table.Add("flows created", Text(totals.FlowsCreated));
        table.Add("flows active", Text(totals.FlowsActive));
        table.Add("policy", status.Policy);
        table.Add("generation", Text(status.Generation));
        table.Add("uptime", string.Create(CultureInfo.InvariantCulture, $"{status.UptimeSeconds:0.0} s"));
        return table;
    }

    public static string Percent(double share) =>
        string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
