using VxlanEngine.Pipeline;

namespace VxlanEngine.Cli.Control;

/// <summary>What became of all packets so far.</summary>
internal sealed record PacketTotals
{
    public required long Received { get; init; }

    public required long Generated { get; init; }

    public required long Forwarded { get; init; }

    public required long Dropped { get; init; }

    public required long Punted { get; init; }

    public required long Consumed { get; init; }

    public required long Held { get; init; }

    public required bool AddsUp { get; init; }

    public required long FlowsCreated { get; init; }

    public required int FlowsActive { get; init; }

    public static PacketTotals Of(SwitchCounters counters) => new()
    {
        Received = counters.Received,
        Generated = counters.Generated,
        Forwarded = counters.Forwarded,
        Dropped = counters.Dropped,
        Punted = counters.Punted,
        Consumed = counters.Consumed,
        Held = counters.Held,
        AddsUp = counters.AddsUp,
        FlowsCreated = counters.FlowsCreated,
        FlowsActive = counters.FlowsActive,
    };
}
