namespace VxlanEngine.Cli.Control;

/// <summary>How busy a worker is.</summary>
internal sealed record WorkerStatus
{
    public required int Number { get; init; }

    /// <summary>Share of the last second that went into packets, 0 to 1.</summary>
    public required double Busy { get; init; }

    /// <summary>Packets that it took to their fate so far.</summary>
    public required long Packets { get; init; }

    /// <summary>Share of those that fared like earlier ones, 0 to 1.</summary>
    public required double HitRate { get; init; }

    /// <summary>Frames that it gave to the workers whose flows they are.</summary>
    public required long HandedOver { get; init; }

    /// <summary>
    /// The longest time, in milliseconds, between two looks at the ports, in the last one or two minutes.
    /// </summary>
    public required double LongestStallMs { get; init; }

    public static WorkerStatus Of(WorkerReport worker) => new()
    {
        Number = worker.Number,
        Busy = Math.Round(worker.BusyShare, 3),
        Packets = worker.Packets,
        HitRate = Math.Round((double)worker.FastPathHits / Math.Max(1, worker.Packets), 3),
        HandedOver = worker.HandedOver,
        LongestStallMs = Math.Round(worker.LongestStall.TotalMilliseconds, 3),
    };
}
