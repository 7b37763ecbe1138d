namespace VxlanEngine.Overlay;

/// <summary>What a network that learns has learnt so far.</summary>
public sealed class StationCounters
{
    /// <summary>Stations that are known now, those of the policy aside.</summary>
    public long Known { get; internal set; }

    /// <summary>Times that a station was learnt which was not known.</summary>
    public long Learnt { get; internal set; }

    /// <summary>Times that a station was found to be elsewhere.</summary>
    public long Moved { get; internal set; }

    /// <summary>Stations that were silent for too long.</summary>
    public long Aged { get; internal set; }

    /// <summary>Stations that made room for others.</summary>
    public long Evicted { get; internal set; }

    /// <summary>Stations that were forgotten on demand, or because the policy changed.</summary>
    public long Forgotten { get; internal set; }

    /// <summary>Frames whose news were not learnt, because too much had changed within a second.</summary>
    public long Refused { get; internal set; }

    /// <summary>Adds the counters of another worker.</summary>
    internal void Add(StationCounters other)
    {
        Known += other.Known;
        Learnt += other.Learnt;
        Moved += other.Moved;
        Aged += other.Aged;
        Evicted += other.Evicted;
        Forgotten += other.Forgotten;
        Refused += other.Refused;
    }
}
