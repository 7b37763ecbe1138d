namespace VxlanEngine.Ports.Wrappers;

/// <summary>What a <see cref="FaultPort"/> does to frames; nothing by default.</summary>
public sealed record FaultOptions
{
    /// <summary>Share of the frames that are lost, 0 to 1.</summary>
    public double Loss { get; init; }

    /// <summary>Share of the frames that pass twice, 0 to 1.</summary>
    public double Duplicate { get; init; }

    /// <summary>Share of the frames that the next one overtakes, 0 to 1.</summary>
    /// <remarks>A frame that none comes after waits for 10 ms, then passes.</remarks>
    public double Reorder { get; init; }

    /// <summary>Share of the frames in which one bit, anywhere in the frame, is flipped, 0 to 1.</summary>
    public double Corrupt { get; init; }

    /// <summary>How long every frame is held; up to a minute.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// Most frames held in each direction, at least 2; they keep buffers of the switch's pool. Default 512.
    /// </summary>
    public int QueueLength { get; init; } = 512;

    /// <summary>
    /// Where the choices come from: the n-th frame of a direction fares alike under the same seed. Default 1.
    /// </summary>
    public ulong Seed { get; init; } = 1;
}
