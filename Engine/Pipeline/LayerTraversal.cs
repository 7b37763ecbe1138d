using System.Runtime.InteropServices;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>
/// Takes a packet across the layers of a port: by its flow's state where there is some, else by the rules.
/// </summary>
/// <remarks>
/// The linear oracle. A stateful layer that has decided for a flow decides again as it did: for packets that run like
/// the first one by doing the same, for answers by undoing it. Every other layer reads its rules anew for every
/// packet.
/// </remarks>
internal sealed partial class LayerTraversal(
    SwitchState state,
    PendingFlows pending,
    PacketReport report,
    Action<RuleAction.Mirror> mirror,
    ILayerObserver? observer)
{
    /// <summary>How long answers may follow an older policy.</summary>
    private const long ReverseGraceNs = 1_000_000_000;

    private readonly List<LayerFlowState> _made = new(8);
    private PolicySnapshot _snapshot = null!;

    /// <summary>Crosses the layers of a port.</summary>
    /// <returns>Why the packet must be dropped, or none.</returns>
    public DropReason Cross(PolicySnapshot snapshot, BoundPort port, Direction direction, PacketContext c)
    {
        _snapshot = snapshot;
        _made.Clear();
        c.StartCrossing();
        ref ParsedFrame packet = ref c.Facts.Packet;
        c.Facts.OpensConnection = (packet.TcpFlags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn;
        var crossing = new Crossing { Port = port, Direction = direction };
        if (!packet.IsIp)
        {
            return CrossLayers(c, ref crossing);
        }

        c.IsUnique |= packet.Fragment != FragmentKind.None || c.HasQuoted;
        if (packet.Fragment != FragmentKind.None)
        {
            uint? vni = c.Facts.HasVni ? c.Facts.Vni : null;
            DropReason reason = state.Fragments.Follow(port.Index, direction, vni, ref packet, c.NowNs);
            if (reason != DropReason.None)
            {
                return reason;
            }
        }

        return c.HasQuoted && TryFindQuoted(c, ref crossing)
            ? CrossLayers(c, ref crossing)
            : CrossFlow(c, ref crossing);
    }

    private DropReason CrossFlow(PacketContext c, ref Crossing crossing)
    {
        crossing.Tuple = FlowTuple.Of(c.Facts.Packet);
        crossing.Key = KeyOf(crossing.Tuple, crossing, c);
        FlowPair pair = FindPair(crossing.Key, c, out bool isForward);
        if (pair.Exists && !isForward && IsOverdue(pair, c.NowNs))
        {
            RehearseAgain(crossing.Port, pair, c.NowNs);
            pair = FindPair(crossing.Key, c, out isForward);
        }

        // A packet without state fares otherwise once another one has made some.
        c.IsUnique |= !pair.Exists && crossing.Port.MayHoldState;
        if (!pair.Exists && crossing.Port.MayHoldState && !MayBeNew(c))
        {
            return DropReason.NewFlowRate;
        }

        if (!pair.Exists || (isForward && (IsStale(pair) || HasMovedTunnel(pair, c))))
        {
            report.FlowRenewed |= pair.Exists;
            crossing.Replaced = pair;
            return CrossAsFirst(c, ref crossing);
        }

        report.FlowHit = true;
        crossing.Known = pair;
        crossing.IsForward = isForward;
        DropReason reason = CrossLayers(c, ref crossing);
        if (reason == DropReason.None)
        {
            pending.Use(pair, isForward);
        }

        return reason;
    }

    private DropReason CrossAsFirst(PacketContext c, ref Crossing crossing)
    {
        if (crossing.Replaced.Exists)
        {
            c.Facts.OpensConnection = crossing.Replaced.First.OpensConnection;
        }

        var first = new FlowOrigin(c.Facts);
        _made.Clear();
        DropReason reason = CrossLayers(c, ref crossing);
        bool makesState = reason == DropReason.None
            && _made.Count > 0
            && (crossing.Replaced.Exists || MayMakeState(c));
        if (makesState && TryBeginPair(c, crossing, first, out FlowPair pair))
        {
            pending.Make(pair, crossing.Replaced);
            return DropReason.None;
        }

        // It ended state that another packet may make again.
        c.IsUnique |= crossing.Replaced.Exists;
        state.ReleaseUnless(CollectionsMarshal.AsSpan(_made), crossing.Replaced);
        // What befalls one packet does not end its flow; a policy that blocks it or keeps no state for it does.
        bool concernsPacketOnly = !c.IsRehearsal && reason is DropReason.RateLimit or DropReason.TtlExpired;
        if (crossing.Replaced.Exists && !concernsPacketOnly)
        {
            state.Flows.Remove(crossing.Replaced);
        }

        return makesState ? DropReason.FlowTableFull : reason;
    }

    /// <summary>
    /// Evaluates a flow under the present policy without a packet, so that answers do not follow an old one for ever.
    /// </summary>
    private void RehearseAgain(BoundPort port, FlowPair old, long nowNs)
    {
        var c = new PacketContext { Facts = old.First.ToFacts(old.Forward.Tuple), IsRehearsal = true };
        c.Original = c.Facts.Packet;
        c.NowNs = nowNs;
        int decisions = report.Mark;
        int flows = pending.Mark;
        var crossing = new Crossing
        {
            Port = port,
            Direction = old.Forward.Direction,
            Tuple = old.Forward.Tuple,
            Key = old.Forward,
            Replaced = old,
        };
        CrossAsFirst(c, ref crossing);
        pending.Settle(flows, nowNs);
        report.ReturnTo(decisions);
    }

    /// <summary>Finds the flow of the packet that an ICMP error quotes (RFC 5508 §4, RFC 4787 REQ-10).</summary>
    private bool TryFindQuoted(PacketContext c, ref Crossing crossing)
    {
        // The error runs against the packet it quotes, so it follows the flow like an answer to that packet would.
        FlowTuple tuple = c.QuotedTuple.Reversed;
        FlowKey key = KeyOf(tuple, crossing, c);
        if (!state.Flows.TryFind(key, c.NowNs, out FlowPair pair, out bool isForward))
        {
            return false;
        }

        if (IsOverdue(pair, c.NowNs))
        {
            RehearseAgain(crossing.Port, pair, c.NowNs);
            if (!state.Flows.TryFind(key, c.NowNs, out pair, out isForward))
            {
                return false;
            }
        }

        report.FlowHit = true;
        crossing.Known = pair;
        crossing.IsForward = isForward;
        crossing.IsRelated = true;
        crossing.Tuple = tuple;
        return true;
    }

    // An endpoint belongs to one network, an uplink to all of them, whose tenants may have the same addresses.
    private static FlowKey KeyOf(in FlowTuple tuple, in Crossing crossing, PacketContext c)
    {
        bool isShared = crossing.Port.Port.Kind == PortKind.Uplink && c.Facts.HasVni;
        return new FlowKey(crossing.Port.Index, crossing.Direction, tuple, isShared ? c.Facts.Vni : null);
    }

    private FlowPair FindPair(in FlowKey key, PacketContext c, out bool isForward)
    {
        if (!state.Flows.TryFind(key, c.NowNs, out FlowPair pair, out isForward))
        {
            return default;
        }

        if (pair.IsReopenedBy(c.Facts.Packet.TcpFlags))
        {
            state.Flows.Remove(pair);
            return default;
        }

        return pair;
    }

    // Asked once for a packet, however many ports and copies it has.
    private bool MayBeNew(PacketContext c) =>
        c.MayBeNew ??= state.Limiter(c.Frame.Port).NewFlows.TryTake(c.NowNs);

    private bool IsStale(FlowPair pair) => pair.Generation != _snapshot.Generation;

    private bool IsOverdue(FlowPair pair, long nowNs) =>
        IsStale(pair) && nowNs - _snapshot.AppliedNs >= ReverseGraceNs;

    // The far end of a flow's tunnel moves when its endpoint does; the flow is then evaluated and learnt anew.
    private static bool HasMovedTunnel(FlowPair pair, PacketContext c) =>
        pair.First.OuterSource.HasValue
        && (pair.First.OuterSource != c.Facts.OuterSource || pair.First.Vni != c.Facts.Vni
            || pair.First.Policy != c.Facts.Policy);

    // Resets, errors, later fragments and packets for a group are no beginning of a conversation.
    private static bool MayMakeState(PacketContext c) =>
        c.Facts.Packet is { IsIcmpError: false, Fragment: not FragmentKind.Later }
        && (c.Facts.Packet.TcpFlags & TcpFlags.Rst) == TcpFlags.None
        && !c.Facts.Packet.DestinationMac.IsMulticast
        && !c.Facts.Packet.Destination.IsMulticast;

    private bool TryBeginPair(PacketContext c, in Crossing crossing, in FlowOrigin first, out FlowPair pair) =>
        state.Flows.TryBegin(
            crossing.Key,
            crossing.Tuple,
            CollectionsMarshal.AsSpan(_made),
            first,
            crossing.Port.Network?.Index ?? -1,
            _snapshot.Generation,
            c.NowNs,
            out pair);

    private DropReason CrossLayers(PacketContext c, ref Crossing crossing)
    {
        foreach (BoundLayer layer in crossing.Port.Layers(crossing.Direction))
        {
            DropReason reason =
                crossing.Known.Exists
                && crossing.Known.TryGetLayer(layer.Layer.Name, out LayerFlowState made)
                    ? FollowState(c, ref crossing, layer, made)
                    : Evaluate(c, ref crossing, layer);
            if (reason != DropReason.None)
            {
                return reason;
            }
        }

        return DropReason.None;
    }

    private void Note(PacketContext c, in Crossing crossing, BoundLayer layer, BoundRule? rule, DecisionSource source)
    {
        if (c.IsRehearsal)
        {
            return;
        }

        var decision = new LayerDecision(crossing.Port.Index, crossing.Direction, layer.Layer, rule, source);
        report.Add(decision);
        observer?.OnLayer(layer, c.Facts, decision);
        if (rule is not null)
        {
            rule.Counter.Packets++;
        }
    }

    /// <summary>One packet's way across one port.</summary>
    private struct Crossing
    {
        public BoundPort Port;
        public Direction Direction;

        /// <summary>The key the packet came with.</summary>
        public FlowKey Key;

        /// <summary>
        /// The tuple as the layers so far have changed it: the packet's, or that of the flow an error belongs to.
        /// </summary>
        public FlowTuple Tuple;

        /// <summary>The pair whose state holds; none for a first packet.</summary>
        public FlowPair Known;

        /// <summary>Whether the packet runs like the pair's first one.</summary>
        public bool IsForward;

        /// <summary>True for an ICMP error about a packet of the pair.</summary>
        public bool IsRelated;

        /// <summary>The pair of an older policy that this packet re-evaluates.</summary>
        public FlowPair Replaced;
    }
}
