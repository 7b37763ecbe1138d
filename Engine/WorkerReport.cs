namespace VxlanEngine;

/// <summary>What one worker of a switch has done, and how busy it is.</summary>
public sealed record WorkerReport
{
    /// <summary>Number of the worker, from 0.</summary>
    public required int Number { get; init; }

    /// <summary>Share of the last whole second in which it had packets to work on, 0 to 1.</summary>
    public required double BusyShare { get; init; }

    /// <summary>Packets that it took to their fate, wherever they came in.</summary>
    public required long Packets { get; init; }

    /// <summary>Packets of those that fared like earlier ones.</summary>
    public required long FastPathHits { get; init; }

    /// <summary>Frames that it gave to other workers, because their flows are theirs.</summary>
    public required long HandedOver { get; init; }

    /// <summary>
    /// The longest time in the last one or two minutes that its ports had to wait for a look, sleep that they can end
    /// left out.
    /// </summary>
    public required TimeSpan LongestStall { get; init; }
}
