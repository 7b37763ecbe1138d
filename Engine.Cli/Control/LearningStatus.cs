using VxlanEngine.Overlay;

namespace VxlanEngine.Cli.Control;

/// <summary>What a network of a running switch has learnt of its stations.</summary>
internal sealed record LearningStatus
{
    public required long Known { get; init; }

    public required long Learnt { get; init; }

    public required long Moved { get; init; }

    public required long Aged { get; init; }

    public required long Evicted { get; init; }

    public required long Forgotten { get; init; }

    public required long Refused { get; init; }

    public static LearningStatus Of(StationCounters counters) => new()
    {
        Known = counters.Known,
        Learnt = counters.Learnt,
        Moved = counters.Moved,
        Aged = counters.Aged,
        Evicted = counters.Evicted,
        Forgotten = counters.Forgotten,
        Refused = counters.Refused,
    };
}
