using VxlanEngine.Packets;

namespace VxlanEngine.Pipeline;

/// <summary>What became of the packets that entered at one port.</summary>
/// <remarks>
/// <c>Received + Generated = Forwarded + Dropped + Punted + Consumed + Held</c> whenever nothing is in motion.
/// </remarks>
public sealed class PortCounters
{
    private readonly long[] _dropped = new long[256];

    /// <summary>Frames that entered at the port.</summary>
    public long Received { get; internal set; }

    /// <summary>Frames that the switch made because of them: replicas, mirror copies, answers.</summary>
    public long Generated { get; internal set; }

    /// <summary>Of both, frames that an egress port took.</summary>
    public long Forwarded { get; internal set; }

    /// <summary>Of both, frames that were handed to the control plane.</summary>
    public long Punted { get; internal set; }

    /// <summary>Of both, frames that were answered or used up.</summary>
    public long Consumed { get; internal set; }

    /// <summary>Of both, frames that wait for something.</summary>
    public long Held { get; internal set; }

    /// <summary>Frames that left through this port, wherever they entered.</summary>
    public long Sent { get; internal set; }

    /// <summary>ICMP errors that were not sent to who is behind this port, because they were too many.</summary>
    public long ErrorsSuppressed { get; internal set; }

    /// <summary>Of <see cref="Received"/> and <see cref="Generated"/>, frames that were dropped.</summary>
    public long Dropped => _dropped.Sum();

    /// <summary>True when every frame has exactly one fate.</summary>
    public bool AddsUp => Received + Generated == Forwarded + Dropped + Punted + Consumed + Held;

    /// <summary>Frames that were dropped for one reason.</summary>
    public long DroppedFor(DropReason reason) => _dropped[(int)reason];

    /// <summary>Adds the counters of another worker's part of the port.</summary>
    internal void Add(PortCounters other)
    {
        Received += other.Received;
        Generated += other.Generated;
        Forwarded += other.Forwarded;
        Punted += other.Punted;
        Consumed += other.Consumed;
        Held += other.Held;
        Sent += other.Sent;
        ErrorsSuppressed += other.ErrorsSuppressed;
        for (int i = 0; i < _dropped.Length; i++)
        {
            _dropped[i] += other._dropped[i];
        }
    }

    internal void Drop(DropReason reason) => _dropped[(int)reason]++;
}
