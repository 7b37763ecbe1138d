using System.Runtime.InteropServices;

namespace VxlanEngine.Flows;

/// <summary>What both directions of a flow pair share, and most packets do not need.</summary>
[StructLayout(LayoutKind.Sequential, Size = 48)]
internal struct FlowState
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    // In milliseconds.
    private uint _timeout;

    /// <summary>Neighbours in the ageing wheel's slot, as pair numbers; −1 for none.</summary>
    public int AgePrevious;

    /// <inheritdoc cref="AgePrevious"/>
    public int AgeNext;

    /// <summary>The ageing wheel's slot; −1 when the pair is in none.</summary>
    public int AgeSlot;

    /// <summary>Neighbours in the list of half-open pairs; −1 for none.</summary>
    public int HalfOpenPrevious;

    /// <inheritdoc cref="HalfOpenPrevious"/>
    public int HalfOpenNext;

    /// <summary>Packets of the pair when it was put where it stands in that list; the lower bits.</summary>
    public uint HalfOpenPackets;

    /// <summary>The policy generation that the decisions belong to.</summary>
    public uint Generation;

    /// <summary>Number of the layers' decisions among those that pairs share.</summary>
    public int Layers;

    /// <summary>Number of what rules saw of the first packet, among those that pairs share.</summary>
    public int Origin;

    /// <summary>Index of the network the flow's port belongs to, or −1.</summary>
    public short Network;

    /// <summary>State of a TCP connection.</summary>
    public TcpState Tcp;

    /// <summary>What has happened so far.</summary>
    public FlowFlags Flags;

    /// <summary>One bit for each layer decision whose binding has passed on to a younger pair.</summary>
    public uint BindingsPassedOn;

    /// <summary>
    /// How long the pair may be idle in its present state, in nanoseconds; kept in whole milliseconds, at most 49 days.
    /// </summary>
    public long TimeoutNs
    {
        readonly get => _timeout * NanosecondsPerMillisecond;
        set => _timeout = (uint)Math.Min(
            (value + NanosecondsPerMillisecond - 1) / NanosecondsPerMillisecond, uint.MaxValue);
    }
}
