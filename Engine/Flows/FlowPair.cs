using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>A connection at one port: its two keys and what the port's stateful layers decided for it.</summary>
/// <remarks>
/// The first packet runs in the forward direction. A packet in the reverse direction follows what is written here in
/// layers that hold state, and the rules in all others. Thread: the worker's.
/// </remarks>
public sealed class FlowPair
{
    /// <summary>Makes a pair that <see cref="Begin"/> fills.</summary>
    public FlowPair() => AgeNode = new LinkedListNode<FlowPair>(this);

    /// <summary>Key of packets that run like the first one.</summary>
    public FlowKey Forward { get; private set; }

    /// <summary>Key of the answers.</summary>
    public FlowKey Reverse { get; private set; }

    /// <summary>The layers' decisions, in the order in which the first packet crossed them.</summary>
    public LayerFlowState[] Layers { get; set; } = [];

    /// <summary>What rules saw of the first packet; re-evaluation without a packet starts from it.</summary>
    public FlowOrigin First { get; private set; }

    /// <summary>When the first packet came, in nanoseconds since 1970-01-01 UTC.</summary>
    public long CreatedNs { get; private set; }

    /// <summary>The policy generation that the decisions belong to.</summary>
    public uint Generation { get; private set; }

    /// <summary>
    /// Index of the network the flow's port belongs to, or −1: where a translated reply is looked up.
    /// </summary>
    public int Network { get; private set; } = -1;

    /// <summary>When the last packet came.</summary>
    public long LastUsedNs { get; set; }

    /// <summary>True once a reverse packet was seen.</summary>
    public bool Replied { get; set; }

    /// <summary>State of a TCP connection.</summary>
    public TcpState Tcp { get; set; }

    /// <summary>True once the forward side has sent FIN.</summary>
    public bool ForwardClosed { get; set; }

    /// <summary>True once the reverse side has sent FIN.</summary>
    public bool ReverseClosed { get; set; }

    /// <summary>Packets in the forward direction.</summary>
    public long ForwardPackets { get; set; }

    /// <summary>Packets in the reverse direction.</summary>
    public long ReversePackets { get; set; }

    /// <summary>True while only one side was heard: such flows go first when the table is full.</summary>
    public bool IsHalfOpen => !Replied || Tcp == TcpState.HalfOpen;

    /// <summary>True when both sides were heard and the connection is not over.</summary>
    public bool IsEstablished => Tcp is TcpState.None ? Replied : Tcp is TcpState.Established or TcpState.Closing;

    /// <summary>True when a layer translates the flow.</summary>
    public bool Translates
    {
        get
        {
            foreach (ref readonly LayerFlowState layer in Layers.AsSpan())
            {
                if (layer.Translates)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>The pair's place in the flow table's age lists; it has no list while the pair is in no table.</summary>
    internal LinkedListNode<FlowPair> AgeNode { get; }

    /// <summary>Finds what a layer decided.</summary>
    /// <param name="layer">The layer's name.</param>
    /// <param name="state">Its decision.</param>
    /// <returns>False when no stateful rule of the layer matched the flow.</returns>
    public bool TryGetLayer(string layer, out LayerFlowState state)
    {
        foreach (ref readonly LayerFlowState candidate in Layers.AsSpan())
        {
            if (string.Equals(candidate.Rule.Layer.Name, layer, StringComparison.Ordinal))
            {
                state = candidate;
                return true;
            }
        }

        state = default;
        return false;
    }

    /// <summary>Takes note of a packet of the flow.</summary>
    /// <param name="isForward">Which way it runs.</param>
    /// <param name="flags">Its TCP flags.</param>
    /// <param name="nowNs">When it came.</param>
    public void Touch(bool isForward, TcpFlags flags, long nowNs)
    {
        LastUsedNs = nowNs;
        Replied |= !isForward;
        if (isForward)
        {
            ForwardPackets++;
        }
        else
        {
            ReversePackets++;
        }

        if (Tcp != TcpState.None)
        {
            AdvanceTcp(isForward, flags);
        }
    }

    /// <summary>Makes this the pair of a new flow, whatever it was before.</summary>
    /// <param name="key">Key of the first packet.</param>
    /// <param name="after">The first packet's tuple behind all layers.</param>
    /// <param name="layers">What the layers decided.</param>
    /// <param name="first">What rules saw of it.</param>
    /// <param name="network">Index of the port's network, or −1.</param>
    /// <param name="generation">The policy's generation.</param>
    /// <param name="nowNs">When the packet came.</param>
    public void Begin(
        in FlowKey key,
        in FlowTuple after,
        LayerFlowState[] layers,
        in FlowOrigin first,
        int network,
        uint generation,
        long nowNs)
    {
        Forward = key;
        Reverse = key.ReverseOf(after);
        Layers = layers;
        First = first;
        Network = network;
        Generation = generation;
        CreatedNs = nowNs;
        LastUsedNs = nowNs;
        Tcp = key.Tuple.Protocol == IpProtocol.Tcp ? TcpState.HalfOpen : TcpState.None;
        Replied = false;
        ForwardClosed = false;
        ReverseClosed = false;
        ForwardPackets = 0;
        ReversePackets = 0;
    }

    /// <summary>Goes on where the pair of an older policy stopped.</summary>
    public void Continue(FlowPair older)
    {
        ArgumentNullException.ThrowIfNull(older);
        CreatedNs = older.CreatedNs;
        LastUsedNs = older.LastUsedNs;
        Replied = older.Replied;
        Tcp = older.Tcp;
        ForwardClosed = older.ForwardClosed;
        ReverseClosed = older.ReverseClosed;
        ForwardPackets = older.ForwardPackets;
        ReversePackets = older.ReversePackets;
    }

    /// <summary>True when a packet of the flow opens a new connection with the same addresses and ports.</summary>
    public bool IsReopenedBy(TcpFlags flags) =>
        Tcp is TcpState.TimeWait or TcpState.Reset
        && (flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn;

    /// <summary>How long the flow may be idle in its state.</summary>
    public TimeSpan IdleTimeout(FlowTimeouts timeouts)
    {
        ArgumentNullException.ThrowIfNull(timeouts);
        bool live = Tcp is TcpState.None or TcpState.Established or TcpState.Closing;
        if (live)
        {
            foreach (ref readonly LayerFlowState layer in Layers.AsSpan())
            {
                if (layer.Rule.Rule.IdleTimeout is TimeSpan own)
                {
                    return own;
                }
            }
        }

        return Translates ? TranslatedTimeout(timeouts) : PlainTimeout(timeouts);
    }

    private TimeSpan PlainTimeout(FlowTimeouts timeouts) => Forward.Tuple.Protocol switch
    {
        IpProtocol.Tcp => Tcp switch
        {
            TcpState.HalfOpen => timeouts.TcpHalfOpen,
            TcpState.TimeWait => timeouts.TcpTimeWait,
            TcpState.Reset => timeouts.TcpReset,
            _ => timeouts.TcpEstablished,
        },
        IpProtocol.Icmp or IpProtocol.Icmpv6 => timeouts.Icmp,
        _ => Replied ? timeouts.UdpReplied : timeouts.UdpUnreplied,
    };

    private TimeSpan TranslatedTimeout(FlowTimeouts timeouts) => Forward.Tuple.Protocol switch
    {
        IpProtocol.Tcp => Tcp is TcpState.Established or TcpState.Closing
            ? timeouts.NatTcpEstablished
            : timeouts.NatTcpTransitory,
        IpProtocol.Icmp or IpProtocol.Icmpv6 => timeouts.NatIcmp,
        _ => timeouts.NatUdp,
    };

    private void AdvanceTcp(bool isForward, TcpFlags flags)
    {
        if ((flags & TcpFlags.Rst) != TcpFlags.None)
        {
            Tcp = TcpState.Reset;
            return;
        }

        if ((flags & TcpFlags.Fin) != TcpFlags.None)
        {
            ForwardClosed |= isForward;
            ReverseClosed |= !isForward;
        }

        if (Tcp is TcpState.TimeWait or TcpState.Reset)
        {
            return;
        }

        // The handshake is over when the initiator acknowledges what the other side has sent; a connection that was
        // picked up in the middle counts from its first answer.
        bool midStream = (First.TcpFlags & TcpFlags.Syn) == TcpFlags.None;
        bool acknowledged = isForward && Replied && (flags & TcpFlags.Ack) != TcpFlags.None;
        if (Tcp == TcpState.HalfOpen && (acknowledged || (midStream && !isForward)))
        {
            Tcp = TcpState.Established;
        }

        if (ForwardClosed && ReverseClosed)
        {
            Tcp = TcpState.TimeWait;
        }
        else if (Tcp == TcpState.Established && (ForwardClosed || ReverseClosed))
        {
            Tcp = TcpState.Closing;
        }
    }
}
