using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using Xunit;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>All counters of a switch as lines of text, so that two switches can be compared.</summary>
internal static class CounterText
{
    public static void AssertEqual(SwitchCounters expected, SwitchCounters actual) =>
        Assert.Equal(Lines(expected), Lines(actual));

    private static string[] Lines(SwitchCounters counters) =>
    [
        .. counters.Ports.Select(p => $"port {p.Key}: {Fates(p.Value)}{Drops(p.Value)}"),
        .. counters.Rules.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"rule {r.Key}: {r.Value}"),
        .. counters.Meters.OrderBy(m => m.Key, StringComparer.Ordinal)
            .Select(m => $"meter {m.Key}: {m.Value.Packets} packets, {m.Value.Bytes} bytes"),
        .. counters.Stations.Select(s => $"stations of {s.Key}: {Stations(s.Value)}"),
        $"flows: {counters.FlowsCreated} created, {counters.FlowsActive} active",
    ];

    private static string Fates(PortCounters port) =>
        $"received {port.Received} generated {port.Generated} forwarded {port.Forwarded} punted {port.Punted} "
        + $"consumed {port.Consumed} held {port.Held} sent {port.Sent}";

    private static string Stations(StationCounters s) =>
        $"known {s.Known} learnt {s.Learnt} moved {s.Moved} aged {s.Aged} evicted {s.Evicted} "
        + $"forgotten {s.Forgotten} refused {s.Refused}";

    private static string Drops(PortCounters port) => string.Concat(
        Enum.GetValues<DropReason>().Where(r => port.DroppedFor(r) > 0).Select(r => $" {r} {port.DroppedFor(r)}"));
}
