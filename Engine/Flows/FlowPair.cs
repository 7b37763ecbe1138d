using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>A connection at one port: its two keys and what the port's stateful layers decided for it.</summary>
/// <remarks>
/// The first packet runs in the forward direction. A packet in the reverse direction follows what is written here in
/// layers that hold state, and the rules in all others. The value names a place in a <see cref="FlowTable"/>; the
/// default value names none. It is good until the table recycles what was removed. Thread: the worker's.
/// </remarks>
internal readonly struct FlowPair : IEquatable<FlowPair>
{
    private readonly FlowTable _table;

    internal FlowPair(FlowTable table, int number)
    {
        _table = table;
        Number = number;
    }

    /// <summary>False for the default value.</summary>
    public bool Exists => _table is not null;

    /// <summary>The pair's number in its table.</summary>
    public int Number { get; }

    /// <summary>Key of packets that run like the first one.</summary>
    public FlowKey Forward => _table.KeyOf(Number);

    /// <summary>Key of the answers.</summary>
    public FlowKey Reverse => _table.KeyOf(EntryOf(isForward: false));

    /// <summary>What rules saw of the first packet; re-evaluation without a packet starts from it.</summary>
    public ref readonly FlowOrigin First => ref _table.OriginOf(Number);

    /// <summary>The policy generation that the decisions belong to.</summary>
    public uint Generation => State.Generation;

    /// <summary>
    /// Index of the network the flow's port belongs to, or −1: where a translated reply is looked up.
    /// </summary>
    public int Network => State.Network;

    /// <summary>When the last packet came.</summary>
    public long LastUsedNs => _table.LastUsedNs(Number);

    /// <summary>Packets that ran like the first one.</summary>
    public long ForwardPackets => _table.PacketsOf(Number);

    /// <summary>Packets that answered.</summary>
    public long ReversePackets => _table.PacketsOf(EntryOf(isForward: false));

    /// <summary>True once a reverse packet was seen.</summary>
    public bool Replied => Has(FlowFlags.Replied);

    /// <summary>State of a TCP connection.</summary>
    public TcpState Tcp => State.Tcp;

    /// <summary>True when both sides were heard and the connection is not over.</summary>
    public bool IsEstablished => Tcp is TcpState.None ? Replied : Tcp is TcpState.Established or TcpState.Closing;

    /// <summary>True when a layer translates the flow.</summary>
    public bool Translates => Has(FlowFlags.Translates);

    /// <summary>Number of layers that have decided.</summary>
    public int LayerCount => _table.LayersOf(Number).Decisions.Length;

    private ref FlowState State => ref _table.StateOf(Number);

    /// <summary>True when both are the same pair of the same table.</summary>
    public static bool operator ==(FlowPair left, FlowPair right) => left.Equals(right);

    /// <summary>True when they are different pairs.</summary>
    public static bool operator !=(FlowPair left, FlowPair right) => !left.Equals(right);

    /// <summary>What a layer decided, in the order in which the first packet crossed them.</summary>
    public LayerFlowState Layer(int index) => _table.LayerOf(Number, index);

    /// <summary>Finds what a layer decided.</summary>
    /// <param name="layer">The layer's name.</param>
    /// <param name="state">Its decision.</param>
    /// <returns>False when no stateful rule of the layer matched the flow.</returns>
    public bool TryGetLayer(string layer, out LayerFlowState state)
    {
        FlowLayers.SharedDecision[] decisions = _table.LayersOf(Number).Decisions;
        for (int i = 0; i < decisions.Length; i++)
        {
            if (string.Equals(decisions[i].Rule.Layer.Name, layer, StringComparison.Ordinal))
            {
                state = Layer(i);
                return true;
            }
        }

        state = default;
        return false;
    }

    /// <summary>Number of a direction's entry in the table.</summary>
    public int EntryOf(bool isForward) => _table.EntryOf(Number, isForward);

    /// <summary>Takes note of a packet of the flow.</summary>
    /// <param name="isForward">Which way it runs.</param>
    /// <param name="flags">Its TCP flags.</param>
    /// <param name="nowNs">When it came.</param>
    public void Touch(bool isForward, TcpFlags flags, long nowNs) => _table.Touch(Number, isForward, flags, nowNs);

    /// <summary>True when a packet of the flow opens a new connection with the same addresses and ports.</summary>
    public bool IsReopenedBy(TcpFlags flags) =>
        Tcp is TcpState.TimeWait or TcpState.Reset
        && (flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn;

    /// <inheritdoc/>
    public bool Equals(FlowPair other) => _table == other._table && Number == other.Number;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FlowPair other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Number;

    private bool Has(FlowFlags flag) => (State.Flags & flag) != FlowFlags.None;
}
