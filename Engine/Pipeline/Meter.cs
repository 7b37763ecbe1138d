namespace VxlanEngine.Pipeline;

/// <summary>What the meter rules of one name have counted.</summary>
public sealed class Meter
{
    /// <summary>Packets.</summary>
    public long Packets { get; internal set; }

    /// <summary>Bytes of whole frames.</summary>
    public long Bytes { get; internal set; }

    /// <summary>Adds what the meter of another worker has counted.</summary>
    internal void Add(Meter other)
    {
        Packets += other.Packets;
        Bytes += other.Bytes;
    }
}
