using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>What one layer does: follow state, or find a rule and carry out its action.</content>
internal sealed partial class LayerTraversal
{
    private DropReason FollowState(
        PacketContext c, ref Crossing crossing, BoundLayer layer, in LayerFlowState made)
    {
        Note(c, crossing, layer, made.Rule, DecisionSource.Flow);
        if (crossing.IsForward)
        {
            if (made.Translation is Translation forward)
            {
                Translate(c, ref crossing, forward.After);
            }

            return crossing.IsRelated ? DropReason.None : CarryOut(c, ref crossing, made.Rule);
        }

        if (made.Translation is Translation back)
        {
            Translate(c, ref crossing, back.Before.Reversed);
        }

        switch (made.Rule.Rule.Action)
        {
            case RuleAction.Encap:
                c.DecapAllowed = true;
                break;
            case RuleAction.Decap when crossing.Known.First.OuterSource.HasValue:
                c.ReturnsThroughTunnel = true;
                c.ReturnVtep = crossing.Known.First.OuterSource;
                c.ReturnVni = crossing.Known.First.Vni;
                break;
            case RuleAction.Meter meter:
                c.IsUnique = true;
                state.CountMeter(meter.Name, c.InnerLength);
                break;
        }

        return DropReason.None;
    }

    private DropReason Evaluate(PacketContext c, ref Crossing crossing, BoundLayer layer)
    {
        BoundRule? rule = layer.Classifier.Classify(crossing.Direction, c.Facts);
        Note(c, crossing, layer, rule, rule is null ? DecisionSource.Default : DecisionSource.Rule);
        if (rule is null && layer.Layer.Default == DefaultAction.Block)
        {
            return DropReason.LayerDefaultBlock;
        }

        if (rule?.Rule.Action is RuleAction.Block)
        {
            return DropReason.RuleBlock;
        }

        if (TryKeepTranslation(c, ref crossing, layer, rule))
        {
            return DropReason.None;
        }

        if (rule is null)
        {
            return DropReason.None;
        }

        if (IsTranslation(rule.Rule.Action))
        {
            return StartTranslation(c, ref crossing, rule);
        }

        DropReason reason = CarryOut(c, ref crossing, rule);
        if (reason == DropReason.None && rule.IsStateful && !crossing.Known.Exists)
        {
            _made.Add(new LayerFlowState(rule, null));
        }

        return reason;
    }

    private static bool IsTranslation(RuleAction action) =>
        action is RuleAction.Nat or RuleAction.DynamicNat or RuleAction.LoadBalance;

    /// <summary>
    /// Lets a connection keep its translation over a policy change, unless the new policy blocked it before this.
    /// </summary>
    private bool TryKeepTranslation(
        PacketContext c, ref Crossing crossing, BoundLayer layer, BoundRule? rule)
    {
        FlowPair old = crossing.Replaced;
        if (!old.Exists
            || !old.TryGetLayer(layer.Layer.Name, out LayerFlowState made)
            || made.Translation is not Translation translation
            || translation.Before != crossing.Tuple
            || !(old.IsEstablished || IsStillOffered(made, rule)))
        {
            return false;
        }

        _made.Add(made);
        Translate(c, ref crossing, translation.After);
        return true;
    }

    private static bool IsStillOffered(in LayerFlowState made, BoundRule? rule)
    {
        Translation translation = made.Translation!.Value;
        switch (rule?.Rule.Action)
        {
            case RuleAction.LoadBalance balancer:
                foreach (Backend backend in balancer.Backends)
                {
                    if (backend.Address == translation.After.Destination
                        && (backend.Port ?? translation.Before.DestinationPort) == translation.After.DestinationPort)
                    {
                        return true;
                    }
                }

                return false;
            case RuleAction.DynamicNat dynamicNat:
                return made.HoldsBinding
                    && made.Rule.Rule.Action == dynamicNat
                    && string.Equals(made.Rule.Id, rule.Id, StringComparison.Ordinal);
            default:
                return false;
        }
    }

    private DropReason StartTranslation(PacketContext c, ref Crossing crossing, BoundRule rule)
    {
        // What a translation does to a flow is settled by the flow's first packet.
        if (crossing.Known.Exists && rule.IsStateful)
        {
            return DropReason.None;
        }

        if (!c.Facts.Packet.IsIp)
        {
            return DropReason.NatUnsupported;
        }

        FlowTuple before = crossing.Tuple;
        FlowTuple after = before;
        bool holdsBinding = false;
        DropReason reason;
        switch (rule.Rule.Action)
        {
            case RuleAction.Nat nat:
                reason = TryNat(nat, before, out after);
                break;
            case RuleAction.DynamicNat:
                NatPool pool = state.Pool(rule);
                ulong hash = FlowHash.Of(
                    before with { Destination = before.Source, DestinationPort = 0 }, state.Limits.HashKey);
                holdsBinding = pool.TryTake(before, hash, c.NowNs, out after, state.Shard(c.Original));
                reason = holdsBinding ? DropReason.None
                    : pool.Family == before.Source.Family ? DropReason.NatExhausted
                    : DropReason.NatUnsupported;
                break;
            default:
                reason = TryBalance((RuleAction.LoadBalance)rule.Rule.Action, before, out after);
                break;
        }

        if (reason != DropReason.None)
        {
            return reason;
        }

        if (rule.IsStateful)
        {
            _made.Add(new LayerFlowState(rule, new Translation(before, after, holdsBinding)));
        }

        Translate(c, ref crossing, after);
        return DropReason.None;
    }

    private static DropReason TryNat(RuleAction.Nat nat, in FlowTuple before, out FlowTuple after)
    {
        after = before;
        bool otherFamily = (nat.Source is IpAddress s && s.Family != before.Source.Family)
            || (nat.Destination is IpAddress d && d.Family != before.Destination.Family);
        bool portOfSctp = before.Protocol == IpProtocol.Sctp
            && (nat.SourcePort ?? nat.DestinationPort) is not null;
        if (otherFamily || portOfSctp)
        {
            return DropReason.NatUnsupported;
        }

        after = before with
        {
            Source = nat.Source ?? before.Source,
            Destination = nat.Destination ?? before.Destination,
            SourcePort = before.HasPorts ? nat.SourcePort ?? before.SourcePort : before.SourcePort,
            DestinationPort = before.HasPorts
                ? nat.DestinationPort ?? before.DestinationPort
                : before.DestinationPort,
        };
        return DropReason.None;
    }

    private DropReason TryBalance(RuleAction.LoadBalance balancer, in FlowTuple before, out FlowTuple after)
    {
        after = before;
        Backend? backend = BackendChooser.Choose(balancer, before, state.Limits.HashKey);
        if (backend is null)
        {
            return DropReason.BackendUnavailable;
        }

        if (backend.Address.Family != before.Destination.Family
            || (before.Protocol == IpProtocol.Sctp && backend.Port is not null))
        {
            return DropReason.NatUnsupported;
        }

        after = before with
        {
            Destination = backend.Address,
            DestinationPort = before.HasPorts ? backend.Port ?? before.DestinationPort : before.DestinationPort,
        };
        return DropReason.None;
    }

    /// <summary>Takes a new tuple over into what later layers see of the packet.</summary>
    private static void Translate(PacketContext c, ref Crossing crossing, in FlowTuple after)
    {
        ref ParsedFrame packet = ref c.Facts.Packet;
        FlowTuple before = crossing.Tuple;
        if (before == after)
        {
            return;
        }

        crossing.Tuple = after;
        if (!crossing.IsRelated)
        {
            c.DestinationTranslated |= before.Destination != after.Destination;
            after.ApplyTo(ref packet);
            return;
        }

        c.RewritesQuoted = true;
        c.QuotedTo = after.Reversed;

        // An error comes from the flow's far end or from a router on the way; a router keeps its own address.
        c.DestinationTranslated |= packet.Destination == before.Destination && before.Destination != after.Destination;
        packet.Source = packet.Source == before.Source ? after.Source : packet.Source;
        packet.Destination = packet.Destination == before.Destination ? after.Destination : packet.Destination;
    }

    private DropReason CarryOut(PacketContext c, ref Crossing crossing, BoundRule rule)
    {
        switch (rule.Rule.Action)
        {
            case RuleAction.Encap encap:
                // Each layer sees what the ones before it made of the packet: the later one's tunnel is around.
                c.OuterEncap = c.Encap is null ? null : encap;
                c.Encap ??= encap;
                return DropReason.None;
            case RuleAction.Decap decap:
                c.DecapAllowed = true;
                c.DecapPort = decap.Port;
                return DropReason.None;
            case RuleAction.Modify modify:
                return Modify(c, modify);
            case RuleAction.Redirect redirect:
                c.Redirect = redirect;
                return DropReason.None;
            case RuleAction.Mirror copy when !c.IsRehearsal:
                mirror(copy);
                return DropReason.None;
            case RuleAction.Meter meter when !c.IsRehearsal:
                c.IsUnique = true;
                state.CountMeter(meter.Name, c.InnerLength);
                return DropReason.None;
            case RuleAction.RateLimit limit when !c.IsRehearsal:
                c.IsUnique = true;
                TokenBucket bucket = state.Bucket(rule, limit, crossing.Port.Index);
                return bucket.TryTake(c.InnerLength, c.NowNs) ? DropReason.None : DropReason.RateLimit;
            default:
                return DropReason.None;
        }
    }

    private static DropReason Modify(PacketContext c, RuleAction.Modify modify)
    {
        ref ParsedFrame packet = ref c.Facts.Packet;
        packet.SourceMac = modify.SourceMac ?? packet.SourceMac;
        packet.DestinationMac = modify.DestinationMac ?? packet.DestinationMac;
        if (modify.Dscp is byte dscp && packet.IsIp)
        {
            packet.TrafficClass = (byte)((dscp << 2) | (packet.TrafficClass & 3));
        }

        if (modify.PopVlan && packet.VlanCount > 0)
        {
            PopVlan(c, ref packet);
        }

        // A frame that has as many tags as the engine reads gets no more, so that whoever reads it next can.
        if (modify.PushVlan is ushort id && packet.VlanCount < PacketParser.MaxVlanTags)
        {
            packet.VlanCount++;
            packet.VlanTci = id;
            c.PushVlans++;
            c.PushedTcis = (c.PushedTcis << 16) | id;
        }

        if (!modify.DecrementTtl || !packet.IsIp)
        {
            return DropReason.None;
        }

        return TryDecrementTtl(ref packet) ? DropReason.None : DropReason.TtlExpired;
    }

    /// <summary>
    /// Takes the outermost tag away: the one that a layer before has pushed, else one that came with the frame.
    /// </summary>
    private static void PopVlan(PacketContext c, ref ParsedFrame packet)
    {
        packet.VlanCount--;
        if (c.PushVlans > 0)
        {
            c.PushVlans--;
            c.PushedTcis >>= 16;
        }
        else
        {
            c.PopVlans++;
        }

        // Of the frame's own tags, only the outermost one's content was read.
        ushort ownTci = c.PopVlans == 0 ? c.Original.VlanTci : (ushort)0;
        packet.VlanTci = c.PushVlans > 0 ? (ushort)c.PushedTcis : ownTci;
    }

    /// <summary>Takes one from the TTL of a routed packet (RFC 1812 §5.3.1).</summary>
    /// <returns>False when it ran out.</returns>
    public static bool TryDecrementTtl(ref ParsedFrame packet)
    {
        if (packet.Ttl <= 1)
        {
            return false;
        }

        packet.Ttl--;
        return true;
    }
}
