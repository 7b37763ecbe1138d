namespace VxlanEngine.Cli.Control;

/// <summary>How busy a worker is.</summary>
internal sealed record WorkerStatus
{
    public required int Number { get; init; }

    /// <summary>Share of the last second that went into packets, 0 to 1.</summary>
    public required double Busy { get; init; }

    /// <summary>Packets received so far.</summary>
    public required long Packets { get; init; }

    /// <summary>Share of those that fared like earlier ones, 0 to 1.</summary>
    public required double HitRate { get; init; }

    /// <summary>The longest time, in milliseconds, between two looks at the ports.</summary>
    public required double LongestStallMs { get; init; }
}
