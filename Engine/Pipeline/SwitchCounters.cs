using VxlanEngine.Overlay;
using VxlanEngine.Packets;

namespace VxlanEngine.Pipeline;

/// <summary>All counters of a switch at one moment.</summary>
public sealed class SwitchCounters
{
    internal SwitchCounters(
        IReadOnlyList<KeyValuePair<string, PortCounters>> ports,
        IReadOnlyList<KeyValuePair<string, long>> rules,
        IReadOnlyList<KeyValuePair<string, Meter>> meters,
        IReadOnlyList<KeyValuePair<string, StationCounters>> stations,
        long flowsCreated,
        int flowsActive)
    {
        Ports = ports;
        Rules = rules;
        Meters = meters;
        Stations = stations;
        FlowsCreated = flowsCreated;
        FlowsActive = flowsActive;
    }

    /// <summary>Counters by port name, in the order in which policies named the ports.</summary>
    public IReadOnlyList<KeyValuePair<string, PortCounters>> Ports { get; }

    /// <summary>
    /// Packets by <c>layer/group/rule</c>, in the policy's order, rules that matched nothing included. Of rules that
    /// only older policies had, some thousands are kept.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, long>> Rules { get; }

    /// <summary>Meters by name.</summary>
    public IReadOnlyList<KeyValuePair<string, Meter>> Meters { get; }

    /// <summary>What networks have learnt, by name; networks that never did are left out.</summary>
    public IReadOnlyList<KeyValuePair<string, StationCounters>> Stations { get; }

    /// <summary>Flow pairs made so far.</summary>
    public long FlowsCreated { get; }

    /// <summary>Flow pairs that have not ended.</summary>
    public int FlowsActive { get; }

    /// <summary>Frames that entered at any port.</summary>
    public long Received => Ports.Sum(p => p.Value.Received);

    /// <summary>Frames that the switch made: replicas, mirror copies, answers.</summary>
    public long Generated => Ports.Sum(p => p.Value.Generated);

    /// <summary>Frames that egress ports took.</summary>
    public long Forwarded => Ports.Sum(p => p.Value.Forwarded);

    /// <summary>Frames handed to the control plane.</summary>
    public long Punted => Ports.Sum(p => p.Value.Punted);

    /// <summary>Frames answered or used up.</summary>
    public long Consumed => Ports.Sum(p => p.Value.Consumed);

    /// <summary>Frames that wait for something.</summary>
    public long Held => Ports.Sum(p => p.Value.Held);

    /// <summary>Frames dropped.</summary>
    public long Dropped => Ports.Sum(p => p.Value.Dropped);

    /// <summary>
    /// True when, at every port, received + generated = forwarded + dropped + punted + consumed + held.
    /// </summary>
    public bool AddsUp => Ports.All(p => p.Value.AddsUp);

    /// <summary>Frames dropped by reason, in the reasons' order, without those that never occurred.</summary>
    public IEnumerable<KeyValuePair<DropReason, long>> DroppedByReason =>
        from reason in Enum.GetValues<DropReason>()
        let count = Ports.Sum(p => p.Value.DroppedFor(reason))
        where count > 0
        select KeyValuePair.Create(reason, count);

    /// <summary>Adds the counters of switches of one policy up; the sum does not change when they do.</summary>
    internal static SwitchCounters Sum(IReadOnlyList<SwitchCounters> parts) => new(
        Sum(parts.SelectMany(p => p.Ports), (PortCounters sum, PortCounters part) => sum.Add(part)),
        Sum<long>(parts.SelectMany(p => p.Rules), numbers => numbers.Sum()),
        Sum(parts.SelectMany(p => p.Meters), (Meter sum, Meter part) => sum.Add(part)),
        Sum(parts.SelectMany(p => p.Stations), (StationCounters sum, StationCounters part) => sum.Add(part)),
        parts.Sum(p => p.FlowsCreated),
        parts.Sum(p => p.FlowsActive));

    private static KeyValuePair<string, T>[] Sum<T>(IEnumerable<KeyValuePair<string, T>> counts, Action<T, T> add)
        where T : new() => Sum(counts, parts =>
        {
            var sum = new T();
            foreach (T part in parts)
            {
                add(sum, part);
            }

            return sum;
        });

    // By name, in the order in which names first come.
    private static KeyValuePair<string, T>[] Sum<T>(
        IEnumerable<KeyValuePair<string, T>> counts, Func<IEnumerable<T>, T> sum) =>
    [
        .. counts.GroupBy(c => c.Key, c => c.Value, StringComparer.Ordinal)
            .Select(g => KeyValuePair.Create(g.Key, sum(g))),
    ];
}
