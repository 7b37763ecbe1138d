using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;

namespace VxlanEngine.Pipeline;

/// <content>What the processor did to a packet becomes what is done to those like it.</content>
internal sealed partial class FastPath
{
    /// <summary>Writes down what the processor did to a packet, when it would do the same to the next one.</summary>
    private bool TryLearn(in FrameKey key)
    {
        if (!_processor.IsRepeatable)
        {
            return false;
        }

        // A flow of an older policy is followed for a while only.
        int entry = _processor.FlowEntry;
        if (entry >= 0 && _flows.StateOf(entry >> 1).Generation != _generation)
        {
            return false;
        }

        PacketReport report = _processor.Report;
        HeaderTransposition done = report.Transposition;
        bool isTunnelled = key.InnerOffset != 0;
        bool isPlain = done.PopOuter == isTunnelled
            && done.PopVlans == 0
            && done.PushVlans == 0
            && !done.HasQuoted
            && done.To.VlanCount == 0
            && done.From.L2Offset == key.InnerOffset
            && (done.Push?.Header.Length ?? 0) <= UnifiedAction.HeaderRoom;
        if (!isPlain || !TryMakeRecipe(report, done, out UnifiedRecipe recipe))
        {
            return false;
        }

        int mtu = _processor.Snapshot.Port(report.Egress)!.Port.Mtu;
        mtu = mtu == 0 ? ushort.MaxValue : mtu;
        mtu = done.Push is null ? mtu : _paths.Limit(done.Push.Remote, mtu, _processor.NowNs);
        var flow = new UnifiedFlow
        {
            Addresses = key.Addresses,
            Ports = key.Ports,
            Context = key.Context,
            Action = _actions.Take(recipe, mtu, _pool.FrameCapacity + PacketPool.Headroom, _counters),
            Entry = entry,
            SourcePort = done.Push is null
                ? (ushort)0
                : VxlanEncapsulation.SourcePort(done.Push.Options, done.To, _hashKey),
        };
        _unified.Set(key.Hash, flow);
        return true;
    }

    private bool TryMakeRecipe(PacketReport report, in HeaderTransposition done, out UnifiedRecipe recipe)
    {
        recipe = new UnifiedRecipe
        {
            Ingress = report.Ingress,
            Egress = report.Egress,
            Destination = done.To.DestinationMac,
            Source = done.To.SourceMac,
            TrafficClass = done.To.TrafficClass,
            Hops = (byte)(done.From.Ttl - done.To.Ttl),
            Push = done.Push,
        };
        recipe.OuterMayFragment = done.Push is not null
            && VxlanEncapsulation.MayFragment(done.Push, done.To);
        recipe.Steps = (done.PopOuter ? UnifiedSteps.PopOuter : UnifiedSteps.None)
            | (done.From.DestinationMac != done.To.DestinationMac || done.From.SourceMac != done.To.SourceMac
                ? UnifiedSteps.WriteMacs
                : UnifiedSteps.None)
            | (done.From.TrafficClass != done.To.TrafficClass ? UnifiedSteps.WriteTrafficClass : UnifiedSteps.None)
            | (done.Push is not null && VxlanEncapsulation.ComputesUdpChecksum(done.Push)
                ? UnifiedSteps.ComputeUdpChecksum
                : UnifiedSteps.None);
        return TryDescribeFlow(done, ref recipe) && TryListRules(report.Decisions, ref recipe);
    }

    private bool TryDescribeFlow(in HeaderTransposition done, ref UnifiedRecipe recipe)
    {
        FlowTuple before = FlowTuple.Of(done.From);
        FlowTuple after = FlowTuple.Of(done.To);
        recipe.Steps |= before == after ? UnifiedSteps.None : UnifiedSteps.Translate;
        int entry = _processor.FlowEntry;
        if (entry < 0)
        {
            return before == after;
        }

        PackedFlowKey key = _flows.Entry(entry).Key;
        recipe.KeyFlags = key.Ports & 0xFF_FFFF;
        recipe.KeyPlace = key.Place;

        // The tuple as it leaves must be the one that the flow's other key tells, as a single translation's is.
        return _flows.KeyOf(entry).Tuple == before && _flows.KeyOf(entry ^ 1).Tuple.Reversed == after;
    }

    private static bool TryListRules(ReadOnlySpan<LayerDecision> decisions, ref UnifiedRecipe recipe)
    {
        Span<BoundRule?> rules = recipe.Rules;
        foreach (ref readonly LayerDecision decision in decisions)
        {
            if (decision.Rule is null)
            {
                continue;
            }

            if (recipe.RuleCount == rules.Length)
            {
                return false;
            }

            rules[recipe.RuleCount++] = decision.Rule;
        }

        return true;
    }
}
