namespace VxlanEngine.Ports.Wrappers;

/// <summary>What a <see cref="FaultPort"/> did to the frames of one direction.</summary>
/// <remarks>Taken + duplicated = passed + lost + overflowed + held. Super-frames count by their segments.</remarks>
public record struct FaultCounters
{
    /// <summary>Frames that came.</summary>
    public long Taken { get; set; }

    /// <summary>Frames that went on, copies among them.</summary>
    public long Passed { get; set; }

    /// <summary>Frames that were thrown away by choice.</summary>
    public long Lost { get; set; }

    /// <summary>Frames that found the queue full, or the inner port not taking them.</summary>
    public long Overflowed { get; set; }

    /// <summary>Frames that wait.</summary>
    public long Held { get; set; }

    /// <summary>Copies made.</summary>
    public long Duplicated { get; set; }

    /// <summary>Frames that another one overtook.</summary>
    public long Reordered { get; set; }

    /// <summary>Frames with a flipped bit.</summary>
    public long Corrupted { get; set; }

    /// <summary>Frames that were held for <see cref="FaultOptions.Delay"/>.</summary>
    public long Delayed { get; set; }

    /// <summary>The counters as words.</summary>
    public override readonly string ToString() => string.Create(
        null,
        $"{Taken} taken, {Passed} passed, {Lost} lost, {Duplicated} duplicated, {Reordered} reordered, "
        + $"{Corrupted} corrupted, {Delayed} delayed, {Overflowed} overflowed, {Held} held");
}
